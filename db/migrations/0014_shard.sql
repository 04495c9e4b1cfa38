-- home: market
--
-- Readings on several PostgreSQL servers (docs/shards.md).  Buckets lie in this
-- database unless shard_bucket says where.

-- only postgres
CREATE TABLE shard (
    id        INTEGER PRIMARY KEY CHECK (id > 0),
    identity  TEXT NOT NULL UNIQUE,    -- the server keeps the same one
    conninfo  TEXT NOT NULL,
    ready     BOOLEAN NOT NULL,        -- its server knows its identity
    leaving   BOOLEAN NOT NULL,        -- it is to give its buckets away
    added_utc BIGINT NOT NULL
);

CREATE TABLE shard_bucket (
    bucket   INTEGER PRIMARY KEY CHECK (bucket BETWEEN 0 AND 255),
    shard_id INTEGER NOT NULL REFERENCES shard (id)
);

-- version grows when a bucket or a server does, edits when rows were removed,
-- mover with each program that moves buckets.
CREATE TABLE shard_map (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    edits   BIGINT NOT NULL,
    mover   BIGINT NOT NULL
);
INSERT INTO shard_map (id, version, edits, mover) VALUES (1, 0, 0, 0);

-- Months that some server has a partition for: "2026_03".
CREATE TABLE shard_month (
    name TEXT PRIMARY KEY
);

-- Buckets on their way.  Until they are moved, rows at to_id do not count;
-- afterwards those at from_id do not, and go.  0 is this database.
CREATE TABLE shard_move (
    bucket  INTEGER PRIMARY KEY,
    from_id INTEGER NOT NULL,
    to_id   INTEGER NOT NULL,
    moved   BOOLEAN NOT NULL
);
-- end
