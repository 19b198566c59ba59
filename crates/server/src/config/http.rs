//! The bounds of one HTTP connection and one request.

use super::section::section;

section! {
    /// The bounds of one HTTP connection and one request.
    Http = "http" {
        /// How long a request may take, its answer included, in milliseconds.
        timeout_ms: u32 = "SWELITE_HTTP_TIMEOUT_MS", "30000", 100..=600_000;
        /// How long a connection may take to send the head of its next request, so also how long it may be idle, in
        /// milliseconds.
        header_timeout_ms: u32 = "SWELITE_HTTP_HEADER_TIMEOUT_MS", "30000", 100..=600_000;
        /// How long a caller may take to send the body of a request, in milliseconds.
        body_timeout_ms: u32 = "SWELITE_HTTP_BODY_TIMEOUT_MS", "10000", 100..=600_000;
        /// Connections that may be open at once.
        connections_max: u32 = "SWELITE_HTTP_CONNECTIONS_MAX", "4096", 1..=1_000_000;
        /// How long a stop waits for requests that were accepted, in milliseconds.
        shutdown_timeout_ms: u32 = "SWELITE_SHUTDOWN_TIMEOUT_MS", "30000", 100..=600_000;
    }
}
