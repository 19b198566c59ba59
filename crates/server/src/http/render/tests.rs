//! The bytes of answers.
