//! Compares what the callers wrote down with what the server shows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures_util::future::join_all;
use serde_json::Value;
use testkit::{http::HttpClient, wait::wait_until};

use super::caller::{Asked, Log, Record};

/// How long the pipeline may take to post what is left.
const DRAIN_LIMIT: Duration = Duration::from_secs(180);

/// What a payment must look like by the callers' log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Expected {
    amount: i64,
    captured: i64,
    refunded: i64,
    declined: bool,
    closed: bool,
    events: u64,
}

/// The calls on each payment of a caller.
type Lives<'r> = BTreeMap<u64, Vec<&'r Record>>;

/// The auditor.
pub(crate) struct Audit {
    client: HttpClient,
    log: Arc<Log>,
    /// How many records of each caller have been audited already.
    audited: Vec<usize>,
    unanswered: u64,
}

impl Audit {
    /// Nothing audited yet.
    pub(crate) fn new(client: HttpClient, log: Arc<Log>) -> Self {
        let audited = vec![0; log.callers()];
        Self { client, log, audited, unanswered: 0 }
    }

    /// How many calls had no answer when the process was killed.
    pub(crate) fn unanswered(&self) -> u64 {
        self.unanswered
    }

    /// Right after a restart, before anybody has asked again: what was answered since the last audit is there. The one call of
    /// each caller that got no answer may have happened or not, but not halfway.
    pub(crate) async fn after_crash(&mut self) {
        for caller in 0..self.log.callers() {
            let records = self.log.records(caller, self.audited[caller]);
            let open = records.iter().position(|record| record.answer.is_none());
            assert!(open.is_none_or(|open| open + 1 == records.len()), "a caller asked on without an answer");
            self.unanswered += u64::from(open.is_some());
            // Records of a payment follow each other: the unaudited ones may continue one that was audited before.
            let all = self.log.records(caller, 0);
            let mut lives = lives_of(&all);
            let touched: BTreeSet<u64> = records.iter().filter_map(|record| record.payment).collect();
            lives.retain(|payment, _| touched.contains(payment));
            for (payment, life) in &lives {
                self.check_payment(caller, *payment, life).await;
            }
            for record in records.iter().filter(|record| record.answer.is_some()) {
                self.check_replay(record).await;
            }
            self.audited[caller] += records.len() - usize::from(open.is_some());
        }
    }

    /// Everything, once all callers have every answer; all callers side by side.
    pub(crate) async fn at_the_end(&mut self) {
        let events = join_all((0..self.log.callers()).map(|caller| self.check_caller(caller))).await;
        self.check_pipeline(events.into_iter().sum()).await;
    }

    /// All that one caller was told; how many events it knows of.
    async fn check_caller(&self, caller: usize) -> u64 {
        let all = self.log.records(caller, 0);
        assert!(all.iter().all(|record| record.answer.is_some()), "a caller ended without an answer");
        let lives = lives_of(&all);
        for (payment, life) in &lives {
            self.check_payment(caller, *payment, life).await;
        }
        for record in &all {
            self.check_replay(record).await;
        }
        self.check_books(caller, &lives).await;
        lives.values().map(|life| expected(life).events).sum()
    }

    /// The payment shows what its caller was told.
    async fn check_payment(&self, caller: usize, payment: u64, life: &[&Record]) {
        let path = format!("/payments/{payment}?merchantId={}", Log::merchant(caller));
        let answer = self.client.get(&path).await.unwrap();
        assert_eq!(answer.status, 200, "payment {payment} was answered and is gone");
        let shown = answer.json();
        let told = expected(life);
        let happened = with_open_call(life, told);
        let seen = Expected {
            amount: number(&shown, "amount"),
            captured: number(&shown, "capturedAmount"),
            refunded: number(&shown, "refundedAmount"),
            declined: shown["status"] == "DECLINED",
            closed: number(&shown, "capturableAmount") == 0,
            events: shown["version"].as_u64().unwrap_or(0),
        };
        assert!(
            seen == told || Some(seen) == happened,
            "payment {payment}: told {told:?}, seen {seen:?} in {shown}"
        );
    }

    /// The same call again gets the first answer, byte for byte.
    async fn check_replay(&self, record: &Record) {
        let again = self.client.post(&record.path, record.body.clone()).await.unwrap();
        let first = record.answer.clone();
        assert_eq!(Some((again.status, again.body.clone())), first, "another answer to {record:?}");
        assert!(again.replayed(), "not marked as a replay: {record:?}");
    }

    /// The merchant's account holds what its caller captured and did not give back.
    async fn check_books(&self, caller: usize, lives: &Lives<'_>) {
        self.drained().await;
        let merchant = Log::merchant(caller);
        let told: i64 = lives.values().map(|life| expected(life)).map(|it| it.captured - it.refunded).sum();
        let answer = self
            .client
            .get(&format!("/ledger/accounts?code=2100&merchantId={merchant}&currency=KRW"))
            .await
            .unwrap();
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        let shown = answer.json();
        let balance = shown["data"]
            .as_array()
            .and_then(|lines| lines.first())
            .map_or(0, |line| number(&line["posted"], "balance"));
        assert_eq!(balance, told, "the books of {merchant} differ from what its caller was told: {shown}");
    }

    /// Every event is posted once, nothing is posted without an event, and the callers know of every event.
    async fn check_pipeline(&self, events_told: u64) {
        self.drained().await;
        let events = self.all("/events").await;
        let entries = self.all("/ledger/entries").await;
        assert_eq!(
            events.len() as u64,
            events_told,
            "events that no caller knows of, or callers that know of no event"
        );
        let posting = events
            .values()
            .filter(|event| event["envelope"]["postings"].as_array().is_some_and(|all| !all.is_empty()));
        let posting: BTreeSet<&str> = posting.filter_map(|event| event["id"].as_str()).collect();
        let posted: BTreeSet<&str> = entries.keys().map(String::as_str).collect();
        assert_eq!(posting, posted, "events and journal entries do not agree");
        in_order(&entries);
    }

    async fn drained(&self) {
        wait_until("every event is posted", DRAIN_LIMIT, async || {
            self.client.get("/outbox").await.is_ok_and(|answer| answer.json()["summary"]["pending"] == 0)
        })
        .await;
    }

    /// A whole list by the ids of its rows; an id that occurs twice is a fault.
    async fn all(&self, path: &str) -> BTreeMap<String, Value> {
        let mut rows = BTreeMap::new();
        let mut cursor = String::new();
        loop {
            let page = self.client.get(&format!("{path}?limit=200{cursor}")).await.unwrap().json();
            for row in page["data"].as_array().unwrap_or_else(|| panic!("{path} is no list: {page}")) {
                let id = row["id"].as_str().unwrap_or_else(|| panic!("a row of {path} without an id: {row}"));
                assert!(rows.insert(id.to_owned(), row.clone()).is_none(), "{path} shows {id} twice");
            }
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }
}

/// Of one lane and topic, what happened later was posted later.
fn in_order(entries: &BTreeMap<String, Value>) {
    let mut lanes: BTreeMap<(u64, &str), BTreeMap<u64, &str>> = BTreeMap::new();
    for (id, entry) in entries {
        let (lane, seq) = id.split_once('-').unwrap_or_else(|| panic!("{id} is no place"));
        let (topic, at) = (entry["topic"].as_str().unwrap(), entry["postedAt"].as_str().unwrap());
        let lane = lanes.entry((lane.parse().unwrap(), topic)).or_default();
        lane.insert(seq.parse().unwrap(), at);
    }
    for ((lane, topic), posted) in lanes {
        let times: Vec<&str> = posted.into_values().collect();
        assert!(times.is_sorted(), "lane {lane}, {topic}: posted out of order");
    }
}

/// The calls on each payment, in their order.
fn lives_of(records: &[Record]) -> Lives<'_> {
    let mut lives = Lives::new();
    for record in records {
        if let Some(payment) = record.payment {
            lives.entry(payment).or_default().push(record);
        }
    }
    lives
}

/// A payment by all answered calls on it.
fn expected(life: &[&Record]) -> Expected {
    life.iter().fold(Expected::default(), |before, record| match &record.answer {
        Some((status, _)) => after(before, record.asked, *status),
        None => before,
    })
}

/// A payment with the call that got no answer, had it happened; `None` where there is no such call.
fn with_open_call(life: &[&Record], told: Expected) -> Option<Expected> {
    let open = life.iter().find(|record| record.answer.is_none())?;
    Some(after(told, open.asked, 200))
}

fn after(before: Expected, asked: Asked, status: u16) -> Expected {
    let events = before.events + u64::from(status == 200 || status == 402);
    match (asked, status) {
        (Asked::Authorize(amount), 200) => Expected { amount, events, ..before },
        (Asked::Authorize(amount), 402) => {
            Expected { amount, declined: true, closed: true, events, ..before }
        }
        (Asked::Capture { amount, last }, 200) => {
            let captured = before.captured + amount;
            Expected { captured, closed: last || captured == before.amount, events, ..before }
        }
        (Asked::Void, 200) => Expected { closed: true, events, ..before },
        (Asked::Refund(amount), 200) => Expected { refunded: before.refunded + amount, events, ..before },
        _ => before,
    }
}

fn number(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or(i64::MIN)
}
