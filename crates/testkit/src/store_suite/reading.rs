//! Snapshots, and reads by place, number and filter.

#![expect(missing_docs, reason = "the names of the tests are sentences that say what they check")]

use std::collections::BTreeMap;

use domain::{
    id::{Lane, PaymentId, Seq},
    money::Money,
    payment::{Birth, Capture, Command, DeclineCode, Payment, PaymentStatus, Verdict, Void},
};
use engine::ports::{Clock, PaymentCounts, PaymentFilter, Snapshot};
use futures_util::FutureExt;

use super::{Scribe, StoreUnderTest};

pub async fn a_snapshot_does_not_see_what_is_committed_later(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let first = scribe.authorize(scribe.birth("M1", 1)).await;
    let mut snapshot = scribe.snapshot().await;
    let second = scribe.authorize(scribe.birth("M1", 2)).await;
    scribe.post_all().await;
    assert_eq!(snapshot.payment_find(second.id).await.unwrap(), None);
    assert_eq!(range(&mut *snapshot, None, 10).await, [first]);
    assert_eq!(snapshot.balance_list().await.unwrap(), []);
    assert!(scribe.payment(second.id).await.is_some());
}

pub async fn snapshots_are_lent_again(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    for number in 1..=64 {
        let payment = scribe.authorize(scribe.birth("M1", number)).await;
        let mut snapshot = scribe.snapshot().await;
        assert_eq!(snapshot.payment_find(payment.id).await.unwrap(), Some(payment));
    }
}

pub async fn a_snapshot_goes_on_after_a_read_was_given_up(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let payment = scribe.authorize(scribe.birth("M1", 1)).await;
    for _ in 0..32 {
        // Polled once and dropped, as a handler is whose caller hangs up.
        let mut given_up = scribe.snapshot().await;
        drop(given_up.payment_range(None, 10).now_or_never());
    }
    assert!(scribe.payment(payment.id).await.is_some());
}

pub async fn payments_are_listed_newest_first_in_pages(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let mut newest_first = Vec::new();
    for number in 1..=7 {
        newest_first.insert(0, scribe.authorize(scribe.birth("M1", number)).await);
    }
    let mut snapshot = scribe.snapshot().await;
    for limit in [1, 3, 7, 200] {
        let read = list(&mut *snapshot, &PaymentFilter::default(), limit).await;
        assert_eq!(read, newest_first, "limit {limit}");
    }
    let exact = snapshot.payment_list(&PaymentFilter::default(), None, 7).await.unwrap();
    assert_eq!(exact.next, None, "a full last page is the end");
}

pub async fn payments_are_filtered(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let usd = "USD".parse().unwrap();
    let order = |order: &str| Some(order.parse().unwrap());
    let a = scribe.authorize(Birth { order: order("o-1"), ..scribe.birth("M1", 10) }).await;
    it.clock.advance_seconds(10);
    let b = scribe.authorize(Birth { order: order("o-1"), ..scribe.birth("M2", 20) }).await;
    it.clock.advance_seconds(10);
    let voided = scribe.apply(&b, Command::Void(Void::default())).await;
    let c = scribe.authorize(Birth { order: order("O-1"), ..scribe.birth("M1", 30) }).await;
    let dollars = Birth { amount: Money::new(30, usd), ..scribe.birth("m1", 0) };
    let d = scribe.authorize_with(dollars, Verdict::Declined(DeclineCode::LostCard)).await;
    let (t0, t1, t2) = (a.created_at, b.created_at, c.created_at);

    let none = PaymentFilter::default;
    let merchant = |merchant: &str| PaymentFilter { merchant: Some(merchant.parse().unwrap()), ..none() };
    let statuses = |statuses: &[PaymentStatus]| PaymentFilter { statuses: statuses.to_vec(), ..none() };
    use PaymentStatus::{Authorized, Captured, Declined, Voided};
    let cases: Vec<(PaymentFilter, Vec<&Payment>)> = vec![
        (merchant("M1"), vec![&c, &a]),
        (merchant("m1"), vec![&d]),
        (merchant("M9"), vec![]),
        (statuses(&[Voided]), vec![&voided]),
        (statuses(&[Declined, Authorized]), vec![&d, &c, &a]),
        (statuses(&[Captured]), vec![]),
        (PaymentFilter { order: order("o-1"), ..none() }, vec![&voided, &a]),
        (PaymentFilter { order: order("o-1"), ..merchant("M2") }, vec![&voided]),
        (PaymentFilter { order: order("o-1 "), ..none() }, vec![]),
        (PaymentFilter { currency: Some(usd), ..none() }, vec![&d]),
        (PaymentFilter { amount_min: Some(20), ..none() }, vec![&d, &c, &voided]),
        (PaymentFilter { amount_max: Some(20), ..none() }, vec![&voided, &a]),
        (PaymentFilter { amount_min: Some(11), amount_max: Some(29), ..none() }, vec![&voided]),
        (PaymentFilter { created_from: Some(t1), ..none() }, vec![&d, &c, &voided]),
        (PaymentFilter { created_to: Some(t1), ..none() }, vec![&a]),
        (PaymentFilter { created_from: Some(t0), created_to: Some(t2), ..none() }, vec![&voided, &a]),
        (PaymentFilter { created_from: Some(t2.plus_ms(1)), ..none() }, vec![]),
        (PaymentFilter { created_to: Some(t0), ..none() }, vec![]),
        (PaymentFilter { created_to: Some(t2), ..merchant("M1") }, vec![&a]),
        (PaymentFilter { statuses: vec![Authorized], amount_min: Some(11), ..merchant("M1") }, vec![&c]),
        (PaymentFilter { updated_from: Some(t2), ..none() }, vec![&d, &c, &voided]),
        (PaymentFilter { updated_to: Some(t2), ..none() }, vec![&a]),
        (PaymentFilter { updated_from: Some(t1), updated_to: Some(t2), ..none() }, vec![]),
        (PaymentFilter { updated_from: Some(t0), updated_to: Some(t0.plus_ms(1)), ..none() }, vec![&a]),
        (PaymentFilter { updated_from: Some(t2.plus_ms(1)), ..none() }, vec![]),
        (PaymentFilter { updated_to: Some(t0), ..none() }, vec![]),
        (PaymentFilter { updated_from: Some(t2), created_to: Some(t2), ..none() }, vec![&voided]),
        (PaymentFilter { updated_to: Some(t2), ..merchant("M2") }, vec![]),
        (PaymentFilter { updated_from: Some(t2), order: order("o-1"), ..none() }, vec![&voided]),
    ];
    let mut snapshot = scribe.snapshot().await;
    for (filter, expected) in cases {
        for limit in [1, 10] {
            let read = list(&mut *snapshot, &filter, limit).await;
            let mut expected: Vec<Payment> = expected.iter().map(|payment| (*payment).clone()).collect();
            expected.sort_by_key(|payment| std::cmp::Reverse(payment.id));
            assert_eq!(read, expected, "{filter:?}");
        }
        let mut by_status = BTreeMap::new();
        for payment in expected {
            *by_status.entry(payment.status()).or_default() += 1;
        }
        let counts = PaymentCounts { by_status, is_complete: true };
        assert_eq!(snapshot.payment_count(&filter, 10_000).await.unwrap(), counts, "{filter:?}");
    }
}

pub async fn payments_are_counted_from_the_newest_on(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let nothing = scribe.snapshot().await.payment_count(&PaymentFilter::default(), 1).await.unwrap();
    assert_eq!(nothing, PaymentCounts { is_complete: true, ..PaymentCounts::default() });
    for number in 1..=6 {
        scribe.authorize(scribe.birth("M1", number)).await;
    }
    scribe.authorize_with(scribe.birth("M1", 7), Verdict::Declined(DeclineCode::LostCard)).await;
    let mut snapshot = scribe.snapshot().await;
    let of_merchant = PaymentFilter { merchant: Some("M1".parse().unwrap()), ..PaymentFilter::default() };
    let (declined, authorized) = (PaymentStatus::Declined, PaymentStatus::Authorized);
    for (looked_at, newest) in [(1, vec![(declined, 1)]), (3, vec![(declined, 1), (authorized, 2)])] {
        let counts = snapshot.payment_count(&of_merchant, looked_at).await.unwrap();
        let by_status = newest.into_iter().collect();
        assert_eq!(counts, PaymentCounts { by_status, is_complete: false }, "{looked_at}");
    }
    for filter in [PaymentFilter::default(), of_merchant] {
        let few = snapshot.payment_count(&filter, 2).await.unwrap();
        let counted: u64 = few.by_status.values().sum();
        assert!((1..=2).contains(&counted) && !few.is_complete, "{few:?}");
        let all = snapshot.payment_count(&filter, 10_000).await.unwrap();
        let by_status = [(declined, 1), (authorized, 6)].into_iter().collect();
        assert_eq!(all, PaymentCounts { by_status, is_complete: true });
    }
}

pub async fn payments_are_read_by_range(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let mut all = Vec::new();
    for merchant in ["M1", "M2", "M3", "M4", "M5"] {
        all.push(scribe.authorize(scribe.birth(merchant, 1)).await);
    }
    all.sort_by_key(|payment| payment.id);
    let mut snapshot = scribe.snapshot().await;
    assert_eq!(range(&mut *snapshot, None, 9).await, all);
    assert_eq!(range(&mut *snapshot, None, 2).await, all[..2]);
    assert_eq!(range(&mut *snapshot, Some(all[1].id), 2).await, all[2..4]);
    assert_eq!(range(&mut *snapshot, PaymentId::new(domain::id::ID_MAX), 2).await, []);
    for lane in (0..it.store.lane_count()).map(Lane) {
        let of_lane =
            all.iter().map(|payment| payment.id).filter(|id| id.lane(it.store.lane_count()) == lane);
        assert_eq!(snapshot.payment_highest(lane).await.unwrap(), of_lane.max(), "{lane}");
    }
    let many =
        snapshot.payment_find_many(&[all[3].id, PaymentId::new(99_999).unwrap(), all[0].id]).await.unwrap();
    assert_eq!(many, [Some(all[3].clone()), None, Some(all[0].clone())]);
}

pub async fn payments_whose_time_has_run_out_are_listed(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let at = |seconds| it.clock.now().plus_seconds(seconds);
    let until = |seconds| Birth { capture_before: at(seconds), ..scribe.birth("M1", 100) };
    let late = scribe.authorize(until(20)).await;
    let early = scribe.authorize(until(10)).await;
    let partly = scribe.authorize(until(15)).await;
    scribe.apply(&partly, Command::Capture(Capture { amount: Some(1), last: false })).await;
    let captured = scribe.authorize(until(1)).await;
    scribe.apply(&captured, Command::Capture(Capture { amount: None, last: true })).await;
    let voided = scribe.authorize(until(1)).await;
    scribe.apply(&voided, Command::Void(Void::default())).await;
    scribe.authorize_with(until(1), Verdict::Declined(DeclineCode::LostCard)).await;
    let busy = scribe.authorize(until(1)).await;
    let attempt = domain::id::AttemptId(5);
    scribe.rewrite(&busy.begin(&Command::Void(Void::default()), attempt, it.clock.now()).unwrap()).await;

    let mut snapshot = scribe.snapshot().await;
    let expected = [&early, &partly, &late].map(|payment| (payment.id, payment.merchant.clone()));
    assert_eq!(snapshot.payment_list_expirable(at(20), 10).await.unwrap(), expected);
    assert_eq!(snapshot.payment_list_expirable(at(20), 1).await.unwrap(), expected[..1]);
    assert_eq!(snapshot.payment_list_expirable(at(19), 10).await.unwrap(), expected[..2]);
    assert_eq!(snapshot.payment_list_expirable(at(9), 10).await.unwrap(), []);
}

pub async fn events_are_read_by_place(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    for number in 1..=5 {
        scribe.authorize(scribe.birth("M1", number)).await;
    }
    let lane = scribe.lane(&"M1".parse().unwrap());
    let mut snapshot = scribe.snapshot().await;
    let all = snapshot.outbox_range(lane, Seq::START, 10).await.unwrap();
    assert_eq!(all.iter().map(|event| event.id.seq.0).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(snapshot.outbox_range(lane, Seq(2), 2).await.unwrap(), all[2..4]);
    assert_eq!(snapshot.outbox_range(lane, Seq(5), 2).await.unwrap(), []);
    assert_eq!(snapshot.outbox_range(lane, Seq(u64::MAX), 2).await.unwrap(), []);
    let reversed = |from: usize, to: usize| all[from..to].iter().rev().cloned().collect::<Vec<_>>();
    assert_eq!(snapshot.outbox_list(lane, None, 2).await.unwrap(), reversed(3, 5));
    assert_eq!(snapshot.outbox_list(lane, Some(Seq(4)), 9).await.unwrap(), reversed(0, 3));
    assert_eq!(snapshot.outbox_list(lane, Some(Seq(0)), 9).await.unwrap(), []);
}

pub async fn journal_entries_are_read_by_place(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    for number in 1..=3 {
        let payment = scribe.authorize(scribe.birth("M1", number * 10)).await;
        scribe.authorize_with(scribe.birth("M1", 1), Verdict::Declined(DeclineCode::LostCard)).await;
        scribe.apply(&payment, Command::Capture(Capture { amount: Some(1), last: true })).await;
    }
    let posted = scribe.post_all().await;
    let lane = scribe.lane(&"M1".parse().unwrap());
    let mut snapshot = scribe.snapshot().await;
    assert_eq!(snapshot.journal_range(lane, Seq::START, 10).await.unwrap(), posted);
    assert_eq!(snapshot.journal_range(lane, posted[1].entry.id.seq, 2).await.unwrap(), posted[2..4]);
    assert_eq!(snapshot.journal_range(lane, Seq(99), 2).await.unwrap(), []);
    let reversed = |from: usize, to: usize| posted[from..to].iter().rev().cloned().collect::<Vec<_>>();
    assert_eq!(snapshot.journal_list(lane, None, 2).await.unwrap(), reversed(4, 6));
    assert_eq!(snapshot.journal_list(lane, Some(posted[2].entry.id.seq), 9).await.unwrap(), reversed(0, 2));
}

/// Reads a list to its end.
async fn list(snapshot: &mut dyn Snapshot, filter: &PaymentFilter, limit: usize) -> Vec<Payment> {
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let page = snapshot.payment_list(filter, after, limit).await.unwrap();
        assert!(page.rows.len() <= limit);
        read.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return read;
        }
    }
}

/// Payments by number, each filed as it should be.
async fn range(snapshot: &mut dyn Snapshot, after: Option<PaymentId>, limit: usize) -> Vec<Payment> {
    let rows = snapshot.payment_range(after, limit).await.unwrap();
    assert!(rows.iter().all(|row| row.misfiled.is_none()), "{rows:?}");
    rows.into_iter().map(|row| row.payment).collect()
}
