-- home: account
--
-- How the store is looked after: the newest backup, and how far the checksums
-- of what is stored have been verified (db/scrub.c).  One row; whoever moves
-- the scrub on raises `step`, so that of two who began at the same place one
-- counts.

CREATE TABLE upkeep (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    backup_utc     BIGINT NOT NULL,   -- 0: none was made
    backup_files   BIGINT NOT NULL,
    backup_bytes   BIGINT NOT NULL,
    backup_reused  BIGINT NOT NULL,   -- bytes of these taken from an earlier one
    step           BIGINT NOT NULL,
    pass           BIGINT NOT NULL,   -- the pass under way, or the last one
    stage          SMALLINT NOT NULL, -- 0 none under way, 1 readings, 2 audit
    began_utc      BIGINT NOT NULL,
    checked        BIGINT NOT NULL,   -- records in this pass
    month          INTEGER NOT NULL,  -- the row that was checked last
    day            INTEGER NOT NULL,
    point_group    BIGINT NOT NULL,
    place          BIGINT NOT NULL,   -- (the engine's own key)
    audit_chain    BIGINT NOT NULL,   -- the audit record that was checked last
    audit_n        BIGINT NOT NULL,
    audit_hash     TEXT NOT NULL,
    done_began_utc BIGINT NOT NULL,   -- the last whole pass, 0: none
    done_utc       BIGINT NOT NULL,
    done_checked   BIGINT NOT NULL
);
INSERT INTO upkeep (id, backup_utc, backup_files, backup_bytes, backup_reused,
    step, pass, stage, began_utc, checked, month, day, point_group, place,
    audit_chain, audit_n, audit_hash, done_began_utc, done_utc, done_checked)
VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0, 0);

-- What the scrub found damaged.  A place that a later pass finds well again
-- keeps its row, with the time of that.
CREATE TABLE scrub_finding (
    line      TEXT NOT NULL PRIMARY KEY, -- what an operator reads
    kind      TEXT NOT NULL,             -- 'record', 'row', 'file', 'audit'
    month     INTEGER NOT NULL,          -- its first day; 0 of audit records
    day       INTEGER NOT NULL,          -- 0: no one day
    load_id   BIGINT NOT NULL,           -- 0: no one load
    point_id  BIGINT NOT NULL,           -- the first of its row; 0: no one
    channel   INTEGER NOT NULL,
    found_utc BIGINT NOT NULL,
    pass      BIGINT NOT NULL,           -- that found it last
    gone_utc  BIGINT NOT NULL            -- 0: it stands
)
-- only sqlite
WITHOUT ROWID
-- end
;
CREATE INDEX scrub_finding_open ON scrub_finding (gone_utc, found_utc);
