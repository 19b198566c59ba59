//! The cursor of what happened to one payment: the place of an event in its lane.

use domain::id::Seq;

use crate::http::{
    list::{cursor_decode, cursor_encode},
    problem::FieldCode,
    query::Query,
};

/// Keeps these cursors apart from those of other lists.
const CURSOR_KIND: u8 = 8;

/// Reads `cursor`.
pub(crate) fn read(query: &mut Query<'_>) -> Option<Seq> {
    query.one("cursor", |text| match cursor_decode(CURSOR_KIND, text).as_deref() {
        Some([place]) => Ok(Seq(*place)),
        _ => Err((FieldCode::InvalidFormat, "is not a cursor of this list")),
    })
}

/// As opaque text.
pub(crate) fn write(place: Seq) -> String {
    cursor_encode(CURSOR_KIND, &[place.0])
}
