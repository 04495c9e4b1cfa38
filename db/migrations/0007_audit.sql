-- home: account
-- Who did what, in chains that show a changed or missing record.

CREATE TABLE audit_chain (
    id BIGINT NOT NULL PRIMARY KEY,
    started_utc BIGINT NOT NULL,
    process TEXT NOT NULL,           -- program and process number
    before_chain BIGINT NOT NULL,    -- newest record when it began, or 0
    before_n BIGINT NOT NULL,
    before TEXT NOT NULL             -- and its hash
);

CREATE TABLE audit (
    chain BIGINT NOT NULL,
    n BIGINT NOT NULL,               -- from 1, without gaps
    at_utc BIGINT NOT NULL,
    act TEXT NOT NULL,               -- 'sign_in', 'user_add' …
    who TEXT NOT NULL,               -- pseudonyms of audit_name, or ''
    peer TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL,            -- no personal data
    hash TEXT NOT NULL,              -- SHA-256 over all of it and the one before
    PRIMARY KEY (chain, n)
)
-- only sqlite
WITHOUT ROWID
-- end
;
CREATE INDEX audit_at ON audit (at_utc);
CREATE INDEX audit_who ON audit (who, at_utc);

-- What a pseudonym stands for.  Erasing a person erases this row alone.
CREATE TABLE audit_name (
    ref TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,              -- 'account', 'peer', 'login'
    value TEXT NOT NULL,
    UNIQUE (kind, value)
);
