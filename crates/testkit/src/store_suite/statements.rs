//! Account statements.

#![expect(missing_docs, reason = "the names of the tests are sentences that say what they check")]

use domain::{
    event::Topic,
    ledger::{AccountCode, AccountId, Layer},
    money::{Currency, Money},
    payment::{Birth, Capture, Command, Refund},
};
use engine::{
    ports::{AccountEntry, AccountFilter, Snapshot},
    queries::statement::{self, StatementPlaces},
};

use super::{Scribe, StoreUnderTest, scribe::ACQUIRER};

pub async fn an_account_shows_its_entries_newest_first(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let payment = scribe.authorize(scribe.birth("M1", 100)).await;
    let other = scribe.authorize(scribe.birth("M2", 100)).await;
    let payment = scribe.apply(&payment, capture(30)).await;
    scribe.apply(&other, capture(50)).await;
    scribe.apply(&payment, refund(20)).await;
    let posted = scribe.post_all().await;

    let pending = AccountId::new(AccountCode::MerchantPending, "M1", Currency::KRW);
    let receivable = AccountId::new(AccountCode::AcquirerReceivable, ACQUIRER, Currency::KRW);
    let of =
        |topic: Topic| posted.iter().find(|p| p.topic == topic && p.entry.payment == payment.id).unwrap();
    let entry = |topic, line, amount| AccountEntry {
        entry: of(topic).entry.id,
        line,
        payment: payment.id,
        topic,
        account: pending.clone(),
        counterpart: receivable.clone(),
        amount,
        occurred_at: of(topic).entry.occurred_at,
    };
    // A capture's first posting ends the hold; only its second is in the books.
    let expected = [entry(Topic::Refunded, 0, 20), entry(Topic::Captured, 1, -30)];
    let filter = AccountFilter {
        code: AccountCode::MerchantPending,
        owner: Some("M1".into()),
        currency: Some(Currency::KRW),
    };
    let mut snapshot = scribe.snapshot().await;
    for limit in [1, 2, 9] {
        assert_eq!(statement(&mut *snapshot, &filter, limit).await, expected, "limit {limit}");
    }
    for nobody in ["m1", "M1 ", ""] {
        let filter = AccountFilter { owner: Some(nobody.into()), ..filter.clone() };
        assert_eq!(statement(&mut *snapshot, &filter, 9).await, [], "{nobody:?}");
    }
    let filter = AccountFilter { currency: Some("USD".parse().unwrap()), ..filter };
    assert_eq!(statement(&mut *snapshot, &filter, 9).await, []);
}

pub async fn an_account_without_owner_shows_those_of_all_owners(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    for number in 1..=30 {
        let amount = Money::new(number, if number == 7 { "USD".parse().unwrap() } else { Currency::KRW });
        let birth = Birth { amount, ..scribe.birth(&format!("M{number}"), 1) };
        let payment = scribe.authorize(birth).await;
        scribe.apply(&payment, capture(number)).await;
    }
    scribe.post_all().await;
    let all = |code| AccountFilter { code, owner: None, currency: None };
    let mut snapshot = scribe.snapshot().await;
    for limit in [1, 7, 30, 100] {
        for (code, sign) in [(AccountCode::MerchantPending, -1), (AccountCode::AcquirerReceivable, 1)] {
            let read = statement(&mut *snapshot, &all(code), limit).await;
            let mut amounts: Vec<i64> = read.iter().map(|entry| entry.amount * sign).collect();
            amounts.sort_unstable();
            assert_eq!(amounts, (1..=30).collect::<Vec<_>>(), "{code} limit {limit}");
            assert!(read.iter().all(|entry| entry.account.code == code));
        }
    }
    let won = AccountFilter { currency: Some(Currency::KRW), ..all(AccountCode::MerchantPending) };
    assert_eq!(statement(&mut *snapshot, &won, 10).await.len(), 29);
    assert_eq!(statement(&mut *snapshot, &all(AccountCode::Equity), 10).await, []);
}

pub async fn a_statement_tells_of_all_lanes_by_time(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let mut payments = Vec::new();
    for number in 1..=40 {
        payments.push(scribe.authorize(scribe.birth(&format!("M{number}"), 100)).await);
    }
    // Each lane has its turn many times, so that no order of lanes is the order of times.
    for (amount, payment) in (1..).zip(&payments) {
        it.clock.advance_ms(2);
        scribe.apply(payment, capture(amount)).await;
    }
    scribe.post_all().await;
    let mut snapshot = scribe.snapshot().await;
    let balances = snapshot.balance_list().await.unwrap();
    for (code, sign) in [(AccountCode::AcquirerReceivable, 1), (AccountCode::MerchantPending, -1)] {
        let filter = AccountFilter { code, owner: None, currency: None };
        let whole = statement(&mut *snapshot, &filter, 200).await;
        assert_eq!(whole.len(), 40, "{code}");
        let lanes = whole.chunk_by(|a, b| a.entry.lane == b.entry.lane).count();
        assert!(it.store.lane_count() == 1 || lanes > usize::from(it.store.lane_count()), "{lanes} runs");
        // Each balance is the one above it less what that one moved: the oldest began at nothing.
        let mut balance: i64 = balances
            .iter()
            .filter(|row| row.account.code == code && row.layer == Layer::Posted)
            .map(|row| row.debit - row.credit)
            .sum();
        assert_eq!(balance, sign * (1..=40).sum::<i64>());
        for row in &whole {
            balance -= row.amount;
        }
        assert_eq!(balance, 0, "{code}");
        for limit in [1, 3, 40] {
            assert_eq!(statement(&mut *snapshot, &filter, limit).await, whole, "{code} limit {limit}");
        }
    }
}

pub async fn what_is_posted_later_slips_into_no_later_page(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let mut payments = Vec::new();
    for number in 1..=12 {
        let payment = scribe.authorize(scribe.birth(&format!("M{number}"), 100)).await;
        payments.push(scribe.apply(&payment, capture(10 + number)).await);
    }
    scribe.post_all().await;
    for code in [AccountCode::AcquirerReceivable, AccountCode::MerchantPending] {
        let filter = AccountFilter { code, owner: None, currency: None };
        let before = statement(&mut *scribe.snapshot().await, &filter, 100).await;
        let first = read(&mut *scribe.snapshot().await, &filter, None, 5).await;
        for payment in &mut payments {
            *payment = scribe.apply(payment, refund(1)).await;
        }
        scribe.post_all().await;
        let (mut rows, mut next) = first;
        while let Some(places) = next {
            let page = read(&mut *scribe.snapshot().await, &filter, Some(&places), 5).await;
            rows.extend(page.0);
            next = page.1;
        }
        assert_eq!(rows, before, "{code}");
    }
}

pub async fn holds_are_not_in_a_statement(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    scribe.authorize(scribe.birth("M1", 100)).await;
    scribe.post_all().await;
    let filter =
        AccountFilter { code: AccountCode::MerchantPending, owner: Some("M1".into()), currency: None };
    let mut snapshot = scribe.snapshot().await;
    assert_eq!(statement(&mut *snapshot, &filter, 10).await, []);
}

fn capture(amount: i64) -> Command {
    Command::Capture(Capture { amount: Some(amount), last: true })
}

fn refund(amount: i64) -> Command {
    Command::Refund(Refund {
        amount: Some(amount),
        reason: "변심".parse().unwrap(),
        expected_refundable: None,
    })
}

/// Reads a statement to its end.
async fn statement(snapshot: &mut dyn Snapshot, filter: &AccountFilter, limit: usize) -> Vec<AccountEntry> {
    let (mut read, mut before) = (Vec::new(), None);
    loop {
        let (rows, next) = self::read(snapshot, filter, before.as_ref(), limit).await;
        read.extend(rows);
        before = next;
        if before.is_none() {
            break;
        }
    }
    let place = |entry: &AccountEntry| (entry.entry.seq, entry.line);
    for pair in read.windows(2) {
        assert!(pair[0].occurred_at >= pair[1].occurred_at, "{pair:?}");
        assert!(pair[0].entry.lane != pair[1].entry.lane || place(&pair[0]) > place(&pair[1]), "{pair:?}");
    }
    read
}

/// Reads a page of a statement.
async fn read(
    snapshot: &mut dyn Snapshot,
    filter: &AccountFilter,
    before: Option<&StatementPlaces>,
    limit: usize,
) -> (Vec<AccountEntry>, Option<StatementPlaces>) {
    let page = statement::statement(snapshot, filter, before, limit).await.unwrap();
    assert!(page.rows.len() <= limit, "no posting of the suite has both of its sides in one statement");
    (page.rows, page.next)
}
