//! Images as they run: entry points, health checks, users, what can be written to, how they end.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::buildah::Image;
use crate::{
    bench::real_set,
    platform::{free_port, now, pause},
    shell::Step,
};

/// How long a container may take to be healthy, and to end.
const LIMIT: Duration = Duration::from_secs(90);
const INSIDE: &str = include_str!("inside.sh");

/// A process in an unpacked image; dropping it ends it.
struct Container<'a> {
    child: Child,
    image: &'a Image,
    variables: Vec<(String, String)>,
}

/// Tries everything, on the embedded and on the real set.
pub(super) fn run(
    root: &Path,
    backend: &Image,
    frontend: &Image,
    addresses: &[(&str, String)],
) -> Result<()> {
    ensure!(backend.entry == ["/usr/local/bin/swelite"] && backend.command == ["up"], "another entry point");
    ensure!(backend.volumes == ["/data"], "other volumes: {:?}", backend.volumes);
    nothing_can_be_written(backend)?;
    passwords(backend)?;
    let port = free_port(18_200)?;
    let up = Container::start(backend, &[], &[("SERVER_PORT", &port.to_string())])?;
    up.healthy()?;
    let url = format!("http://127.0.0.1:{port}");
    smoke(root, &url)?;
    through_the_door(root, frontend, &url)?;
    up.stop()?;
    on_the_real_set(root, backend, addresses)
}

fn on_the_real_set(root: &Path, backend: &Image, addresses: &[(&str, String)]) -> Result<()> {
    let mut set = real_set::variables(addresses)?;
    set.push(("SWELITE_LOG_FORMAT".to_owned(), "json".to_owned()));
    let set: Vec<(&str, &str)> = set.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Container::start(backend, &["migrate"], &set)?.ends_well()?;
    let (api, worker) = (free_port(18_200)?.to_string(), free_port(18_300)?.to_string());
    let ingest = Container::start(backend, &["ingest"], &[&set[..], &[("SERVER_PORT", &api)]].concat())?;
    let worker = Container::start(backend, &["worker"], &[&set[..], &[("SERVER_PORT", &worker)]].concat())?;
    ingest.healthy()?;
    worker.healthy()?;
    smoke(root, &format!("http://127.0.0.1:{api}"))?;
    worker.stop()?;
    ingest.stop()
}

/// Browsers' way: nginx before the platform. Numbers for operators do not pass.
fn through_the_door(root: &Path, frontend: &Image, platform: &str) -> Result<()> {
    ensure!(free_port(5173)? == 5173, "port 5173 is taken, and the door knows no other");
    let door = Container::start(frontend, &[], &[("API_URL", platform)])?;
    door.healthy()?;
    smoke(root, "http://127.0.0.1:5173")?;
    let metrics = Step::new("curl", root)
        .arguments([
            "--silent",
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_code}",
            "http://127.0.0.1:5173/metrics",
        ])
        .output()?;
    ensure!(metrics == "404", "the door lets /metrics pass: {metrics}");
    door.stop()
}

fn smoke(root: &Path, url: &str) -> Result<()> {
    Step::new("deploy/jenkins/smoke.sh", root).variable("BASE_URL", url).run()
}

/// The root is read-only, and the user is nobody who could change that.
fn nothing_can_be_written(image: &Image) -> Result<()> {
    let script = "set -eu; for place in / /usr/local/bin /etc; do if touch $place/x 2>/dev/null; then echo $place can be written to; exit 1; fi; done; \
                  touch /data/x /tmp/x; [ \"$(id -u)\" = 10001 ]; grep -q 'CapEff:.0000000000000000' /proc/self/status; grep -q 'NoNewPrivs:.1' /proc/self/status";
    let status =
        inside(image, image.user, &["/bin/sh", "-c", script], &[])?.wait().context("wait for the script")?;
    ensure!(status.success(), "the image can be written to, or its user may too much");
    Ok(())
}

/// As compose runs it: as root, which a new volume belongs to, but without what makes root mighty.
fn passwords(image: &Image) -> Result<()> {
    let script = "set -eu; /usr/local/bin/secrets.sh /tmp/a=A /tmp/b=B; [ \"$(cat /tmp/a)\" = given ]; [ \"$(wc -c </tmp/b)\" = 32 ]";
    let image = &Image { workdir: "/".to_owned(), ..image.clone() };
    let status = inside(image, (0, 0), &["/bin/sh", "-c", script], &[("A".to_owned(), "given".to_owned())])?
        .wait()
        .context("wait for secrets.sh")?;
    ensure!(status.success(), "secrets.sh does not run in the image");
    Ok(())
}

impl<'a> Container<'a> {
    /// The entry point with these arguments, or with the image's own.
    fn start(image: &'a Image, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Self> {
        let own: Vec<&str> = image.command.iter().map(String::as_str).collect();
        let arguments = if arguments.is_empty() { &own[..] } else { arguments };
        let line: Vec<&str> =
            image.entry.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
        let variables: Vec<(String, String)> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        println!("+ (in the image) {}", line.join(" "));
        let child = inside(image, image.user, &line, &variables)?;
        Ok(Self { child, image, variables })
    }

    /// Until its own health check, run beside it, says so.
    fn healthy(&self) -> Result<()> {
        let check: Vec<&str> = self.image.health.iter().map(String::as_str).collect();
        let begun = now();
        while begun.elapsed() < LIMIT {
            if inside(self.image, self.image.user, &check, &self.variables)?.wait()?.success() {
                println!("  healthy after {:.1} s by {}", begun.elapsed().as_secs_f64(), check.join(" "));
                return Ok(());
            }
        }
        bail!("not healthy within {LIMIT:?}")
    }

    fn ends_well(mut self) -> Result<()> {
        let status = self.child.wait().context("wait for its end")?;
        ensure!(status.success(), "it ended with {status}");
        Ok(())
    }

    /// As an engine does it: SIGTERM to the process itself, and its own user is the image's.
    fn stop(mut self) -> Result<()> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .context("it has ended by itself")?;
        let uid = format!("Uid:\t{}\t", self.image.user.0);
        ensure!(status.contains(&uid), "it runs as somebody else");
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("it has no id")?;
        kill_process(pid, Signal::TERM).context("ask it to end")?;
        let begun = now();
        while begun.elapsed() < LIMIT {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "it ended with {status} when it was asked to");
                return Ok(());
            }
            pause();
        }
        bail!("it did not end within {LIMIT:?}")
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None))
            && let Err(error) = self.child.kill().and_then(|()| self.child.wait().map(drop))
        {
            eprintln!("error: cannot end a container: {error}");
        }
    }
}

fn inside(
    image: &Image,
    (uid, gid): (u32, u32),
    line: &[&str],
    variables: &[(String, String)],
) -> Result<Child> {
    let set = image
        .variables
        .iter()
        .cloned()
        .chain(variables.iter().map(|(name, value)| format!("{name}={value}")));
    Command::new("unshare")
        .args(["--mount", "bash", "-c", INSIDE, "inside"])
        .arg(&image.tree)
        .args([uid.to_string(), gid.to_string(), image.workdir.clone(), image.volumes.join(":")])
        .args(set)
        .args(line)
        .stdin(Stdio::null())
        .spawn()
        .context("start a container")
}
