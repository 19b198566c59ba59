//! SHA-256 of an event's bytes, and the hash chain of a lane.

use aws_lc_rs::digest::{Context, SHA256, digest};

use crate::ports::Digest;

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> Digest {
    to_array(digest(&SHA256, bytes).as_ref())
}

/// The chain head after an event: SHA-256 of the head before and the event's bytes.
pub fn chain(head: &Digest, body: &[u8]) -> Digest {
    let mut context = Context::new(&SHA256);
    context.update(head);
    context.update(body);
    to_array(context.finish().as_ref())
}

fn to_array(digest: &[u8]) -> Digest {
    let mut array = [0; 32];
    array.copy_from_slice(digest);
    array
}
