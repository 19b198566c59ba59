//! Rows that somebody changed behind the platform's back: the proofs name each, whatever database it stands in.

#![expect(missing_docs, reason = "the names of the tests are sentences that say what they check")]

use std::sync::Arc;

use domain::{
    id::{AttemptId, Lane},
    payment::{Birth, Capture, Command, DeclineCode, Operation, Payment, Refund, Verdict},
};
use engine::{
    ports::{
        Clock, DeadLetterReason, IdempotencyRow, IdempotencyState, IdempotencyWrite, NewDeadLetter,
        OutboxEvent, Outcome, PostingChanges, Refusal, Render, Rendered, StoredAnswer,
    },
    proofs::{Mode, Proof, ProofReport, Prover},
};

use super::{
    Scribe, StoreUnderTest,
    claims::{claim, moved},
    keys::{running, scope, write},
    postings::commit,
};
use crate::PlainRender;

/// Books with a little of everything.
struct Books<'a> {
    it: &'a StoreUnderTest,
    lane: Lane,
    /// Authorized, captured in part, given back in part; with an answer for each.
    payment: Payment,
    /// Declined, with its answer.
    declined: Payment,
    /// Its first answer is outstanding, and its key waits.
    outstanding: Payment,
    /// Of another merchant.
    foreign: Payment,
    /// The answer to the authorization of `payment`.
    answer: StoredAnswer,
    /// The answer to `declined`.
    refusal: StoredAnswer,
    /// An event that is parked as well.
    parked: OutboxEvent,
}

impl<'a> Books<'a> {
    async fn written(it: &'a StoreUnderTest) -> Self {
        let scribe = Scribe::new(it);
        let order = |birth| Birth { order: Some("order 1".parse().unwrap()), ..birth };
        let payment = scribe.authorize(order(scribe.birth("M1", 1_000))).await;
        let answer = answer_done(Operation::Authorize, &payment);
        keep(&scribe, Operation::Authorize, answer.clone(), &payment).await;
        it.clock.advance_seconds(5);
        let capture = Command::Capture(Capture { amount: Some(400), last: false });
        let payment = scribe.apply(&payment, capture).await;
        keep(&scribe, Operation::Capture, answer_done(Operation::Capture, &payment), &payment).await;
        let refund = Refund { amount: Some(100), reason: "r".parse().unwrap(), expected_refundable: None };
        let payment = scribe.apply(&payment, Command::Refund(refund)).await;
        keep(&scribe, Operation::Refund, answer_done(Operation::Refund, &payment), &payment).await;
        let lost = Verdict::Declined(DeclineCode::LostCard);
        let declined = scribe.authorize_with(scribe.birth("M1", 70), lost).await;
        let refusal = answer_declined(&declined);
        keep(&scribe, Operation::Authorize, refusal.clone(), &declined).await;
        let outstanding = scribe.begin_authorization(scribe.birth("M1", 80), AttemptId(9)).await;
        let waiting = scope("M1", Operation::Authorize, "waiting");
        let state = IdempotencyState::Running { payment: outstanding.id };
        let row = IdempotencyRow { state, ..running(&waiting) };
        write(&scribe, &waiting, vec![IdempotencyWrite::Insert(row)]).await.unwrap();
        let foreign = scribe.authorize(scribe.birth("M2", 90)).await;
        let parked = scribe.unposted().await.into_iter().find(|event| event.payment == payment.id).unwrap();
        scribe.post_all().await;
        let dead_letters = vec![letter(&parked)];
        commit(&scribe, &PostingChanges { dead_letters, ..PostingChanges::default() }).await.unwrap();
        let lane = scribe.lane(&payment.merchant);
        Self { it, lane, payment, declined, outstanding, foreign, answer, refusal, parked }
    }

    async fn prove(&self) -> ProofReport {
        let clock = Arc::clone(&self.it.clock) as Arc<dyn Clock>;
        let prover = Prover::new(Arc::clone(&self.it.store), Arc::new(PlainRender), clock);
        (*prover.run(Mode::Full).await.unwrap()).clone()
    }

    /// Sets `column` of the rows of `table` where `rows` holds to `wrong`: `proof` must then say `finding`. Afterwards the column is
    /// `right` again, and so are the books.
    async fn names(&self, (table, rows): (&str, &str), change: [&str; 3], (proof, finding): (Proof, &str)) {
        let [column, wrong, right] = change;
        let update = |value: &str| format!("UPDATE {table} SET {column} = {value} WHERE {rows}");
        (self.it.tamper)(update(wrong)).await;
        let report = self.prove().await;
        let found = &report.of(proof).unwrap().findings;
        assert!(
            found.iter().any(|found| found.contains(finding)),
            "{}: no `{finding}` in {report:#?}",
            update(wrong)
        );
        (self.it.tamper)(update(right)).await;
        let report = self.prove().await;
        assert!(report.ok(), "{}: {report:#?}", update(right));
    }
}

pub async fn books_that_are_right_pass_every_proof(it: &StoreUnderTest) {
    let books = Books::written(it).await;
    let report = books.prove().await;
    assert!(report.ok(), "{report:#?}");
    assert_eq!(report.of(Proof::PaymentsReplay).unwrap().checked, 3, "the outstanding one has no events");
    assert_eq!(report.of(Proof::AnswersAgree).unwrap().checked, 5);
}

pub async fn a_payment_row_that_is_not_what_its_events_say_is_named(it: &StoreUnderTest) {
    let books = Books::written(it).await;
    let id = books.payment.id;
    let row = ("payment", &*format!("id = {id}"));
    for (change, what) in [
        (["merchant", "'M2'", "'M1'"], "merchant"),
        (["capture_before", "capture_before + 1", "capture_before - 1"], "capture deadline"),
        (["capture_mode", "1", "0"], "capture mode"),
        (["created_at", "created_at + 1", "created_at - 1"], "time of birth"),
        (["updated_at", "updated_at - 1", "updated_at + 1"], "time of change"),
        (["state", "4", "2"], "end"),
        (["authorized", "1001", "1000"], "authorized amount"),
        (["captured", "401", "400"], "captured amount"),
        (["refunded", "99", "100"], "refunded amount"),
        (["version", "4", "3"], "version"),
    ] {
        let finding = format!("payment {id}: its {what} is not what its events say");
        books.names(row, change, (Proof::PaymentsReplay, &finding)).await;
    }
    let finding = format!("payment {id}: its order is not what its events say");
    books.names(row, ["order_id", "'order 2'", "'order 1'"], (Proof::PaymentsReplay, &finding)).await;

    let id = books.declined.id;
    let row = ("payment", &*format!("id = {id}"));
    let finding = format!("payment {id}: its decline code is not what its events say");
    let change = ["decline_code", "'stolen_card'", "'lost_card'"];
    books.names(row, change, (Proof::PaymentsReplay, &finding)).await;
    let earlier = ["created_at", "created_at - 9000", "created_at + 9000"];
    books.names(row, earlier, (Proof::PaymentsReplay, &format!("payment {id}: was born at"))).await;
    let id = books.outstanding.id;
    let row = ("payment", &*format!("id = {id}"));
    let later = ["updated_at", "updated_at + 99000", "updated_at - 99000"];
    books.names(row, later, (Proof::PaymentsReplay, &format!("payment {id}: its row contradicts"))).await;
}

pub async fn a_payment_that_is_filed_wrongly_is_named(it: &StoreUnderTest) {
    let books = Books::written(it).await;
    let id = books.payment.id;
    let row = ("payment", &*format!("id = {id}"));
    let finding = format!("payment {id}: column status is not what the payment gives");
    for wrong in ["'REFUNDED'", "'NONE'"] {
        let change = ["status", wrong, "'PARTIALLY_REFUNDED'"];
        books.names(row, change, (Proof::PaymentsReplay, &finding)).await;
    }
}

pub async fn a_counter_before_the_payments_there_are_is_named(it: &StoreUnderTest) {
    let books = Books::written(it).await;
    let (id, lane) = (books.outstanding.id, books.lane);
    let row = ("lane", &*format!("lane = {lane}"));
    let behind = ["payment_counter", "payment_counter - 2", "payment_counter + 2"];
    let highest = if books.foreign.id.lane(it.store.lane_count()) == lane { books.foreign.id } else { id };
    let finding = format!("payment {highest}: lane {lane} has not given out its number yet");
    books.names(row, behind, (Proof::PaymentsReplay, &finding)).await;
}

pub async fn a_position_beyond_the_end_of_its_lane_is_named(it: &StoreUnderTest) {
    let books = Books::written(it).await;
    let lane = books.lane;
    let row = ("worker_position", &*format!("lane = {lane} AND topic = 1"));
    let finding = format!("worker position of lane {lane}, payment.captured: is ");
    books.names(row, ["seq", "seq + 1", "seq - 1"], (Proof::EventsAccountedFor, &finding)).await;

    let lease = claim(it, lane, 1).await.unwrap();
    assert!(moved(it, lease, 3).await);
    let row = ("relay_position", &*format!("lane = {lane}"));
    let finding = format!("relay position of lane {lane}: is 99");
    books.names(row, ["seq", "99", "3"], (Proof::EventsAccountedFor, &finding)).await;
}

pub async fn an_answer_that_its_payment_does_not_give_is_named(it: &StoreUnderTest) {
    let books = Books::written(it).await;
    let id = books.payment.id;
    let row = ("idem_response_cache", "operation = 'authorize' AND status = 200");
    let right = format!("{id}");
    for (wrong, finding) in [
        ("999999".to_owned(), "is about payment 999999, which does not exist".to_owned()),
        (books.foreign.id.to_string(), "which is not this merchant's".to_owned()),
        (books.declined.id.to_string(), format!("tells another payment than payment {}", books.declined.id)),
        ("NULL".to_owned(), "names no payment".to_owned()),
    ] {
        books.names(row, ["payment", &wrong, &right], (Proof::AnswersAgree, &finding)).await;
    }
    let later = ["answered_at", "answered_at + 1", "answered_at - 1"];
    books.names(row, later, (Proof::AnswersAgree, "tells another time of change")).await;
    let right = hex(&books.answer.body);
    for (from, to, finding) in [
        ("payment=", "paiment=", "its bytes are no answer of status 200"),
        ("amount=1000", "amount=9000", "tells another amount"),
        ("status=AUTHORIZED", "status=REFUNDED", "tells another status"),
        ("captured=0", "captured=401", "tells another captured amount"),
        ("refunded=0", "refunded=101", "tells another refunded amount"),
        ("merchant=M1", "merchant=M2", "tells another merchant"),
        ("order=order 1", "order=order 2", "tells another order"),
        ("version=1", "version=4", "tells another version"),
    ] {
        let wrong = changed(&books.answer, from, to);
        books.names(row, ["body", &wrong, &right], (Proof::AnswersAgree, finding)).await;
    }
    let row = ("idem_response_cache", "status = 402");
    let (wrong, right) = (changed(&books.refusal, "LostCard", "StolenCard"), hex(&books.refusal.body));
    books.names(row, ["body", &wrong, &right], (Proof::AnswersAgree, "tells another decline code")).await;
    let row = ("idem_response_cache", "operation = 'refund'");
    books.names(row, ["status", "500", "200"], (Proof::AnswersAgree, "no answer of status 500")).await;
}

pub async fn a_key_that_waits_for_nothing_is_named(it: &StoreUnderTest) {
    let books = Books::written(it).await;
    let row = ("idem_response_cache", "status IS NULL");
    let change = ["payment", &books.payment.id.to_string(), &books.outstanding.id.to_string()];
    books.names(row, change, (Proof::AnswersAgree, "which waits for no such thing")).await;
    let row = ("idem_response_cache", "status IS NULL");
    let change = ["operation", "'no word'", "'authorize'"];
    let found = "cannot be understood: table idem_response_cache, column operation";
    books.names(row, change, (Proof::AnswersAgree, found)).await;
}

pub async fn a_dead_letter_that_is_not_what_was_parked_is_named(it: &StoreUnderTest) {
    let books = Books::written(it).await;
    let (row, proof) = (("dead_letter", "state = state"), Proof::EventsAccountedFor);
    let right = hex(&books.parked.sha256);
    let wrong = hex(&[0; 32]);
    books.names(row, ["payload_sha256", &wrong, &right], (proof, "its bytes do not have")).await;
    let right = hex(&books.parked.body);
    let payment = books.parked.payment.to_string();
    books.names(row, ["payload", "x'7b7d'", &right], (proof, "its bytes do not have")).await;
    books.names(row, ["payment", "999", &payment], (proof, "is filed under another payment")).await;

    let event = format!("'{}'", books.parked.id);
    (it.tamper)("UPDATE dead_letter SET state = 'REDRIVEN'".to_owned()).await;
    assert!(books.prove().await.ok(), "its event stands in the ledger");
    let never = format!("'{}-999'", books.lane);
    let finding = format!("was redriven, and event {}-999 has no journal entry", books.lane);
    books.names(row, ["event", &never, &event], (proof, &finding)).await;
    books.names(row, ["event", "NULL", &event], (proof, "names no event")).await;
    books.names(row, ["reason", "'foreign'", "'refused'"], (proof, "is foreign")).await;
    books.names(row, ["reason", "'no word'", "'refused'"], (proof, "column reason")).await;
}

/// Keeps an answer under a key of its own.
async fn keep(scribe: &Scribe, operation: Operation, answer: StoredAnswer, payment: &Payment) {
    let scope = scope("M1", operation, &format!("key of {}", payment.id));
    let row = IdempotencyRow { state: IdempotencyState::Final(answer), ..running(&scope) };
    write(scribe, &scope, vec![IdempotencyWrite::Insert(row)]).await.unwrap();
}

fn answer_done(operation: Operation, payment: &Payment) -> StoredAnswer {
    stored(PlainRender.render(Outcome::Done { operation, payment, postings: &[] }), payment)
}

fn answer_declined(payment: &Payment) -> StoredAnswer {
    let refusal = &Refusal::CardDeclined(payment.failure().unwrap().code);
    let (operation, id) = (Operation::Authorize, Some(payment.id));
    stored(PlainRender.render(Outcome::Refused { operation, refusal, payment: id, request_id: "r" }), payment)
}

fn stored(Rendered { status, body }: Rendered, payment: &Payment) -> StoredAnswer {
    StoredAnswer { status, body, payment: Some(payment.id), answered_at: payment.updated_at }
}

fn letter(event: &OutboxEvent) -> NewDeadLetter {
    NewDeadLetter {
        topic: event.topic.as_str().into(),
        partition: 0,
        offset: 1,
        payload: event.body.clone(),
        payload_sha256: event.sha256,
        event: Some(event.id),
        payment: Some(event.payment),
        reason: DeadLetterReason::Refused,
        message: "refused".to_owned(),
    }
}

/// The bytes of an answer with one word changed, as a literal.
fn changed(answer: &StoredAnswer, from: &str, to: &str) -> String {
    let text = std::str::from_utf8(&answer.body).unwrap();
    assert!(text.contains(from), "no `{from}` in `{text}`");
    hex(text.replacen(from, to, 1).as_bytes())
}

/// Bytes as a literal that every database takes.
fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{digits}'")
}
