//! The ledger, as a client sees it.

use engine::ports::Clock;
use serde_json::{Value, json};

use crate::http::{list::cursor_encode, testing::Books};

/// Two captured payments and a refund, posted.
async fn books() -> Books {
    let books = Books::open();
    let id = books.captured("k1", 10_000).await;
    books.captured("k2", 700).await;
    let refund = json!({"merchantId": "M1", "reason": "r", "amount": 4_000});
    assert_eq!(books.post(&format!("/payments/refund/{id}"), &refund).await.status, 200);
    books.work().await;
    books
}

fn now(books: &Books) -> String {
    books.clock.now().to_string()
}

fn line<'a>(list: &'a Value, name: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|line| line["name"] == name).unwrap()
}

#[tokio::test]
async fn the_chart_shows_books_and_holds_and_accounts_never_used() {
    let books = books().await;
    let accounts = books.read("/ledger/accounts").await;
    let receivable = line(&accounts["data"], "acquirer_receivable");
    assert_eq!(receivable["posted"], json!({"debit": 10_700, "credit": 4_000, "balance": 6_700}));
    assert_eq!(receivable["hold"]["balance"], 0);
    assert_eq!(line(&accounts["data"], "merchant_pending")["posted"]["balance"], 6_700);
    assert_eq!(line(&accounts["data"], "cash")["currency"], Value::Null);
    let own = books.read("/ledger/accounts?merchantId=M1").await;
    assert_eq!(own["data"][0]["owner"], "M1");
    assert_eq!(books.read("/ledger/accounts?merchantId=M2").await["data"], json!([]));
    let page = books.read("/ledger/accounts?limit=5").await;
    let cursor = page["nextCursor"].as_str().unwrap();
    let rest = books.read(&format!("/ledger/accounts?limit=200&cursor={cursor}")).await;
    assert_eq!(rest["data"].as_array().unwrap().len() + 5, accounts["data"].as_array().unwrap().len());
}

#[tokio::test]
async fn a_line_that_appears_before_the_cursor_shifts_nothing() {
    let books = books().await;
    let capture = |merchant: &str| json!({"merchantId": merchant, "amount": 5, "currency": "KRW", "idempotencyKey": "k", "captureMode": "automatic"});
    assert_eq!(books.post("/payments/authorize", &capture("M3")).await.status, 200);
    books.work().await;
    let path = "/ledger/accounts?code=merchant_pending&perOwner=true&limit=1";
    let first = books.read(path).await;
    assert_eq!(first["data"][0]["owner"], "M1");
    assert_eq!(books.post("/payments/authorize", &capture("M0")).await.status, 200);
    books.work().await;
    let cursor = first["nextCursor"].as_str().unwrap();
    let rest = books.read(&format!("{path}&cursor={cursor}")).await;
    assert_eq!((&rest["data"][0]["owner"], &rest["nextCursor"]), (&json!("M3"), &Value::Null));
    for odd in [
        vec![],
        vec![2100, 0, 0, 0],
        vec![2100, 0, 0, 0, 0, 77],
        vec![1, 0, 0, 0, 0],
        vec![2100, 1, 75, 82, 90],
    ] {
        let cursor = cursor_encode(6, &odd);
        assert_eq!(books.get(&format!("{path}&cursor={cursor}")).await.status, 400, "{odd:?}");
    }
}

#[tokio::test]
async fn a_statement_is_newest_first_and_signed() {
    let books = books().await;
    for account in ["1200", "acquirer_receivable"] {
        let statement = books.read(&format!("/ledger/accounts/{account}/entries")).await;
        let amounts: Vec<_> = statement["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["amount"].as_i64().unwrap())
            .collect();
        assert_eq!(amounts, [-4_000, 700, 10_000]);
    }
    let first = books.read("/ledger/accounts/2100/entries?merchantId=M1&limit=1").await;
    assert_eq!(first["data"][0]["counterpart"]["name"], "acquirer_receivable");
    let cursor = first["nextCursor"].as_str().unwrap();
    let next =
        books.read(&format!("/ledger/accounts/2100/entries?merchantId=M1&limit=1&cursor={cursor}")).await;
    assert_eq!(next["data"][0]["amount"], -700);
    for odd in [vec![0, 3], vec![0, 3, 1, 0, 2, 1], vec![70_000, 1, 0], vec![0, 1, 1 << 32]] {
        let cursor = cursor_encode(5, &odd);
        let path = format!("/ledger/accounts/2100/entries?cursor={cursor}");
        assert_eq!(books.get(&path).await.status, 400, "{odd:?}");
    }
    // The balance it ends with is there once, on the account's normal side, and only of what is asked for.
    assert_eq!(first["normalSide"], "credit");
    let closing = json!([{"currency": "KRW", "debit": 4_000, "credit": 10_700, "balance": 6_700}]);
    assert_eq!((&first["closing"], &next["closing"]), (&closing, &Value::Null));
    let nobody = books.read("/ledger/accounts/2100/entries?merchantId=M9").await;
    assert_eq!((&nobody["closing"], &nobody["data"]), (&json!([]), &json!([])));
    let unused = books.read("/ledger/accounts/cash/entries").await;
    assert_eq!(unused["closing"], json!([]), "an account never used stands at nothing");
    assert_eq!(books.get("/ledger/accounts/9999/entries").await.status, 404);
}

#[tokio::test]
async fn the_journal_pages_backwards_and_an_entry_is_found_by_its_event() {
    let books = books().await;
    let mut seen = Vec::new();
    let mut path = "/ledger/entries?limit=2".to_owned();
    loop {
        let page = books.read(&path).await;
        seen.extend(
            page["data"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/ledger/entries?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["0-5", "0-4", "0-3", "0-2", "0-1"]);
    let entry = books.read("/ledger/entries/0-5").await;
    assert_eq!(
        (entry["topic"].as_str(), entry["postings"][0]["amount"].as_i64()),
        (Some("payment.refunded"), Some(4_000))
    );
    for unknown in ["0-6", "1-1", "x", "17"] {
        assert_eq!(books.get(&format!("/ledger/entries/{unknown}")).await.status, 404, "{unknown}");
    }
}

#[tokio::test]
async fn a_trial_balance_of_the_past_leaves_out_what_came_later() {
    let books = Books::open();
    let start = now(&books);
    books.clock.advance_seconds(60);
    books.captured("k1", 1_000).await;
    books.clock.advance_seconds(60);
    let between = now(&books);
    books.clock.advance_seconds(60);
    books.captured("k2", 500).await;
    books.captured("k3", 250).await;
    let behind = books.read("/ledger/trial-balance").await;
    assert_eq!((behind["complete"].as_bool(), &behind["currencies"]), (Some(false), &json!([])));
    books.work().await;
    books.clock.advance_seconds(60);
    let debit = async |path: &str| {
        let trial = books.read(path).await;
        assert_eq!(
            (trial["balanced"].as_bool(), trial["complete"].as_bool()),
            (Some(true), Some(true)),
            "{trial}"
        );
        let currency = &trial["currencies"][0];
        assert!(currency.is_null() || currency["difference"] == 0, "{trial}");
        currency["debit"].as_i64().unwrap_or(0)
    };
    assert_eq!(debit("/ledger/trial-balance").await, 1_750);
    assert_eq!(debit(&format!("/ledger/trial-balance?asOf={between}")).await, 1_000);
    assert_eq!(debit(&format!("/ledger/trial-balance?asOf={start}")).await, 0);
    let late = now(&books);
    books.clock.advance_seconds(60);
    assert_eq!(debit(&format!("/ledger/trial-balance?asOf={late}")).await, 1_750);
    let wrong = books.get("/ledger/trial-balance?asOf=yesterday").await;
    assert_eq!(wrong.json()["errors"][0]["field"], "asOf");
}

#[tokio::test]
async fn proofs_are_run_on_demand_and_go_red_by_name() {
    let books = books().await;
    let none = books.read("/ledger/proofs").await;
    assert_eq!(none, json!({"running": null, "full": null, "incremental": null}));
    let run = books.post("/ledger/proofs", &json!({})).await.json();
    assert_eq!(
        (run["full"]["ok"].as_bool(), run["full"]["proofs"].as_array().unwrap().len()),
        (Some(true), 8)
    );
    assert_eq!(books.read("/ledger/proofs").await, run);
    books.tamper("UPDATE account_balance SET credit = credit + 1 WHERE layer = 1");
    let red = books.post("/ledger/proofs?mode=incremental", &json!({})).await.json();
    assert_eq!(red["incremental"]["ok"], false);
    let failed: Vec<_> = red["incremental"]["proofs"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|proof| proof["ok"] == false)
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["name"], "balances_equal_entries");
    assert!(failed[0]["findings"][0].as_str().unwrap().contains("1200:simulator:KRW HOLD"), "{failed:?}");
    let parts = books.read("/health/components").await;
    assert_eq!(line(&parts["data"], "proofs")["state"], "down");
    assert_eq!(books.read("/overview").await["proofs"]["failed"], json!(["balances_equal_entries"]));
    assert_eq!(books.post("/ledger/proofs?mode=some", &json!({})).await.status, 400);
}
