//! The first thing a newcomer does: the commands of both READMEs, run as they stand there.

use serde_json::Value;
use testkit::{http::HttpClient, process::Launch, wait::wait_until};

use crate::{
    LIMIT,
    common::{authorization, launch, step_of, text, verify},
};

const READMES: [(&str, &str); 2] = [
    ("README.md", include_str!("../../../../README.md")),
    ("README.en.md", include_str!("../../../../README.en.md")),
];

/// Where the READMEs say the platform is.
const SAID: &str = "http://localhost:8080";

/// Operators must log in here, as they must wherever the platform listens for others: a merchant's calls need no login.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_calls_lead_to_the_ledger_as_both_readmes_say() {
    for (name, readme) in READMES {
        let folder = tempfile::tempdir().unwrap();
        let launch = launch(folder.path()).with("SWELITE_LOGIN", "on");
        let server = launch.up().await;
        let client = HttpClient::new(server.url());
        // Somebody else's payment comes first, so that nothing can rely on its number.
        client.post("/payments/authorize", authorization("M123", "demo", 1_690_000)).await.unwrap();
        let lines = step_of(readme, "three calls").replace(SAID, server.url());
        let [authorized, captured, _] = answers(name, &launch, &lines);
        assert_eq!((&authorized["status"], &authorized["amount"]), (&"AUTHORIZED".into(), &10_000.into()));
        assert_eq!(
            (&captured["status"], &captured["paymentId"]),
            (&"CAPTURED".into(), &authorized["paymentId"])
        );
        let ledger = lines.lines().find(|line| line.contains("/ledger?")).unwrap();
        let again = format!("id={}\n{ledger}", authorized["paymentId"]);
        wait_until("the capture is in the ledger", LIMIT, async || {
            let entries = tokio::task::block_in_place(|| launch.run_shell(&again));
            text(&entries.stdout).contains("payment.captured")
        })
        .await;
        let authorize = |amount| client.post("/payments/authorize", authorization("M123", "abc-123", amount));
        let replayed = authorize(10_000).await.unwrap();
        let first: Value = replayed.json();
        assert_eq!((first, replayed.replayed()), (authorized, true), "{name}");
        assert_eq!(authorize(9_000).await.unwrap().status, 422, "{name}");
        verify(&launch, &server);
        assert!(server.stop().await.success());
    }
}

#[test]
fn no_call_of_a_readme_is_left_untried() {
    for (name, readme) in READMES {
        for (before, block) in blocks(readme).filter(|(_, block)| block.contains("curl ")) {
            assert!(before.ends_with("<!-- step: three calls -->"), "{name}: nobody runs\n{block}");
        }
        assert_eq!(blocks(readme).filter(|(_, block)| block.contains("curl ")).count(), 1, "{name}");
    }
}

/// What stands before each block of a shell, and its lines.
fn blocks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices("```bash\n").map(move |(at, fence)| {
        let lines = text[at + fence.len()..].split("```").next().unwrap_or_default();
        (text[..at].trim_end(), lines)
    })
}

/// What the lines print: three answers, one after the other.
fn answers(name: &str, launch: &Launch, lines: &str) -> [Value; 3] {
    let output = tokio::task::block_in_place(|| launch.run_shell(lines));
    let printed = text(&output.stdout);
    let read: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&printed).into_iter().collect();
    assert!(output.status.success(), "{name}: {printed}{}", text(&output.stderr));
    let read = read.unwrap_or_else(|error| panic!("{name}: {error}: {printed}"));
    read.try_into().unwrap_or_else(|all| panic!("{name}: {all:?}"))
}
