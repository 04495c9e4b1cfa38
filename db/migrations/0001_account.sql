-- home: account
-- People who sign in, their sessions, and what slows a guesser down.

CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,      -- lower case
    name TEXT NOT NULL,              -- how the pages greet them
    role TEXT NOT NULL,              -- customer, rep, tdsp, helpdesk …
    duns TEXT NOT NULL,              -- of a REP or TDSP, else ''
    lang TEXT NOT NULL,              -- 'en', 'es', '' not chosen
    password TEXT NOT NULL,          -- Argon2id, '' none yet
    locked BOOLEAN NOT NULL,         -- an administrator shut it
    created_utc BIGINT NOT NULL,
    password_utc BIGINT NOT NULL     -- when the password was last set
);

CREATE TABLE account_session (
    id BIGINT NOT NULL PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,      -- SHA-256 of the cookie
    account_id BIGINT NOT NULL,
    created_utc BIGINT NOT NULL,
    seen_utc BIGINT NOT NULL,
    ends_utc BIGINT NOT NULL,        -- whatever happens
    idle_seconds BIGINT NOT NULL,    -- unseen that long, it ends as well
    peer TEXT NOT NULL,
    agent TEXT NOT NULL
);
CREATE INDEX account_session_account ON account_session (account_id);
CREATE INDEX account_session_ends ON account_session (ends_utc);

-- Failed sign-ins of the current hour, by the hash of what is counted.
CREATE TABLE login_failure (
    key TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    since_utc BIGINT NOT NULL,       -- when the hour began
    wait_utc BIGINT NOT NULL         -- no try before then
)
-- only sqlite
WITHOUT ROWID
-- end
;
CREATE INDEX login_failure_since ON login_failure (since_utc);

-- Browsers that signed in to an account before: strangers who fail on its
-- name do not slow these down.
CREATE TABLE account_device (
    token TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the cookie
    account_id BIGINT NOT NULL,
    seen_utc BIGINT NOT NULL
);
CREATE INDEX account_device_account ON account_device (account_id);

-- The one-time token of the first administrator; at most one row.
CREATE TABLE first_admin (
    one BIGINT NOT NULL PRIMARY KEY,
    token TEXT NOT NULL,             -- SHA-256
    made_utc BIGINT NOT NULL
);

-- Which account may read which point, and for which days.  The number is the
-- account's own: it stands in paths, the ESI ID never does.
CREATE TABLE account_point (
    account_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    point_id BIGINT NOT NULL,
    label TEXT NOT NULL,
    from_day INTEGER NOT NULL,
    to_day INTEGER NOT NULL,         -- -2147483648: still
    PRIMARY KEY (account_id, number)
)
-- only sqlite
WITHOUT ROWID
-- end
;
CREATE INDEX account_point_point ON account_point (point_id);
