//! An order, read from the payments that carry its number.

use domain::{
    id::{MerchantId, PaymentId},
    payment::{Metadata, Payment},
    time::Timestamp,
};
use engine::ports::{PaymentFilter, Snapshot};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    MERCHANT,
    catalogue::{self, Words},
    quote::Quote,
    shopper::Shopper,
};
use crate::http::{
    payments::view::StatusWord,
    problem::{Code, Problem},
};

/// Payments of one order that are read: tries with declined cards count.
const TRIES_MAX: usize = 20;

/// An order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    /// Its number.
    #[schema(example = "0001-K7Q2MX9DAB")]
    order_no: String,
    /// When it was first paid for.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When its payment last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// What was bought.
    lines: Vec<OrderLine>,
    /// What is paid, in won.
    total_amount: i64,
    /// In how many monthly instalments; 1: at once.
    instalment_months: u32,
    /// The payment that counts: the latest.
    #[schema(value_type = u64)]
    payment_id: PaymentId,
    /// How it stands.
    #[schema(value_type = StatusWord)]
    status: &'static str,
    /// Taken from the card.
    captured_amount: i64,
    /// Given back.
    refunded_amount: i64,
    /// What can still be given back.
    refundable_amount: i64,
    /// Why the card was declined.
    decline_code: Option<&'static str>,
    /// Earlier payments of the order: those a card was declined for.
    #[schema(value_type = Vec<u64>)]
    declined_payment_ids: Vec<PaymentId>,
}

/// One line of an order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OrderLine {
    slug: String,
    color: String,
    option: String,
    quantity: u32,
    unit_amount: i64,
    amount: i64,
    /// The product's name, as it is called today.
    name: Words,
    /// Colour and size.
    variant: Words,
}

impl Order {
    /// From its payments, newest first; `None` without any.
    pub(super) fn of(order_no: String, payments: &[Payment]) -> Option<Self> {
        let (latest, earlier) = payments.split_first()?;
        let first = earlier.last().unwrap_or(latest);
        Some(Self {
            order_no,
            created_at: first.created_at,
            updated_at: latest.updated_at,
            lines: lines(&latest.metadata),
            total_amount: latest.authorized.minor_units,
            instalment_months: note(&latest.metadata, "instalmentMonths")
                .and_then(|months| months.parse().ok())
                .unwrap_or(1),
            payment_id: latest.id,
            status: latest.status().as_str(),
            captured_amount: latest.captured.minor_units,
            refunded_amount: latest.refunded.minor_units,
            refundable_amount: latest.refundable().minor_units,
            decline_code: latest.failure().map(|failure| failure.code.as_str()),
            declined_payment_ids: earlier.iter().map(|payment| payment.id).collect(),
        })
    }
}

/// The payments of one order, newest first.
pub(super) async fn payments(
    snapshot: &mut dyn Snapshot,
    shopper: &Shopper,
    count: u32,
) -> Result<Vec<Payment>, Problem> {
    let filter = PaymentFilter {
        merchant: Some(merchant()?),
        order: Some(shopper.order_id(count)?),
        ..PaymentFilter::default()
    };
    Ok(snapshot.payment_list(&filter, None, TRIES_MAX).await?.rows)
}

/// The shop as a merchant.
pub(super) fn merchant() -> Result<MerchantId, Problem> {
    MERCHANT.parse().map_err(|_| Problem::new(Code::InternalError, "the shop has no merchant"))
}

/// What a payment says of the lines it is for: `name` → text.
pub(super) fn notes(quote: &Quote) -> impl Iterator<Item = (String, String)> + '_ {
    quote.lines.iter().enumerate().map(|(index, line)| {
        let text =
            format!("{};{};{};{};{}", line.slug, line.color, line.option, line.quantity, line.unit_amount);
        (format!("line{}", index + 1), text)
    })
}

fn note<'a>(metadata: &'a Metadata, name: &str) -> Option<&'a str> {
    metadata.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

fn lines(metadata: &Metadata) -> Vec<OrderLine> {
    let texts = (1..).map_while(|index| note(metadata, &format!("line{index}")));
    texts.filter_map(line).collect()
}

/// A line as the shop wrote it. Anybody may put words of his own beside a payment: what the shop cannot have written is no line.
fn line(text: &str) -> Option<OrderLine> {
    let mut parts = text.split(';');
    let (slug, color, option) = (parts.next()?, parts.next()?, parts.next()?);
    let (quantity, unit_amount): (u32, i64) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let amount = unit_amount.checked_mul(i64::from(quantity))?;
    let product = catalogue::find(slug);
    let bare = |text: &str| Words { ko: text.to_owned(), en: text.to_owned() };
    let color_name = product.and_then(|product| product.colors.iter().find(|one| one.id == color));
    let color_name = color_name.map_or_else(|| bare(color), |one| one.name.clone());
    let option_name = product.and_then(|product| product.options.iter().find(|one| one.id == option));
    let option_name = option_name.map_or_else(|| bare(option), |one| one.name.clone());
    Some(OrderLine {
        slug: slug.to_owned(),
        color: color.to_owned(),
        option: option.to_owned(),
        quantity,
        unit_amount,
        amount,
        name: product.map_or_else(|| bare(slug), |product| product.name.clone()),
        variant: Words {
            ko: format!("{} · {}", color_name.ko, option_name.ko),
            en: format!("{} · {}", color_name.en, option_name.en),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_the_shop_cannot_have_written_are_no_line() {
        assert_eq!(line("mug;white;large;2;12000").map(|line| line.amount), Some(24_000));
        for text in
            ["a;b;c;4294967295;9223372036854775807", "a;b;c;2;-9223372036854775808", "a;b;c;-1;1", "a;b"]
        {
            assert!(line(text).is_none(), "{text}");
        }
    }
}
