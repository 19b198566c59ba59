-- Who may run the platform. Never deleted: the audit log names them.
CREATE TABLE operator (
    id           INTEGER PRIMARY KEY,
    name         TEXT    NOT NULL UNIQUE,
    role         TEXT    NOT NULL,
    -- Argon2id, as a text that says how; absent until the one-time link has been used.
    password     TEXT,
    disabled_at  INTEGER,
    created_at   INTEGER NOT NULL
) STRICT;

-- What operators prove themselves with: sessions, tokens of programs, one-time links. Only the SHA-256 of each is known here.
CREATE TABLE operator_secret (
    sha256      BLOB    NOT NULL PRIMARY KEY CHECK (length(sha256) = 32),
    kind        TEXT    NOT NULL,
    operator    INTEGER REFERENCES operator (id),
    label       TEXT,
    created_at  INTEGER NOT NULL,
    used_at     INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    ends_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How often somebody tried to log in, per account and per address; both are known by a SHA-256.
CREATE TABLE login_attempt (
    bucket  BLOB    NOT NULL PRIMARY KEY CHECK (length(bucket) = 32),
    count   INTEGER NOT NULL,
    since   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Rows from before have neither.
ALTER TABLE audit_log ADD COLUMN role TEXT;
ALTER TABLE audit_log ADD COLUMN outcome TEXT;
CREATE INDEX audit_log_by_object ON audit_log (object, id);
CREATE INDEX audit_log_by_actor ON audit_log (actor, id);
