//! Every proof holds for books that are right, and each is shown failing by damage planted behind the platform's back.

use domain::payment::{DeclineCode, Verdict};
use engine::{
    pipeline::dead_letters,
    ports::OperatorAct,
    ports::{AcquirerDecision, DeadLetterState, OutboxCut},
    proofs::{Mode, Proof, ProofReport, Whereabouts},
};

use futures_util::future::join_all;

use crate::app::{App, authorize};

/// Takes an entry out of journal, balances and counter, as if it had never been posted.
const UNPOST_2: &str = "
    UPDATE account_balance SET
        debit = debit - coalesce((SELECT sum(amount) FROM ledger_entry e WHERE e.id / 64 = 2
            AND e.layer = account_balance.layer AND e.debit_account = account_balance.account), 0),
        credit = credit - coalesce((SELECT sum(amount) FROM ledger_entry e WHERE e.id / 64 = 2
            AND e.layer = account_balance.layer AND e.credit_account = account_balance.account), 0);
    DELETE FROM ledger_entry WHERE id / 64 = 2;
    DELETE FROM journal_entry WHERE id = 2;
    UPDATE lane_posted SET entries = entries - 1;";

/// Posts event 2 once more, at place 50, balances and counter included.
const POST_2_TWICE: &str = "
    INSERT INTO journal_entry SELECT 50, topic, payment, payment_previous, occurred_at, posted_at
        FROM journal_entry WHERE id = 2;
    INSERT INTO ledger_entry SELECT 50 * 64 + id % 64, layer, debit_account, credit_account, amount
        FROM ledger_entry WHERE id / 64 = 2;
    UPDATE account_balance SET
        debit = debit + coalesce((SELECT sum(amount) FROM ledger_entry e WHERE e.id / 64 = 2
            AND e.layer = account_balance.layer AND e.debit_account = account_balance.account), 0),
        credit = credit + coalesce((SELECT sum(amount) FROM ledger_entry e WHERE e.id / 64 = 2
            AND e.layer = account_balance.layer AND e.credit_account = account_balance.account), 0);
    UPDATE lane_posted SET entries = entries + 1;";

/// A little of everything: nine events of five payments.
///
/// 1 authorized, 2 captured, 3 refunded (payment 1) · 4 authorized, 5 captured (2) · 6 authorized, 7 voided (3) ·
/// 8 declined (4) · 9 authorized (5)
async fn books() -> App {
    let app = App::start().await;
    let first = app.captured(10_000).await;
    assert_eq!(app.refund(first, Some(4_000), None).await.status, 200);
    let second = app.authorized(5_000).await;
    assert_eq!(app.capture(second, Some(2_000), None).await.status, 200);
    let third = app.authorized(700).await;
    assert_eq!(app.void(third).await.status, 200);
    app.acquirer.will([AcquirerDecision::Known(Verdict::Declined(DeclineCode::LostCard))]);
    assert_eq!(app.authorize(authorize(900, "declined")).await.status, 402);
    app.authorized(800).await;
    app.drain().await;
    app
}

/// As a disk that lies for a while would: the stored bytes of an event change, and change back.
fn replace_in_event_10(from: &str, to: &str) -> String {
    format!(
        "UPDATE outbox_event SET body = CAST(replace(CAST(body AS TEXT), '{from}', '{to}') AS BLOB) WHERE id = 10"
    )
}

fn red(report: &ProofReport) -> Vec<Proof> {
    report.proofs.iter().filter(|result| !result.ok()).map(|result| result.proof).collect()
}

/// Damages the books and says which proofs then fail; one of them must say `finding`.
async fn damaged(sql: &str, finding: &str) -> Vec<Proof> {
    let app = books().await;
    app.tamper(sql);
    let report = app.prover().run(Mode::Full).await.unwrap();
    let findings: Vec<&String> = report.proofs.iter().flat_map(|result| &result.findings).collect();
    assert!(findings.iter().any(|found| found.contains(finding)), "no `{finding}` in {findings:#?}");
    app.finish_damaged();
    red(&report)
}

#[tokio::test(flavor = "multi_thread")]
async fn books_that_are_right_pass_and_every_proof_has_looked() {
    let app = books().await;
    let report = app.prover().run(Mode::Full).await.unwrap();
    assert!(report.ok(), "{report:#?}");
    for result in &report.proofs {
        assert!(result.checked > 0, "{:?} has checked nothing", result.proof);
        assert_eq!(result.skipped, 0, "{:?}", result.proof);
    }
    let expected = Whereabouts { posted: 8, without_postings: 1, ..Whereabouts::default() };
    assert_eq!(report.whereabouts, expected);
    assert_eq!(report.of(Proof::PaymentsReplay).unwrap().checked, 5);
    assert_eq!(report.of(Proof::CapturesPostedOnce).unwrap().checked, 3);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_lost_a_posting_is_found() {
    let red = damaged("DELETE FROM ledger_entry WHERE id = 2 * 64", "journal entry 0-2: its postings").await;
    assert_eq!(red, [Proof::EntriesBalance, Proof::BalancesEqualEntries]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_lost_all_postings_is_found() {
    let red = damaged("DELETE FROM ledger_entry WHERE id / 64 = 5", "of journal entry 0-5").await;
    assert_eq!(red, [Proof::EntriesBalance, Proof::BalancesEqualEntries]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_another_amount_is_found() {
    let sql = "UPDATE ledger_entry SET amount = amount + 1 WHERE id = 2 * 64 + 1";
    let red = damaged(sql, "moves 10001 and not 10000").await;
    assert_eq!(red, [Proof::EntriesBalance, Proof::BalancesEqualEntries, Proof::CapturesPostedOnce]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_that_is_not_the_sum_of_its_entries_is_found() {
    let sql = "UPDATE account_balance SET debit = debit + 1 WHERE layer = 0 AND debit = 12000";
    assert_eq!(damaged(sql, "balance 1200:simulator:KRW POSTED").await, [Proof::BalancesEqualEntries]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_of_entries_that_is_off_is_found() {
    let red = damaged("UPDATE lane_posted SET entries = entries + 1", "9 journal entries were posted").await;
    assert_eq!(red, [Proof::BalancesEqualEntries]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_without_its_entry_is_found() {
    let red = damaged(UNPOST_2, "event 0-2: payment.captured was handled").await;
    assert_eq!(red, [Proof::CapturesPostedOnce, Proof::EventsAccountedFor]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_posted_twice_is_found() {
    assert_eq!(damaged(POST_2_TWICE, "journal entry 0-50").await, [Proof::EntriesHaveEvents]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_committed_behind_the_payments_back_is_found() {
    // The refund says it follows the authorization: the capture between them is on no chain any more.
    let sql = "UPDATE outbox_event SET payment_previous = 1 WHERE id = 3;
               UPDATE journal_entry SET payment_previous = 1 WHERE id = 3";
    let red = damaged(sql, "event 0-2: is not on the chain of payment 1").await;
    assert_eq!(red, [Proof::CapturesPostedOnce, Proof::PaymentsReplay, Proof::ChainUnbroken]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_another_payment_than_its_event_is_found() {
    let red =
        damaged("UPDATE journal_entry SET payment = 3 WHERE id = 5", "journal entry 0-5: is not of").await;
    assert_eq!(red, [Proof::EntriesHaveEvents]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_a_decline_is_found() {
    let sql =
        "INSERT INTO journal_entry SELECT id, topic, payment, payment_previous, occurred_at, occurred_at
                   FROM outbox_event WHERE id = 8;
               INSERT INTO ledger_entry SELECT 8 * 64, layer, debit_account, credit_account, amount
                   FROM ledger_entry WHERE id = 64;
               UPDATE lane_posted SET entries = entries + 1";
    let red = damaged(sql, "journal entry 0-8: payment.declined carries no postings").await;
    assert!(red.contains(&Proof::EntriesHaveEvents), "{red:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn postings_of_an_entry_that_does_not_exist_are_found() {
    for place in [8, 4711] {
        let sql = format!("INSERT INTO ledger_entry VALUES ({place} * 64, 0, 1, 2, 5)");
        let red = damaged(&sql, &format!("journal entry 0-{place}: does not exist")).await;
        assert_eq!(red, [Proof::EntriesHaveEvents]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lives_that_stretch_over_many_ranges_are_followed_to_their_beginning() {
    let app = App::start().await;
    let calls = (0..1_100).map(|number| app.authorized(100 + number));
    let payments = join_all(calls).await;
    for part in [60, 40] {
        let captures = payments.iter().map(|payment| app.capture_more(*payment, part, part == 40));
        assert!(join_all(captures).await.iter().all(|answer| answer.status == 200));
    }
    app.drain().await;
    let report = app.prover().run(Mode::Full).await.unwrap();
    assert!(report.ok(), "{report:#?}");
    assert_eq!(report.of(Proof::PaymentsReplay).unwrap().checked, 1_100);
    assert_eq!(report.of(Proof::ChainUnbroken).unwrap().checked, 3_300);
    // As after a lost update: the payment's last capture does not know of the one before it.
    app.tamper(
        "UPDATE outbox_event SET payment_previous = 7 WHERE payment = 7 AND id > 2200;
         UPDATE journal_entry SET payment_previous = 7 WHERE payment = 7 AND id > 2200",
    );
    let report = app.prover().run(Mode::Full).await.unwrap();
    let captures = report.of(Proof::CapturesPostedOnce).unwrap();
    assert_eq!(captures.wrong, 2, "one is on no chain, and the sum is not what was captured: {captures:#?}");
    assert!(captures.findings.iter().any(|finding| finding.ends_with("is not on the chain of payment 7")));
    app.finish_damaged();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_ran_ahead_of_the_ledger_is_found() {
    let mut app = books().await;
    app.stop_worker();
    app.captured(600).await;
    let report = app.prover().run(Mode::Full).await.unwrap();
    assert!(report.ok(), "what waits is not lost: {report:#?}");
    assert_eq!(report.whereabouts.pending, 2);
    app.tamper("UPDATE worker_position SET seq = 11 WHERE topic = 1");
    let report = app.prover().run(Mode::Full).await.unwrap();
    assert_eq!(red(&report), [Proof::CapturesPostedOnce, Proof::EventsAccountedFor]);
    assert_eq!((report.whereabouts.pending, report.whereabouts.lost), (1, 1));
    app.finish_damaged();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_not_what_its_events_say_is_found() {
    let red = damaged("UPDATE payment SET refunded = 5000 WHERE id = 1", "payment 1:").await;
    assert_eq!(red, [Proof::CapturesPostedOnce, Proof::PaymentsReplay]);
    let red = damaged("UPDATE payment SET state = 2, status = 'AUTHORIZED' WHERE id = 3", "payment 3:").await;
    assert_eq!(red, [Proof::PaymentsReplay]);
    let red = damaged("UPDATE payment SET currency = 'XXX' WHERE id = 2", "payment").await;
    assert_eq!(red, [Proof::PaymentsReplay]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_was_moved_to_another_merchant_is_found_also_once_its_events_are_gone() {
    let app = books().await;
    let mut lane = app.context.store.snapshot().await.unwrap().lane_list().await.unwrap().remove(0);
    let to = lane.state.last_seq;
    let cut = OutboxCut {
        lane: lane.state.lane,
        from: lane.pruned_to,
        to,
        head: lane.state.chain_head,
        relayed: false,
    };
    let moved = "UPDATE payment SET merchant = 'M124' WHERE id = 2";
    app.tamper(moved);
    let report = app.prover().run(Mode::Full).await.unwrap();
    assert_eq!(red(&report), [Proof::PaymentsReplay, Proof::AnswersAgree]);
    app.context.store.outbox_prune(&cut).await.unwrap();
    lane = app.context.store.snapshot().await.unwrap().lane_list().await.unwrap().remove(0);
    assert_eq!(lane.pruned_to, to);
    let report = app.prover().run(Mode::Full).await.unwrap();
    let found = &report.of(Proof::PaymentsReplay).unwrap().findings;
    assert_eq!(found, &["payment 2: is stored as M124's, and event 0-5 is not"]);
    app.finish_damaged();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_its_payment_does_not_give_is_found() {
    for (sql, finding) in [
        (
            "UPDATE idem_response_cache SET payment = 3 WHERE payment = 5",
            "tells another payment than payment 3 has",
        ),
        (
            "UPDATE idem_response_cache SET status = 200 WHERE status = 402",
            "its bytes are no answer of status 200",
        ),
        (
            "UPDATE idem_response_cache SET payment = 5 WHERE status = 402",
            "tells another payment than payment 5 has",
        ),
        // No event says when a payment was born, only that it was not later.
        ("UPDATE payment SET created_at = created_at - 1 WHERE id = 1", "tells another time of birth"),
    ] {
        let red = damaged(sql, finding).await;
        assert!(red.contains(&Proof::AnswersAgree), "{sql}: {red:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_no_event_tells_of_is_found() {
    let sql = "CREATE TEMP TABLE copy AS SELECT * FROM payment WHERE id = 5;
               UPDATE copy SET id = 77; INSERT INTO payment SELECT * FROM copy";
    assert_eq!(damaged(sql, "payment 77: its latest event is not 0-9").await, [Proof::PaymentsReplay]);
    assert_eq!(
        damaged("DELETE FROM payment WHERE id = 5", "payment 5: does not exist").await,
        [Proof::PaymentsReplay, Proof::AnswersAgree]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_bytes_of_an_event_are_found() {
    let sql = r#"UPDATE outbox_event SET body = CAST(replace(CAST(body AS TEXT), '"M123"', '"M124"') AS BLOB) WHERE id = 9"#;
    let red = damaged(sql, "event 0-9: its bytes").await;
    assert_eq!(red, [Proof::PaymentsReplay, Proof::ChainUnbroken], "its payment is another merchant's");
    let sql = "UPDATE outbox_event SET sha256 = zeroblob(32) WHERE id = 4";
    assert_eq!(damaged(sql, "event 0-4: its bytes").await, [Proof::ChainUnbroken]);
    let sql = "UPDATE outbox_event SET previous = 0 WHERE id = 6";
    assert_eq!(damaged(sql, "event 0-6: the event of its topic").await, [Proof::ChainUnbroken]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_head_that_is_not_its_events_is_found() {
    let red = damaged("UPDATE lane SET chain_head = zeroblob(32)", "lane 0: the chain head").await;
    assert_eq!(red, [Proof::ChainUnbroken]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_gone_is_found() {
    let red = damaged("DELETE FROM outbox_event WHERE id = 9", "event 0-9: is not in the outbox").await;
    assert_eq!(red, [Proof::EntriesHaveEvents, Proof::PaymentsReplay, Proof::ChainUnbroken]);
    let red = damaged("DELETE FROM outbox_event WHERE id = 6", "event 0-6: is not in the outbox").await;
    assert_eq!(red, [Proof::EntriesHaveEvents, Proof::PaymentsReplay, Proof::ChainUnbroken]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_event_is_accounted_for_and_its_redrive_is_folded_in() {
    let mut app = books().await;
    app.stop_worker();
    app.authorized(123).await;
    app.tamper(&replace_in_event_10("\"amount\":123", "\"amount\":-23"));
    app.start_worker();
    app.drain().await;
    app.tamper(&replace_in_event_10("\"amount\":-23", "\"amount\":123"));
    let letters = app.dead_letters().await;
    assert_eq!(letters.len(), 1);
    let prover = app.prover();
    assert!(prover.run(Mode::Full).await.unwrap().ok(), "parked as it was read, and read wrongly");
    let act = OperatorAct {
        actor: "test".into(),
        role: domain::operator::Role::Operator,
        reason: Some("test".into()),
        request_id: "req".into(),
    };
    app.tamper(
        "UPDATE dead_letter SET payload = (SELECT body FROM outbox_event WHERE id = 10), \
                payload_sha256 = (SELECT sha256 FROM outbox_event WHERE id = 10)",
    );
    let parked = prover.run(Mode::Full).await.unwrap();
    assert!(parked.ok(), "{parked:#?}");
    assert_eq!(parked.whereabouts.parked, 1);
    let redriven = dead_letters::redrive(&app.context, letters[0].id, &act).await.unwrap();
    assert_eq!(redriven.state, DeadLetterState::Redriven, "{redriven:?}");
    let later = prover.run(Mode::Incremental).await.unwrap();
    assert!(later.ok(), "an entry below the verified point is known of: {later:#?}");
    assert_eq!(later.from[0].1.0, 10);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incremental_run_proves_what_came_since_the_verified_point() {
    let app = books().await;
    let prover = app.prover();
    let baseline = prover.run(Mode::Incremental).await.unwrap();
    assert!(baseline.ok());
    assert!(baseline.of(Proof::AnswersAgree).is_none(), "what was not looked at must not look good");
    assert_eq!(baseline.from[0].1.0, 9, "what was there is taken as given, and said so");
    for _ in 0..5 {
        app.captured(100).await;
    }
    app.drain().await;
    let report = prover.run(Mode::Incremental).await.unwrap();
    assert!(report.ok(), "{report:#?}");
    assert_eq!((report.from[0].1.0, report.whereabouts.posted), (9, 10));
    app.tamper("UPDATE ledger_entry SET amount = amount + 1 WHERE id = 2 * 64 + 1");
    assert!(
        prover.run(Mode::Incremental).await.unwrap().ok(),
        "below the verified point nothing is read again"
    );
    app.captured(100).await;
    app.drain().await;
    app.tamper("UPDATE payment SET captured = 99 WHERE id = 11");
    let report = prover.run(Mode::Incremental).await.unwrap();
    assert_eq!(red(&report), [Proof::CapturesPostedOnce, Proof::PaymentsReplay]);
    let again = prover.run(Mode::Incremental).await.unwrap();
    assert_eq!(red(&again), red(&report), "what is wrong is never taken as verified");
    let full = prover.run(Mode::Full).await.unwrap();
    assert!(red(&full).contains(&Proof::EntriesBalance));
    app.finish_damaged();
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_hold_while_payments_are_made() {
    let app = books().await;
    let prover = app.prover();
    let load = async {
        for _ in 0..300 {
            app.captured(100).await;
        }
    };
    let proofs = async {
        for round in 0..10 {
            let mode = if round % 2 == 0 { Mode::Full } else { Mode::Incremental };
            let report = prover.run(mode).await.unwrap();
            assert!(report.ok(), "{report:#?}");
        }
    };
    tokio::join!(load, proofs);
    app.finish().await;
}
