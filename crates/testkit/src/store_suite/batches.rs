//! Batches: payments, events, lanes, orders.

#![expect(missing_docs, reason = "the names of the tests are sentences that say what they check")]

use domain::{
    event::{Topic, TopicSeqs},
    id::{AttemptId, EventId, Lane, OrderId, PaymentId, Seq},
    money::{Currency, Money},
    payment::{
        Birth, Capture, CaptureMode, Command, DeclineCode, Metadata, Payment, PaymentStatus, Refund, Verdict,
        Void,
    },
};
use engine::ports::{BatchKeys, Clock, PaymentWrite, StoreError};
use futures_util::FutureExt;

use super::{Scribe, StoreUnderTest};

pub async fn a_new_store_has_its_lanes_and_nothing_else(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let mut snapshot = scribe.snapshot().await;
    let lanes = snapshot.lane_list().await.unwrap();
    let expected: Vec<Lane> = (0..it.store.lane_count()).map(Lane).collect();
    assert_eq!(lanes.iter().map(|lane| lane.state.lane).collect::<Vec<_>>(), expected);
    for lane in lanes {
        assert_eq!((lane.state.last_seq, lane.state.payment_counter, lane.state.batch), (Seq::START, 0, 0));
        assert_eq!((lane.state.topics, lane.state.chain_head), (TopicSeqs::default(), [0; 32]));
        assert_eq!((lane.pruned_to, lane.pruned_head, lane.entries_posted), (Seq::START, [0; 32], 0));
    }
    assert_eq!(snapshot.payment_range(None, 10).await.unwrap(), []);
    assert_eq!(snapshot.position_list().await.unwrap(), []);
    assert_eq!(snapshot.balance_list().await.unwrap(), []);
}

pub async fn a_payment_comes_back_as_it_was_written(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    for birth in odd_births(&scribe) {
        let written = scribe.authorize(birth).await;
        assert_eq!(scribe.payment(written.id).await.as_ref(), Some(&written));
        let keys = BatchKeys { payments: vec![written.id, written.id], ..BatchKeys::default() };
        let open = scribe.open(&written.merchant, keys).await;
        assert_eq!(open.loaded.payments.get(&written.id), Some(&written));
    }
    let unknown = PaymentId::new(domain::id::ID_MAX).unwrap();
    assert_eq!(scribe.payment(unknown).await, None);
}

/// Births with everything that is unusual and allowed.
fn odd_births(scribe: &Scribe) -> Vec<Birth> {
    let mut metadata = Metadata::default();
    metadata.insert("Key", "값 🐘 'quoted\" \\ \n\t").unwrap();
    metadata.insert("key ", "").unwrap();
    let full = Birth {
        order: Some(" Order 주문 🧾'; DROP TABLE payment; -- ".parse().unwrap()),
        description: Some("두 줄\n\t🍵".parse().unwrap()),
        metadata,
        amount: Money::new(Money::AMOUNT_MAX, "KWD".parse().unwrap()),
        capture_mode: CaptureMode::Automatic,
        ..scribe.birth("A.b_c-9", 1)
    };
    let empty_description = Birth { description: Some("".parse().unwrap()), ..scribe.birth("m", 1) };
    let far = Birth { capture_before: scribe.clock.now().plus_seconds(u32::MAX), ..scribe.birth("M", 1) };
    vec![scribe.birth("M1", 1), full, empty_description, far]
}

pub async fn every_state_of_a_payment_comes_back(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let capture = |amount, last| Command::Capture(Capture { amount: Some(amount), last });
    let refund = |amount| {
        let reason = "변심".parse().unwrap();
        Command::Refund(Refund { amount: Some(amount), reason, expected_refundable: None })
    };
    let void = || Command::Void(Void { reason: None });
    let lives = [
        (PaymentStatus::Authorized, vec![]),
        (PaymentStatus::PartiallyCaptured, vec![capture(40, false)]),
        (PaymentStatus::Captured, vec![capture(40, true)]),
        (PaymentStatus::PartiallyRefunded, vec![capture(40, true), refund(1)]),
        (PaymentStatus::PartiallyRefunded, vec![capture(40, false), refund(40)]),
        (PaymentStatus::Refunded, vec![capture(100, false), refund(60), refund(40)]),
        (PaymentStatus::Voided, vec![void()]),
        (PaymentStatus::Captured, vec![capture(40, false), void()]),
    ];
    for (status, life) in lives {
        let mut payment = scribe.authorize(scribe.birth("M1", 100)).await;
        for command in life {
            payment = scribe.apply(&payment, command).await;
        }
        assert_eq!(payment.status(), status);
        assert_eq!(scribe.payment(payment.id).await, Some(payment));
    }
    for &code in DeclineCode::ALL {
        let declined = scribe.authorize_with(scribe.birth("M1", 100), Verdict::Declined(code)).await;
        assert_eq!(scribe.payment(declined.id).await, Some(declined));
    }
    let lapsing = scribe.authorize(scribe.birth("M1", 100)).await;
    it.clock.advance_seconds(4000);
    let expired = scribe.apply(&lapsing, Command::Expire).await;
    assert_eq!(expired.status(), PaymentStatus::Expired);
    assert_eq!(scribe.payment(expired.id).await, Some(expired));
}

pub async fn every_outstanding_operation_comes_back(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let attempt = AttemptId(u128::MAX - 7);
    let processing = scribe.begin_authorization(scribe.birth("M1", 100), attempt).await;
    assert_eq!(processing.status(), PaymentStatus::Processing);
    assert_eq!(scribe.payment(processing.id).await, Some(processing));

    let commands = [
        Command::Capture(Capture { amount: Some(30), last: false }),
        Command::Void(Void { reason: Some("매진 🙇".parse().unwrap()) }),
        Command::Refund(Refund {
            amount: Some(5),
            reason: "x".parse().unwrap(),
            expected_refundable: Some(10),
        }),
    ];
    for command in commands {
        let payment = scribe.authorize(scribe.birth("M1", 100)).await;
        let payment =
            scribe.apply(&payment, Command::Capture(Capture { amount: Some(10), last: false })).await;
        let pending = payment.begin(&command, attempt, it.clock.now()).unwrap();
        scribe.rewrite(&pending).await;
        assert_eq!(scribe.payment(pending.id).await.as_ref(), Some(&pending));
        // And once the outcome is known, nothing is outstanding any more.
        let (concluded, _) = pending.conclude(Verdict::Refused, it.clock.now());
        scribe.rewrite(&concluded).await;
        assert_eq!(scribe.payment(concluded.id).await, Some(concluded));
    }
}

pub async fn an_event_comes_back_byte_for_byte(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let merchant = "M1".parse().unwrap();
    let mut open = scribe.open(&merchant, BatchKeys::default()).await;
    let birth = Birth { id: open.next_payment_id(it.store.lane_count()), ..scribe.birth("M1", 5) };
    let (payment, events) = Payment::authorize(birth, Verdict::Approved, open.now());
    open.write(payment, &events, true);
    let event = open.changes.events.first_mut().unwrap();
    event.body = (0..=255).chain([0, 0]).collect();
    event.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into());
    event.previous = Seq(0);
    let event = event.clone();
    open.commit().await.unwrap();

    let mut snapshot = scribe.snapshot().await;
    assert_eq!(snapshot.outbox_find(event.id).await.unwrap(), Some(event.clone()));
    let nowhere = EventId { lane: Lane(u16::MAX), seq: Seq(u64::MAX) };
    assert_eq!(snapshot.outbox_find(nowhere).await.unwrap(), None);
    let many = snapshot.outbox_find_many(&[nowhere, event.id]).await.unwrap();
    assert_eq!(many, [None, Some(event)]);
}

pub async fn a_dropped_batch_leaves_nothing(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let merchant = "M1".parse().unwrap();
    drop(scribe.open(&merchant, BatchKeys::default()).await);
    let payment = scribe.authorize(scribe.birth("M1", 5)).await;
    let lanes = scribe.snapshot().await.lane_list().await.unwrap();
    let lane = lanes.iter().find(|lane| lane.state.lane == scribe.lane(&merchant)).unwrap();
    assert_eq!((lane.state.batch, lane.state.last_seq), (1, Seq(1)));
    assert_eq!(lane.state.topics.get(Topic::Authorized), Seq(1));
    assert_eq!(payment.last_event, Seq(1));
}

pub async fn a_batch_that_fails_half_way_leaves_nothing(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let first = scribe.authorize(scribe.birth("M1", 5)).await;
    let mut open = scribe.open(&first.merchant, BatchKeys::default()).await;
    let birth = Birth { id: open.next_payment_id(it.store.lane_count()), ..scribe.birth("M1", 6) };
    let (second, events) = Payment::authorize(birth, Verdict::Approved, open.now());
    let second = open.write(second, &events, true);
    open.changes.payments.push(PaymentWrite { payment: first.clone(), new: true });
    assert!(matches!(open.commit().await, Err(StoreError::Statement { .. })));

    assert_eq!(scribe.payment(second.id).await, None);
    let events =
        scribe.snapshot().await.outbox_range(scribe.lane(&first.merchant), Seq::START, 10).await.unwrap();
    assert_eq!(events.len(), 1);
    // And the store goes on.
    assert_eq!(scribe.authorize(scribe.birth("M1", 7)).await.id, second.id);
}

pub async fn a_batch_may_move_nothing_but_its_lane(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let merchant = "M1".parse().unwrap();
    it.clock.advance_seconds(9);
    let mut open = scribe.open(&merchant, BatchKeys::default()).await;
    open.lane().payment_counter = (1 << 52) + 1;
    open.lane().topics.set(Topic::Declined, Seq(77));
    open.commit().await.unwrap();
    let open = scribe.open(&merchant, BatchKeys::default()).await;
    let lane = open.loaded.lanes.first().unwrap();
    assert_eq!((lane.batch, lane.payment_counter), (1, (1 << 52) + 1));
    assert_eq!((lane.topics.get(Topic::Declined), lane.topics.get(Topic::Expired)), (Seq(77), Seq::START));
}

pub async fn a_lane_that_does_not_exist_is_refused(it: &StoreUnderTest) {
    let opened = it.store.batch_open(&[Lane(it.store.lane_count())], &BatchKeys::default()).await;
    assert!(matches!(opened.map(drop), Err(StoreError::Statement { .. })));
    Scribe::new(it).authorize(Scribe::new(it).birth("M1", 5)).await;
}

pub async fn the_time_of_a_batch_never_goes_back(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    it.clock.advance_seconds(100);
    let later = scribe.authorize(scribe.birth("M1", 5)).await;
    it.clock.set_wall(later.created_at.minus_seconds(60));
    let next = scribe.authorize(scribe.birth("M1", 5)).await;
    assert!(next.created_at >= later.created_at);
}

pub async fn a_batch_is_told_what_the_clock_says_however_far_its_lane_is_ahead(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let right = it.clock.now();
    it.clock.set_wall(right.plus_seconds(8 * 86_400));
    let ahead = scribe.authorize(scribe.birth("M1", 5)).await;
    it.clock.set_wall(right);
    let open = scribe.open(&ahead.merchant, BatchKeys::default()).await;
    assert_eq!(open.loaded.lanes[0].updated_at, ahead.created_at);
    assert_eq!(open.loaded.clock, right, "what ends, ends by the clock");
    assert_eq!(open.now(), ahead.created_at, "what is written is written later than what was");
}

pub async fn a_payment_is_not_born_twice(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let first = scribe.authorize(scribe.birth("M1", 5)).await;
    let mut open = scribe.open(&first.merchant, BatchKeys::default()).await;
    open.write(Payment { authorized: Money::new(9, Currency::KRW), ..first.clone() }, &[], true);
    assert!(matches!(open.commit().await, Err(StoreError::Statement { .. })));
    assert_eq!(scribe.payment(first.id).await, Some(first));
}

pub async fn a_payment_that_does_not_exist_is_not_updated(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let first = scribe.authorize(scribe.birth("M1", 5)).await;
    let mut open = scribe.open(&first.merchant, BatchKeys::default()).await;
    open.write(Payment { id: PaymentId::new(999_999).unwrap(), ..first }, &[], false);
    assert!(matches!(open.commit().await, Err(StoreError::Statement { .. })));
}

pub async fn a_place_is_not_taken_twice(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let first = scribe.authorize(scribe.birth("M1", 5)).await;
    let taken = scribe.unposted().await;
    let mut open = scribe.open(&first.merchant, BatchKeys::default()).await;
    open.changes.events = taken;
    assert!(matches!(open.commit().await, Err(StoreError::Statement { .. })));
}

pub async fn batches_on_one_lane_take_turns(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let merchant = "M1".parse().unwrap();
    let mut first = scribe.open(&merchant, BatchKeys::default()).await;
    first.lane().payment_counter = 5;
    let mut second = Box::pin(scribe.open(&merchant, BatchKeys::default()));
    assert!((&mut second).now_or_never().is_none(), "the lane is locked");
    first.commit().await.unwrap();
    let second = second.await;
    assert_eq!(second.loaded.lanes.first().unwrap().payment_counter, 5);
}

pub async fn an_order_is_held_by_its_latest_payment_unless_that_is_over(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let order: OrderId = "order-1".parse().unwrap();
    let with_order = || Birth { order: Some(order.clone()), ..scribe.birth("M1", 100) };
    let holder = async || {
        let keys = BatchKeys { orders: vec![("M1".parse().unwrap(), order.clone())], ..BatchKeys::default() };
        let open = scribe.open(&"M1".parse().unwrap(), keys).await;
        let held_by = open.loaded.orders.values().next().copied();
        assert!(
            held_by.is_none_or(|id| open.loaded.payments.contains_key(&id)),
            "the holder itself is loaded"
        );
        held_by
    };
    assert_eq!(holder().await, None);
    scribe.authorize_with(with_order(), Verdict::Declined(DeclineCode::LostCard)).await;
    assert_eq!(holder().await, None);
    let first = scribe.authorize(with_order()).await;
    assert_eq!(holder().await, Some(first.id));
    scribe.apply(&first, Command::Void(Void::default())).await;
    assert_eq!(holder().await, None);
    for _ in 0..20 {
        scribe.authorize_with(with_order(), Verdict::Declined(DeclineCode::LostCard)).await;
    }
    assert_eq!(holder().await, None);
    let second = scribe.authorize(with_order()).await;
    assert_eq!(holder().await, Some(second.id));
    scribe.authorize(Birth { order: Some("order-2".parse().unwrap()), ..scribe.birth("M1", 100) }).await;
    scribe.authorize(Birth { order: Some(order.clone()), ..scribe.birth("M2", 100) }).await;
    assert_eq!(holder().await, Some(second.id), "others of the merchant, others of the name");
}

pub async fn orders_whose_hashes_meet_are_told_apart(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    // The first four bytes of SHA-256 of both, each with a zero byte behind it, are 16e8e5d1.
    let [one, other]: [OrderId; 2] = ["order-65760", "order-130079"].map(|order| order.parse().unwrap());
    let of = |order: &OrderId| Birth { order: Some(order.clone()), ..scribe.birth("M1", 100) };
    let holders = async || {
        let orders = [&one, &other].map(|order| ("M1".parse().unwrap(), order.clone()));
        let keys = BatchKeys { orders: orders.to_vec(), ..BatchKeys::default() };
        let open = scribe.open(&"M1".parse().unwrap(), keys).await;
        let holders = orders.map(|order| open.loaded.orders.get(&order).copied());
        let loaded = holders.iter().flatten().all(|holder| open.loaded.payments.contains_key(holder));
        assert!(loaded, "the holder itself is loaded");
        holders
    };
    assert_eq!(holders().await, [None, None]);
    let held = scribe.authorize(of(&one)).await;
    assert_eq!(holders().await, [Some(held.id), None]);
    for _ in 0..10 {
        scribe.authorize_with(of(&other), Verdict::Declined(DeclineCode::LostCard)).await;
    }
    assert_eq!(holders().await, [Some(held.id), None]);
    let both = scribe.authorize(of(&other)).await;
    assert_eq!(holders().await, [Some(held.id), Some(both.id)]);
    scribe.apply(&held, Command::Void(Void::default())).await;
    assert_eq!(holders().await, [None, Some(both.id)]);
}

pub async fn order_ids_compare_as_bytes(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let spellings = ["order", "Order", "order ", " order", "órder", "o\u{301}rder", "order\u{200b}"];
    let orders: Vec<OrderId> = spellings.iter().map(|spelling| spelling.parse().unwrap()).collect();
    for (merchant, order) in ["M1", "m1"].iter().flat_map(|m| orders.iter().map(move |order| (*m, order))) {
        let keys =
            BatchKeys { orders: vec![(merchant.parse().unwrap(), order.clone())], ..BatchKeys::default() };
        let open = scribe.open(&merchant.parse().unwrap(), keys).await;
        assert!(open.loaded.orders.is_empty(), "{merchant} {order:?}");
        drop(open);
        scribe.authorize(Birth { order: Some(order.clone()), ..scribe.birth(merchant, 1) }).await;
    }
}
