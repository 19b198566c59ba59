//! How fast this disk and MariaDB commit a payment's rows when nothing else is in the way: the floor the platform is compared
//! with. Prints one line of JSON.
//!
//! The rows and the statements are the store's, one bulk statement a table; what is missing is everything around them: looking
//! up keys, deciding, HTTP, Kafka, Redis. A few connections commit side by side, each on a lane of its own, as committers do. It
//! measures; it checks nothing.

mod connection;
mod measure;
mod options;
#[path = "../raw_limit/rows.rs"]
mod rows;
mod write;

use std::{thread, time::Duration};

use domain::{id::Lane, time::Timestamp};
use serde_json::json;
use store::{MariadbOptions, migrate_mariadb};

use crate::{
    measure::{Times, cpu_micros, now},
    options::Options,
};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Payments a commit while filling up.
const PREFILL_BATCH: usize = 4096;

fn main() -> Result<(), Error> {
    let options = Options::parse(std::env::args().skip(1))?;
    let database = MariadbOptions {
        user: options.user.clone(),
        lanes: options.connections,
        ..MariadbOptions::new(options.host.as_str(), options.port, options.database.as_str())
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(migrate_mariadb(&database, Timestamp::from_unix_ms(0)))?;
    let each = options.prefill / u64::from(options.connections);
    on_every_connection(&options, |connection, times| {
        Box::pin(async move {
            while connection.stored() < each {
                connection.commit_and_post(PREFILL_BATCH, times).await?;
            }
            Ok(())
        })
    })?;
    let cpu_before = options.pid.and_then(cpu_micros);
    let begun = now();
    let times = on_every_connection(&options, |connection, times| {
        let (limit, batch) = (Duration::from_secs(options.seconds), options.batch);
        Box::pin(async move {
            while begun.elapsed() < limit {
                connection.commit_and_post(batch, times).await?;
            }
            Ok(())
        })
    })?;
    let cpu = options.pid.and_then(cpu_micros).zip(cpu_before).map(|(after, before)| after - before);
    print(&options, times, cpu);
    Ok(())
}

type Work<'c> = std::pin::Pin<Box<dyn Future<Output = Result<(), Error>> + 'c>>;

/// Runs `work` on a connection a lane, each on a thread of its own.
fn on_every_connection(
    options: &Options,
    work: impl for<'c> Fn(&'c mut connection::Connection, &'c mut Times) -> Work<'c> + Sync,
) -> Result<Times, Error> {
    let run = |lane: Lane| -> Result<Times, Error> {
        let mut times = Times::default();
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
            let mut connection = connection::Connection::open(options, lane).await?;
            work(&mut connection, &mut times).await
        })?;
        Ok(times)
    };
    thread::scope(|scope| {
        let run = &run;
        let lanes = (0..options.connections).map(Lane);
        let threads: Vec<_> = lanes.map(|lane| scope.spawn(move || run(lane))).collect();
        let mut all = Times::default();
        for thread in threads {
            all.add(thread.join().map_err(|_| "a connection's thread panicked")??);
        }
        Ok(all)
    })
}

#[expect(clippy::print_stdout, reason = "the line of JSON is what this program is for")]
fn print(options: &Options, mut times: Times, cpu_micros: Option<u64>) {
    let Times { payments, commits, postings } = &mut times;
    commits.sort_unstable();
    postings.sort_unstable();
    let payments = *payments;
    let part = |times: &[Duration]| {
        let busy: f64 = times.iter().map(Duration::as_secs_f64).sum();
        // Connections work side by side.
        let per_second = payments as f64 * f64::from(options.connections) / busy;
        (per_second.round(), measure::percentile_us(times, 50), measure::percentile_us(times, 99))
    };
    let (per_second, p50, p99) = part(commits);
    let posting = options.posting.then(|| part(postings)).map(|(per_second, p50, p99)| {
        json!({"payments_per_second": per_second, "commit_p50_us": p50, "commit_p99_us": p99})
    });
    let line = json!({
        "mode": "raw",
        "payments_per_second": per_second,
        "payments": payments,
        "stored_before": options.prefill,
        "batch": options.batch,
        "connections": options.connections,
        "merchants": options.merchants,
        "commit_p50_us": p50,
        "commit_p99_us": p99,
        "server_cpu_us_per_payment":
            cpu_micros.map(|cpu| (cpu as f64 / payments.max(1) as f64 * 10.0).round() / 10.0),
        "posting": posting,
    });
    println!("{line}");
}
