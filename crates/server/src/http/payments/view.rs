//! A payment as clients see it.

use domain::{
    id::{MerchantId, OrderId, PaymentId},
    ledger::{Layer, Posting},
    money::Currency,
    payment::{Metadata, Payment},
    text::Description,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One intent to move money for a merchant. Amounts are integers in the currency's minor unit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Payment)]
pub(crate) struct PaymentView<'a> {
    /// Its number, below 2^53.
    #[schema(value_type = u64, example = 1)]
    payment_id: PaymentId,
    /// What it looks like from outside.
    #[schema(value_type = StatusWord)]
    status: &'static str,
    /// What was authorized, whatever has been captured or refunded since.
    #[schema(example = 10000)]
    amount: i64,
    /// Upper-case ISO 4217 code.
    #[schema(value_type = String, example = "KRW")]
    currency: Currency,
    /// When it was first stored.
    #[schema(value_type = String, format = DateTime, example = "2026-11-22T07:15:03.412Z")]
    created_at: Timestamp,
    /// The entries of the books this call causes; only in the answer of a call that changes the payment. Holds are not among
    /// them, so it is empty after an authorization and a void.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ledger_entries: Option<Vec<LedgerLine>>,
    /// What was done; only in the answer of a call that changes the payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    message: Option<&'static str>,
    /// Who sells.
    #[schema(value_type = String, example = "M123")]
    merchant_id: &'a MerchantId,
    /// The merchant's name for the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    order_id: Option<&'a OrderId>,
    /// What is sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    description: Option<&'a Description>,
    /// What can still be captured.
    capturable_amount: i64,
    /// What has been captured.
    captured_amount: i64,
    /// What can still be refunded.
    refundable_amount: i64,
    /// What has been refunded.
    refunded_amount: i64,
    /// `manual` or `automatic`.
    #[schema(value_type = crate::http::wire::CaptureModeWord)]
    capture_mode: domain::payment::CaptureMode,
    /// Until when (exclusive) the rest can be captured.
    #[schema(value_type = String, format = DateTime)]
    capture_before: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// How many events it has caused.
    version: u32,
    /// The merchant's own notes.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    metadata: &'a Metadata,
    /// Why the card was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    failure: Option<FailureView>,
    /// The operation whose outcome at the acquirer is outstanding.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pending: Option<PendingView>,
}

/// One line of the books: so much from the credited to the debited account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LedgerLine)]
pub(crate) struct LedgerLine {
    /// The account debited, by name.
    #[schema(example = "acquirer_receivable")]
    debit_account: &'static str,
    /// The account credited, by name.
    #[schema(example = "merchant_pending")]
    credit_account: &'static str,
    /// In minor units.
    amount: i64,
}

/// Why the card was declined.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Failure)]
pub(crate) struct FailureView {
    /// The acquirer's reason.
    #[schema(example = "insufficient_funds")]
    code: &'static str,
    /// The same for a person.
    message: &'static str,
}

/// An operation whose outcome at the acquirer is outstanding.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pending)]
pub(crate) struct PendingView {
    /// `authorize`, `capture`, `void` or `refund`.
    operation: &'static str,
    /// In minor units.
    amount: i64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

/// What a payment looks like from outside.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = PaymentStatus)]
pub(crate) enum StatusWord {
    /// The first authorization's outcome is outstanding.
    Processing,
    /// Reserved, nothing captured.
    Authorized,
    /// Something captured, a rest can still be.
    PartiallyCaptured,
    /// Captured, nothing more can be.
    Captured,
    /// Something given back.
    PartiallyRefunded,
    /// All captured money given back.
    Refunded,
    /// Released before any capture.
    Voided,
    /// Lapsed before any capture.
    Expired,
    /// The acquirer said no.
    Declined,
}

impl<'a> PaymentView<'a> {
    /// As it is read.
    pub(crate) fn of(payment: &'a Payment) -> Self {
        Self {
            payment_id: payment.id,
            status: payment.status().as_str(),
            amount: payment.authorized.minor_units,
            currency: payment.authorized.currency,
            created_at: payment.created_at,
            ledger_entries: None,
            message: None,
            merchant_id: &payment.merchant,
            order_id: payment.order.as_ref(),
            description: payment.description.as_ref(),
            capturable_amount: payment.capturable().minor_units,
            captured_amount: payment.captured.minor_units,
            refundable_amount: payment.refundable().minor_units,
            refunded_amount: payment.refunded.minor_units,
            capture_mode: payment.capture_mode,
            capture_before: payment.capture_before,
            updated_at: payment.updated_at,
            version: payment.version,
            metadata: &payment.metadata,
            failure: payment
                .failure()
                .map(|failure| FailureView { code: failure.code.as_str(), message: failure.code.message() }),
            pending: payment.pending.as_ref().map(|pending| PendingView {
                operation: pending.operation.operation().as_str(),
                amount: pending.operation.amount().minor_units,
                since: pending.since,
            }),
        }
    }

    /// As it is after a call that causes `postings`.
    pub(crate) fn after(payment: &'a Payment, postings: &[Posting], message: &'static str) -> Self {
        let posted = postings.iter().filter(|posting| posting.layer() == Layer::Posted);
        let lines = posted.map(|posting| LedgerLine {
            debit_account: posting.debit().code.name(),
            credit_account: posting.credit().code.name(),
            amount: posting.amount().minor_units,
        });
        Self { ledger_entries: Some(lines.collect()), message: Some(message), ..Self::of(payment) }
    }
}

#[cfg(test)]
mod tests {
    use domain::payment::PaymentStatus;

    use super::*;

    #[test]
    fn the_documented_statuses_are_those_of_the_domain() {
        use StatusWord::*;
        let documented = [
            Processing,
            Authorized,
            PartiallyCaptured,
            Captured,
            PartiallyRefunded,
            Refunded,
            Voided,
            Expired,
            Declined,
        ];
        let words: Vec<_> = documented.iter().map(|word| serde_json::to_value(word).unwrap()).collect();
        let known: Vec<_> = PaymentStatus::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(words, known);
    }
}
