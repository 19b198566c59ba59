//! The long form of the failover test: three nodes of everything that can have three, outages of minutes.

use std::path::Path;

use anyhow::Result;

use crate::{needs, services, shell::Step};

/// How to run it.
#[derive(clap::Args)]
pub(crate) struct Cluster {
    /// How long each outage lasts
    #[arg(long, default_value_t = 300)]
    outage_seconds: u64,
}

/// Runs it: 3 Galera nodes behind a balancer, 3 Kafka brokers, Redis, 3 replicas that take calls and 2 that post.
pub(crate) fn run(root: &Path, cluster: &Cluster) -> Result<()> {
    needs::meet(root, &needs::BUILD)?;
    needs::meet(root, &needs::SERVICES)?;
    needs::meet(root, &needs::CLUSTER)?;
    let jars = services::kafka_jars(root)?;
    // One after the other: each has three nodes of everything on this machine.
    Step::cargo(root)
        .arguments(["test", "--locked", "--workspace", "--test", "it", "--"])
        .arguments(["failover::", "--ignored", "--nocapture", "--test-threads", "1"])
        .variable("SWELITE_OUTAGE_SECONDS", &cluster.outage_seconds.to_string())
        .variable("SWELITE_TEST_KAFKA_JARS", &jars.to_string_lossy())
        .run()
}
