//! Which clock is believed how far.
//!
//! Three clocks have a say in when something happens: this process's, the one the store goes by (on MariaDB the database
//! server's), and the latest time a lane was written with. Invariant: what was promised until a time (an authorization, a stored
//! answer) counts from the latest of them; what ends, ends by the earliest. So no clock that leaps, here or there, now or before, ends
//! an authorization early; one that is behind ends it late, and that costs nothing.

mod steadiness;
mod wall;

use std::time::Duration;

use domain::time::{Moment, Timestamp};

pub(crate) use self::steadiness::{Stance, Steadiness};
pub use self::wall::{AHEAD_MAX_MS, Believed, WallClock};
use crate::{
    commit::Context,
    observe::Incident,
    ports::{Clock, Loaded, StoreError},
};

/// How far the books may be ahead of the clock before somebody must look: further than two machines that set theirs differ.
pub const BOOKS_AHEAD_MAX_MS: i64 = 60_000;

/// What the committers of a process make of the clocks.
#[derive(Debug)]
pub(crate) struct Moments {
    /// Measured against the time that passes here; until a leap of it has lasted it is not followed.
    of_store: WallClock,
}

impl Moments {
    /// To begin with, the store's clock is expected to say what ours does.
    pub(crate) fn from_now(clock: &dyn Clock) -> Self {
        let zero_ms = clock.now().unix_ms().saturating_sub(ms(clock.monotonic()));
        Self { of_store: WallClock::set(zero_ms) }
    }

    /// The times of a batch that found this.
    pub(crate) fn of(&self, loaded: &Loaded, context: &Context) -> Moment {
        let clock = context.clock.as_ref();
        let Believed { unix_ms, leapt_ms } =
            self.of_store.believe(loaded.clock.unix_ms(), ms(clock.monotonic()));
        if let Some(ahead_ms) = leapt_ms {
            context.observer.incident(Incident::ClockJump);
            tracing::error!(
                ahead_ms,
                "the store's wall clock has leapt ahead; it is followed if it stays there for ten minutes"
            );
        }
        let believed = Timestamp::from_unix_ms(unix_ms);
        let moment = Moment::new(loaded.written_at(believed), believed.min(clock.now()));
        assert!(
            loaded.lanes.iter().all(|lane| lane.updated_at <= moment.now()),
            "a lane's time never goes back"
        );
        assert!(moment.certain() <= loaded.clock);
        moment
    }
}

/// Says so when the books are far ahead of this process's clock: one of the two is or was wrong. By how much, if it is too much.
pub async fn compare_with_books(context: &Context) -> Result<Option<i64>, StoreError> {
    let lanes = context.store.snapshot().await?.lane_list().await?;
    let now = context.clock.now();
    let ahead_ms = lanes.iter().map(|lane| lane.state.updated_at.ms_since(now)).max().unwrap_or(0);
    if ahead_ms <= BOOKS_AHEAD_MAX_MS {
        return Ok(None);
    }
    context.observer.incident(Incident::BooksAhead);
    tracing::error!(
        ahead_ms,
        "the books are ahead of the clock: it is behind, or it was ahead when something was committed. \
         No authorization ends early by that, but what is committed now bears the books' later time"
    );
    Ok(Some(ahead_ms))
}

fn ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
