//! `GET /events/stream`: events as they are committed, as server-sent events.
//!
//! The id of each is the place after it in every lane, so that a stream that was lost goes on exactly there. What wakes a
//! stream says nothing: it reads the store, so nothing is skipped, and nothing is sent that is not committed.
//!
//! Invariant: an operator's stream ends within [`ASK_AGAIN`] and [`LOOK_AGAIN`] after the session or token that opened it.

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension,
    extract::{RawQuery, State},
    http::HeaderMap,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use engine::{
    ports::{OutboxEvent, StoreError},
    queries::lanes::{Places, events_after},
};
use futures_util::{Stream, stream};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::sleep,
};

use super::{EventView, list::EventFilter, places_cursor, places_from_cursor};
use crate::http::{
    operators::guard::LetIn,
    problem::{Code, FieldCode, FieldError, Problem},
    query::Query,
    state::AppState,
};

/// Keeps these ids apart from the cursors of lists.
pub(super) const ID_KIND: u8 = 3;
const LAST_EVENT_ID: &str = "Last-Event-ID";
/// The second write after a client has gone fails, and only then its place is free.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long a stream waits for a wake-up before it looks by itself: another process may have committed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// For how long an operator is believed to be one still.
pub(crate) const ASK_AGAIN: Duration = Duration::from_secs(4);
/// Events read at once.
const READ_MAX: usize = 100;

/// Stream events
///
/// As they are committed, from now on, or from where `Last-Event-ID` (or `cursor`) says.
#[utoipa::path(
    get,
    path = "/events/stream",
    tag = "events",
    operation_id = "streamEvents",
    params(
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was received"),
        ("cursor" = Option<String>, Query, description = "The same, for clients that cannot send the header"),
        ("topics" = Option<String>, Query, description = "Only these topics, with commas; may be repeated"),
        ("paymentId" = Option<u64>, Query, description = "Only of this payment"),
        ("merchantId" = Option<String>, Query, description = "Only of this merchant"),
    ),
    responses(
        (status = 200, description = "Events; `event` is the topic, `data` an Event", body = String, content_type = "text/event-stream"),
    )
)]
pub(super) async fn stream(
    State(app): State<AppState>,
    let_in: Option<Extension<LetIn>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut query = Query::new(query.as_deref());
    let filter = EventFilter::read(&mut query);
    let after = wanted_place(&mut query, &headers);
    query.finish()?;
    let ends = Places::ends(app.store.snapshot().await?.as_mut()).await?;
    if let Some((field, places)) = &after
        && !ends.hold(places)
    {
        let error = FieldError::new(*field, FieldCode::OutOfRange, "names a place that does not exist");
        return Err(Problem::validation(vec![error]));
    }
    let permit = app.desk.streams.clone().try_acquire_owned().map_err(|_| {
        let full = Problem::new(Code::Overloaded, "too many event streams are open");
        Problem { retry_after_seconds: Some(5), ..full }
    })?;
    // From here on a commit wakes the stream; what was committed since the ends were read is after them and is read first.
    let committed = app.desk.signals.committed();
    let places = after.map_or(ends, |(_, places)| places);
    let let_in = let_in.map(|Extension(let_in)| (let_in, app.clock.monotonic()));
    let (turn, ready) = (0, Vec::new().into_iter());
    let reader = Reader { app, let_in, filter, places, committed, turn, ready, _permit: permit };
    let keep_alive = KeepAlive::new().interval(HEARTBEAT).text("heartbeat");
    Ok(Sse::new(reader.events()).keep_alive(keep_alive).into_response())
}

/// After which place, and which field said so. The header is what a browser sends by itself, later than what the URL says.
fn wanted_place(query: &mut Query<'_>, headers: &HeaderMap) -> Option<(&'static str, Places)> {
    let refused = (FieldCode::InvalidFormat, "is not the id of an event of this stream");
    let cursor = query.one("cursor", |text| places_from_cursor(ID_KIND, text).ok_or(refused));
    let last = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or_default());
    let last = last.filter(|text| !text.is_empty()).map(|text| places_from_cursor(ID_KIND, text));
    if last == Some(None) {
        query.refuse(LAST_EVENT_ID, refused.0, refused.1);
    }
    let last = last.flatten().map(|places| (LAST_EVENT_ID, places));
    last.or_else(|| cursor.map(|places| ("cursor", places)))
}

/// One open stream.
struct Reader {
    app: AppState,
    /// What let the operator in, and when that was last seen to hold. Who is let in without may stay.
    let_in: Option<(LetIn, Duration)>,
    filter: EventFilter,
    /// After what has been read.
    places: Places,
    committed: watch::Receiver<u64>,
    turn: usize,
    ready: std::vec::IntoIter<(OutboxEvent, Places)>,
    _permit: OwnedSemaphorePermit,
}

impl Reader {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> + Send {
        stream::unfold(self, |mut reader| async move {
            let event = reader.next().await?;
            Some((Ok(event), reader))
        })
    }

    /// The next event; `None` when the process is stopping, or its reader may no longer read.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if !self.is_still_let_in().await {
                return None;
            }
            if let Some((event, places)) = self.ready.next() {
                return Some(shown(&event, &places));
            }
            if self.app.readiness.is_draining() {
                return None;
            }
            match self.read().await {
                Ok(true) => {}
                Ok(false) => self.wait().await,
                Err(error) => {
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        "cannot read events for a stream"
                    );
                    self.wait().await;
                }
            }
        }
    }

    async fn is_still_let_in(&mut self) -> bool {
        let Some((let_in, seen)) = &mut self.let_in else { return true };
        let now = self.app.clock.monotonic();
        if now.saturating_sub(*seen) < ASK_AGAIN {
            return true;
        }
        match let_in.holds(&self.app).await {
            Ok(holds) => {
                *seen = now;
                holds
            }
            // Where nobody can be asked no event can be read either.
            Err(_) => true,
        }
    }

    /// Reads on; whether there was anything.
    async fn read(&mut self) -> Result<bool, StoreError> {
        let mut snapshot = self.app.store.snapshot().await?;
        let (events, _) = events_after(snapshot.as_mut(), &self.places, READ_MAX, self.turn).await?;
        self.turn = self.turn.wrapping_add(1);
        let any = !events.is_empty();
        let mut ready = Vec::with_capacity(events.len());
        for event in events {
            self.places.0.insert(event.id.lane, event.id.seq);
            if self.filter.admits(&event) {
                ready.push((event, self.places.clone()));
            }
        }
        self.ready = ready.into_iter();
        Ok(any)
    }

    /// Until something was committed, it is time to look again, or the process is stopping.
    async fn wait(&mut self) {
        let stopping = self.app.readiness.stopping();
        tokio::select! {
            () = stopping => {}
            // Without a committer in this process only the time is left.
            Ok(()) = self.committed.changed() => {}
            () = sleep(LOOK_AGAIN) => {}
        }
    }
}

fn shown(event: &OutboxEvent, places: &Places) -> Event {
    let sent = Event::default().id(places_cursor(ID_KIND, places)).event(event.topic.as_str());
    // Plain values: writing them to memory cannot fail.
    sent.json_data(EventView::of(event)).unwrap_or_else(|_| Event::default().comment("unreadable"))
}
