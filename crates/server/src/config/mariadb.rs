//! The real store. Not built in yet: naming a host is refused, never ignored.

use super::{setting::section, value::Secret};

section! {
    /// MariaDB instead of the embedded store. Not built in yet: setting a host is refused.
    MariaDb = "mariadb" {
        /// Its host; unset means the embedded store.
        host: Option<String> = "PAYMENT_DB_HOST", "";
        /// Its port.
        port: u16 = "PAYMENT_DB_PORT", "3306", 1..=65_535;
        /// The database.
        name: String = "PAYMENT_DB_NAME", "paydb";
        /// The user.
        user: String = "PAYMENT_DB_USER", "payuser";
        /// The user's password.
        password: Option<Secret> = "PAYMENT_DB_PASSWORD", "";
    }
}
