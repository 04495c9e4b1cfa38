-- home: account
-- Work to be done.  A job is open until it has ended; while a program works on
-- it, the row holds that program's lease, which it renews; when the lease runs
-- out, anybody may take the job over.

CREATE TABLE job (
    id BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,              -- which function
    key TEXT NOT NULL,               -- what it works on, '' of a schedule
    argument TEXT NOT NULL,
    due_utc BIGINT NOT NULL,         -- not before
    attempts BIGINT NOT NULL,        -- begun since it last went well
    owner TEXT NOT NULL,             -- who holds the lease, '' nobody
    lease_utc BIGINT NOT NULL,       -- until then
    made_utc BIGINT NOT NULL,
    ended_utc BIGINT NOT NULL,       -- 0: open
    failed BOOLEAN NOT NULL,
    note TEXT NOT NULL               -- what the newest try said
);

-- The same work waits once.
CREATE UNIQUE INDEX job_open ON job (kind, key) WHERE ended_utc = 0;
CREATE INDEX job_due ON job (kind, due_utc, id) WHERE ended_utc = 0;
CREATE INDEX job_ended ON job (ended_utc) WHERE ended_utc > 0;
