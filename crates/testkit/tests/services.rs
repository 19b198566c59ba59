//! Real servers start, come back after a crash with what they held, and leave no process behind.

use std::{
    fs,
    net::{Ipv4Addr, TcpStream},
    path::Path,
};

use testkit::services::{Balancer, Daemon, Front, Galera, Life, Mariadb, Redis, Sharing, free_port};

fn is_listening(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[test]
fn an_owned_server_ends_with_the_value_that_stands_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let redis = Redis::start(dir.path(), free_port().unwrap(), Life::Owned).unwrap();
    let port = redis.port();
    assert!(is_listening(port));
    drop(redis);
    assert!(!is_listening(port));
    assert!(Daemon::find(dir.path()).is_none());
}

#[test]
fn a_detached_server_is_found_again_and_can_be_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let redis = Redis::start(dir.path(), free_port().unwrap(), Life::Detached).unwrap();
    let (port, pid) = (redis.port(), redis.daemon().unwrap().pid());
    drop(redis);
    let mut found = Daemon::find(dir.path()).unwrap();
    assert_eq!(found.pid(), pid);
    found.stop().unwrap();
    assert!(!is_listening(port));
    assert!(Daemon::find(dir.path()).is_none());
}

#[test]
fn a_process_that_has_got_the_number_of_a_server_is_not_taken_for_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("pid"), format!("{} 1", std::process::id())).unwrap();
    assert!(Daemon::find(dir.path()).is_none());
}

#[test]
fn a_killed_database_server_comes_back_on_its_port_and_data() {
    let dir = tempfile::tempdir().unwrap();
    let mut mariadb = Mariadb::start(dir.path(), free_port().unwrap(), Life::Owned).unwrap();
    mariadb.kill().unwrap();
    assert!(!is_listening(mariadb.port()));
    mariadb.restart().unwrap();
    assert!(is_listening(mariadb.port()));
    assert!(Path::new(&dir.path().join("data/mysql")).is_dir());
}

#[test]
#[ignore = "takes half a minute; `cargo xtask cluster` is what uses it"]
fn a_cluster_goes_on_behind_its_balancer_when_its_writer_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut galera = Galera::start(dir.path(), 3, Life::Owned).unwrap();
    let port = free_port().unwrap();
    let front = Front { port, servers: galera.ports(), sharing: Sharing::First };
    let _balancer = Balancer::start(&dir.path().join("balancer"), &[front], Life::Owned).unwrap();
    assert!(is_listening(port));
    galera.node(0).kill().unwrap();
    assert!(is_listening(port));
    galera.node(0).restart().unwrap();
}
