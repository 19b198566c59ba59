//! The embedded store against real files.

mod conformance;
