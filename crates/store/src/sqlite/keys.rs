//! How a place in a lane becomes one integer key, and back.
//!
//! An integer key is SQLite's rowid: rows with growing keys are appended without a search. Values outside the format do not
//! exist (on reading) or are refused (on writing).

use domain::id::{EventId, Lane, Seq};
use engine::ports::StoreError;

use super::error::refused;

const SEQ_BITS: u32 = 46;
const LINE_BITS: u32 = 6;
const SEQ_MAX: u64 = (1 << SEQ_BITS) - 1;

/// The most lanes the key has room for.
pub(super) const LANES_MAX: u16 = 1 << (63 - SEQ_BITS - LINE_BITS);

/// The most postings of one journal entry the key has room for.
pub(super) const LINES_MAX: usize = 1 << LINE_BITS;

/// The key of a place; `None` when no such place can be stored.
pub(super) fn event_key(id: EventId) -> Option<i64> {
    let fits = id.lane.0 < LANES_MAX && id.seq.0 <= SEQ_MAX;
    fits.then(|| (i64::from(id.lane.0) << SEQ_BITS) | int(id.seq.0))
}

/// The key of a place that is about to be written.
pub(super) fn event_key_to_write(id: EventId, context: &'static str) -> Result<i64, StoreError> {
    event_key(id).ok_or_else(|| refused(context, format!("place {id} is outside the stored format")))
}

/// The place of a key.
pub(super) fn event_id(key: i64) -> EventId {
    let key = key.unsigned_abs();
    EventId { lane: Lane((key >> SEQ_BITS).try_into().unwrap_or(u16::MAX)), seq: Seq(key & SEQ_MAX) }
}

/// The first and last key of places `from` to `to` of a lane; the last is below the first when there can be none.
pub(super) fn event_keys(lane: Lane, from: Seq, to: Seq) -> (i64, i64) {
    let key = |seq: Seq| event_key(EventId { lane, seq: Seq(seq.0.min(SEQ_MAX)) });
    match (key(from), key(to)) {
        (Some(first), Some(last)) if from.0 <= SEQ_MAX => (first, last),
        _ => (1, 0),
    }
}

/// The key of a posting.
pub(super) fn line_key(entry_key: i64, line: usize) -> i64 {
    debug_assert!(line < LINES_MAX);
    (entry_key << LINE_BITS) | int(line as u64)
}

/// The journal entry's key and the line of a posting's key.
pub(super) fn entry_and_line(line_key: i64) -> (i64, u32) {
    let line = line_key & ((1 << LINE_BITS) - 1);
    (line_key >> LINE_BITS, u32::try_from(line).unwrap_or(0))
}

/// A number as SQLite keeps it; what exceeds 63 bits becomes the largest, which nothing real reaches.
pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(lane: u16, seq: u64) -> EventId {
        EventId { lane: Lane(lane), seq: Seq(seq) }
    }

    #[test]
    fn a_key_gives_its_place_back_and_keeps_lane_order() {
        let mut previous = None;
        for place in [id(0, 1), id(0, SEQ_MAX), id(1, 0), id(1, 5), id(LANES_MAX - 1, SEQ_MAX)] {
            let key = event_key(place).unwrap();
            assert_eq!(event_id(key), place);
            assert!(previous < Some(key), "{place}");
            previous = Some(key);
            for line in [0, LINES_MAX - 1] {
                assert_eq!(entry_and_line(line_key(key, line)), (key, line as u32));
            }
        }
    }

    #[test]
    fn what_the_key_has_no_room_for_has_no_key() {
        assert_eq!(event_key(id(LANES_MAX, 1)), None);
        assert_eq!(event_key(id(0, SEQ_MAX + 1)), None);
        assert_eq!(event_keys(Lane(u16::MAX), Seq(1), Seq(2)), (1, 0));
        assert_eq!(event_keys(Lane(0), Seq(u64::MAX), Seq(u64::MAX)), (1, 0));
        assert_eq!(event_keys(Lane(0), Seq(3), Seq(u64::MAX)), (3, int(SEQ_MAX)));
    }
}
