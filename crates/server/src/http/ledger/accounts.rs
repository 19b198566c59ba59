//! `GET /ledger/accounts`, `GET /ledger/accounts/{code}/entries`

use std::ops::ControlFlow;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use domain::{
    id::{JournalEntryId, PaymentId},
    ledger::AccountCode,
    money::Currency,
    time::Timestamp,
};
use engine::{
    ports::{AccountEntry, AccountFilter, Snapshot, StoreError},
    queries::{
        accounts::{AccountSums, ChartFilter, ChartPlace, Sums, chart},
        statement,
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::{AccountRef, AccountWord, StatementCursor};
use crate::http::{
    list::{FromCursor, List, Looking, ToCursor, cursor_decode, cursor_encode},
    path::PathId,
    problem::{FieldCode, Problem},
    query::Query,
    state::AppState,
};

/// Keeps these cursors apart from those of other lists.
const CURSOR_KIND: u8 = 6;

/// Debits, credits and what they come to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SumsView {
    /// All debits, in minor units.
    #[schema(value_type = i64)]
    debit: i128,
    /// All credits, in minor units.
    #[schema(value_type = i64)]
    credit: i128,
    /// On the account's normal side: positive when it stands where it normally does.
    #[schema(value_type = i64)]
    balance: i128,
}

impl SumsView {
    pub(super) fn of(sums: Sums, code: AccountCode) -> Self {
        Self { debit: sums.debit, credit: sums.credit, balance: sums.balance(code.normal_side()) }
    }
}

/// An account with its balances.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Account)]
pub(super) struct AccountView {
    /// The four-digit code.
    #[schema(example = 2100)]
    code: u16,
    /// Its name.
    #[schema(example = "merchant_pending")]
    name: &'static str,
    /// `asset`, `liability`, `equity`, `income` or `expense`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// `debit` or `credit`.
    normal_side: &'static str,
    /// Its owner, when asked for by owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// Its currency; null for an account that has never been used.
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    /// The books.
    posted: SumsView,
    /// Authorizations that were neither captured nor released; memo.
    hold: SumsView,
}

impl AccountView {
    fn of(line: &AccountSums) -> Self {
        Self {
            code: line.code.code(),
            name: line.code.name(),
            kind: line.code.account_type().as_str(),
            normal_side: line.code.normal_side().as_str(),
            owner: line.owner.as_deref().map(str::to_owned),
            currency: line.currency,
            posted: SumsView::of(line.posted, line.code),
            hold: SumsView::of(line.hold, line.code),
        }
    }
}

/// List accounts
///
/// The chart with its balances, in account order. Accounts never used stand at zero.
#[utoipa::path(
    get,
    path = "/ledger/accounts",
    tag = "ledger",
    operation_id = "listAccounts",
    params(
        ("code" = Option<String>, Query, description = "Only this account, by code or name"),
        ("merchantId" = Option<String>, Query, description = "Only this merchant's accounts"),
        ("currency" = Option<String>, Query, description = "Only this currency"),
        ("perOwner" = Option<bool>, Query, description = "One line an owner instead of one for all of them"),
        ("limit" = Option<u8>, Query, description = "Rows a page, 1–200 (20)"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before"),
    ),
    responses((status = 200, description = "One page", body = List<AccountView>))
)]
pub(super) async fn accounts(
    State(app): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<AccountView>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let filter = ChartFilter {
        code: account_word(&mut query),
        owner: query.merchant().map(|merchant| merchant.as_str().into()),
        currency: currency(&mut query),
        per_owner: query.flag("perOwner").unwrap_or(false),
        after: query.cursor::<ChartCursor>().map(|ChartCursor(place)| place),
    };
    let limit = query.limit();
    query.finish()?;
    let balances = app.store.snapshot().await?.balance_list().await?;
    let lines = chart(&balances, &filter);
    let last = lines.get(limit - 1).filter(|_| lines.len() > limit);
    let next_cursor = last.map(|last| ChartCursor(last.place()).to_cursor());
    Ok(Json(List { data: lines.iter().take(limit).map(AccountView::of).collect(), next_cursor }))
}

/// The line of the chart a page ended with. Lines may come to stand before it; none is shown twice or left out for that.
struct ChartCursor(ChartPlace);

impl ToCursor for ChartCursor {
    /// Numbers: the account, whether there is an owner, the currency's letters or zeros, the owner's bytes.
    fn to_cursor(&self) -> String {
        let (code, owner, currency) = &self.0;
        let mut letters = [0; 3];
        for (letter, byte) in letters.iter_mut().zip(currency.map_or("", Currency::code).bytes()) {
            *letter = u64::from(byte);
        }
        let mut numbers = vec![u64::from(code.code()), u64::from(owner.is_some())];
        numbers.extend(letters);
        numbers.extend(owner.iter().flat_map(|owner| owner.bytes()).map(u64::from));
        cursor_encode(CURSOR_KIND, &numbers)
    }
}

impl FromCursor for ChartCursor {
    fn from_cursor(text: &str) -> Option<Self> {
        let numbers = cursor_decode(CURSOR_KIND, text)?;
        let (&[code, owned, first, second, third], owner) = numbers.split_first_chunk()?;
        let word = |numbers: &[u64]| {
            let bytes: Option<Vec<u8>> = numbers.iter().map(|&number| u8::try_from(number).ok()).collect();
            String::from_utf8(bytes?).ok()
        };
        let owner = match owned {
            0 if owner.is_empty() => None,
            1 => Some(word(owner)?.into()),
            _ => return None,
        };
        let currency = match [first, second, third] {
            [0, 0, 0] => None,
            letters => Some(word(&letters)?.parse().ok()?),
        };
        Some(Self((AccountCode::from_code(u16::try_from(code).ok()?)?, owner, currency)))
    }
}

fn account_word(query: &mut Query<'_>) -> Option<AccountCode> {
    let unknown = (FieldCode::InvalidFormat, "is not an account of the chart");
    query.one("code", |text| text.parse().map(|AccountWord(code)| code).map_err(|()| unknown))
}

pub(super) fn currency(query: &mut Query<'_>) -> Option<Currency> {
    let unknown = (FieldCode::UnknownCurrency, "is not an upper-case ISO 4217 code");
    query.one("currency", |text| text.parse().map_err(|_| unknown))
}

/// A posting of the books as an account's statement shows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StatementLine)]
pub(super) struct StatementLine {
    /// The journal entry.
    #[schema(value_type = String, example = "0-17")]
    entry_id: JournalEntryId,
    /// Which of its postings, from 0.
    line: u32,
    /// The payment.
    #[schema(value_type = u64)]
    payment_id: PaymentId,
    /// The event's topic.
    topic: &'static str,
    /// The account itself.
    account: AccountRef,
    /// The account on the other side.
    counterpart: AccountRef,
    /// Debits positive, credits negative, in minor units.
    amount: i64,
    /// When the event happened.
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
}

impl StatementLine {
    fn of(entry: AccountEntry) -> Self {
        Self {
            entry_id: entry.entry,
            line: entry.line,
            payment_id: entry.payment,
            topic: entry.topic.as_str(),
            account: AccountRef::of(&entry.account),
            counterpart: AccountRef::of(&entry.counterpart),
            amount: entry.amount,
            occurred_at: entry.occurred_at,
        }
    }
}

/// An account's statement.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Statement)]
pub(super) struct Statement {
    /// `debit` or `credit`: on which side the account normally stands.
    normal_side: &'static str,
    /// What the postings come to by currency, the newest included; only on the first page. Each posting's own balance follows:
    /// the one above it less what that one moved. The oldest began at zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    closing: Option<Vec<Closing>>,
    /// The postings, newest first.
    data: Vec<StatementLine>,
    /// Give it as `cursor` to go on; null at the end.
    next_cursor: Option<String>,
}

/// What an account stands at in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Closing {
    /// In which.
    #[schema(value_type = String, example = "KRW")]
    currency: Currency,
    /// The books.
    #[serde(flatten)]
    sums: SumsView,
}

/// What the postings that `filter` admits come to.
async fn closing(snapshot: &mut dyn Snapshot, filter: &AccountFilter) -> Result<Vec<Closing>, StoreError> {
    let lines = ChartFilter {
        code: Some(filter.code),
        owner: filter.owner.clone(),
        currency: filter.currency,
        ..ChartFilter::default()
    };
    let lines = chart(&snapshot.balance_list().await?, &lines);
    let used = lines.iter().filter_map(|line| Some((line.currency?, line)));
    Ok(used
        .map(|(currency, line)| Closing { currency, sums: SumsView::of(line.posted, line.code) })
        .collect())
}

/// List the postings of an account
///
/// Newest first by the time at which things happened; of the books only, never holds.
#[utoipa::path(
    get,
    path = "/ledger/accounts/{code}/entries",
    tag = "ledger",
    operation_id = "listAccountEntries",
    params(
        ("code" = String, Path, description = "The account, by code or name"),
        ("merchantId" = Option<String>, Query, description = "Only of this merchant"),
        ("currency" = Option<String>, Query, description = "Only in this currency"),
        ("limit" = Option<u8>, Query, description = "Rows a page, 1–200 (20)"),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before"),
    ),
    responses(
        (status = 200, description = "One page", body = Statement),
    )
)]
pub(super) async fn statement(
    State(app): State<AppState>,
    PathId(AccountWord(code)): PathId<AccountWord>,
    RawQuery(query): RawQuery,
) -> Result<Json<Statement>, Problem> {
    let mut query = Query::new(query.as_deref());
    let owner = query.merchant().map(|merchant| merchant.as_str().into());
    let filter = AccountFilter { code, owner, currency: currency(&mut query) };
    let (before, limit) = (query.cursor::<StatementCursor>(), query.limit());
    query.finish()?;
    let mut before = before.map(|StatementCursor(places)| places);
    let mut snapshot = app.store.snapshot().await?;
    let closing = match &before {
        None => Some(closing(snapshot.as_mut(), &filter).await?),
        Some(_) => None,
    };
    let looking = Looking::begin(&app);
    let page = loop {
        let page = statement::statement(snapshot.as_mut(), &filter, before.as_ref(), limit).await?;
        match looking.past(page) {
            ControlFlow::Break(page) => break page,
            ControlFlow::Continue(next) => before = next,
        }
    };
    Ok(Json(Statement {
        normal_side: code.normal_side().as_str(),
        closing,
        data: page.rows.into_iter().map(StatementLine::of).collect(),
        next_cursor: page.next.map(|places| StatementCursor(places).to_cursor()),
    }))
}
