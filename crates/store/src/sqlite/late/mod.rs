//! Indexes whose entries reach the disk late, many together and in the order of the index.
//!
//! The entries of a new payment belong to random leaves of their indexes. Put there at once, each would cost a page of the log
//! as soon as an index has more leaves than a batch has payments: what a payment costs would grow with the payments stored.
//! So entries wait in memory, where every lookup sees them. Each transaction that adds entries also takes the next stretch of
//! the index, about as much as it adds, and merges what waits there: as many entries as before, side by side in few pages.
//!
//! Nothing depends on the memory. What waits is read back from the rows themselves when the store is opened: a row of the table
//! `late_index` says from which row on. It moves in the transactions that merge.
//!
//! Invariants: a row up to `merged_to` has its entry in the tree; a later one has it in memory, in the tree or in both. Merged
//! entries stay in memory until the sweep comes by again, so that a snapshot taken before they were merged finds them. Entries
//! of deleted rows may remain for a while; whoever looks up compares the row itself.

mod indexes;

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{PoisonError, RwLock, RwLockReadGuard},
};

use engine::ports::StoreError;
use rusqlite::{Connection, params};

pub(super) use self::indexes::{
    Added, Finder, LateIndexes, Which, account_key, clean_keys, key_key, merchant_key, order_key,
};
use super::{
    error::failed,
    rows::{Cells, ReadCells, list, one},
};
pub(super) use crate::hashes::order_keys;

/// An index key and the number of a row: where an entry stands in its tree.
pub(super) type Entry = (i64, i64);

/// One index: its tree and where its entries come from.
struct Spec {
    /// Its name, and that of its tree.
    name: &'static str,
    /// The highest rows of one key below a row: key, row, limit.
    find: &'static str,
    /// All rows of some keys below a row: first key, last key, row.
    find_between: &'static str,
    /// Adds an entry unless it is there.
    merge: &'static str,
    /// Deletes entries of rows below a row in a stretch: first key, last key, row.
    clean: &'static str,
    /// Gives the entries of all rows after a row.
    read_back: ReadBack,
}

type ReadBack = fn(&Connection, i64, &mut dyn FnMut(Entry)) -> Result<(), StoreError>;

/// One index and what waits to be merged into it.
struct LateIndex {
    spec: &'static Spec,
    /// About how many rows a sweep over the whole index takes, so how many entries wait.
    lag_rows: u64,
    waiting: RwLock<Waiting>,
}

#[derive(Default)]
struct Waiting {
    entries: BTreeMap<Entry, Merged>,
    sweep: Sweep,
}

type Merged = bool;

/// How far the sweep has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Sweep {
    /// The last place it has dealt with.
    at: Entry,
    /// The highest row there was when it began.
    began_at: i64,
    /// Every row up to here has its entry in the tree.
    merged_to: i64,
    /// The highest row there is.
    last_row: i64,
}

/// What a transaction adds, and what will be true of the memory when it commits.
struct Step {
    added: Vec<Entry>,
    passed: Vec<(Entry, Merged)>,
    sweep: Sweep,
}

const START: Entry = (i64::MIN, i64::MIN);
const END: Entry = (i64::MAX, i64::MAX);

impl Default for Sweep {
    fn default() -> Self {
        Self { at: START, began_at: 0, merged_to: 0, last_row: 0 }
    }
}

impl LateIndex {
    /// Reads back what waits.
    fn open(conn: &Connection, spec: &'static Spec, lag_rows: u64) -> Result<Self, StoreError> {
        let mut sweep = read_sweep(conn, spec)?;
        let mut entries = Vec::new();
        // Some of them may be in the tree already; merging them again changes nothing.
        (spec.read_back)(conn, sweep.merged_to, &mut |entry| entries.push((entry, false)))?;
        sweep.last_row = entries.iter().map(|((_, row), _)| *row).fold(sweep.last_row, i64::max);
        let entries = BTreeMap::from_iter(entries);
        Ok(Self { spec, lag_rows: lag_rows.max(1), waiting: RwLock::new(Waiting { entries, sweep }) })
    }

    /// The highest row that was ever added.
    fn last_row(&self) -> i64 {
        self.read().sweep.last_row
    }

    /// Up to `limit` rows of a key below `before`, highest first. Some may not exist any more, or not yet.
    fn find(&self, conn: &Connection, key: i64, before: i64, limit: usize) -> Result<Vec<i64>, StoreError> {
        // The tree first: what leaves the memory in between is in the tree of every snapshot that is not older than a sweep.
        let mut rows = find_in_tree(conn, self.spec, key, before, limit)?;
        let waiting = self.read();
        let of_key = waiting.entries.range((key, i64::MIN)..(key, before));
        rows.extend(of_key.rev().take(limit).map(|((_, row), _)| *row));
        drop(waiting);
        Ok(highest_first(rows, limit))
    }

    /// All rows below `before` of the keys `from` to `to`, highest first; for keys that few rows share.
    fn find_between(
        &self,
        conn: &Connection,
        (from, to): (i64, i64),
        before: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let mut rows = find_in_tree_between(conn, self.spec, (from, to), before)?;
        let waiting = self.read();
        let of_keys = waiting.entries.range((from, i64::MIN)..=(to, i64::MAX));
        rows.extend(of_keys.map(|((_, row), _)| *row).filter(|row| *row < before));
        drop(waiting);
        Ok(highest_first(rows, usize::MAX))
    }

    /// Merges a stretch of the index and makes `added` part of it, as far as the disk is concerned.
    fn write(&self, conn: &Connection, mut added: Vec<Entry>) -> Result<Step, StoreError> {
        let waiting = self.read();
        let mut sweep = waiting.sweep;
        let mut merge = conn.prepare_cached(self.spec.merge).map_err(failed("prepare a statement"))?;
        let mut merge = |(key, row): Entry| merge.execute([key, row]).map_err(failed("merge index entry"));
        // A row that comes out of order may be one that reading back would pass by.
        for entry in added.extract_if(.., |(_, row)| *row <= sweep.last_row) {
            merge(entry)?;
        }
        let (passed, at) = self.next_stretch(&waiting, added.len());
        for (entry, _) in passed.iter().filter(|(_, merged)| !merged) {
            merge(*entry)?;
        }
        sweep.at = at;
        sweep.last_row = added.iter().map(|(_, row)| *row).fold(sweep.last_row, i64::max);
        if at == END {
            sweep = Sweep { at: START, merged_to: sweep.began_at, began_at: sweep.last_row, ..sweep };
        }
        write_sweep(conn, self.spec, sweep)?;
        Ok(Step { added, passed, sweep })
    }

    /// The transaction of `step` has committed.
    fn committed(&self, step: Step) {
        let mut waiting = self.waiting.write().unwrap_or_else(PoisonError::into_inner);
        for (entry, merged) in step.passed {
            if merged {
                waiting.entries.remove(&entry);
            } else {
                waiting.entries.insert(entry, true);
            }
        }
        waiting.entries.extend(step.added.into_iter().map(|entry| (entry, false)));
        waiting.sweep = step.sweep;
    }

    /// What lies ahead of the sweep: as much of the index as `added` is of a whole sweep, but never so many entries that one
    /// batch pays for many.
    fn next_stretch(&self, waiting: &Waiting, added: usize) -> (Vec<(Entry, Merged)>, Entry) {
        let width = u64::MAX / self.lag_rows;
        let target = key_after(waiting.sweep.at.0, width.saturating_mul(added as u64));
        let most = added.saturating_mul(4).saturating_add(16);
        let ahead = (Bound::Excluded(waiting.sweep.at), Bound::Included((target, i64::MAX)));
        let passed: Vec<(Entry, Merged)> =
            waiting.entries.range(ahead).take(most).map(|(entry, merged)| (*entry, *merged)).collect();
        let at = match passed.last() {
            Some((last, _)) if passed.len() == most => *last,
            _ => (target, i64::MAX),
        };
        (passed, at)
    }

    fn read(&self) -> RwLockReadGuard<'_, Waiting> {
        self.waiting.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As [`LateIndex::find_between`], for a store that only reads: another process has the memory, so what waits is read from the
/// rows.
fn find_without_memory(
    conn: &Connection,
    spec: &Spec,
    (from, to): (i64, i64),
    before: i64,
) -> Result<Vec<i64>, StoreError> {
    let mut rows = find_in_tree_between(conn, spec, (from, to), before)?;
    let merged_to = read_sweep(conn, spec)?.merged_to;
    (spec.read_back)(conn, merged_to, &mut |(key, row)| {
        if (from..=to).contains(&key) && row < before {
            rows.push(row);
        }
    })?;
    Ok(highest_first(rows, usize::MAX))
}

/// Deletes the entries of rows below `oldest_row` in the next `part` (of 256) of the tree.
fn clean(conn: &Connection, spec: &Spec, oldest_row: i64, part: u8) -> Result<(), StoreError> {
    let failed = failed("clean index");
    let from = one(conn, "SELECT cleaned_to FROM late_index WHERE name = ?1", [spec.name], |row| {
        Cells::of("late_index", row).int(0)
    })?;
    let from = from.unwrap_or(i64::MIN);
    let to = key_after(from, (u64::MAX / 256).saturating_mul(u64::from(part)));
    let mut delete = conn.prepare_cached(spec.clean).map_err(&failed)?;
    delete.execute([from, to, oldest_row]).map_err(&failed)?;
    let next = if to == i64::MAX { i64::MIN } else { to };
    let mut update =
        conn.prepare_cached("UPDATE late_index SET cleaned_to = ?2 WHERE name = ?1").map_err(&failed)?;
    update.execute(params![spec.name, next]).map(drop).map_err(&failed)
}

/// The key `width` further, or the last one.
fn key_after(key: i64, width: u64) -> i64 {
    key.checked_add_unsigned(width).unwrap_or(i64::MAX)
}

fn highest_first(mut rows: Vec<i64>, limit: usize) -> Vec<i64> {
    rows.sort_unstable_by(|a, b| b.cmp(a));
    rows.dedup();
    rows.truncate(limit);
    rows
}

fn find_in_tree(
    conn: &Connection,
    spec: &Spec,
    key: i64,
    before: i64,
    limit: usize,
) -> Result<Vec<i64>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    list(conn, spec.find, [key, before, limit], |row| Cells::of(spec.name, row).int(0))
}

fn find_in_tree_between(
    conn: &Connection,
    spec: &Spec,
    (from, to): (i64, i64),
    before: i64,
) -> Result<Vec<i64>, StoreError> {
    list(conn, spec.find_between, [from, to, before], |row| Cells::of(spec.name, row).int(0))
}

fn read_sweep(conn: &Connection, spec: &Spec) -> Result<Sweep, StoreError> {
    let sql = "SELECT name, at_key, at_row, began_at, merged_to, last_row FROM late_index WHERE name = ?1";
    let found = one(conn, sql, [spec.name], |row| {
        let cells = Cells::of("late_index", row);
        let at = (cells.int(1)?, cells.int(2)?);
        Ok(Sweep { at, began_at: cells.int(3)?, merged_to: cells.int(4)?, last_row: cells.int(5)? })
    })?;
    Ok(found.unwrap_or_default())
}

fn write_sweep(conn: &Connection, spec: &Spec, sweep: Sweep) -> Result<(), StoreError> {
    let failed = failed("move sweep");
    let mut write = conn
        .prepare_cached(
            "INSERT INTO late_index (name, at_key, at_row, began_at, merged_to, last_row) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name) DO UPDATE SET at_key = excluded.at_key, \
             at_row = excluded.at_row, began_at = excluded.began_at, merged_to = excluded.merged_to, \
             last_row = excluded.last_row",
        )
        .map_err(&failed)?;
    let Sweep { at: (at_key, at_row), began_at, merged_to, last_row } = sweep;
    write
        .execute(params![spec.name, at_key, at_row, began_at, merged_to, last_row])
        .map(drop)
        .map_err(&failed)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use testkit::SeededEntropy;

    use super::*;

    const SCHEMA: &str = "CREATE TABLE late_index (name TEXT PRIMARY KEY, at_key INTEGER, at_row INTEGER, \
                          began_at INTEGER, merged_to INTEGER, last_row INTEGER, cleaned_to INTEGER NOT NULL DEFAULT 0); \
                          CREATE TABLE thing (id INTEGER PRIMARY KEY, key INTEGER); \
                          CREATE TABLE thing_by_key (key INTEGER, row INTEGER, PRIMARY KEY (key, row)) WITHOUT ROWID;";

    const THINGS: Spec = indexes::spec!("thing_by_key", read_back_things);

    fn read_back_things(
        conn: &Connection,
        after: i64,
        take: &mut dyn FnMut(Entry),
    ) -> Result<(), StoreError> {
        let things = list(conn, "SELECT id, key FROM thing WHERE id > ?1", [after], |row| {
            let cells = Cells::of("thing", row);
            Ok((cells.int(1)?, cells.int(0)?))
        })?;
        things.into_iter().for_each(take);
        Ok(())
    }

    struct Shelf {
        conn: Connection,
        index: LateIndex,
        stored: BTreeSet<Entry>,
    }

    impl Shelf {
        fn new(lag_rows: u64) -> Self {
            let conn = Connection::open_in_memory().unwrap();
            conn.execute_batch(SCHEMA).unwrap();
            let index = LateIndex::open(&conn, &THINGS, lag_rows).unwrap();
            Self { conn, index, stored: BTreeSet::new() }
        }

        fn add(&mut self, entries: &[Entry], commit: bool) {
            self.conn.execute_batch("BEGIN").unwrap();
            for (key, row) in entries {
                self.conn.execute("INSERT INTO thing (id, key) VALUES (?1, ?2)", [row, key]).unwrap();
            }
            let step = self.index.write(&self.conn, entries.to_vec()).unwrap();
            if commit {
                self.conn.execute_batch("COMMIT").unwrap();
                self.index.committed(step);
                self.stored.extend(entries);
            } else {
                self.conn.execute_batch("ROLLBACK").unwrap();
            }
        }

        fn reopen(&mut self) {
            self.index = LateIndex::open(&self.conn, &THINGS, self.index.lag_rows).unwrap();
        }

        fn waiting(&self) -> usize {
            self.index.read().entries.len()
        }

        fn check(&self, key: i64) {
            let mut expected: Vec<i64> =
                self.stored.iter().filter(|(of, _)| *of == key).map(|(_, row)| *row).collect();
            expected.reverse();
            assert_eq!(self.index.find(&self.conn, key, i64::MAX, usize::MAX).unwrap(), expected);
            let all = self.index.find_between(&self.conn, (key, key), i64::MAX).unwrap();
            assert_eq!(all, expected);
            assert_eq!(find_without_memory(&self.conn, &THINGS, (key, key), i64::MAX).unwrap(), expected);
            if let Some(middle) = expected.get(expected.len() / 2) {
                let below: Vec<i64> = expected.iter().copied().filter(|row| row < middle).take(2).collect();
                assert_eq!(self.index.find(&self.conn, key, *middle, 2).unwrap(), below);
            }
        }
    }

    /// Keys from the whole range, some of them often.
    fn key(entropy: &SeededEntropy) -> i64 {
        match entropy.next_u64() % 4 {
            0 => 7,
            1 => [i64::MIN, -1, 0, i64::MAX][(entropy.next_u64() % 4) as usize],
            _ => entropy.next_u64().cast_signed(),
        }
    }

    #[test]
    fn every_entry_is_found_whatever_happens_in_between() {
        for (seed, lag_rows) in [(1, 1), (2, 3), (3, 16), (4, 100), (5, 100_000)] {
            let entropy = SeededEntropy::new(seed);
            let mut shelf = Shelf::new(lag_rows);
            let mut next_row = 1;
            for _ in 0..250 {
                let mut entries = Vec::new();
                for _ in 0..=entropy.next_u64() % 5 {
                    // Now and then a row is left out, to come later than its followers.
                    next_row += 1 + i64::from(entropy.next_u64().is_multiple_of(6));
                    entries.push((key(&entropy), next_row));
                }
                let missing = (1.max(next_row - 40)..next_row)
                    .find(|row| !shelf.stored.iter().any(|(_, stored)| stored == row));
                if entropy.next_u64().is_multiple_of(5)
                    && let Some(row) = missing
                {
                    entries.push((key(&entropy), row));
                }
                match entropy.next_u64() % 8 {
                    0 => shelf.add(&entries, false),
                    1 => shelf.reopen(),
                    _ => shelf.add(&entries, true),
                }
                for key in [7, i64::MIN, i64::MAX, entries[0].0] {
                    shelf.check(key);
                }
            }
        }
    }

    #[test]
    fn what_waits_stays_bounded_and_opening_reads_only_that_back() {
        for hot in [false, true] {
            let entropy = SeededEntropy::new(9);
            let mut shelf = Shelf::new(1000);
            for batch in 0..1000_i64 {
                let entries: Vec<Entry> = (1..=20)
                    .map(|number| {
                        (if hot { 7 } else { entropy.next_u64().cast_signed() }, batch * 20 + number)
                    })
                    .collect();
                shelf.add(&entries, true);
                assert!(shelf.waiting() <= 4_000, "{} wait after batch {batch}", shelf.waiting());
            }
            shelf.reopen();
            assert!(shelf.waiting() <= 3_000, "{} were read back", shelf.waiting());
        }
    }

    #[test]
    fn a_view_from_before_an_entry_was_settled_finds_it_in_memory() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        let mut shelf = Shelf::new(100);
        shelf.conn = Connection::open(&path).unwrap();
        shelf.conn.execute_batch(&format!("PRAGMA journal_mode = WAL; {SCHEMA}")).unwrap();
        let entries: Vec<Entry> = (1..=50).map(|row| (row << 57, row)).collect();
        shelf.add(&entries, true);
        let reader = Connection::open(&path).unwrap();
        reader.execute_batch("BEGIN; SELECT * FROM thing").unwrap();
        for row in 51..=140 {
            shelf.add(&[(row << 57, row)], true);
            let found = shelf.index.find(&reader, 20 << 57, i64::MAX, 9).unwrap();
            assert!(found.contains(&20), "lost once row {row} was added");
        }
    }

    #[test]
    fn cleaning_goes_round_and_takes_only_what_is_older() {
        let entropy = SeededEntropy::new(3);
        let mut shelf = Shelf::new(10);
        for row in 1..=2000 {
            shelf.add(&[(entropy.next_u64().cast_signed(), row)], true);
        }
        let below = |row: i64| -> i64 {
            let count = "SELECT count(*) FROM thing_by_key WHERE row < ?1";
            shelf.conn.query_row(count, [row], |row| row.get(0)).unwrap()
        };
        let kept = below(i64::MAX) - below(1000);
        for _ in 0..64 {
            clean(&shelf.conn, &THINGS, 1000, 5).unwrap();
        }
        assert_eq!(below(1000), 0);
        assert_eq!(below(i64::MAX), kept);
    }
}
