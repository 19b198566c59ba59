//! What holds for every life of a payment, whatever the order of its commands and of the acquirer's answers.

use std::collections::BTreeMap;

use domain::{
    event::{Envelope, Place},
    fee::{Fee, FeePlan, FeeReturn},
    id::{AttemptId, EventId, Lane, Seq},
    ledger::{AccountCode, Layer, Posting},
    payment::{
        Capture, CaptureMode, Closing, Command, DeclineCode, Failure, Payment, PaymentEvent, Refund,
        ReplayError, Replayed, State, Verdict, Void,
    },
    posting_rules,
};
use proptest::prelude::*;

use crate::story::{birth, end, noon};

const AUTHORIZED: i64 = 1_000;

/// One thing that happens to a payment.
#[derive(Clone, Debug)]
enum Step {
    Apply(Command),
    Begin(Command),
    Conclude(Verdict),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn refunded_never_exceeds_captured_nor_captured_authorized(life in lives()) {
        let mut payment = born(&life).0;
        for step in &life.steps {
            payment = take(payment, step).0;
            prop_assert!(payment.is_consistent(), "{payment:?}");
            let (captured, refunded) = (payment.captured.minor_units, payment.refunded.minor_units);
            prop_assert!(0 <= refunded && refunded <= captured && captured <= AUTHORIZED);
            prop_assert!(payment.capturable().minor_units + captured <= AUTHORIZED);
            prop_assert!(payment.refundable().minor_units + refunded <= captured);
        }
    }

    #[test]
    fn what_was_refused_changes_nothing(life in lives()) {
        let mut payment = born(&life).0;
        for step in &life.steps {
            let before = payment.clone();
            let (after, events) = take(payment, step);
            if events.is_empty() {
                let pending = after.pending.clone();
                let updated_at = after.updated_at;
                prop_assert_eq!(&after, &Payment { pending, updated_at, ..before });
            } else {
                prop_assert_eq!(after.version, before.version + u32::try_from(events.len()).unwrap());
            }
            payment = after;
        }
    }

    #[test]
    fn the_events_replay_to_the_payment(life in lives()) {
        let (payment, envelopes, _) = live(&life, FeePlan::default());
        match Replayed::fold(&envelopes) {
            Ok(replayed) => prop_assert!(replayed.matches(&payment), "{replayed:?} {payment:?}"),
            // A payment whose first answer is outstanding has no event yet.
            Err(error) => {
                prop_assert_eq!(error, ReplayError::Gap { expected: 1 });
                prop_assert_eq!(payment.version, 0);
            }
        }
    }

    #[test]
    fn whatever_is_changed_about_a_payment_its_events_tell(
        life in lives(),
        change in prop::sample::select(CHANGES.to_vec()),
    ) {
        let (payment, envelopes, _) = live(&life, FeePlan::default());
        prop_assume!(!envelopes.is_empty());
        let replayed = Replayed::fold(&envelopes).unwrap();
        let mut changed = payment.clone();
        change(&mut changed);
        // Of a payment that was declined at once no event tells the terms.
        let Payment { order, capture_before, capture_mode, .. } = payment.clone();
        let told = replayed.terms.is_some()
            || Payment { order, capture_before, capture_mode, ..changed.clone() } != payment;
        prop_assume!(changed != payment && told);
        prop_assert!(!replayed.matches(&changed), "{changed:?}");
        prop_assert!(replayed.difference(&changed).is_some());
    }

    #[test]
    fn a_life_with_an_event_left_out_or_told_twice_does_not_replay(
        life in lives(),
        place: prop::sample::Index,
    ) {
        let (payment, envelopes, _) = live(&life, FeePlan::default());
        prop_assume!(!envelopes.is_empty());
        let place = place.index(envelopes.len());
        let mut missing = envelopes.clone();
        missing.remove(place);
        prop_assert!(Replayed::fold(&missing).is_err() || !Replayed::fold(&missing).unwrap().matches(&payment));
        let mut twice = envelopes.clone();
        twice.insert(place, envelopes[place].clone());
        prop_assert!(Replayed::fold(&twice).is_err());
    }

    #[test]
    fn the_books_hold_what_the_payment_says(life in lives(), plan in plans()) {
        let (payment, _, postings) = live(&life, plan);
        let balances = fold(&postings);
        let balance = |layer, code| balances.get(&(layer, code)).copied().unwrap_or(0);
        let net = payment.captured.minor_units - payment.refunded.minor_units;
        let Fee { service, vat } = plan.fee(payment.captured, payment.refunded);
        prop_assert_eq!(balance(Layer::Hold, AccountCode::AcquirerReceivable), payment.held().minor_units);
        prop_assert_eq!(balance(Layer::Posted, AccountCode::AcquirerReceivable), net);
        prop_assert_eq!(balance(Layer::Posted, AccountCode::ProcessingFeeIncome), -service);
        prop_assert_eq!(balance(Layer::Posted, AccountCode::OutputVat), -vat);
        prop_assert_eq!(balance(Layer::Posted, AccountCode::MerchantPending), service + vat - net);
        for layer in [Layer::Hold, Layer::Posted] {
            let sum: i64 = balances.iter().filter(|((of, _), _)| *of == layer).map(|(_, sum)| sum).sum();
            prop_assert_eq!(sum, 0);
        }
        if payment.state != State::Open {
            prop_assert_eq!(balance(Layer::Hold, AccountCode::MerchantPending), 0, "nothing is held once closed");
        }
    }

    #[test]
    fn an_envelope_comes_back_from_its_bytes(life in lives(), plan in plans()) {
        let (_, envelopes, postings) = live(&life, plan);
        let mut posted = Vec::new();
        for envelope in envelopes {
            let bytes = serde_json::to_vec(&envelope).unwrap();
            let read: Envelope = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(serde_json::to_vec(&read).unwrap(), bytes);
            prop_assert_eq!(&read, &envelope);
            let entry = read.journal_entry().unwrap();
            prop_assert_eq!(entry.is_some(), read.topic.carries_postings());
            posted.extend(entry.into_iter().flat_map(|entry| entry.postings().to_vec()));
        }
        prop_assert_eq!(posted, postings, "the worker posts what the API has shown");
    }
}

/// What somebody could change about a payment behind the platform's back.
const CHANGES: [fn(&mut Payment); 12] = [
    |payment| payment.merchant = "M999".parse().unwrap(),
    |payment| payment.order = Some("another".parse().unwrap()),
    |payment| payment.authorized.minor_units += 1,
    |payment| payment.captured.minor_units += 1,
    |payment| payment.refunded.minor_units += 1,
    |payment| payment.authorized.currency = "USD".parse().unwrap(),
    |payment| payment.capture_before = payment.capture_before.plus_ms(1),
    |payment| payment.capture_mode = CaptureMode::Automatic,
    |payment| payment.created_at = end().plus_ms(1),
    |payment| payment.updated_at = payment.created_at.plus_ms(-1),
    |payment| payment.version += 1,
    |payment| {
        payment.state = match payment.state {
            State::Open => State::Closed(Closing::Void),
            State::Closed(Closing::Void) => State::Closed(Closing::Expiry),
            State::Processing | State::Declined(_) => {
                State::Declined(Failure { code: DeclineCode::StolenCard })
            }
            State::Closed(Closing::Capture | Closing::Expiry) => State::Open,
        }
    },
];

/// How a payment is born, and all that is tried on it.
#[derive(Clone, Debug)]
struct Life {
    automatic: bool,
    remote: bool,
    answer: Verdict,
    steps: Vec<Step>,
}

fn lives() -> impl Strategy<Value = Life> {
    let steps = prop::collection::vec(steps(), 0..12);
    (any::<bool>(), any::<bool>(), mostly_approved(), steps).prop_map(|(automatic, remote, answer, steps)| {
        Life { automatic: automatic && steps.len() % 4 == 0, remote, answer, steps }
    })
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => commands().prop_map(Step::Apply),
        1 => commands().prop_map(Step::Begin),
        2 => mostly_approved().prop_map(Step::Conclude),
    ]
}

fn commands() -> impl Strategy<Value = Command> {
    let amount = || prop::option::weighted(0.8, 1..=AUTHORIZED + 1);
    let small = || prop::option::weighted(0.95, 1..=AUTHORIZED / 5);
    prop_oneof![
        3 => (small(), prop::bool::weighted(0.1)).prop_map(|(amount, last)| Command::Capture(Capture { amount, last })),
        1 => (amount(), any::<bool>()).prop_map(|(amount, last)| Command::Capture(Capture { amount, last })),
        4 => (small(), prop::option::weighted(0.05, 0..=AUTHORIZED)).prop_map(|(amount, expected_refundable)| {
            Command::Refund(Refund { amount, reason: "changed mind".parse().unwrap(), expected_refundable })
        }),
        1 => Just(Command::Void(Void { reason: Some("out of stock".parse().unwrap()) })),
        1 => Just(Command::Expire),
    ]
}

fn mostly_approved() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        8 => Just(Verdict::Approved),
        1 => Just(Verdict::Declined(DeclineCode::LostCard)),
        1 => Just(Verdict::Refused),
    ]
}

fn plans() -> impl Strategy<Value = FeePlan> {
    let policies = prop::sample::select(vec![FeeReturn::None, FeeReturn::Proportional, FeeReturn::Full]);
    (0_u16..=10_000, policies).prop_map(|(basis_points, on_refund)| FeePlan { basis_points, on_refund })
}

fn born(life: &Life) -> (Payment, Vec<PaymentEvent>) {
    let mode: &[&str] = if life.automatic { &["and", "capture"] } else { &[] };
    let birth = birth(&AUTHORIZED.to_string(), mode);
    if life.remote {
        return (Payment::processing(birth, AttemptId(1), noon()), Vec::new());
    }
    Payment::authorize(birth, life.answer, noon())
}

/// The payment after a step, unchanged where the step was refused.
fn take(payment: Payment, step: &Step) -> (Payment, Vec<PaymentEvent>) {
    // Time never goes back: what follows an expiry is not earlier.
    let since = payment.updated_at;
    let when = |command: &Command| if *command == Command::Expire { end() } else { since };
    match step {
        Step::Apply(command) => match payment.clone().apply(command, when(command)) {
            Ok((payment, event)) => (payment, vec![event]),
            Err(_) => (payment, Vec::new()),
        },
        Step::Begin(command) => {
            let begun = payment.clone().begin(command, AttemptId(2), when(command));
            (begun.unwrap_or(payment), Vec::new())
        }
        Step::Conclude(verdict) => payment.conclude(*verdict, since),
    }
}

/// A whole life: the payment at its end, its events in their envelopes, and all they post.
fn live(life: &Life, plan: FeePlan) -> (Payment, Vec<Envelope>, Vec<Posting>) {
    let (mut payment, mut events) = born(life);
    let (mut envelopes, mut all_postings) = (Vec::new(), Vec::new());
    for step in std::iter::once(None).chain(life.steps.iter().map(Some)) {
        if let Some(step) = step {
            (payment, events) = take(payment, step);
        }
        for event in &events {
            let seq = Seq(u64::try_from(envelopes.len()).unwrap() + 1);
            let id = EventId { lane: Lane(3), seq };
            let place = Place { id, previous: Seq::START, payment_previous: payment.last_event };
            let postings =
                posting_rules::postings(&event.change, &payment.merchant, "simulator", plan).unwrap();
            envelopes.push(Envelope::seal(event, &payment, place, &postings));
            all_postings.extend(postings);
            payment.last_event = seq;
        }
    }
    (payment, envelopes, all_postings)
}

fn fold(postings: &[Posting]) -> BTreeMap<(Layer, AccountCode), i64> {
    let mut balances = BTreeMap::new();
    for posting in postings {
        for (account, delta) in posting.legs() {
            *balances.entry((posting.layer(), account.code)).or_insert(0) += delta;
        }
    }
    balances
}
