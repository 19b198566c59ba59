//! The same rows through the store: loads, statements and commit as the committer and the worker ask for them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::{
    event::Topic,
    id::{Lane, Seq},
    ledger::JournalEntry,
    time::Timestamp,
};
use engine::ports::{
    BalanceDelta, BatchKeys, Changes, Clock, PostedEntry, PostingChanges, PostingScope, Store,
};
use store::{SqliteSettings, SqliteStore};
use testkit::FixedClock;

use crate::{
    Error,
    measure::{Meter, Report, now},
    options::Options,
    rows::{Made, Maker, Wanted},
};

const LANE: Lane = Lane(0);

/// Payments a commit while filling up.
const PREFILL_BATCH: usize = 4096;

/// Opens the store of the run.
pub(crate) fn open(options: &Options, clock: &Arc<FixedClock>) -> Result<SqliteStore, Error> {
    let mut settings = SqliteSettings::new(&options.dir);
    settings.checkpoint_pages = options.checkpoint_pages.unwrap_or(settings.checkpoint_pages);
    Ok(SqliteStore::open(&settings, Arc::clone(clock) as _)?)
}

/// Stores, and posts if asked to, what is to be there before anything is measured.
pub(crate) fn prefill(options: &Options) -> Result<(), Error> {
    let clock = Arc::new(FixedClock::default());
    let store = open(options, &clock)?;
    tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
        let stored = stored(&store).await?;
        let maker = Maker::new(options, stored, (LANE, 1))?;
        let mut left = options.prefill.saturating_sub(stored);
        while left > 0 {
            let batch = PREFILL_BATCH.min(usize::try_from(left)?);
            clock.advance_ms(1);
            let made = commit(&store, &maker, batch, &clock, &mut Meter::new(&options.dir)).await?;
            if options.posting {
                post(&store, &made, &mut Meter::new(&options.dir)).await?;
            }
            left -= batch as u64;
        }
        Ok(())
    })
}

/// Commits batches for the time asked for; and posts each, if asked to.
pub(crate) fn run(options: &Options) -> Result<(Report, Option<Report>), Error> {
    let clock = Arc::new(FixedClock::at(FixedClock::default().now().plus_seconds(3600)));
    let store = open(options, &clock)?;
    let (mut commits, mut postings) = (Meter::new(&options.dir), Meter::new(&options.dir));
    tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
        let maker = Maker::new(options, stored(&store).await?, (LANE, 1))?;
        let begun = now();
        while begun.elapsed() < Duration::from_secs(options.seconds) {
            clock.advance_ms(1);
            let made = commit(&store, &maker, options.batch, &clock, &mut commits).await?;
            if options.posting {
                postings.skip();
                post(&store, &made, &mut postings).await?;
                commits.skip();
            }
        }
        Ok::<_, Error>(())
    })?;
    Ok((commits.finish(), options.posting.then(|| postings.finish())))
}

async fn stored(store: &SqliteStore) -> Result<u64, Error> {
    let mut batch = store.batch_open(&[LANE], &BatchKeys::default()).await?;
    Ok(batch.take_loaded().lanes.first().map_or(0, |lane| lane.payment_counter))
}

async fn commit(
    store: &SqliteStore,
    maker: &Maker,
    batch: usize,
    clock: &FixedClock,
    meter: &mut Meter,
) -> Result<Vec<Made>, Error> {
    let wanted: Vec<Wanted> = (0..batch).map(|_| maker.want()).collect::<Result<_, _>>()?;
    let idempotency = wanted.iter().map(|wanted| wanted.scope.clone()).collect();
    let keys = BatchKeys { idempotency, ..BatchKeys::default() };
    meter.begin();
    let mut open = store.batch_open(&[LANE], &keys).await?;
    let loaded = open.take_loaded();
    meter.pause();
    let mut lane = loaded.lanes.first().cloned().ok_or("there is no lane")?;
    let mut changes = Changes::default();
    let mut made = Vec::with_capacity(batch);
    for wanted in wanted {
        let one = maker.make(wanted, &mut lane, clock.now())?;
        changes.payments.push(one.payment.clone());
        changes.events.push(one.event.clone());
        changes.idempotency.push(one.answer.clone());
        made.push(one);
    }
    lane.batch += 1;
    changes.lanes.push(lane);
    meter.resume();
    open.commit(&changes).await?;
    meter.end(batch);
    Ok(made)
}

async fn post(store: &SqliteStore, made: &[Made], meter: &mut Meter) -> Result<(), Error> {
    let place = |made: Option<&Made>| made.map_or(Seq::START, |made| made.event.id.seq);
    let (first, last) = (place(made.first()), place(made.last()));
    let changes = posting_changes(made, last);
    let scope = PostingScope { ranges: vec![(LANE, first, last)], ..PostingScope::default() };
    meter.begin();
    let mut posting = store.posting_open(&scope).await?;
    let state = posting.take_state();
    assert_eq!(state.outbox.len(), made.len());
    posting.commit(&changes).await?;
    meter.end(made.len());
    Ok(())
}

fn posting_changes(made: &[Made], last: Seq) -> PostingChanges {
    let mut changes =
        PostingChanges { positions: vec![(LANE, Topic::Authorized, last)], ..PostingChanges::default() };
    let mut balances: BTreeMap<_, (i64, i64)> = BTreeMap::new();
    for one in made {
        let event = &one.event;
        for posting in &one.postings {
            let minor_units = posting.amount().minor_units;
            balances.entry((posting.debit().clone(), posting.layer())).or_default().0 += minor_units;
            balances.entry((posting.credit().clone(), posting.layer())).or_default().1 += minor_units;
        }
        let entry = JournalEntry::new(event.id, event.payment, event.occurred_at, one.postings.clone());
        let posted_at = Timestamp::from_unix_ms(event.occurred_at.unix_ms() + 5);
        let (topic, payment_previous) = (event.topic, event.payment_previous);
        changes.entries.extend(entry.map(|entry| PostedEntry { entry, topic, payment_previous, posted_at }));
    }
    let delta =
        |((account, layer), (debit, credit))| BalanceDelta { account, lane: LANE, layer, debit, credit };
    changes.balances = balances.into_iter().map(delta).collect();
    changes
}
