//! A disk without room: payments are refused and nothing is half-written; with room again it goes on by itself.

use std::{fs, path::PathBuf, process::Command};

use serde_json::json;
use testkit::{
    http::{HttpAnswer, HttpClient},
    process::Launch,
    wait::wait_until,
};

use crate::LIMIT;

/// Mounts a small file system at its first argument, in a namespace of its own, and becomes the rest.
const ON_A_SMALL_DISK: &str = r#"mount -t tmpfs -o size=6m tmpfs "$0" && exec "$@""#;
/// What is put aside to make room later.
const BALLAST_BYTES: usize = 3 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_payments_until_there_is_room_and_keeps_the_books_whole() {
    let allowed = Command::new("unshare").args(["-rm", "true"]).status();
    if !allowed.is_ok_and(|status| status.success()) {
        println!("not run: this machine does not allow namespaces, so there is no small disk to fill");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let launch = Launch::new(env!("CARGO_BIN_EXE_swelite"), disk.join("data"))
        .with("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .with("SWELITE_RATE_LIMITS", "off")
        .with("SWELITE_LOG", "error")
        .wrapped(["unshare", "-rm", "sh", "-c", ON_A_SMALL_DISK, disk.to_str().unwrap()])
        .log_at(folder.path().join("log"));
    let server = launch.up().await;
    let client = HttpClient::new(server.url());
    // The file system is visible from here through the process that lives in its namespace.
    let seen = PathBuf::from(format!("/proc/{}/root{}", server.pid(), disk.display()));
    fs::write(seen.join("ballast"), vec![1; BALLAST_BYTES]).unwrap();

    let mut number = 0;
    let mut answered = Vec::new();
    let refused = loop {
        number += 1;
        let answer = authorize(&client, number).await;
        match answer.status {
            200 => answered.push((number, answer)),
            _ => break answer,
        }
    };
    assert_eq!((refused.status, refused.json()["code"].clone()), (503, json!("UNAVAILABLE")), "{refused:?}");
    assert!(refused.headers.contains_key("retry-after"));
    assert!(!answered.is_empty());
    assert_eq!(client.get("/payments?limit=1").await.unwrap().status, 200, "reads go on");

    fs::remove_file(seen.join("ballast")).unwrap();
    wait_until("payments succeed again", LIMIT, async || authorize(&client, number).await.status == 200)
        .await;
    for (number, first) in answered {
        let again = authorize(&client, number).await;
        assert_eq!((again.status, &again.body, again.replayed()), (200, &first.body, true));
    }
    let pid = server.pid().to_string();
    let verify = Command::new("nsenter")
        .args([
            "--target",
            &pid,
            "--user",
            "--mount",
            "--preserve-credentials",
            env!("CARGO_BIN_EXE_swelite"),
        ])
        .args(["ledger", "verify", "--data-dir", disk.join("data").to_str().unwrap()])
        .output()
        .unwrap();
    assert!(verify.status.success(), "{verify:?}");
    assert!(server.stop().await.success());
}

async fn authorize(client: &HttpClient, number: u32) -> HttpAnswer {
    let key = format!("key-{number}");
    let body = json!({"merchantId": "M1", "amount": 1000, "currency": "KRW", "idempotencyKey": key});
    client.post("/payments/authorize", body.to_string()).await.unwrap()
}
