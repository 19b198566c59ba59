//! The simulator's memory: an append-only file of one attempt a line.
//!
//! Invariant: nobody is told an outcome that is not on disk. Attempts that arrive while the previous write is being synced
//! share the next one. A line cut short by a crash was told to nobody and is dropped at the next start.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    thread,
};

use domain::id::AttemptId;
use tokio::sync::{mpsc, oneshot};

use super::attempt::Attempt;

/// The file's name.
const FILE_NAME: &str = "attempts.ndjson";
/// Attempts that may wait to be written.
const QUEUE_MAX: usize = 4096;
/// Attempts one sync may cover.
const BATCH_MAX: usize = 1024;

/// Why it does not work.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be opened or read.
    #[error("cannot open {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another simulator uses it.
    #[error("{path} is in use by another process")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A line that was once complete cannot be understood.
    #[error("{path} is corrupt: line {line} is not an attempt")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// The attempt could not be written; nothing was kept of it.
    #[error("the attempt cannot be written")]
    Full,
}

/// What recording an attempt came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Recorded {
    /// It is on disk now.
    New,
    /// It was there, with this outcome.
    Known(Attempt),
}

/// The attempts on disk.
#[derive(Debug)]
pub struct Journal {
    index: Arc<RwLock<Index>>,
    queue: mpsc::Sender<Waiting>,
}

#[derive(Debug, Default)]
struct Index {
    attempts: Vec<Attempt>,
    places: HashMap<AttemptId, usize>,
}

type Reply = oneshot::Sender<Result<Recorded, JournalError>>;

#[derive(Debug)]
struct Waiting {
    attempt: Attempt,
    reply: Reply,
}

impl Journal {
    /// Opens the file in `directory`, making both if they are not there.
    pub fn open(directory: &Path) -> Result<Self, JournalError> {
        let path = directory.join(FILE_NAME);
        let (file, index) = read_back(directory, &path)?;
        let index = Arc::new(RwLock::new(index));
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let writer = Writer { file, index: Arc::clone(&index) };
        let started = thread::Builder::new().name("attempts".to_owned()).spawn(move || writer.run(waiting));
        started.map_err(|source| JournalError::Open { path, source })?;
        Ok(Self { index, queue })
    }

    /// Puts `attempt` on disk, unless its id is there already.
    pub(super) async fn record(&self, attempt: Attempt) -> Result<Recorded, JournalError> {
        let (reply, recorded) = oneshot::channel();
        let sent = self.queue.send(Waiting { attempt, reply }).await;
        sent.map_err(|_| JournalError::Full)?;
        recorded.await.unwrap_or(Err(JournalError::Full))
    }

    /// What is known of an attempt.
    pub(super) fn find(&self, id: AttemptId) -> Option<Attempt> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let place = *index.places.get(&id)?;
        index.attempts.get(place).cloned()
    }

    /// Up to `limit` attempts from `place` on, oldest first.
    pub(super) fn range(&self, place: usize, limit: usize) -> Vec<Attempt> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index.attempts.iter().skip(place).take(limit).cloned().collect()
    }

    /// How many attempts there are.
    pub(super) fn len(&self) -> usize {
        self.index.read().unwrap_or_else(PoisonError::into_inner).attempts.len()
    }
}

fn read_back(directory: &Path, path: &Path) -> Result<(File, Index), JournalError> {
    let failed = |source| JournalError::Open { path: path.to_owned(), source };
    fs::create_dir_all(directory).map_err(failed)?;
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed)?;
    file.try_lock().map_err(|error| match error {
        fs::TryLockError::WouldBlock => JournalError::InUse { path: path.to_owned() },
        fs::TryLockError::Error(source) => failed(source),
    })?;
    // The file's name must survive a power loss as well as its lines do.
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)?;
    let mut text = Vec::new();
    file.read_to_end(&mut text).map_err(failed)?;
    let complete = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    if complete < text.len() {
        tracing::warn!(bytes = text.len() - complete, "dropped a last line that was cut short");
        file.set_len(complete as u64).and_then(|()| file.sync_data()).map_err(failed)?;
    }
    let mut index = Index::default();
    for (number, line) in text[..complete].split_inclusive(|&byte| byte == b'\n').enumerate() {
        let attempt = serde_json::from_slice(line);
        let attempt =
            attempt.map_err(|_| JournalError::Corrupt { path: path.to_owned(), line: number + 1 })?;
        index.add(attempt);
    }
    Ok((file, index))
}

impl Index {
    fn add(&mut self, attempt: Attempt) {
        self.places.insert(attempt.attempt_id, self.attempts.len());
        self.attempts.push(attempt);
    }
}

struct Writer {
    file: File,
    index: Arc<RwLock<Index>>,
}

impl Writer {
    fn run(mut self, mut waiting: mpsc::Receiver<Waiting>) {
        while let Some(first) = waiting.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH_MAX
                && let Ok(next) = waiting.try_recv()
            {
                batch.push(next);
            }
            self.write(batch);
        }
    }

    fn write(&mut self, batch: Vec<Waiting>) {
        let (fresh, answers) = self.sort_out(batch);
        if let Err(error) = self.append(&fresh) {
            tracing::error!(error = %error, "attempts cannot be written");
            answers.into_iter().for_each(|(reply, _)| drop(reply.send(Err(JournalError::Full))));
            return;
        }
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        fresh.into_iter().for_each(|attempt| index.add(attempt));
        drop(index);
        // Whoever is gone will ask again under the same id.
        answers.into_iter().for_each(|(reply, recorded)| drop(reply.send(Ok(recorded))));
    }

    /// What of a batch is new, and the answer to each; the same id twice in one batch is one attempt.
    fn sort_out(&self, batch: Vec<Waiting>) -> (Vec<Attempt>, Vec<(Reply, Recorded)>) {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let mut fresh: Vec<Attempt> = Vec::with_capacity(batch.len());
        let mut fresh_places: HashMap<AttemptId, usize> = HashMap::new();
        let mut answers = Vec::with_capacity(batch.len());
        for Waiting { attempt, reply } in batch {
            let id = attempt.attempt_id;
            let on_disk = index.places.get(&id).and_then(|&place| index.attempts.get(place));
            let known =
                on_disk.or_else(|| fresh_places.get(&id).and_then(|&place| fresh.get(place))).cloned();
            answers.push((reply, known.clone().map_or(Recorded::New, Recorded::Known)));
            if known.is_none() {
                fresh_places.insert(id, fresh.len());
                fresh.push(attempt);
            }
        }
        (fresh, answers)
    }

    fn append(&mut self, attempts: &[Attempt]) -> io::Result<()> {
        if attempts.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::with_capacity(attempts.len() * 192);
        for attempt in attempts {
            serde_json::to_writer(&mut lines, attempt)?;
            lines.push(b'\n');
        }
        let end = self.file.seek(SeekFrom::End(0))?;
        let written = self.file.write_all(&lines).and_then(|()| self.file.sync_data());
        if let Err(error) = &written {
            // What reached the disk of these lines is unknown: take it back, or stop rather than answer from a guess.
            if let Err(undo) = self.file.set_len(end).and_then(|()| self.file.sync_data()) {
                tracing::error!(error = %error, undo = %undo, "attempts cannot be taken back after a failed write");
                std::process::abort();
            }
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use domain::{money::Currency, payment::Operation};

    use super::{super::attempt::Outcome, *};

    fn attempt(id: u128) -> Attempt {
        Attempt {
            attempt_id: AttemptId(id),
            operation: Operation::Authorize,
            payment_id: 7,
            amount: 10_000,
            currency: Currency::KRW,
            outcome: Outcome::Approved,
            decline_code: None,
        }
    }

    /// The writer's thread lets go of the file when it has seen that nobody can ask any more.
    fn reopen(directory: &Path) -> Result<Journal, JournalError> {
        loop {
            match Journal::open(directory) {
                Err(JournalError::InUse { .. }) => thread::yield_now(),
                other => return other,
            }
        }
    }

    #[tokio::test]
    async fn an_id_has_one_outcome_also_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).unwrap();
        assert_eq!(journal.record(attempt(1)).await.unwrap(), Recorded::New);
        assert_eq!(journal.record(attempt(1)).await.unwrap(), Recorded::Known(attempt(1)));
        drop(journal);
        let journal = reopen(directory.path()).unwrap();
        assert_eq!(journal.find(AttemptId(1)), Some(attempt(1)));
        assert_eq!(journal.record(attempt(1)).await.unwrap(), Recorded::Known(attempt(1)));
        assert_eq!(journal.len(), 1);
    }

    #[tokio::test]
    async fn a_hundred_at_once_under_one_id_are_one_attempt() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).unwrap();
        let all = futures_util::future::join_all((0..100).map(|_| journal.record(attempt(1)))).await;
        let new = all.into_iter().filter(|recorded| matches!(recorded, Ok(Recorded::New))).count();
        assert_eq!((new, journal.len()), (1, 1));
    }

    #[tokio::test]
    async fn a_last_line_cut_anywhere_is_dropped_and_what_follows_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).unwrap();
        journal.record(attempt(1)).await.unwrap();
        journal.record(attempt(2)).await.unwrap();
        drop(journal);
        drop(reopen(directory.path()).unwrap());
        let path = directory.path().join(FILE_NAME);
        let whole = fs::read(&path).unwrap();
        let first = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        for cut in first..whole.len() {
            let other = tempfile::tempdir().unwrap();
            fs::write(other.path().join(FILE_NAME), &whole[..cut]).unwrap();
            let journal = Journal::open(other.path()).unwrap();
            assert_eq!(journal.len(), 1, "cut at {cut}");
            journal.record(attempt(3)).await.unwrap();
            drop(journal);
            assert_eq!(reopen(other.path()).unwrap().len(), 2);
        }
    }

    #[test]
    fn a_corrupt_line_in_the_middle_is_an_error_not_a_loss() {
        let directory = tempfile::tempdir().unwrap();
        let good = serde_json::to_string(&attempt(1)).unwrap();
        fs::write(directory.path().join(FILE_NAME), format!("{good}\n{{]\n{good}\n")).unwrap();
        assert!(matches!(Journal::open(directory.path()), Err(JournalError::Corrupt { line: 2, .. })));
    }

    #[test]
    fn two_simulators_do_not_share_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let _first = Journal::open(directory.path()).unwrap();
        assert!(matches!(Journal::open(directory.path()), Err(JournalError::InUse { .. })));
    }
}
