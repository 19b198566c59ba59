//! Tests of the whole platform, from outside, through the real binary.
//!
//! One test program, so that the platform is linked once. Names are sentences.

mod chaos;
