//! The real cache.

use std::path::PathBuf;

use super::{section::section, value::Secret};

section! {
    /// Redis (or Valkey) instead of memory for limits and copies of answers: what several replicas share.
    Redis = "redis" {
        /// Its host; unset means memory.
        host: Option<String> = "REDIS_HOST", "";
        /// Its port.
        port: u16 = "REDIS_PORT", "6379", 1..=65_535;
        /// Its password.
        password: Option<Secret> = "REDIS_PASSWORD", "";
        /// Whether the connection is encrypted.
        tls: bool = "REDIS_TLS", "off";
        /// A file with the certificate authority to trust, in PEM; unset trusts the public ones.
        tls_authority: Option<PathBuf> = "REDIS_TLS_CA", "";
        /// How long one call may take, in milliseconds; one that takes longer lets the payment pass uncounted.
        timeout_ms: u32 = "REDIS_TIMEOUT_MS", "100", 10..=5000;
    }
}
