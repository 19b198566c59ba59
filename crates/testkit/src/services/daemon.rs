//! A server process: started with its words in a file, waited for until it serves, killed, frozen, ended.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, OpenOptions},
    io::{self, Error},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// How long a start may take; a Kafka broker on a machine that builds needs the most.
const START_LIMIT: Duration = Duration::from_secs(90);
/// How long a requested end may take before it is forced.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How much of its words an error shows.
const SHOWN_BYTES: usize = 2048;

/// How long a server lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Life {
    /// No longer than the value that stands for it, nor than the thread that started it.
    Owned,
    /// Until it is stopped: it outlives the process that started it.
    Detached,
}

/// A server process.
#[derive(Debug)]
pub struct Daemon {
    pid: Pid,
    child: Option<Child>,
    life: Life,
    log: PathBuf,
}

impl Daemon {
    /// Starts `command` with its pid and its words in `dir`, and waits until `ready`.
    pub(super) fn start(
        command: &[OsString],
        dir: &Path,
        life: Life,
        ready: impl Fn() -> bool,
    ) -> io::Result<Self> {
        let mut daemon = Self::spawn(command, dir, life)?;
        daemon.wait_until_ready(ready)?;
        Ok(daemon)
    }

    /// Starts `command` and does not wait.
    pub(super) fn spawn(command: &[OsString], dir: &Path, life: Life) -> io::Result<Self> {
        let log = dir.join("log");
        let out = OpenOptions::new().create(true).append(true).open(&log)?;
        // Both replace themselves by what follows, so the process started is the server.
        let wrapper: &[&str] = match life {
            Life::Owned => &["setpriv", "--pdeathsig", "KILL", "--"],
            Life::Detached => &["setsid", "--"],
        };
        let mut line = wrapper.iter().map(OsStr::new).chain(command.iter().map(OsString::as_os_str));
        let child = Command::new(line.next().unwrap_or_default())
            .args(line)
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()?;
        let pid = Pid::from_child(&child);
        fs::write(dir.join("pid"), format!("{} {}", pid.as_raw_nonzero(), begun_at(pid)?))?;
        Ok(Self { pid, child: Some(child), life, log })
    }

    /// The server that was started in `dir` and still runs, if there is one.
    pub fn find(dir: &Path) -> Option<Self> {
        let text = fs::read_to_string(dir.join("pid")).ok()?;
        let (pid, begun) = text.split_once(' ')?;
        let pid = Pid::from_raw(pid.parse().ok()?)?;
        // The number may have been given to another process since.
        let is_the_same = begun_at(pid).is_ok_and(|at| at == begun);
        let mut daemon = Self { pid, child: None, life: Life::Detached, log: dir.join("log") };
        (is_the_same && daemon.is_alive()).then_some(daemon)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Ends it as a crash would (`kill -9`), and waits until it is gone.
    pub fn kill(&mut self) -> io::Result<()> {
        self.signal(Signal::KILL)?;
        self.wait_until_gone()
    }

    /// Freezes it (SIGSTOP): it keeps its connections and answers nobody.
    pub fn freeze(&self) -> io::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on (SIGCONT).
    pub fn thaw(&self) -> io::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Asks it to end, and waits until it is gone.
    pub fn stop(&mut self) -> io::Result<()> {
        self.signal(Signal::TERM)?;
        self.wait_until_gone()
    }

    /// Whether it runs.
    pub fn is_alive(&mut self) -> bool {
        match &mut self.child {
            Some(child) => matches!(child.try_wait(), Ok(None)),
            // One that has ended stays as a zombie until whoever started it asks for its status.
            None => stat(self.pid, STATE).is_ok_and(|state| state != "Z"),
        }
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        match kill_process(self.pid, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until `ready`; an error when the server ends before.
    pub(super) fn wait_until_ready(&mut self, ready: impl Fn() -> bool) -> io::Result<()> {
        let is_up = self.wait(START_LIMIT, |daemon| ready() || !daemon.is_alive());
        if is_up && self.is_alive() {
            return Ok(());
        }
        let what = if is_up { "ended at its start" } else { "is not ready in time" };
        Err(Error::other(format!("server {what}: {}\n{}", self.log.display(), self.last_words())))
    }

    fn wait_until_gone(&mut self) -> io::Result<()> {
        if self.wait(STOP_LIMIT, |daemon| !daemon.is_alive()) {
            return Ok(());
        }
        self.signal(Signal::KILL)?;
        Err(Error::other(format!("server did not end within {STOP_LIMIT:?}: {}", self.log.display())))
    }

    #[expect(clippy::disallowed_methods, reason = "waits for processes, which know no Clock port")]
    fn wait(&mut self, limit: Duration, mut condition: impl FnMut(&mut Self) -> bool) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < limit {
            if condition(self) {
                return true;
            }
            thread::sleep(LOOK_EVERY);
        }
        false
    }

    fn last_words(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let from = text.len().saturating_sub(SHOWN_BYTES);
        String::from_utf8_lossy(text.get(from..).unwrap_or_default()).into_owned()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.life == Life::Owned
            && self.is_alive()
            && let Err(error) = self.kill()
        {
            eprintln!("cannot end the server of {}: {error}", self.log.display());
        }
    }
}

/// The state of a process, and when it began: counted from the field after the name in `/proc/PID/stat`.
const STATE: usize = 0;
const BEGUN: usize = 19;

/// Together with its number, the moment it began names a process for good.
fn begun_at(pid: Pid) -> io::Result<String> {
    stat(pid, BEGUN)
}

fn stat(pid: Pid, field: usize) -> io::Result<String> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))?;
    // The name before may hold anything, parentheses too.
    let after_name = stat.rsplit_once(')').map(|(_, rest)| rest);
    let found = after_name.and_then(|rest| rest.split_whitespace().nth(field));
    found.map(str::to_owned).ok_or_else(|| Error::other("cannot read the state of a process"))
}
