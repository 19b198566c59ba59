-- The books of one database.
--
-- Conventions
--   * Times are milliseconds since 1970-01-01T00:00:00Z. Amounts are in the currency's minor unit.
--   * Text compares as bytes: case and trailing spaces count (utf8mb4_nopad_bin).
--   * A place in a lane is (lane, seq). Tables that grow by one row a payment have keys that begin with the lane and grow
--     within it: each lane appends at one place of its own, and no insert has to find a page that has left memory.
--   * An index is there for a question somebody asks, and its key is short: every payment pays for it.
--   * topic: 0 authorized, 1 captured, 2 refunded, 3 voided, 4 expired, 5 declined. layer: 0 posted, 1 hold.
--   * AUTO_INCREMENT only names rows that nobody reads in the order of commits.

-- What this database is; one row. partitions is null until a broker with partitions is first used.
CREATE TABLE platform (
    id           TINYINT           NOT NULL PRIMARY KEY CHECK (id = 1),
    lanes        SMALLINT UNSIGNED NOT NULL CHECK (lanes BETWEEN 1 AND 255),
    partitions   INT               NULL CHECK (partitions > 0),
    timeline_id  BINARY(16)        NOT NULL,
    created_at   BIGINT            NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- Written by committer batches only, under its lock.
CREATE TABLE lane (
    lane             SMALLINT UNSIGNED NOT NULL PRIMARY KEY,
    last_seq         BIGINT            NOT NULL,
    authorized_seq   BIGINT            NOT NULL,
    captured_seq     BIGINT            NOT NULL,
    refunded_seq     BIGINT            NOT NULL,
    voided_seq       BIGINT            NOT NULL,
    expired_seq      BIGINT            NOT NULL,
    declined_seq     BIGINT            NOT NULL,
    payment_counter  BIGINT            NOT NULL,
    batch            BIGINT            NOT NULL,
    chain_head       BINARY(32)        NOT NULL,
    updated_at       BIGINT            NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- The latest batch each replica committed on each lane. Who lost its connection around COMMIT finds here what became of it.
CREATE TABLE lane_writer (
    lane        SMALLINT UNSIGNED NOT NULL,
    instance    BINARY(16)        NOT NULL,
    batch       BIGINT            NOT NULL,
    written_at  BIGINT            NOT NULL,
    PRIMARY KEY (lane, instance)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- Written by retention only: outbox rows up to pruned_to are gone, and the chain stood at pruned_head there.
CREATE TABLE lane_pruned (
    lane         SMALLINT UNSIGNED NOT NULL PRIMARY KEY,
    pruned_to    BIGINT            NOT NULL,
    pruned_head  BINARY(32)        NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- Written by the worker only: how many journal entries were posted, ever.
CREATE TABLE lane_posted (
    lane     SMALLINT UNSIGNED NOT NULL PRIMARY KEY,
    entries  BIGINT            NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- How far each lane has been published to a broker, by whom, and until when nobody else may. Nobody's when owner is null.
-- Every row is there from the beginning, with epoch 0, to be locked.
CREATE TABLE relay_position (
    lane         SMALLINT UNSIGNED NOT NULL PRIMARY KEY,
    log          VARCHAR(255)      NOT NULL,
    seq          BIGINT            NOT NULL,
    epoch        BIGINT            NOT NULL,
    owner        BINARY(16)        NULL,
    lease_until  BIGINT            NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- state: 0 processing, 1 declined, 2 open, 3 closed by capture, 4 closed by void, 5 closed by expiry.
-- status is what state and amounts look like from outside; kept for filters and for people.
-- order_key is a hash: its upper half the order's, its lower half the merchant's. expirable_at is capture_before while the
-- payment can expire, else null.
CREATE TABLE payment (
    lane            SMALLINT UNSIGNED NOT NULL,
    id              BIGINT            NOT NULL,
    merchant        VARCHAR(32)       NOT NULL,
    status          VARCHAR(20)       NOT NULL,
    state           TINYINT           NOT NULL,
    currency        VARCHAR(3)        NOT NULL,
    authorized      BIGINT            NOT NULL,
    captured        BIGINT            NOT NULL,
    refunded        BIGINT            NOT NULL,
    capture_mode    TINYINT           NOT NULL,
    capture_before  BIGINT            NOT NULL,
    created_at      BIGINT            NOT NULL,
    updated_at      BIGINT            NOT NULL,
    version         BIGINT            NOT NULL,
    last_event      BIGINT            NOT NULL,
    decline_code    VARCHAR(64)       NULL,
    order_id        VARCHAR(64)       NULL,
    description     TEXT              NULL,
    metadata        MEDIUMTEXT        NULL,
    pending         TEXT              NULL,
    order_key       BIGINT            NULL,
    expirable_at    BIGINT            NULL,
    PRIMARY KEY (lane, id),
    KEY payment_by_merchant (merchant),
    KEY payment_by_order (order_key),
    KEY payment_expirable (expirable_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- The event log. Events of one payment form a chain: payment.last_event, then payment_previous of each.
CREATE TABLE outbox_event (
    lane              SMALLINT UNSIGNED NOT NULL,
    seq               BIGINT            NOT NULL,
    topic             TINYINT           NOT NULL,
    sha256            BINARY(32)        NOT NULL,
    previous          BIGINT            NOT NULL,
    payment           BIGINT            NOT NULL,
    payment_previous  BIGINT            NOT NULL,
    occurred_at       BIGINT            NOT NULL,
    body              MEDIUMBLOB        NOT NULL,
    traceparent       VARCHAR(255)      NULL,
    PRIMARY KEY (lane, seq)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- Answers by key; within a lane in the order in which they were answered: id is the lane's batch * 65536 + n.
-- key_hash is the first half of SHA-256 over merchant, operation and key.
-- status, body and answered_at are null while the acquirer's answer is outstanding.
CREATE TABLE idem_response_cache (
    lane         SMALLINT UNSIGNED NOT NULL,
    id           BIGINT            NOT NULL,
    merchant     VARCHAR(32)       NOT NULL,
    operation    VARCHAR(16)       NOT NULL,
    idem_key     VARCHAR(255)      NOT NULL,
    key_hash     BINARY(16)        NOT NULL,
    fingerprint  BINARY(32)        NOT NULL,
    payment      BIGINT            NULL,
    status       SMALLINT          NULL,
    answered_at  BIGINT            NULL,
    body         MEDIUMBLOB        NULL,
    PRIMARY KEY (lane, id),
    UNIQUE KEY idem_by_key (key_hash)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- One try to make a remote acquirer do something. verdict is null while it is outstanding; outstanding_since is created_at
-- until then and null afterwards.
CREATE TABLE attempt (
    id                 BINARY(16)   NOT NULL PRIMARY KEY,
    payment            BIGINT       NOT NULL,
    merchant           VARCHAR(32)  NOT NULL,
    operation          VARCHAR(16)  NOT NULL,
    amount             BIGINT       NOT NULL,
    currency           VARCHAR(3)   NOT NULL,
    token              VARCHAR(64)  NULL,
    key_operation      VARCHAR(16)  NULL,
    idem_key           VARCHAR(255) NULL,
    request_id         VARCHAR(255) NOT NULL,
    created_at         BIGINT       NOT NULL,
    verdict            VARCHAR(16)  NULL,
    decline_code       VARCHAR(64)  NULL,
    acquirer           VARCHAR(64)  NOT NULL,
    outstanding_since  BIGINT       NULL,
    KEY attempt_outstanding (outstanding_since)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- An instance of an account of the chart: one per owner and currency.
CREATE TABLE account (
    id        INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code      SMALLINT     NOT NULL,
    owner     VARCHAR(64)  NOT NULL,
    currency  VARCHAR(3)   NOT NULL,
    UNIQUE KEY account_by_name (code, owner, currency)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- A journal entry has the place of the event that caused it, so one event cannot be posted twice.
CREATE TABLE journal_entry (
    lane              SMALLINT UNSIGNED NOT NULL,
    seq               BIGINT            NOT NULL,
    topic             TINYINT           NOT NULL,
    payment           BIGINT            NOT NULL,
    payment_previous  BIGINT            NOT NULL,
    occurred_at       BIGINT            NOT NULL,
    posted_at         BIGINT            NOT NULL,
    PRIMARY KEY (lane, seq)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- One posting: one debit account, one credit account, one amount.
CREATE TABLE ledger_entry (
    lane            SMALLINT UNSIGNED NOT NULL,
    seq             BIGINT            NOT NULL,
    line            TINYINT UNSIGNED  NOT NULL,
    layer           TINYINT           NOT NULL,
    debit_account   INT UNSIGNED      NOT NULL,
    credit_account  INT UNSIGNED      NOT NULL,
    amount          BIGINT            NOT NULL CHECK (amount > 0),
    PRIMARY KEY (lane, seq, line)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- The postings of the books (never a hold) by account, both sides: what statements are read from.
CREATE TABLE ledger_by_account (
    account  INT UNSIGNED      NOT NULL,
    lane     SMALLINT UNSIGNED NOT NULL,
    seq      BIGINT            NOT NULL,
    line     TINYINT UNSIGNED  NOT NULL,
    PRIMARY KEY (account, lane, seq, line)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- Changed only by adding.
CREATE TABLE account_balance (
    account  INT UNSIGNED      NOT NULL,
    lane     SMALLINT UNSIGNED NOT NULL,
    layer    TINYINT           NOT NULL,
    debit    BIGINT            NOT NULL,
    credit   BIGINT            NOT NULL,
    PRIMARY KEY (account, lane, layer)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- Where the worker resumes each partition. A worker that lost its partition has a stale epoch. An offset is one of this log;
-- null means its beginning.
CREATE TABLE worker_partition (
    topic         TINYINT      NOT NULL,
    partition_id  INT          NOT NULL,
    log           VARCHAR(255) NOT NULL,
    next_offset   BIGINT       NULL,
    epoch         BIGINT       NOT NULL,
    owner         BINARY(16)   NOT NULL,
    PRIMARY KEY (topic, partition_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- What the worker has handled of each lane and topic. Every row is there from the beginning, at 0, to be locked.
CREATE TABLE worker_position (
    lane   SMALLINT UNSIGNED NOT NULL,
    topic  TINYINT           NOT NULL,
    seq    BIGINT            NOT NULL,
    PRIMARY KEY (lane, topic)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- Events that will not succeed unaided. published_at is null until they are on the dead letter topic too.
CREATE TABLE dead_letter (
    id              BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    topic           VARCHAR(249) NOT NULL,
    partition_id    INT          NOT NULL,
    record_offset   BIGINT       NOT NULL,
    payload_sha256  BINARY(32)   NOT NULL,
    event           VARCHAR(32)  NULL,
    payment         BIGINT       NULL,
    reason          VARCHAR(20)  NOT NULL,
    message         TEXT         NOT NULL,
    state           VARCHAR(12)  NOT NULL,
    attempts        INT          NOT NULL,
    created_at      BIGINT       NOT NULL,
    updated_at      BIGINT       NOT NULL,
    published_at    BIGINT       NULL,
    note            TEXT         NULL,
    payload         LONGBLOB     NOT NULL,
    UNIQUE KEY dead_letter_by_record (topic, partition_id, record_offset, payload_sha256),
    KEY dead_letter_by_payment (payment),
    KEY dead_letter_by_payload (payload_sha256),
    KEY dead_letter_unpublished (published_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- Who did what, and why. Append-only.
CREATE TABLE audit_log (
    id          BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    actor       VARCHAR(255) NOT NULL,
    action      VARCHAR(255) NOT NULL,
    object      VARCHAR(255) NOT NULL,
    reason      TEXT         NULL,
    request_id  VARCHAR(255) NOT NULL,
    at          BIGINT       NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
