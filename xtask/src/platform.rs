//! The platform as a child process: built, started on a data folder, waited for until it can serve, ended cleanly.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{http, shell::Step};

/// How long a start may take before it has failed.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a clean end may take before it is forced.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How the binary is built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Profile {
    /// Quick to build.
    Dev,
    /// Quick to run.
    Release,
}

/// How it is started.
pub(crate) struct Start<'a> {
    /// The binary.
    pub(crate) binary: &'a Path,
    /// Its subcommand: `up` for every role in one process.
    pub(crate) role: &'a str,
    /// Where it keeps its data.
    pub(crate) data_dir: &'a Path,
    /// Where it listens.
    pub(crate) port: u16,
    /// Variables on top of the ones inherited.
    pub(crate) variables: &'a [(&'a str, &'a str)],
    /// Where its own words go; `None`: to this terminal.
    pub(crate) log: Option<&'a Path>,
}

/// A running platform; dropping it ends it.
pub(crate) struct Platform {
    child: Child,
    port: u16,
}

/// Builds the binary and says where it is.
pub(crate) fn build(root: &Path, profile: Profile) -> Result<PathBuf> {
    let arguments: &[&str] = match profile {
        Profile::Dev => &[],
        Profile::Release => &["--release"],
    };
    let build = ["build", "--locked", "--package", "server", "--bin", "swelite"];
    Step::cargo(root).arguments(build).arguments(arguments).run()?;
    built(root, profile)
}

/// Where the binary is once it is built.
pub(crate) fn built(root: &Path, profile: Profile) -> Result<PathBuf> {
    let folder = match profile {
        Profile::Dev => "debug",
        Profile::Release => "release",
    };
    Ok(target_folder(root)?.join(folder).join("swelite"))
}

/// Where cargo puts what it builds; a setting of the caller's may move it.
pub(crate) fn target_folder(root: &Path) -> Result<PathBuf> {
    let metadata = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root)
        .output()
        .context("run cargo metadata")?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&metadata.stdout).context("parse cargo metadata")?;
    let folder = metadata.get("target_directory").and_then(serde_json::Value::as_str);
    folder.map(PathBuf::from).context("cargo metadata names no target folder")
}

/// `wanted` if nobody listens there, else the next port that is free.
pub(crate) fn free_port(wanted: u16) -> Result<u16> {
    let free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    (wanted..=wanted.saturating_add(100)).find(free).with_context(|| format!("no free port from {wanted} on"))
}

impl Platform {
    /// Starts it, after `adjust` had its way with the command, and waits until it can serve.
    pub(crate) fn start_with(start: &Start<'_>, adjust: impl FnOnce(&mut Command)) -> Result<Self> {
        let mut command = Command::new(start.binary);
        command.arg(start.role).args(["--port", &start.port.to_string()]);
        command.arg("--data-dir").arg(start.data_dir);
        command.envs(start.variables.iter().copied()).stdin(Stdio::null());
        if let Some(log) = start.log {
            let file = File::create(log).with_context(|| format!("create {}", log.display()))?;
            command.stdout(file.try_clone()?).stderr(file);
        }
        adjust(&mut command);
        let is_ready = |port| http::get(port, "/readyz").is_ok_and(|answer| answer.status == 200);
        Self::spawn(command, start.port, is_ready).inspect_err(|_| {
            // Its own words say more than ours can.
            let words = start.log.and_then(|log| fs::read_to_string(log).ok()).unwrap_or_default();
            eprintln!("{}", words.trim_end());
        })
    }

    /// Starts another server that takes its port as its argument; it can serve as soon as it can be connected to.
    pub(crate) fn start_plain(binary: &Path, port: u16) -> Result<Self> {
        let mut command = Command::new(binary);
        command.arg(port.to_string()).stdin(Stdio::null()).stdout(Stdio::null());
        Self::spawn(command, port, |port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())
    }

    fn spawn(mut command: Command, port: u16, is_ready: impl Fn(u16) -> bool) -> Result<Self> {
        let child = command.spawn().with_context(|| format!("start {}", command.get_program().display()))?;
        let mut platform = Self { child, port };
        platform.wait_until(is_ready)?;
        Ok(platform)
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it as a crash would (`kill -9`).
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child.kill().context("kill the platform")?;
        self.child.wait().context("wait for its end")?;
        Ok(())
    }

    /// Asks it to end and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.end()
    }

    fn wait_until(&mut self, is_ready: impl Fn(u16) -> bool) -> Result<()> {
        let begun = now();
        while begun.elapsed() < START_LIMIT {
            if self.has_ended() {
                bail!("the platform ended at its start");
            }
            if is_ready(self.port) {
                return Ok(());
            }
            pause();
        }
        bail!("the platform is not ready after {START_LIMIT:?}")
    }

    fn end(&mut self) -> Result<()> {
        let pid =
            i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("the process has no id")?;
        if !self.has_ended() {
            kill_process(pid, Signal::TERM).context("ask the platform to end")?;
        }
        let begun = now();
        while begun.elapsed() < STOP_LIMIT {
            if self.has_ended() {
                return Ok(());
            }
            pause();
        }
        self.child.kill().context("force the platform to end")?;
        bail!("the platform did not end within {STOP_LIMIT:?} and was forced to")
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        if !self.has_ended()
            && let Err(error) = self.end()
        {
            eprintln!("error: {error:#}");
        }
    }
}

/// The clock of a tool that shows people how long something took.
#[expect(clippy::disallowed_methods, reason = "a tool that measures has no clock port")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Waits a moment before a condition is looked at again.
#[expect(clippy::disallowed_methods, reason = "the pause between two looks at a condition")]
pub(crate) fn pause() {
    thread::sleep(LOOK_EVERY);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_passed_by() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let wanted = taken.local_addr().unwrap().port();
        assert_ne!(free_port(wanted).unwrap(), wanted);
    }
}
