//! Where things are kept that are fetched or built once for every checkout of this user.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// The folder of this project in the user's cache.
#[expect(clippy::disallowed_methods, reason = "where a user's cached files belong is in the environment")]
pub(crate) fn folder() -> Result<PathBuf> {
    let given = env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let folder = given.or_else(home).context("neither XDG_CACHE_HOME nor HOME is set")?;
    Ok(folder.join("payment-swelite"))
}

/// What `make` puts into a folder, kept at `place`; made the first time.
///
/// It is made beside its place and moved there whole: what was cut short is never taken for finished.
pub(crate) fn kept(place: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    if place.is_dir() {
        return Ok(());
    }
    let making = place.with_extension(format!("making-{}", std::process::id()));
    fs::create_dir_all(&making).with_context(|| format!("make {}", making.display()))?;
    let made = make(&making);
    if made.is_ok() && fs::rename(&making, place).is_ok() {
        return Ok(());
    }
    fs::remove_dir_all(&making).with_context(|| format!("remove {}", making.display()))?;
    made?;
    // Another run was quicker.
    anyhow::ensure!(place.is_dir(), "{} cannot be put in its place", place.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn what_was_made_is_kept_and_what_failed_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("tool-1.2.3");
        assert!(kept(&place, |_| bail!("cut short")).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        kept(&place, |making| Ok(fs::write(making.join("tool"), "")?)).unwrap();
        assert!(place.join("tool").is_file());
        kept(&place, |_| bail!("must not be made again")).unwrap();
    }
}
