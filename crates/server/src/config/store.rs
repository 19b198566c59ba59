//! Where the books are kept.

use std::path::PathBuf;

use super::section::section;

section! {
    /// Where the embedded books are kept.
    Store = "store" {
        /// The directory of the embedded store. One process at a time.
        data_dir: PathBuf = "SWELITE_DATA_DIR", "./data";
        /// Ordered streams of events, 1 to 255. Set once, when the books are created: 4 in MariaDB unless this says otherwise; the
        /// embedded store has exactly one.
        lanes: Option<u16> = "SWELITE_LANES", "";
    }
}
