//! Where the API listens and who may call it.

use super::{
    section::section,
    value::{ListenAddress, Origin},
};

section! {
    /// Where the API listens and who may call it.
    Listen = "listen" {
        /// The TCP port. 0 takes a free one, which is printed.
        port: u16 = "SERVER_PORT", "8080", 0..=65_535;
        /// The address. A port in it wins over `SERVER_PORT`.
        address: ListenAddress = "SWELITE_LISTEN", "127.0.0.1";
        /// Whether everyone who can reach the port is trusted: callers are not authenticated yet. Needed to listen beyond
        /// loopback.
        trust_network: bool = "SWELITE_TRUST_NETWORK", "off";
        /// Web origins that may call the API from a browser, separated by commas.
        cors_allowed_origins: Vec<Origin> = "APP_CORS_ALLOWED_ORIGINS", "http://localhost:5173";
    }
}
