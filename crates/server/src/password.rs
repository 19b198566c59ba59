//! Passwords: what is kept of one, and whether one is right. Argon2id, on threads that may block, a few at a time.
//!
//! Whether an account exists must not show in how long a refusal takes: where there is nothing to compare with, a hash that
//! nothing matches is compared with instead.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc},
};
use engine::ports::PasswordHash;
use thiserror::Error;
use tokio::sync::Semaphore;

/// Memory of one hash, in KiB; OWASP's first choice for Argon2id with two passes.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const THREADS: u32 = 1;
/// Hashes made at once: memory and cores must be left for payments.
const AT_ONCE: usize = 2;
/// The hash of nobody's password, made with the same parameters.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The fewest and the most characters of a password.
pub const LENGTH: std::ops::RangeInclusive<usize> = 10..=256;

/// A password cannot be hashed on this machine.
#[derive(Debug, Error)]
#[error("hash a password: {0}")]
pub struct HashError(String);

/// A password as it was typed. Never shown.
#[derive(Clone)]
pub struct Password(Arc<str>);

impl Password {
    /// What was typed.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

/// The threads that hash.
#[derive(Debug)]
pub struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Passwords {
    /// What is kept of a password.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        let hashed = self
            .apart(move || {
                let hash = argon2()?.hash_password(password.0.as_bytes());
                hash.map(|hash| hash.to_string()).map_err(|error| HashError(error.to_string()))
            })
            .await??;
        Ok(PasswordHash(hashed.into()))
    }

    /// Whether a password is right. Takes as long where there is nothing to compare with.
    pub async fn verify(&self, password: Password, kept: Option<&PasswordHash>) -> Result<bool, HashError> {
        let kept = kept.map_or_else(|| NOBODY.into(), |kept| kept.0.clone());
        self.apart(move || {
            let parsed = phc::PasswordHash::new(&kept).map_err(|error| HashError(error.to_string()))?;
            Ok(argon2()?.verify_password(password.0.as_bytes(), &parsed).is_ok())
        })
        .await?
    }

    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let place =
            Arc::clone(&self.0).acquire_owned().await.map_err(|error| HashError(error.to_string()))?;
        let hashing = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(place);
            result
        });
        hashing.await.map_err(|error| HashError(error.to_string()))
    }
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params =
        Params::new(MEMORY_KIB, PASSES, THREADS, None).map_err(|error| HashError(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_right_or_not_and_never_kept() {
        let passwords = Passwords::default();
        let kept = passwords.hash(Password::new("correct horse")).await.unwrap();
        assert!(kept.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept.0);
        assert!(!kept.0.contains("correct"));
        let again = passwords.hash(Password::new("correct horse")).await.unwrap();
        assert_ne!(kept.0, again.0, "each has a salt of its own");
        assert!(passwords.verify(Password::new("correct horse"), Some(&kept)).await.unwrap());
        assert!(!passwords.verify(Password::new("wrong horse"), Some(&kept)).await.unwrap());
        assert!(!passwords.verify(Password::new(""), None).await.unwrap(), "nobody has no password");
        assert_eq!(format!("{:?}", Password::new("x")), "(hidden)");
    }
}
