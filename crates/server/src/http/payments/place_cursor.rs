//! The cursor of what happened to one payment: the place of an event in its lane.

use domain::id::Seq;

use crate::http::{
    list::{cursor_encode, number_from_cursor},
    query::Query,
};

/// Keeps these cursors apart from those of other lists.
const CURSOR_KIND: u8 = 8;

/// Reads `cursor`.
pub(crate) fn read(query: &mut Query<'_>) -> Option<Seq> {
    query.cursor_by(|text| number_from_cursor(CURSOR_KIND, text).map(Seq))
}

/// As opaque text.
pub(crate) fn write(place: Seq) -> String {
    cursor_encode(CURSOR_KIND, &[place.0])
}
