//! What a run of the proofs found.

use std::time::Duration;

use domain::{
    id::{Lane, Seq},
    time::Timestamp,
};

/// How many findings a proof lists; it counts all of them.
const FINDINGS_MAX: usize = 20;

macro_rules! proofs {
    ($($(#[$doc:meta])* $variant:ident = $name:literal $says:literal,)*) => {
        /// A proof.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Proof {
            $($(#[$doc])* $variant,)*
        }

        impl Proof {
            /// Every proof.
            pub const ALL: [Self; 8] = [$(Self::$variant,)*];

            /// Its name on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it says, as a sentence.
            pub fn says(self) -> &'static str {
                match self { $(Self::$variant => $says,)* }
            }
        }
    };
}

proofs! {
    /// Journal rows are complete and readable, and what they post is what their events say.
    EntriesBalance = "entries_balance"
        "every journal entry balances and posts what its event says",
    /// Stored balances and counters are the sum of the entries.
    BalancesEqualEntries = "balances_equal_entries"
        "every stored balance is the sum of its entries",
    /// Money taken or given back stands in the ledger, once.
    CapturesPostedOnce = "captures_posted_once"
        "every captured and refunded amount has its entries, once",
    /// The ledger holds nothing that did not happen.
    EntriesHaveEvents = "entries_have_events"
        "no journal entry is without its event",
    /// Every event was posted, carries no postings, waits, or was put aside; what was put aside is still what it was; nobody
    /// has come further than there are events.
    EventsAccountedFor = "events_accounted_for"
        "every event is posted, without postings, pending, parked or discarded",
    /// The state machine, run again from the events, gives the stored payment.
    PaymentsReplay = "payments_replay"
        "every payment is what its events make of it",
    /// Nothing was put into, taken from or changed in a lane's events.
    ChainUnbroken = "chain_unbroken"
        "the events of every lane form an unbroken hash chain",
    /// Whoever repeats a call gets an answer that is true of its payment.
    AnswersAgree = "answers_agree"
        "every stored answer agrees with the payment it is about",
}

/// Over what a run went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Everything.
    Full,
    /// What happened since the last verified point.
    Incremental,
}

impl Mode {
    /// Lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Incremental => "incremental",
        }
    }
}

impl Proof {
    /// Whether runs of this mode look at it: an answer that is old may become untrue, so answers are looked at all together.
    pub fn is_of(self, mode: Mode) -> bool {
        mode == Mode::Full || self != Self::AnswersAgree
    }
}

/// What became of one proof.
#[derive(Clone, PartialEq, Debug)]
pub struct ProofResult {
    /// Which.
    pub proof: Proof,
    /// How many rows were checked.
    pub checked: u64,
    /// How many could not be, because what they would be compared with has been pruned.
    pub skipped: u64,
    /// How much of the run it took.
    pub seconds: f64,
    /// How many rows are wrong.
    pub wrong: u64,
    /// The first of them, each naming its row.
    pub findings: Vec<String>,
}

impl ProofResult {
    /// Whether nothing was wrong.
    pub fn ok(&self) -> bool {
        self.wrong == 0
    }
}

/// Where the events of the outbox above what was pruned are; adds up to what was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Whereabouts {
    /// Have their journal entry.
    pub posted: u64,
    /// Were handled and carry no postings.
    pub without_postings: u64,
    /// Wait for the worker.
    pub pending: u64,
    /// Were put aside and wait for a person.
    pub parked: u64,
    /// Were given up.
    pub discarded: u64,
    /// Nobody knows; every one of them is a finding.
    pub lost: u64,
}

/// What a run found.
#[derive(Clone, PartialEq, Debug)]
pub struct ProofReport {
    /// Over what it went.
    pub mode: Mode,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// From which place of each lane on (0: from the beginning).
    pub from: Vec<(Lane, Seq)>,
    /// Where the events it went over are.
    pub whereabouts: Whereabouts,
    /// Proof by proof.
    pub proofs: Vec<ProofResult>,
}

impl ProofReport {
    /// Whether every proof holds.
    pub fn ok(&self) -> bool {
        self.proofs.iter().all(ProofResult::ok)
    }

    /// What became of a proof.
    pub fn of(&self, proof: Proof) -> Option<&ProofResult> {
        self.proofs.iter().find(|result| result.proof == proof)
    }
}

/// Collects what a run finds.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    lines: [Line; Proof::ALL.len()],
    pub(super) whereabouts: Whereabouts,
}

#[derive(Clone, Debug, Default)]
struct Line {
    checked: u64,
    skipped: u64,
    wrong: u64,
    time: Duration,
    findings: Vec<String>,
}

impl Tally {
    pub(super) fn checked(&mut self, proof: Proof, rows: usize) {
        self.line(proof).checked += count(rows);
    }

    pub(super) fn skipped(&mut self, proof: Proof, rows: u64) {
        self.line(proof).skipped += rows;
    }

    pub(super) fn took(&mut self, proof: Proof, time: Duration) {
        self.line(proof).time += time;
    }

    /// Notes a wrong row. The same sentence twice in a row is one finding.
    pub(super) fn wrong(&mut self, proof: Proof, finding: String) {
        let line = self.line(proof);
        if line.findings.last() == Some(&finding) {
            return;
        }
        line.wrong += 1;
        if line.findings.len() < FINDINGS_MAX {
            line.findings.push(finding);
        }
    }

    /// Takes over what another pass found.
    pub(super) fn absorb(&mut self, other: Self) {
        for (line, theirs) in self.lines.iter_mut().zip(other.lines) {
            line.checked += theirs.checked;
            line.skipped += theirs.skipped;
            line.wrong += theirs.wrong;
            line.time += theirs.time;
            let room = FINDINGS_MAX.saturating_sub(line.findings.len());
            line.findings.extend(theirs.findings.into_iter().take(room));
        }
    }

    pub(super) fn is_clean(&self) -> bool {
        self.lines.iter().all(|line| line.wrong == 0)
    }

    /// Of a run of this mode: a proof it does not look at is not among its results, and so cannot look good.
    pub(super) fn results(self, mode: Mode) -> Vec<ProofResult> {
        let lines = Proof::ALL.into_iter().zip(self.lines).filter(|(proof, _)| proof.is_of(mode));
        let results = lines.map(|(proof, line)| ProofResult {
            proof,
            checked: line.checked,
            skipped: line.skipped,
            seconds: line.time.as_secs_f64(),
            wrong: line.wrong,
            findings: line.findings,
        });
        results.collect()
    }

    fn line(&mut self, proof: Proof) -> &mut Line {
        let [entries, balances, captures, events, accounted, replay, chain, answers] = &mut self.lines;
        match proof {
            Proof::EntriesBalance => entries,
            Proof::BalancesEqualEntries => balances,
            Proof::CapturesPostedOnce => captures,
            Proof::EntriesHaveEvents => events,
            Proof::EventsAccountedFor => accounted,
            Proof::PaymentsReplay => replay,
            Proof::ChainUnbroken => chain,
            Proof::AnswersAgree => answers,
        }
    }
}

pub(super) fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
