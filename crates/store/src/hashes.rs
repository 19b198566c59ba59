//! Hashes that stand for identifiers in index keys. Part of the stored format.
//!
//! A caller cannot aim at a value of SHA-256, so rows that share a key by chance stay few; whoever looks up compares the row
//! itself.

use aws_lc_rs::digest::{Context, SHA256};
use domain::id::OrderId;

const ORDER_HALF: u64 = 0xffff_ffff_0000_0000;

/// The key of a merchant's order: half of it the order's, so that an order is found whoever's it is.
pub(crate) fn order_key(merchant: &str, order: &str) -> i64 {
    ((hash(&[order]) & ORDER_HALF) | (hash(&[merchant]) & !ORDER_HALF)).cast_signed()
}

/// The first and last key of an order, whoever's it is.
pub(crate) fn order_keys(order: &OrderId) -> (i64, i64) {
    let half = hash(&[order.as_str()]) & ORDER_HALF;
    (half.cast_signed(), (half | !ORDER_HALF).cast_signed())
}

/// The first eight bytes of SHA-256 of the texts, each ended by a zero byte.
pub(crate) fn hash(texts: &[&str]) -> u64 {
    u64::from_be_bytes(first_bytes(texts))
}

/// The first sixteen of the same: so many that no two texts share them.
#[cfg(feature = "mariadb")]
pub(crate) fn wide_hash(texts: &[&str]) -> u128 {
    u128::from_be_bytes(first_bytes(texts))
}

fn first_bytes<const N: usize>(texts: &[&str]) -> [u8; N] {
    let mut context = Context::new(&SHA256);
    for text in texts {
        context.update(text.as_bytes());
        context.update(&[0]);
    }
    let mut first = [0; N];
    first.copy_from_slice(&context.finish().as_ref()[..N]);
    first
}
