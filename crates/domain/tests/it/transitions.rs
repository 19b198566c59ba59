//! What every command does in every status, one row each. Where several refusals would fit, the first in this order is given:
//! busy, conflict or expired, unexpected amount, amount too large.

use std::collections::BTreeSet;

use domain::payment::PaymentStatus;

use crate::story::{self, describe, take, tell};

/// Each block begins with a life; each row below it is one command and what it comes to:
/// `STATUS captured/refunded left capturable/refundable: what happened`, or the refusal.
const TABLE: &str = "
ask 1000
  capture                    => Busy
  capture 1001               => Busy
  late capture               => Busy
  void                       => Busy
  refund                     => Busy
  expire                     => Busy

decline 1000
  capture                    => CaptureConflict DECLINED
  late capture               => CaptureConflict DECLINED
  void                       => VoidConflict DECLINED
  refund                     => RefundConflict DECLINED
  expire                     => NotExpirable

refuse 1000
  capture                    => CaptureConflict DECLINED

authorize 1000
  capture                    => CAPTURED 1000/0 left 0/1000: captured 1000 at last, released 1000
  capture more               => CAPTURED 1000/0 left 0/1000: captured 1000 at last, released 1000
  capture 400                => CAPTURED 400/0 left 0/400: captured 400 at last, released 1000
  capture 400 more           => PARTIALLY_CAPTURED 400/0 left 600/400: captured 400, released 400
  capture 1000 more          => CAPTURED 1000/0 left 0/1000: captured 1000 at last, released 1000
  capture 1001               => AmountTooLarge 1000
  capture 9223372036854775807 => AmountTooLarge 1000
  early capture              => CAPTURED 1000/0 left 0/1000: captured 1000 at last, released 1000
  late capture               => AuthorizationExpired
  late capture 1001          => AuthorizationExpired
  void                       => VOIDED 0/0 left 0/0: voided 1000
  late void                  => VOIDED 0/0 left 0/0: voided 1000
  refund                     => RefundConflict AUTHORIZED
  refund 1001 expecting 5    => RefundConflict AUTHORIZED
  early expire               => NotExpirable
  expire                     => EXPIRED 0/0 left 0/0: expired 1000

authorize 1000, capture 400 more
  capture                    => CAPTURED 1000/0 left 0/1000: captured 600 at last, released 600
  capture 100                => CAPTURED 500/0 left 0/500: captured 100 at last, released 600
  capture 100 more           => PARTIALLY_CAPTURED 500/0 left 500/500: captured 100, released 100
  capture 600 more           => CAPTURED 1000/0 left 0/1000: captured 600 at last, released 600
  capture 601                => AmountTooLarge 600
  late capture               => AuthorizationExpired
  void                       => CAPTURED 400/0 left 0/400: voided 600
  refund                     => PARTIALLY_REFUNDED 400/400 left 600/0: refunded 400
  refund 100                 => PARTIALLY_REFUNDED 400/100 left 600/300: refunded 100
  refund 401                 => AmountTooLarge 400
  late refund                => PARTIALLY_REFUNDED 400/400 left 600/0: refunded 400
  early expire               => NotExpirable
  expire                     => CAPTURED 400/0 left 0/400: expired 600

authorize 1000, capture 400
  capture                    => CaptureConflict CAPTURED
  capture 1001               => CaptureConflict CAPTURED
  late capture               => CaptureConflict CAPTURED
  void                       => VoidConflict CAPTURED
  refund                     => REFUNDED 400/400 left 0/0: refunded 400
  refund 400                 => REFUNDED 400/400 left 0/0: refunded 400
  refund 399                 => PARTIALLY_REFUNDED 400/399 left 0/1: refunded 399
  refund 401                 => AmountTooLarge 400
  refund expecting 400       => REFUNDED 400/400 left 0/0: refunded 400
  refund expecting 399       => ExpectedAmountMismatch 400
  refund 401 expecting 401   => ExpectedAmountMismatch 400
  refund 9223372036854775807 => AmountTooLarge 400
  late refund                => REFUNDED 400/400 left 0/0: refunded 400
  expire                     => NotExpirable

authorize 1000, capture 400 more, void
  capture                    => CaptureConflict CAPTURED
  void                       => VoidConflict CAPTURED
  refund                     => REFUNDED 400/400 left 0/0: refunded 400
  expire                     => NotExpirable

authorize 1000, capture 400 more, expire
  capture                    => AuthorizationExpired
  void                       => VoidConflict CAPTURED
  refund                     => REFUNDED 400/400 left 0/0: refunded 400
  expire                     => NotExpirable

authorize 1000, capture 400 more, refund 100
  capture                    => PARTIALLY_REFUNDED 1000/100 left 0/900: captured 600 at last, released 600
  capture 200                => PARTIALLY_REFUNDED 600/100 left 0/500: captured 200 at last, released 600
  capture 200 more           => PARTIALLY_REFUNDED 600/100 left 400/500: captured 200, released 200
  capture 601                => AmountTooLarge 600
  late capture               => AuthorizationExpired
  void                       => PARTIALLY_REFUNDED 400/100 left 0/300: voided 600
  refund                     => PARTIALLY_REFUNDED 400/400 left 600/0: refunded 300
  refund 301                 => AmountTooLarge 300
  refund 300 expecting 300   => PARTIALLY_REFUNDED 400/400 left 600/0: refunded 300
  refund 300 expecting 400   => ExpectedAmountMismatch 300
  early expire               => NotExpirable
  expire                     => PARTIALLY_REFUNDED 400/100 left 0/300: expired 600

authorize 1000, capture 400 more, refund
  capture                    => PARTIALLY_REFUNDED 1000/400 left 0/600: captured 600 at last, released 600
  void                       => REFUNDED 400/400 left 0/0: voided 600
  refund                     => RefundConflict PARTIALLY_REFUNDED
  refund 1 expecting 1       => RefundConflict PARTIALLY_REFUNDED
  expire                     => REFUNDED 400/400 left 0/0: expired 600

authorize 1000, capture 400, refund 100
  capture                    => CaptureConflict PARTIALLY_REFUNDED
  void                       => VoidConflict PARTIALLY_REFUNDED
  refund                     => REFUNDED 400/400 left 0/0: refunded 300
  refund 100                 => PARTIALLY_REFUNDED 400/200 left 0/200: refunded 100
  refund 301                 => AmountTooLarge 300
  expire                     => NotExpirable

authorize 1000, capture 400 more, refund 100, expire
  capture                    => AuthorizationExpired
  void                       => VoidConflict PARTIALLY_REFUNDED
  refund                     => REFUNDED 400/400 left 0/0: refunded 300
  expire                     => NotExpirable

authorize 1000, capture 400, refund
  capture                    => CaptureConflict REFUNDED
  void                       => VoidConflict REFUNDED
  refund                     => RefundConflict REFUNDED
  refund 1 expecting 0       => RefundConflict REFUNDED
  expire                     => NotExpirable

authorize 1000, capture 400 more, refund, expire
  capture                    => AuthorizationExpired
  void                       => VoidConflict REFUNDED
  refund                     => RefundConflict REFUNDED
  expire                     => NotExpirable

authorize 1000, void
  capture                    => CaptureConflict VOIDED
  late capture               => CaptureConflict VOIDED
  void                       => VoidConflict VOIDED
  refund                     => RefundConflict VOIDED
  expire                     => NotExpirable

authorize 1000, expire
  capture                    => AuthorizationExpired
  void                       => VoidConflict EXPIRED
  refund                     => RefundConflict EXPIRED
  expire                     => NotExpirable

authorize 1000 and capture
  capture                    => CaptureConflict CAPTURED
  refund                     => REFUNDED 1000/1000 left 0/0: refunded 1000
";

/// What is sent to a remote acquirer, and what its answer does.
const OUTSTANDING: &str = "
ask 1000
  approved                   => AUTHORIZED 0/0 left 1000/0: authorized 1000
  declined                   => DECLINED 0/0 left 0/0: declined insufficient_funds
  refused                    => DECLINED 0/0 left 0/0: declined processing_error
  send capture               => Busy

ask 1000 and capture
  approved                   => CAPTURED 1000/0 left 0/1000: authorized 1000, captured 1000 at last, released 1000
  declined                   => DECLINED 0/0 left 0/0: declined insufficient_funds

authorize 1000
  send capture               => AUTHORIZED 0/0 left 0/0: nothing
  send capture 400           => AUTHORIZED 0/0 left 0/0: nothing
  send capture 400 more      => AUTHORIZED 0/0 left 600/0: nothing
  send capture 1001          => AmountTooLarge 1000
  send late capture          => AuthorizationExpired
  send void                  => AUTHORIZED 0/0 left 0/0: nothing
  send refund                => RefundConflict AUTHORIZED
  send expire                => NotExpirable
  approved                   => AUTHORIZED 0/0 left 1000/0: nothing

authorize 1000, send capture 400 more
  approved                   => PARTIALLY_CAPTURED 400/0 left 600/400: captured 400, released 400
  declined                   => AUTHORIZED 0/0 left 1000/0: nothing
  refused                    => AUTHORIZED 0/0 left 1000/0: nothing
  capture 100                => Busy
  void                       => Busy
  refund                     => Busy
  expire                     => Busy
  send capture 100           => Busy

authorize 1000, send capture 400
  approved                   => CAPTURED 400/0 left 0/400: captured 400 at last, released 1000

authorize 1000, send void
  approved                   => VOIDED 0/0 left 0/0: voided 1000
  declined                   => AUTHORIZED 0/0 left 1000/0: nothing
  refused                    => AUTHORIZED 0/0 left 1000/0: nothing
  expire                     => Busy

authorize 1000, capture 400 more
  send refund 100            => PARTIALLY_CAPTURED 400/0 left 600/300: nothing
  send void                  => PARTIALLY_CAPTURED 400/0 left 0/400: nothing

authorize 1000, capture 400 more, send void
  approved                   => CAPTURED 400/0 left 0/400: voided 600

authorize 1000, capture 400 more, send refund 100
  approved                   => PARTIALLY_REFUNDED 400/100 left 600/300: refunded 100
  declined                   => PARTIALLY_CAPTURED 400/0 left 600/400: nothing
  refused                    => PARTIALLY_CAPTURED 400/0 left 600/400: nothing
  refund 1                   => Busy
  expire                     => Busy

authorize 1000, capture 400, send refund
  approved                   => REFUNDED 400/400 left 0/0: refunded 400
  declined                   => CAPTURED 400/0 left 0/400: nothing
";

#[test]
fn every_command_does_what_its_row_says() {
    check(TABLE);
}

#[test]
fn every_answer_of_a_remote_acquirer_does_what_its_row_says() {
    check(OUTSTANDING);
}

#[test]
fn no_pair_of_status_and_command_is_left_out() {
    let told: BTreeSet<(PaymentStatus, &str)> = rows(TABLE)
        .flat_map(|(life, command, _)| {
            let verb = command.split(' ').find(|word| !["late", "early"].contains(word));
            verb.map(|verb| (tell(life).status(), verb))
        })
        .collect();
    for &status in PaymentStatus::ALL {
        for verb in ["capture", "void", "refund", "expire"] {
            assert!(told.contains(&(status, verb)), "no row for {verb} of a payment that is {status}");
        }
    }
}

#[test]
fn an_answer_is_recorded_once() {
    let (captured, events) = take(Some(tell("authorize 1000, send capture 400")), "approved").unwrap();
    assert_eq!(events.len(), 1);
    let (again, events) = take(Some(captured.clone()), "declined").unwrap();
    assert_eq!(events, []);
    assert_eq!(again, captured);
}

#[test]
fn what_was_not_done_leaves_no_trace_but_the_time() {
    let before = tell("authorize 1000, capture 400 more");
    let (after, events) = take(Some(tell("authorize 1000, capture 400 more, send void")), "refused").unwrap();
    assert_eq!(events, []);
    assert_eq!(after, domain::payment::Payment { updated_at: story::end(), ..before });
}

#[test]
fn only_a_payment_that_took_nothing_frees_its_order() {
    for (life, frees) in [
        ("ask 1000", false),
        ("decline 1000", true),
        ("authorize 1000", false),
        ("authorize 1000, void", true),
        ("authorize 1000, expire", true),
        ("authorize 1000, capture 400 more, void", false),
        ("authorize 1000, capture 400, refund", false),
    ] {
        assert_eq!(tell(life).frees_its_order(), frees, "{life}");
    }
}

fn check(table: &'static str) {
    let wrong: Vec<String> = rows(table)
        .filter_map(|(life, step, expected)| {
            let actual = describe(&take(Some(tell(life)), step));
            (actual != expected)
                .then(|| format!("{life}, {step}\n  expected {expected}\n  came to  {actual}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The life, the step, and what it must come to.
fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let mut life = "";
    table.lines().filter(|line| !line.is_empty()).filter_map(move |line| {
        let Some((step, expected)) = line.split_once("=>") else {
            life = line;
            return None;
        };
        Some((life, step.trim(), expected.trim()))
    })
}
