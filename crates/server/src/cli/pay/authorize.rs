//! `swelite pay authorize`.

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::{command::fresh_key, show};
use crate::cli::{Context, failure::Failure, remote::Remote};

/// Reserve money on a card.
#[derive(Debug, Args)]
pub(crate) struct Authorize {
    /// Who sells
    #[arg(long, value_name = "ID")]
    merchant: String,
    /// How much, in the currency's smallest unit: 10000 is ₩10,000 or $100.00
    #[arg(long, allow_negative_numbers = true)]
    amount: i64,
    /// ISO 4217 code
    #[arg(long, default_value = "KRW")]
    currency: String,
    /// The idempotency key: the same key has one effect [default: a fresh one, which is printed]
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// The merchant's own name for the order
    #[arg(long, value_name = "ID")]
    order: Option<String>,
    /// What is sold
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// A note of the merchant's own; can be repeated
    #[arg(long = "note", value_name = "NAME=VALUE", value_parser = note)]
    notes: Vec<(String, String)>,
    /// Which test card
    #[arg(long, value_enum, default_value_t = Card::Approve, conflicts_with = "token")]
    card: Card,
    /// A card token instead of a test card
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Capture it at once
    #[arg(long)]
    capture: bool,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Card {
    Approve,
    Decline,
    InsufficientFunds,
    #[value(name = "lost-card")]
    Lost,
    #[value(name = "stolen-card")]
    Stolen,
    #[value(name = "expired-card")]
    Expired,
    IncorrectCvc,
    ProcessingError,
    Timeout,
}

impl Card {
    fn token(self) -> String {
        let name = self.to_possible_value().map(|value| value.get_name().replace('-', "_"));
        format!("tok_{}", name.unwrap_or_default())
    }
}

fn note(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Authorize {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let key = self.key.clone().unwrap_or_else(|| fresh_key(context));
        let server = self.remote.server(context);
        let (answer, payment) = server.post("/payments/authorize", Some(&key), &self.body()).await?;
        show::changed(context, &payment, &answer);
        Ok(())
    }

    fn body(&self) -> Value {
        let token = self.token.clone().unwrap_or_else(|| self.card.token());
        let mut body = json!({
            "merchantId": self.merchant,
            "amount": self.amount,
            "currency": self.currency,
            "paymentMethod": {"type": "card", "token": token},
        });
        if let Some(order) = &self.order {
            body["orderId"] = json!(order);
        }
        if let Some(description) = &self.description {
            body["description"] = json!(description);
        }
        if !self.notes.is_empty() {
            let notes = self.notes.iter().map(|(name, value)| (name.clone(), json!(value)));
            body["metadata"] = notes.collect::<Map<_, _>>().into();
        }
        if self.capture {
            body["captureMode"] = json!("automatic");
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acquirer::test_token::{TestOutcome, outcome};

    #[test]
    fn every_card_is_a_test_token_with_an_outcome_of_its_own() {
        let outcomes: Vec<TestOutcome> = Card::value_variants()
            .iter()
            .map(|card| outcome(domain::payment::Operation::Authorize, Some(&card.token())))
            .collect();
        for (index, one) in outcomes.iter().enumerate() {
            assert!(outcomes.iter().skip(index + 1).all(|other| other != one), "{one:?}");
        }
    }
}
