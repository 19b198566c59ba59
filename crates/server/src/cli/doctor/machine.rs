//! What the machine gives: a directory to write in, room, descriptors.

use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
};

use rustix::process::{Resource, getrlimit};

use super::Check;
use crate::{cli::output::Output, config::Settings};

/// Below this the next minutes are in doubt.
const FREE_BYTES_DOUBTFUL: u64 = 1 << 30;
/// Below this the next commit is.
const FREE_BYTES_BAD: u64 = 64 << 20;
/// Descriptors for everything that is not a connection.
const DESCRIPTORS_RESERVED: u64 = 128;

pub(super) fn checks(output: &Output, settings: &Settings) -> Vec<Check> {
    let mut checks = Vec::new();
    // With the books in a database of their own this machine keeps nothing.
    if settings.mariadb.host.is_none() {
        checks.extend([data_dir(output, settings), room(output, settings)]);
    }
    checks.push(descriptors(output, settings));
    checks
}

fn data_dir(output: &Output, settings: &Settings) -> Check {
    const NAME: &str = "data directory";
    let dir = &settings.store.data_dir;
    let shown = dir.display();
    if !dir.exists() {
        let found = output.pick("데이터 디렉터리가 아직 없음", "the data directory is not there yet");
        let mend = output.pick("`swelite up`이 만들어요", "`swelite up` makes it");
        return Check::doubtful(NAME, format!("{found}: {shown}"), mend);
    }
    match try_to_write(dir) {
        Ok(()) => Check::good(
            NAME,
            format!(
                "{}: {shown}",
                output.pick("데이터 디렉터리에 쓸 수 있음", "the data directory can be written")
            ),
        ),
        Err(error) => {
            let found = output.pick("데이터 디렉터리에 쓸 수 없음", "the data directory cannot be written");
            let mend = output.pick(
                "권한을 고치거나 --data-dir을 바꾸세요",
                "correct its permissions or choose another --data-dir",
            );
            Check::bad(NAME, format!("{found}: {shown}: {error}"), mend)
        }
    }
}

fn try_to_write(dir: &Path) -> io::Result<()> {
    let probe = dir.join(format!(".doctor-{}", std::process::id()));
    OpenOptions::new().write(true).create_new(true).open(&probe)?;
    fs::remove_file(probe)
}

fn room(output: &Output, settings: &Settings) -> Check {
    const NAME: &str = "disk";
    let dir = &settings.store.data_dir;
    let nearest = dir.ancestors().find(|dir| dir.exists()).unwrap_or_else(|| Path::new("."));
    let nearest = if nearest.as_os_str().is_empty() { Path::new(".") } else { nearest };
    let free = match rustix::fs::statvfs(nearest) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(error) => {
            let found = output.pick("디스크 여유를 알 수 없음", "the room on the disk cannot be read");
            return Check::doubtful(NAME, format!("{found}: {error}"), "df");
        }
    };
    let found = format!("{}: {} MiB", output.pick("디스크 여유", "room on the disk"), free >> 20);
    let mend = output
        .pick("자리를 비우세요; 꽉 차면 결제는 503이 돼요", "make room: payments get 503 when it is full");
    match free {
        ..FREE_BYTES_BAD => Check::bad(NAME, found, mend),
        FREE_BYTES_BAD..FREE_BYTES_DOUBTFUL => Check::doubtful(NAME, found, mend),
        _ => Check::good(NAME, found),
    }
}

fn descriptors(output: &Output, settings: &Settings) -> Check {
    const NAME: &str = "descriptors";
    let needed = u64::from(settings.http.connections_max) + DESCRIPTORS_RESERVED;
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let found = format!("{}: {limit}", output.pick("열 수 있는 파일 수", "files that may be open"));
    if limit >= needed {
        return Check::good(NAME, found);
    }
    let mend = output.pick(
        "`ulimit -n`을 늘리거나 SWELITE_HTTP_CONNECTIONS_MAX를 줄이세요",
        "raise `ulimit -n` or lower SWELITE_HTTP_CONNECTIONS_MAX",
    );
    Check::doubtful(NAME, format!("{found} < {needed}"), mend)
}
