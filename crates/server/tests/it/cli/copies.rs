//! `swelite backup` and `restore`: in the middle of a stream of payments, and back.

use tempfile::tempdir;
use testkit::http::HttpClient;

use super::{code, err};
use crate::common::{all, authorization, authorize, drained, launch, verify};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_in_the_middle_of_a_stream_posts_nothing_twice_and_reuses_no_number() {
    let folder = tempdir().unwrap();
    let (launch, copy) = (launch(folder.path()), folder.path().join("copy.db"));
    let copy = copy.to_str().unwrap();
    let server = launch.up().await;
    let client = HttpClient::new(server.url());
    let first = pay(&client, 0..20).await;
    // Payments go on while the copy is taken.
    let stream = tokio::spawn({
        let client = HttpClient::new(server.url());
        async move { pay(&client, 20..60).await }
    });
    let taken = tokio::task::block_in_place(|| launch.run(&["backup", copy]));
    assert_eq!(code(&taken), 0, "{}", err(&taken));
    let lost_or_not = stream.await.unwrap();
    server.kill();

    assert_eq!(code(&launch.run(&["restore", copy])), 4, "books that are there must be refused");
    let korean = err(&launch.run(&["restore", copy, "--lang", "ko"]));
    assert!(korean.starts_with("✕ 그 자리에 이미 있어요. (`"), "{korean}");
    let restored = launch.run(&["restore", "--replace", copy]);
    assert_eq!(code(&restored), 0, "{}", err(&restored));
    let server = launch.up().await;
    let client = HttpClient::new(server.url());
    drained(&client).await;
    verify(&launch, &server);

    // A key from before the copy gets its answer; the same stream again is whole again, each payment once.
    let again = client.post("/payments/authorize", authorization("M1", "key-0", 1000)).await.unwrap();
    assert!(again.replayed());
    assert_eq!(again.json()["paymentId"], first[0]);
    let (kept, mut new) = (all(&client, "/payments").await.len() - first.len(), Vec::new());
    for id in pay(&client, 20..60).await {
        if !lost_or_not.contains(&id) {
            new.push(id);
        }
    }
    assert_eq!(new.len(), 40 - kept, "what the copy holds is replayed, what it does not is made anew");
    assert!(new.iter().all(|id| *id > 1 << 30), "{new:?}");
    drained(&client).await;
    assert_eq!(all(&client, "/ledger/entries").await.len(), 60, "one entry for each authorization");
    verify(&launch, &server);
    assert!(server.stop().await.success());
}

async fn pay(client: &HttpClient, keys: std::ops::Range<usize>) -> Vec<u64> {
    let mut payments = Vec::new();
    for key in keys {
        payments.push(authorize(client, "M1", &format!("key-{key}"), 1000).await);
    }
    payments
}
