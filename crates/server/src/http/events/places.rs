//! A place in every lane, as opaque text: the cursor of lists over lanes and the id of streamed events.

use domain::id::{Lane, Seq};
use engine::queries::lanes::Places;

use crate::http::list::{cursor_decode, cursor_encode};

/// As opaque text; `kind` keeps cursors of different lists apart.
pub(crate) fn places_cursor(kind: u8, places: &Places) -> String {
    let numbers: Vec<u64> = places.0.iter().flat_map(|(lane, seq)| [u64::from(lane.0), seq.0]).collect();
    cursor_encode(kind, &numbers)
}

/// From opaque text; `None` when we never wrote it.
pub(crate) fn places_from_cursor(kind: u8, text: &str) -> Option<Places> {
    let numbers = cursor_decode(kind, text)?;
    let (pairs, []) = numbers.as_chunks::<2>() else { return None };
    let mut places = Places::default();
    for [lane, seq] in pairs {
        places.0.insert(Lane(u16::try_from(*lane).ok()?), Seq(*seq));
    }
    (places.0.len() == pairs.len()).then_some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_back_as_they_went_and_nothing_else_does() {
        let places = Places([(Lane(0), Seq(17)), (Lane(5), Seq(0))].into());
        let text = places_cursor(3, &places);
        assert_eq!(places_from_cursor(3, &text), Some(places));
        assert_eq!(places_from_cursor(4, &text), None);
        for odd in [vec![1], vec![70_000, 1], vec![1, 2, 1, 3]] {
            assert_eq!(places_from_cursor(3, &cursor_encode(3, &odd)), None, "{odd:?}");
        }
    }
}
