//! Who shops: a random cookie, and the order numbers only its holder can have.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use axum::http::{HeaderMap, HeaderValue, header};
use data_encoding::BASE32_NOPAD;
use domain::id::OrderId;

use crate::http::problem::Problem;

const COOKIE: &str = "swelite_shopper";
/// Characters of a shopper: 130 bits.
const LENGTH: usize = 26;
/// Characters of the seal of an order number: 50 bits.
const SEAL: usize = 10;

/// A browser that shops here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Shopper(String);

impl Shopper {
    /// The shopper of a request, if it has one already.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(name, _)| *name == COOKIE)?;
        let known = value.len() == LENGTH && value.bytes().all(|b| b.is_ascii_alphanumeric());
        known.then(|| Self(value.to_owned()))
    }

    /// A new one.
    pub(super) fn new() -> Result<Self, Problem> {
        let mut bytes = [0_u8; 17];
        rand::fill(&mut bytes).map_err(|_| Problem::unavailable("no randomness for a shopper"))?;
        let mut text = BASE32_NOPAD.encode(&bytes);
        text.truncate(LENGTH);
        Ok(Self(text))
    }

    /// The cookie that makes a browser this shopper for a year. Scripts cannot read it.
    pub(super) fn cookie(&self) -> Option<HeaderValue> {
        let text = format!("{COOKIE}={}; Path=/store; HttpOnly; SameSite=Lax; Max-Age=31536000", self.0);
        HeaderValue::try_from(text).ok()
    }

    /// The number of their `count`-th order, counted from 1.
    pub(super) fn order_number(&self, count: u32) -> String {
        let hash = digest(&SHA256, format!("order {} {count}", self.0).as_bytes());
        let seal = BASE32_NOPAD.encode(hash.as_ref());
        format!("{count:04}-{}", &seal[..SEAL])
    }

    /// Which of their orders `number` is; an order of somebody else does not exist.
    pub(super) fn count_of(&self, number: &str) -> Result<u32, Problem> {
        let count = number.split_once('-').and_then(|(count, _)| count.parse().ok());
        count.filter(|count| self.order_number(*count) == number).ok_or_else(|| Problem::not_found("order"))
    }

    /// The same as a payment carries it.
    pub(super) fn order_id(&self, count: u32) -> Result<OrderId, Problem> {
        self.order_number(count).parse().map_err(|_| Problem::not_found("order"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_an_order_of_its_shopper_only() {
        let (one, other) = (Shopper::new().unwrap(), Shopper::new().unwrap());
        let number = one.order_number(12);
        assert!(number.starts_with("0012-"));
        assert_eq!(one.count_of(&number).unwrap(), 12);
        assert!(other.count_of(&number).is_err());
        assert!(one.count_of("0012-AAAAAAAAAA").is_err());
        assert!(one.count_of("nonsense").is_err());
    }

    #[test]
    fn the_cookie_comes_back_as_the_same_shopper() {
        let shopper = Shopper::new().unwrap();
        let set = shopper.cookie().unwrap();
        let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("theme=dark; {pair}").parse().unwrap());
        assert_eq!(Shopper::of(&headers), Some(shopper));
        headers.insert(header::COOKIE, HeaderValue::from_static("swelite_shopper=short"));
        assert_eq!(Shopper::of(&headers), None);
    }
}
