//! The real binary as a process of its own: started, killed as a crash would, started again on the same data.
//!
//! It refuses to leave anything behind: dropping it kills the process and waits for its end. What the process says goes to
//! a file beside its data, and the end of that file is in every panic here.

use std::{
    ffi::{OsStr, OsString},
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    http::HttpClient,
    services::free_port,
    wait::{wait_for, wait_until},
};

/// How long a start may take before the test has failed; generous, because machines that build are busy.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a requested end may take before the test has failed.
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// How much of its own words a panic shows.
const SHOWN_BYTES: usize = 4096;

/// How to start the binary.
#[derive(Clone, Debug)]
pub struct Launch {
    wrapper: Vec<OsString>,
    binary: PathBuf,
    data_dir: PathBuf,
    log: PathBuf,
    variables: Vec<(OsString, OsString)>,
    port: u16,
}

impl Launch {
    /// Starts `binary` on `data_dir` and on a port that is free now.
    pub fn new(binary: impl Into<PathBuf>, data_dir: impl Into<PathBuf>) -> Self {
        let (binary, data_dir) = (binary.into(), data_dir.into());
        let mut log = data_dir.clone().into_os_string();
        log.push(".log");
        Self {
            wrapper: Vec::new(),
            binary,
            data_dir,
            log: log.into(),
            variables: Vec::new(),
            port: free_port().unwrap_or_else(|error| panic!("find a free port: {error}")),
        }
    }

    /// Started by this command line, which must end in `exec` of what follows it.
    pub fn wrapped<A: Into<OsString>>(mut self, wrapper: impl IntoIterator<Item = A>) -> Self {
        self.wrapper = wrapper.into_iter().map(Into::into).collect();
        self
    }

    /// The same on another data directory and another port.
    pub fn on(&self, data_dir: impl Into<PathBuf>) -> Self {
        let Self { wrapper, binary, variables, .. } = self.clone();
        Self { wrapper, variables, ..Self::new(binary, data_dir) }
    }

    /// With this variable in its environment.
    pub fn with(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.as_ref().into(), value.as_ref().into()));
        self
    }

    /// The port it will listen on; the same at every start.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its data directory.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// `swelite up`, ready to serve.
    pub async fn up(&self) -> Running {
        self.start(&["up", "--port", &self.port.to_string()], "/readyz").await
    }

    /// `swelite ingest` or `swelite worker`, ready.
    pub async fn role(&self, role: &str) -> Running {
        self.start(&[role, "--port", &self.port.to_string()], "/readyz").await
    }

    /// `swelite simulator`, ready to serve.
    pub async fn simulator(&self, flags: &[&str]) -> Running {
        let (listen, data_dir) = (format!("127.0.0.1:{}", self.port), self.data_dir.to_string_lossy());
        let own = ["simulator", "--listen", &listen, "--data-dir", &data_dir];
        self.start(&[&own, flags].concat(), "/healthz").await
    }

    /// Runs a subcommand to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).stdin(Stdio::null()).output();
        output.unwrap_or_else(|error| panic!("run {} {arguments:?}: {error}", self.binary.display()))
    }

    /// Runs lines of a shell in its environment, up to the first that fails.
    ///
    /// # Panics
    /// When there is no shell.
    pub fn run_shell(&self, lines: &str) -> Output {
        let mut shell = Command::new("bash");
        shell.args(["-euo", "pipefail", "-c", lines]).stdin(Stdio::null());
        self.in_its_environment(&mut shell);
        shell.output().unwrap_or_else(|error| panic!("run a shell: {error}"))
    }

    async fn start(&self, arguments: &[&str], ready: &'static str) -> Running {
        let log = self.log.clone();
        let out = OpenOptions::new().create(true).append(true).open(&log);
        let out: File = out.unwrap_or_else(|error| panic!("open {}: {error}", log.display()));
        let copy = out.try_clone().unwrap_or_else(|error| panic!("clone {}: {error}", log.display()));
        let child = self.command(arguments).stdin(Stdio::null()).stdout(out).stderr(copy).spawn();
        let child = child.unwrap_or_else(|error| panic!("start {}: {error}", self.binary.display()));
        let mut running = Running { child: Some(child), url: self.url(), log };
        running.wait_until_ready(ready).await;
        running
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut line = self.wrapper.iter().map(OsString::as_os_str).chain([self.binary.as_os_str()]);
        let mut command = Command::new(line.next().unwrap_or_default());
        command.args(line);
        self.in_its_environment(&mut command);
        command.args(arguments);
        command
    }

    /// Nothing of the developer's own settings may reach the process under test.
    fn in_its_environment(&self, command: &mut Command) {
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.env("SWELITE_DATA_DIR", &self.data_dir).env("SWELITE_URL", self.url());
    }
}

/// A started process.
#[derive(Debug)]
pub struct Running {
    child: Option<Child>,
    url: String,
    log: PathBuf,
}

impl Running {
    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Ends it as a crash would, in the middle of whatever it does (`kill -9`).
    pub fn kill(mut self) {
        self.kill_now();
    }

    /// Freezes it (SIGSTOP): it keeps its connections and leases and does nothing.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on (SIGCONT), unaware that time has passed.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Asks it to end and waits until it has (SIGTERM).
    pub async fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        let ended = wait_for("the process has ended", STOP_LIMIT, async || {
            self.child.as_mut().and_then(|child| child.try_wait().ok().flatten())
        });
        let status = ended.await;
        self.child = None;
        status
    }

    /// All it has said so far, also before it was started again.
    pub fn all_words(&self) -> String {
        let text =
            std::fs::read(&self.log).unwrap_or_else(|error| panic!("read {}: {error}", self.log.display()));
        String::from_utf8_lossy(&text).into_owned()
    }

    /// What it has said so far; the end of it.
    pub fn words(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let from = text.len().saturating_sub(SHOWN_BYTES);
        String::from_utf8_lossy(text.get(from..).unwrap_or_default()).into_owned()
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        let sent = pid.map(|pid| kill_process(pid, signal));
        assert!(matches!(sent, Some(Ok(()))), "cannot signal process {:?}: {sent:?}", self.pid());
    }

    async fn wait_until_ready(&mut self, path: &str) {
        let client = HttpClient::new(&self.url);
        wait_until("the server is ready", START_LIMIT, async || {
            if let Some(Ok(Some(status))) = self.child.as_mut().map(Child::try_wait) {
                panic!("the server ended at its start with {status}:\n{}", self.words());
            }
            client.get(path).await.is_ok_and(|answer| answer.status == 200)
        })
        .await;
    }

    fn kill_now(&mut self) {
        if let Some(mut child) = self.child.take() {
            // An error here means that it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the last words of the server:\n{}", self.words());
        }
        self.kill_now();
    }
}
