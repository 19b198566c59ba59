//! A group of settings, each described once: the macro makes the typed field, its documentation, its parser and its row in the
//! reference from the same lines, so that none of them can say something else.

use super::{reader::Reader, setting::Setting};

/// A group of settings.
pub(super) trait Section: Sized {
    /// Its table in `swelite.toml`.
    const NAME: &'static str;
    /// What it is for.
    const DOC: &'static str;

    /// Its settings, in the order of its fields.
    fn settings() -> Vec<Setting>;

    /// Reads it. What is wrong is noted in the reader, with the default in its place.
    fn read(reader: &mut Reader<'_>) -> Self;
}

/// Declares a section: `field: Type = "VARIABLE", "default";`, for numbers with the range they must lie in.
macro_rules! section {
    ($(#[doc = $section_doc:literal])+ $name:ident = $table:literal {
        $($(#[doc = $doc:literal])+ $field:ident: $type:ty = $variable:literal, $default:literal $(, $range:expr)?;)*
    }) => {
        $(#[doc = $section_doc])+
        #[derive(Clone, Debug)]
        pub struct $name {
            $($(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("Variable `", $variable, "`, default `", $default, "`.")]
            pub $field: $type,)*
        }

        impl $crate::config::section::Section for $name {
            const NAME: &'static str = $table;
            const DOC: &'static str = concat!($($section_doc),+);

            fn settings() -> Vec<$crate::config::setting::Setting> {
                vec![$($crate::config::setting::Setting {
                    section: $table,
                    key: stringify!($field),
                    variable: $variable,
                    default: $default,
                    range: $crate::config::section::range_of!($($range)?),
                    secret: <$type as $crate::config::value::Value>::SECRET,
                    doc: concat!($($doc),+),
                },)*]
            }

            fn read(reader: &mut $crate::config::reader::Reader<'_>) -> Self {
                Self { $($field: reader.value($variable),)* }
            }
        }
    };
}

/// The range of a setting, if it has one.
macro_rules! range_of {
    () => {
        None
    };
    ($range:expr) => {
        Some($range)
    };
}

pub(crate) use {range_of, section};
