//! The real servers, for development and tests: MariaDB, Redis and Kafka as native processes with private folders and ports.
//!
//! Idempotent: what runs already is left alone, what the environment names (`SWELITE_TEST_MARIADB` and so on) is not started.
//! The addresses are written down where test programs find them.

mod jars;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use testkit::services::{
    Daemon, KAFKA_JARS, Kafka, KafkaOptions, Life, Mariadb, MariadbOptions, Redis, Shared,
};

use crate::{
    needs,
    platform::{free_port, now, target_folder},
};

pub(crate) use jars::kafka_jars;

/// What to do with them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::Subcommand)]
pub(crate) enum Services {
    /// Install what is missing, start what does not run, wait until all can serve
    Up,
    /// End those that were started here
    Down,
    /// Say what runs, and where
    Status,
}

/// Does it.
pub(crate) fn run(root: &Path, what: Services) -> Result<()> {
    let folder = target_folder(root)?.join("services");
    match what {
        Services::Up => up(root, &folder).map(drop),
        Services::Down => down(&folder),
        Services::Status => status(&folder),
    }
}

/// Starts what does not run, and gives back every address by its variable.
pub(crate) fn up(root: &Path, folder: &Path) -> Result<Vec<(&'static str, String)>> {
    up_with(root, folder, &[])
}

/// The same, with further lines in MariaDB's settings.
pub(crate) fn up_with(root: &Path, folder: &Path, database: &[&str]) -> Result<Vec<(&'static str, String)>> {
    needs::meet(root, &needs::SERVICES)?;
    fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    let jars = kafka_jars(root)?;
    let mut addresses = vec![(KAFKA_JARS, jars.display().to_string())];
    for service in Shared::ALL {
        let begun = now();
        let (address, how) = match service.given() {
            Some(address) => (address, "as given".to_owned()),
            None => match running(service, folder) {
                Some(address) => (address, "up already".to_owned()),
                None => {
                    let address = start(service, folder, (&jars, database))
                        .with_context(|| format!("start {}", name(service)))?;
                    (address, format!("started in {:.1} s", begun.elapsed().as_secs_f64()))
                }
            },
        };
        println!("{:8} {address}  {how}", name(service));
        addresses.push((service.variable(), address));
        write_down(folder, &addresses)?;
    }
    Ok(addresses)
}

/// Whether any of them was started here and runs.
pub(crate) fn any_running(folder: &Path) -> bool {
    Shared::ALL.into_iter().any(|service| running(service, folder).is_some())
}

/// The processes of those that were started here, by name.
pub(crate) fn processes(folder: &Path) -> Vec<(&'static str, u32)> {
    let found = Shared::ALL
        .into_iter()
        .filter_map(|service| Some((name(service), Daemon::find(&process_folder(service, folder))?.pid())));
    found.collect()
}

/// Ends those that were started here, and forgets what they held.
pub(crate) fn down(folder: &Path) -> Result<()> {
    for service in Shared::ALL {
        match Daemon::find(&process_folder(service, folder)) {
            Some(mut daemon) => {
                daemon.stop().with_context(|| format!("end {}", name(service)))?;
                println!("{:8} ended", name(service));
            }
            None => println!("{:8} did not run", name(service)),
        }
    }
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    Ok(())
}

fn status(folder: &Path) -> Result<()> {
    let mut missing = 0;
    for service in Shared::ALL {
        let known = service.given().map(|address| (address, "as given"));
        match known.or_else(|| Some((running(service, folder)?, "up"))) {
            Some((address, how)) => println!("{:8} {address}  {how}", name(service)),
            None => {
                missing += 1;
                println!("{:8} down", name(service));
            }
        }
    }
    if missing > 0 {
        bail!("{missing} of {} are down: cargo xtask services up", Shared::ALL.len())
    }
    Ok(())
}

fn start(service: Shared, folder: &Path, (jars, database): (&Path, &[&str])) -> Result<String> {
    let dir = service_folder(service, folder);
    let life = Life::Detached;
    let port = match service {
        Shared::Mariadb => {
            let settings = database.iter().map(|&line| line.to_owned()).collect();
            let options = MariadbOptions { settings, ..MariadbOptions::default() };
            Mariadb::start_with(&dir, free_port(13306)?, life, &options)?.port()
        }
        Shared::Redis => Redis::start(&dir, free_port(16379)?, life)?.port(),
        Shared::Kafka => {
            let ports = (free_port(19092)?, free_port(19193)?);
            let jars = jars.to_owned();
            let heap = "256m".to_owned();
            let options = KafkaOptions { jars, heap, ports: vec![ports], further: Vec::new() };
            Kafka::start(&dir, options, life)?;
            ports.0
        }
    };
    let address = format!("127.0.0.1:{port}");
    fs::write(dir.join("address"), &address)?;
    Ok(address)
}

fn running(service: Shared, folder: &Path) -> Option<String> {
    Daemon::find(&process_folder(service, folder))?;
    fs::read_to_string(service_folder(service, folder).join("address")).ok()
}

fn write_down(folder: &Path, addresses: &[(&str, String)]) -> Result<()> {
    let lines: Vec<String> = addresses.iter().map(|(name, address)| format!("{name}={address}\n")).collect();
    fs::write(folder.join("addresses"), lines.concat()).context("write down the addresses")
}

fn service_folder(service: Shared, folder: &Path) -> PathBuf {
    folder.join(name(service))
}

fn process_folder(service: Shared, folder: &Path) -> PathBuf {
    let dir = service_folder(service, folder);
    if service == Shared::Kafka { Kafka::folder(&dir, 0) } else { dir }
}

fn name(service: Shared) -> &'static str {
    match service {
        Shared::Mariadb => "mariadb",
        Shared::Redis => "redis",
        Shared::Kafka => "kafka",
    }
}
