//! Journal entries and accounts as clients see them.

use std::str::FromStr;

use domain::{
    id::{JournalEntryId, Lane, PaymentId, Seq},
    ledger::{AccountCode, AccountId, Posting},
    money::Currency,
    time::Timestamp,
};
use engine::{ports::PostedEntry, queries::statement::StatementPlaces};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::list::{FromCursor, ToCursor, cursor_decode, cursor_encode};

/// Keeps these cursors apart from those of other lists.
const CURSOR_KIND: u8 = 5;

/// An instance of an account of the chart.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountRef {
    /// The four-digit code.
    #[schema(example = 2100)]
    code: u16,
    /// Its name.
    #[schema(example = "merchant_pending")]
    name: &'static str,
    /// The merchant or acquirer it belongs to; empty where the platform itself does.
    #[schema(example = "M123")]
    owner: String,
    /// Its currency.
    #[schema(value_type = String, example = "KRW")]
    currency: Currency,
}

impl AccountRef {
    pub(crate) fn of(account: &AccountId) -> Self {
        Self {
            code: account.code.code(),
            name: account.code.name(),
            owner: account.owner.clone().into(),
            currency: account.currency,
        }
    }
}

/// One debit account, one credit account, one amount.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Posting)]
pub(crate) struct PostingView {
    /// `POSTED` (the books) or `HOLD` (authorizations; memo).
    layer: &'static str,
    /// The account debited.
    debit: AccountRef,
    /// The account credited.
    credit: AccountRef,
    /// How much, in the currency's minor unit.
    amount: i64,
    /// Of which currency.
    #[schema(value_type = String, example = "KRW")]
    currency: Currency,
}

impl PostingView {
    fn of(posting: &Posting) -> Self {
        Self {
            layer: posting.layer().as_str(),
            debit: AccountRef::of(posting.debit()),
            credit: AccountRef::of(posting.credit()),
            amount: posting.amount().minor_units,
            currency: posting.amount().currency,
        }
    }
}

/// A journal entry: the postings one event caused. Never changed, never deleted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JournalEntry)]
pub(crate) struct EntryView {
    /// The event's lane and place, which name the entry too.
    #[schema(value_type = String, example = "0-17")]
    id: JournalEntryId,
    /// The payment.
    #[schema(value_type = u64)]
    payment_id: PaymentId,
    /// The event's topic.
    #[schema(example = "payment.captured")]
    topic: &'static str,
    /// When the event happened.
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    /// When it was posted.
    #[schema(value_type = String, format = DateTime)]
    posted_at: Timestamp,
    /// Its postings, at least one.
    postings: Vec<PostingView>,
}

impl EntryView {
    pub(crate) fn of(posted: &PostedEntry) -> Self {
        Self {
            id: posted.entry.id,
            payment_id: posted.entry.payment,
            topic: posted.topic.as_str(),
            occurred_at: posted.entry.occurred_at,
            posted_at: posted.posted_at,
            postings: posted.entry.postings().iter().map(PostingView::of).collect(),
        }
    }
}

/// An account of the chart in a path or a query: its code or its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AccountWord(pub(super) AccountCode);

impl FromStr for AccountWord {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let by_code = text.parse().ok().and_then(AccountCode::from_code);
        let by_name = || AccountCode::ALL.iter().copied().find(|code| code.name() == text);
        by_code.or_else(by_name).map(Self).ok_or(())
    }
}

/// A place in a statement: a posting of every lane.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct StatementCursor(pub(crate) StatementPlaces);

impl ToCursor for StatementCursor {
    fn to_cursor(&self) -> String {
        let places = self.0.0.iter();
        let numbers = places.flat_map(|(lane, (seq, line))| [u64::from(lane.0), seq.0, u64::from(*line)]);
        cursor_encode(CURSOR_KIND, &numbers.collect::<Vec<_>>())
    }
}

impl FromCursor for StatementCursor {
    fn from_cursor(text: &str) -> Option<Self> {
        let numbers = cursor_decode(CURSOR_KIND, text)?;
        let (triples, []) = numbers.as_chunks::<3>() else { return None };
        let mut places = StatementPlaces::default();
        for [lane, seq, line] in triples {
            let place = (Seq(*seq), u32::try_from(*line).ok()?);
            places.0.insert(Lane(u16::try_from(*lane).ok()?), place);
        }
        (places.0.len() == triples.len()).then_some(Self(places))
    }
}
