-- Who may run the platform. Never deleted: the audit log names them.
CREATE TABLE operator (
    id           BIGINT       NOT NULL PRIMARY KEY,
    name         VARCHAR(64)  NOT NULL,
    role         VARCHAR(16)  NOT NULL,
    -- Argon2id, as a text that says how; absent until the one-time link has been used.
    password     VARCHAR(255) NULL,
    disabled_at  BIGINT       NULL,
    created_at   BIGINT       NOT NULL,
    UNIQUE KEY operator_by_name (name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- What operators prove themselves with: sessions, tokens of programs, one-time links. Only the SHA-256 of each is known here.
CREATE TABLE operator_secret (
    sha256      BINARY(32)   NOT NULL PRIMARY KEY,
    kind        VARCHAR(16)  NOT NULL,
    operator    BIGINT       NULL,
    label       VARCHAR(64)  NULL,
    created_at  BIGINT       NOT NULL,
    used_at     BIGINT       NOT NULL,
    expires_at  BIGINT       NOT NULL,
    ends_at     BIGINT       NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- How often somebody tried to log in, per account and per address; both are known by a SHA-256.
CREATE TABLE login_attempt (
    bucket  BINARY(32) NOT NULL PRIMARY KEY,
    count   INT        NOT NULL,
    since   BIGINT     NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- Rows from before have neither.
ALTER TABLE audit_log ADD COLUMN IF NOT EXISTS role VARCHAR(16) NULL;
ALTER TABLE audit_log ADD COLUMN IF NOT EXISTS outcome VARCHAR(32) NULL;
CREATE INDEX IF NOT EXISTS audit_log_by_object ON audit_log (object, id);
CREATE INDEX IF NOT EXISTS audit_log_by_actor ON audit_log (actor, id);
