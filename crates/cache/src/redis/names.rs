//! What is kept in Redis is called so, and looks so.
//!
//! Every name carries the timeline of the platform's books: after a restore the copies and windows of the lost timeline are
//! nobody's. The braces keep what belongs to one merchant together where names decide about a server.

use bytes::Bytes;
use data_encoding::HEXLOWER;
use domain::id::MerchantId;
use engine::ports::{CachedAnswer, IdempotencyScope, LimitAction};

/// The first byte of a copy; another one was written by another version.
const FORM: u8 = 1;
/// Form, status, fingerprint.
const HEAD_BYTES: usize = 1 + 2 + 32;

/// Makes names.
#[derive(Debug)]
pub(super) struct Names {
    timeline: Box<str>,
}

impl Names {
    pub(super) fn new(timeline: [u8; 16]) -> Self {
        Self { timeline: HEXLOWER.encode(&timeline).into() }
    }

    /// The window of a merchant's action.
    pub(super) fn window(&self, merchant: &MerchantId, action: LimitAction) -> String {
        let (merchant, action) = (merchant.as_str(), action.as_str());
        ["swelite:{", &self.timeline, ":", merchant, "}:limit:", action].concat()
    }

    /// The copy of an answer. A merchant's name holds no brace and an operation's no colon, so no two names are equal.
    pub(super) fn answer(&self, scope: &IdempotencyScope) -> String {
        let (merchant, operation, key) =
            (scope.merchant.as_str(), scope.operation.as_str(), scope.key.as_str());
        ["swelite:{", &self.timeline, ":", merchant, "}:answer:", operation, ":", key].concat()
    }
}

/// A copy as bytes.
pub(super) fn encode(answer: &CachedAnswer) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD_BYTES + answer.body.len());
    bytes.push(FORM);
    bytes.extend_from_slice(&answer.status.to_be_bytes());
    bytes.extend_from_slice(&answer.fingerprint);
    bytes.extend_from_slice(&answer.body);
    bytes
}

/// A copy from bytes; `None` when we never wrote them.
pub(super) fn decode(bytes: Vec<u8>) -> Option<CachedAnswer> {
    let (head, _) = bytes.split_first_chunk::<HEAD_BYTES>()?;
    let [FORM, high, low, fingerprint @ ..] = *head else { return None };
    let body = Bytes::from(bytes).split_off(HEAD_BYTES);
    Some(CachedAnswer { fingerprint, status: u16::from_be_bytes([high, low]), body })
}

#[cfg(test)]
mod tests {
    use domain::payment::Operation;

    use super::*;

    #[test]
    fn names_say_whose_of_which_timeline_and_what() {
        let names = Names::new([0xab; 16]);
        let merchant: MerchantId = "M.1".parse().unwrap();
        let timeline = "ab".repeat(16);
        assert_eq!(
            names.window(&merchant, LimitAction::Capture),
            format!("swelite:{{{timeline}:M.1}}:limit:capture")
        );
        let scope = IdempotencyScope { merchant, operation: Operation::Refund, key: "a:b}".parse().unwrap() };
        assert_eq!(names.answer(&scope), format!("swelite:{{{timeline}:M.1}}:answer:refund:a:b}}"));
    }

    #[test]
    fn a_copy_comes_back_as_it_went_and_nothing_else_does() {
        let answer =
            CachedAnswer { fingerprint: [7; 32], status: 402, body: Bytes::from_static("거절".as_bytes()) };
        let bytes = encode(&answer);
        assert_eq!(decode(bytes.clone()), Some(answer));
        assert_eq!(decode(bytes[..HEAD_BYTES - 1].to_vec()), None);
        let mut of_another_version = bytes;
        of_another_version[0] = 2;
        assert_eq!(decode(of_another_version), None);
    }
}
