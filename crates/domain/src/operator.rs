//! Who runs the platform, and what each role may do: each role may do all that the one before it may.

use std::{fmt, str::FromStr};

use crate::text::TextError;

/// What an operator may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Look.
    Viewer,
    /// Act on payments and dead letters too.
    Operator,
    /// Say who else may, and break things on purpose.
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// The word on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// Whether it may do what `needed` may.
    pub fn reaches(self, needed: Self) -> bool {
        self >= needed
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(TextError::InvalidFormat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_do_what_the_one_before_it_may() {
        for (at, role) in Role::ALL.into_iter().enumerate() {
            for (needed_at, needed) in Role::ALL.into_iter().enumerate() {
                assert_eq!(role.reaches(needed), at >= needed_at, "{role} {needed}");
            }
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert!("root".parse::<Role>().is_err());
    }
}
