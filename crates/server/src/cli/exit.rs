//! Exit codes. Scripts rely on them: a number never changes its meaning.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Done.
    Ok,
    /// Something nobody expected.
    Unexpected,
    /// The command line or the configuration is wrong.
    Usage,
    /// The server (or what it needs) cannot be reached; nothing happened.
    Unreachable,
    /// Refused by a business rule.
    Refused,
    /// Not allowed.
    NotAllowed,
    /// A proof or a check of the doctor failed.
    Fault,
    /// A rate limit is used up.
    Limited,
    /// It may or may not have been done.
    OutcomeUnknown,
    /// Interrupted.
    Interrupted,
}

impl Exit {
    /// The number.
    pub fn number(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::Refused => 4,
            Self::NotAllowed => 5,
            Self::Fault => 6,
            Self::Limited => 7,
            Self::OutcomeUnknown => 8,
            Self::Interrupted => 130,
        }
    }

    /// What an HTTP status means for a script.
    pub fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Ok,
            400 | 405 | 413 | 415 => Self::Usage,
            401 | 403 => Self::NotAllowed,
            402 | 404 | 409 | 422 => Self::Refused,
            429 => Self::Limited,
            502 | 503 => Self::Unreachable,
            504 => Self::OutcomeUnknown,
            _ => Self::Unexpected,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

/// The table for `--help`.
pub(super) const TABLE: &str = "\
Exit codes:
  0 ok    1 unexpected    2 usage or configuration    3 unreachable, nothing happened
  4 refused by a business rule    5 not allowed    6 a proof or the doctor found a fault
  7 rate limited    8 outcome unknown    130 interrupted";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::problem::Code;

    #[test]
    fn every_error_code_of_the_api_ends_in_its_own_kind_of_exit() {
        for code in Code::ALL {
            let exit = Exit::of_status(code.status_number());
            let unexpected = exit == Exit::Unexpected;
            assert_eq!(unexpected, *code == Code::InternalError, "{code:?}");
        }
    }
}
