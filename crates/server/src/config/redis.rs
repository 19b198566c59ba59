//! The real cache. Not built in yet: naming one is refused, never ignored.

use super::{setting::section, value::Secret};

section! {
    /// Redis instead of memory for limits and copies of answers. Not built in yet: setting a host is refused.
    Redis = "redis" {
        /// Its host; unset means memory.
        host: Option<String> = "REDIS_HOST", "";
        /// Its port.
        port: u16 = "REDIS_PORT", "6379", 1..=65_535;
        /// Its password.
        password: Option<Secret> = "REDIS_PASSWORD", "";
    }
}
