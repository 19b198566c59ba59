//! What is known of a setting before it has a value.

use std::ops::RangeInclusive;

/// What is known of a setting before it has a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// The table of `swelite.toml` it stands in.
    pub section: &'static str,
    /// Its key there; ends with its unit.
    pub key: &'static str,
    /// The environment variable.
    pub variable: &'static str,
    /// Its value when nobody gives one, as it would be written; empty means unset.
    pub default: &'static str,
    /// What a number must lie in.
    pub range: Option<RangeInclusive<u64>>,
    /// Whether it is never shown and may also be read from the file that `<variable>_FILE` names.
    pub secret: bool,
    /// What it is for.
    pub doc: &'static str,
}
