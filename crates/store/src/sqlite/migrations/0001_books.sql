-- The books of one data directory.
--
-- Conventions
--   * Times are milliseconds since 1970-01-01T00:00:00Z. Amounts are in the currency's minor unit.
--   * Text compares as bytes (BINARY, the default): case and trailing spaces count.
--   * A place in a lane is one number: lane * 2^46 + seq. SQLite has one lane, lane 0, so the number simply is the seq.
--   * A posting's number is its journal entry's number * 64 + its line.
--   * Tables that grow by one row a payment are appended to and found by rowid: what a payment costs must not grow with
--     the number of payments stored.
--   * topic: 0 authorized, 1 captured, 2 refunded, 3 voided, 4 expired, 5 declined. layer: 0 posted, 1 hold.

-- What this database is; one row.
CREATE TABLE platform (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    lanes        INTEGER NOT NULL CHECK (lanes BETWEEN 1 AND 2048),
    timeline_id  BLOB    NOT NULL CHECK (length(timeline_id) = 16),
    created_at   INTEGER NOT NULL,
    partitions   INTEGER
) STRICT;

-- Written by committer batches only.
CREATE TABLE lane (
    lane             INTEGER PRIMARY KEY,
    last_seq         INTEGER NOT NULL,
    authorized_seq   INTEGER NOT NULL,
    captured_seq     INTEGER NOT NULL,
    refunded_seq     INTEGER NOT NULL,
    voided_seq       INTEGER NOT NULL,
    expired_seq      INTEGER NOT NULL,
    declined_seq     INTEGER NOT NULL,
    payment_counter  INTEGER NOT NULL,
    batch            INTEGER NOT NULL,
    chain_head       BLOB    NOT NULL CHECK (length(chain_head) = 32),
    updated_at       INTEGER NOT NULL
) STRICT;

-- Written by retention only: outbox rows up to pruned_to are gone, and the chain stood at pruned_head there.
CREATE TABLE lane_pruned (
    lane         INTEGER PRIMARY KEY,
    pruned_to    INTEGER NOT NULL,
    pruned_head  BLOB    NOT NULL CHECK (length(pruned_head) = 32)
) STRICT;

-- Written by the worker only: how many journal entries were posted, ever.
CREATE TABLE lane_posted (
    lane     INTEGER PRIMARY KEY,
    entries  INTEGER NOT NULL
) STRICT;

-- state: 0 processing, 1 declined, 2 open, 3 closed by capture, 4 closed by void, 5 closed by expiry.
-- status is what state and amounts look like from outside; kept for filters and for people.
CREATE TABLE payment (
    id              INTEGER PRIMARY KEY,
    merchant        TEXT    NOT NULL,
    status          TEXT    NOT NULL,
    state           INTEGER NOT NULL,
    currency        TEXT    NOT NULL,
    authorized      INTEGER NOT NULL,
    captured        INTEGER NOT NULL,
    refunded        INTEGER NOT NULL,
    capture_mode    INTEGER NOT NULL,
    capture_before  INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    last_event      INTEGER NOT NULL,
    decline_code    TEXT,
    order_id        TEXT,
    description     TEXT,
    metadata        TEXT,
    pending         TEXT
) STRICT;
CREATE INDEX payment_expirable ON payment (capture_before) WHERE state = 2 AND pending IS NULL;

-- The event log. Events of one payment form a chain: payment.last_event, then payment_previous of each.
CREATE TABLE outbox_event (
    id                INTEGER PRIMARY KEY,
    topic             INTEGER NOT NULL,
    sha256            BLOB    NOT NULL,
    previous          INTEGER NOT NULL,
    payment           INTEGER NOT NULL,
    payment_previous  INTEGER NOT NULL,
    occurred_at       INTEGER NOT NULL,
    body              BLOB    NOT NULL,
    traceparent       TEXT
) STRICT;

-- Answers by key; in the order in which they were answered. No number is used twice. Found by idem_by_key.
-- status, body and answered_at are null while the acquirer's answer is outstanding.
CREATE TABLE idem_response_cache (
    id           INTEGER PRIMARY KEY,
    merchant     TEXT    NOT NULL,
    operation    TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    fingerprint  BLOB    NOT NULL,
    payment      INTEGER,
    status       INTEGER,
    answered_at  INTEGER,
    body         BLOB
) STRICT;

-- Indexes that are filled late, in their own order, by the store itself: see `late`. key is a hash, row the number of a row.
-- An entry may be missing while its row is above late_index.merged_to, and may outlive its row.
CREATE TABLE idem_by_key (key INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (key, row)) STRICT, WITHOUT ROWID;
CREATE TABLE payment_by_order (key INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (key, row)) STRICT, WITHOUT ROWID;
CREATE TABLE payment_by_merchant (key INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (key, row)) STRICT, WITHOUT ROWID;
CREATE TABLE ledger_by_account (key INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (key, row)) STRICT, WITHOUT ROWID;

-- How far each of them is filled: at_key and at_row is where the present sweep stands, began_at the highest row when it began.
CREATE TABLE late_index (
    name        TEXT    PRIMARY KEY,
    at_key      INTEGER NOT NULL,
    at_row      INTEGER NOT NULL,
    began_at    INTEGER NOT NULL,
    merged_to   INTEGER NOT NULL,
    last_row    INTEGER NOT NULL,
    cleaned_to  INTEGER NOT NULL DEFAULT -9223372036854775808
) STRICT, WITHOUT ROWID;

-- One try to make a remote acquirer do something. verdict is null while it is outstanding.
CREATE TABLE attempt (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    payment          INTEGER NOT NULL,
    merchant         TEXT    NOT NULL,
    operation        TEXT    NOT NULL,
    amount           INTEGER NOT NULL,
    currency         TEXT    NOT NULL,
    token            TEXT,
    key_operation    TEXT,
    key              TEXT,
    request_id       TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    verdict          TEXT,
    decline_code     TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_outstanding ON attempt (created_at) WHERE verdict IS NULL;

-- An instance of an account of the chart: one per owner and currency.
CREATE TABLE account (
    id        INTEGER PRIMARY KEY,
    code      INTEGER NOT NULL,
    owner     TEXT    NOT NULL,
    currency  TEXT    NOT NULL,
    UNIQUE (code, owner, currency)
) STRICT;

-- A journal entry has the number of the event that caused it, so one event cannot be posted twice.
CREATE TABLE journal_entry (
    id                INTEGER PRIMARY KEY,
    topic             INTEGER NOT NULL,
    payment           INTEGER NOT NULL,
    payment_previous  INTEGER NOT NULL,
    occurred_at       INTEGER NOT NULL,
    posted_at         INTEGER NOT NULL
) STRICT;

-- One posting: one debit account, one credit account, one amount.
CREATE TABLE ledger_entry (
    id              INTEGER PRIMARY KEY,
    layer           INTEGER NOT NULL,
    debit_account   INTEGER NOT NULL,
    credit_account  INTEGER NOT NULL,
    amount          INTEGER NOT NULL CHECK (amount > 0)
) STRICT;

CREATE TRIGGER journal_entry_is_never_updated BEFORE UPDATE ON journal_entry
BEGIN SELECT RAISE(ABORT, 'journal entries are never updated'); END;
CREATE TRIGGER journal_entry_is_never_deleted BEFORE DELETE ON journal_entry
BEGIN SELECT RAISE(ABORT, 'journal entries are never deleted'); END;
CREATE TRIGGER ledger_entry_is_never_updated BEFORE UPDATE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'ledger entries are never updated'); END;
CREATE TRIGGER ledger_entry_is_never_deleted BEFORE DELETE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'ledger entries are never deleted'); END;

-- Changed only by adding.
CREATE TABLE account_balance (
    account  INTEGER NOT NULL,
    lane     INTEGER NOT NULL,
    layer    INTEGER NOT NULL,
    debit    INTEGER NOT NULL,
    credit   INTEGER NOT NULL,
    PRIMARY KEY (account, lane, layer)
) STRICT, WITHOUT ROWID;

-- How far each lane has been published to a broker, by whom, and until when nobody else may. Nobody's when owner is null.
CREATE TABLE relay_position (
    lane         INTEGER PRIMARY KEY,
    log          TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    epoch        INTEGER NOT NULL,
    owner        BLOB    CHECK (length(owner) = 16),
    lease_until  INTEGER NOT NULL
) STRICT;

-- Where the worker resumes each partition. A worker that lost its partition has a stale epoch. An offset is one of this log;
-- null means its beginning.
CREATE TABLE worker_partition (
    topic        INTEGER NOT NULL,
    partition    INTEGER NOT NULL,
    log          TEXT    NOT NULL,
    next_offset  INTEGER,
    epoch        INTEGER NOT NULL,
    owner        BLOB    NOT NULL CHECK (length(owner) = 16),
    PRIMARY KEY (topic, partition)
) STRICT, WITHOUT ROWID;

-- What the worker has handled of each lane and topic.
CREATE TABLE worker_position (
    lane   INTEGER NOT NULL,
    topic  INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (lane, topic)
) STRICT, WITHOUT ROWID;

-- Events that will not succeed unaided.
CREATE TABLE dead_letter (
    id              INTEGER PRIMARY KEY,
    topic           TEXT    NOT NULL,
    partition       INTEGER NOT NULL,
    record_offset   INTEGER NOT NULL,
    payload_sha256  BLOB    NOT NULL,
    event           TEXT,
    payment         INTEGER,
    reason          TEXT    NOT NULL,
    message         TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    attempts        INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    note            TEXT,
    published_at    INTEGER,
    payload         BLOB    NOT NULL,
    UNIQUE (topic, partition, record_offset, payload_sha256)
) STRICT;
CREATE INDEX dead_letter_by_payment ON dead_letter (payment) WHERE payment IS NOT NULL;
CREATE INDEX dead_letter_by_payload ON dead_letter (payload_sha256);
CREATE INDEX dead_letter_unpublished ON dead_letter (id) WHERE published_at IS NULL;

-- Who did what, and why. Append-only.
CREATE TABLE audit_log (
    id          INTEGER PRIMARY KEY,
    actor       TEXT    NOT NULL,
    action      TEXT    NOT NULL,
    object      TEXT    NOT NULL,
    reason      TEXT,
    request_id  TEXT    NOT NULL,
    at          INTEGER NOT NULL
) STRICT;
CREATE TRIGGER audit_log_is_never_updated BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is never updated'); END;
CREATE TRIGGER audit_log_is_never_deleted BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is never deleted'); END;
