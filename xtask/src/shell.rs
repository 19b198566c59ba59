//! Runs other programs and says so: what is printed can be copied and run by hand.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

/// A program to run in a folder.
pub(crate) struct Step {
    command: Command,
    shown: String,
}

impl Step {
    /// `program` in `folder`.
    pub(crate) fn new(program: &str, folder: &Path) -> Self {
        let mut command = Command::new(program);
        command.current_dir(folder).stdin(Stdio::null());
        Self { command, shown: program.to_owned() }
    }

    /// `cargo` in `folder`.
    pub(crate) fn cargo(folder: &Path) -> Self {
        Self::new("cargo", folder)
    }

    /// With these arguments.
    pub(crate) fn arguments<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        for argument in arguments {
            self.shown.push(' ');
            self.shown.push_str(&argument.as_ref().to_string_lossy());
            self.command.arg(argument);
        }
        self
    }

    /// With programs looked for in `folder` before all others.
    pub(crate) fn leading_path(mut self, folder: &Path) -> Self {
        self.shown = format!("PATH=\"{}:$PATH\" {}", folder.display(), self.shown);
        self.command.env("PATH", path_after(folder));
        self
    }

    /// With this variable.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        let quote = if value.contains(' ') { "\"" } else { "" };
        self.shown = format!("{name}={quote}{value}{quote} {}", self.shown);
        self.command.env(name, value);
        self
    }

    /// Runs it; an error unless it succeeds.
    pub(crate) fn run(mut self) -> Result<()> {
        println!("+ {}", self.shown);
        let status = self.command.status().with_context(|| format!("run `{}`", self.shown))?;
        ensure!(status.success(), "`{}` failed ({status})", self.shown);
        Ok(())
    }

    /// Runs it and gives back what it wrote to its standard output; an error unless it succeeds.
    pub(crate) fn output(mut self) -> Result<String> {
        println!("+ {}", self.shown);
        let output = self.command.stderr(Stdio::inherit()).output();
        let output = output.with_context(|| format!("run `{}`", self.shown))?;
        ensure!(output.status.success(), "`{}` failed ({})", self.shown, output.status);
        String::from_utf8(output.stdout).with_context(|| format!("read what `{}` printed", self.shown))
    }
}

/// Whether `program` can be started at all.
pub(crate) fn exists(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}

/// The folders of programs, with `first` before all others.
#[expect(clippy::disallowed_methods, reason = "where programs are looked for is in the environment")]
pub(crate) fn path_after(first: &Path) -> OsString {
    let rest = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(first.to_owned()).chain(env::split_paths(&rest));
    env::join_paths(folders).unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_folder_can_be_looked_in_before_all_others() {
        let folders: Vec<PathBuf> = env::split_paths(&path_after(Path::new("/first"))).collect();
        assert_eq!(folders[0], Path::new("/first"));
        assert!(folders.len() > 1, "{folders:?}");
    }
}
