//! What makes two requests the same request: operation, payment and the known fields as sent.
//!
//! Every part is written with its length, so that no two different requests can come to the same bytes. White space, field
//! order, escapes, unknown fields and the place of the key do not matter; defaults are not filled in.

use aws_lc_rs::digest::{SHA256, digest};
use domain::{id::PaymentId, payment::Operation};
use engine::ports::Digest;

/// The bytes that are hashed. Fields must be added in the same order whatever order they came in.
#[derive(Debug)]
pub(super) struct Fingerprint(Vec<u8>);

impl Fingerprint {
    /// Of an operation on a payment, or on none yet.
    pub(super) fn new(operation: Operation, payment: Option<PaymentId>) -> Self {
        let mut print = Self(Vec::with_capacity(256));
        print.part(operation.as_str());
        print.number(payment.map_or(0, PaymentId::get));
        print
    }

    /// A field that is text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.part(name);
        self.0.push(b't');
        self.part(text);
    }

    /// A field that is a number.
    pub(super) fn integer(&mut self, name: &str, number: i64) {
        self.part(name);
        self.0.push(b'n');
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    /// A field that is true or false.
    pub(super) fn flag(&mut self, name: &str, flag: bool) {
        self.part(name);
        self.0.push(if flag { b'1' } else { b'0' });
    }

    /// A field that is an object of `count` texts, in the order of their names.
    pub(super) fn texts<'a>(&mut self, name: &str, texts: impl ExactSizeIterator<Item = (&'a str, &'a str)>) {
        self.part(name);
        self.0.push(b'o');
        self.number(texts.len() as u64);
        for (key, value) in texts {
            self.part(key);
            self.part(value);
        }
    }

    /// SHA-256.
    pub(super) fn finish(self) -> Digest {
        let mut sum = Digest::default();
        sum.copy_from_slice(digest(&SHA256, &self.0).as_ref());
        sum
    }

    fn part(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_flow_into_each_other() {
        let of = |fields: &[(&str, &str)]| {
            let mut print = Fingerprint::new(Operation::Refund, PaymentId::new(7));
            for (name, text) in fields {
                print.text(name, text);
            }
            print.finish()
        };
        assert_ne!(of(&[("a", "bc")]), of(&[("ab", "c")]));
        assert_ne!(of(&[("a", "b"), ("c", "d")]), of(&[("a", "b")]));
        assert_eq!(of(&[("a", "b")]), of(&[("a", "b")]));
    }
}
