//! The real store.

use std::path::PathBuf;

use super::{section::section, value::Secret};

section! {
    /// MariaDB instead of the embedded store: setting a host chooses it.
    MariaDb = "mariadb" {
        /// Its host; unset means the embedded store. Several, with commas between, are the nodes of one cluster: all is written
        /// through the first that can take it.
        host: Option<String> = "PAYMENT_DB_HOST", "";
        /// Its port.
        port: u16 = "PAYMENT_DB_PORT", "3306", 1..=65_535;
        /// The database.
        name: String = "PAYMENT_DB_NAME", "paydb";
        /// The user.
        user: String = "PAYMENT_DB_USER", "payuser";
        /// The user's password.
        password: Option<Secret> = "PAYMENT_DB_PASSWORD", "";
        /// Whether connections are encrypted; the server must then show a certificate for its name.
        tls: bool = "PAYMENT_DB_TLS", "off";
        /// A file with the certificate authority to trust, in PEM; unset trusts the public ones.
        tls_authority: Option<PathBuf> = "PAYMENT_DB_TLS_CA", "";
        /// Connections for snapshots: reads can use up these and no others.
        readers: u32 = "SWELITE_DB_READERS", "8", 1..=1_000;
    }
}
