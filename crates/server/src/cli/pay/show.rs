//! A payment on a terminal: the same glyphs and words everywhere.

use serde_json::Value;

use crate::{
    cli::{
        Context,
        output::{amount, cell},
    },
    client::Answer,
};

/// A payment that a command has just changed.
pub(super) fn changed(context: &Context, payment: &Value, answer: &Answer) {
    let output = &context.output;
    if answer.headers.contains_key("idempotent-replayed") {
        output.say(output.pick(
            "같은 키로 이미 처리된 요청이라 처음 답을 다시 보여 드려요.",
            "this key was answered before; this is the first answer again",
        ));
    }
    self::payment(context, payment);
    if !output.json {
        let next = output.pick("다음:", "next:");
        output.say(&format!("{next} swelite pay watch {}", cell(payment, "paymentId")));
    }
}

/// One payment.
pub(super) fn payment(context: &Context, payment: &Value) {
    let output = &context.output;
    if output.json {
        output.json(payment);
        return;
    }
    let mut rows = vec![
        (output.pick("결제", "payment"), cell(payment, "paymentId")),
        (output.pick("상태", "status"), status(payment)),
        (output.pick("금액", "amount"), amount(payment, "amount")),
        (output.pick("매입 가능", "capturable"), amount(payment, "capturableAmount")),
        (output.pick("매입", "captured"), amount(payment, "capturedAmount")),
        (output.pick("환불 가능", "refundable"), amount(payment, "refundableAmount")),
        (output.pick("환불", "refunded"), amount(payment, "refundedAmount")),
        (output.pick("가맹점", "merchant"), cell(payment, "merchantId")),
    ];
    let optional = [
        ("주문", "order", "orderId"),
        ("매입 기한", "capture before", "captureBefore"),
        ("승인 시각", "created", "createdAt"),
        ("바뀐 시각", "updated", "updatedAt"),
    ];
    for (ko, en, field) in optional {
        if !payment[field].is_null() {
            rows.push((output.pick(ko, en), cell(payment, field)));
        }
    }
    rows.extend(entries(context, payment));
    output.pairs(rows);
}

/// A status with its glyph.
pub(super) fn status(payment: &Value) -> String {
    let status = cell(payment, "status");
    let glyph = match status.as_str() {
        "PROCESSING" => "◔",
        "AUTHORIZED" => "◑",
        "PARTIALLY_CAPTURED" => "◕",
        "CAPTURED" => "●",
        "PARTIALLY_REFUNDED" | "REFUNDED" => "↩",
        "VOIDED" | "EXPIRED" => "⊘",
        _ => "✕",
    };
    format!("{glyph} {status}")
}

fn entries<'a>(context: &'a Context, payment: &Value) -> Vec<(&'a str, String)> {
    let name = context.output.pick("분개", "posted");
    let currency = &payment["currency"];
    let shown = |entry: &Value| {
        let mut entry = entry.clone();
        entry["currency"] = currency.clone();
        let (debit, credit) = (cell(&entry, "debitAccount"), cell(&entry, "creditAccount"));
        (name, format!("{debit} ← {credit}  {}", amount(&entry, "amount")))
    };
    payment["ledgerEntries"].as_array().into_iter().flatten().map(shown).collect()
}
