-- home: market
--
-- Completeness: how much of what is expected came.  Counted in meter-days (one
-- channel of one point on one operating day) for each TDSP, REP and day.
-- Loads add to these counts in the transaction that makes them visible.

-- `step` is how many more meter-days are expected than on the day before; the
-- others are what came on that day.  tdsp and rep are '' where nobody is known.
CREATE TABLE coverage_day (
    day       INTEGER NOT NULL,
    tdsp      TEXT NOT NULL,
    rep       TEXT NOT NULL,
    step      BIGINT NOT NULL,
    received  BIGINT NOT NULL,
    estimated BIGINT NOT NULL,
    intervals BIGINT NOT NULL,
    partial   BIGINT NOT NULL,
    late      BIGINT NOT NULL,
    replaced  BIGINT NOT NULL,
    extra     BIGINT NOT NULL,
    PRIMARY KEY (day, tdsp, rep)
)
-- only sqlite
WITHOUT ROWID
-- end
;

-- The steps of whole months, so that no sum goes back to the first meter.
CREATE TABLE coverage_month (
    month INTEGER NOT NULL,
    tdsp  TEXT NOT NULL,
    rep   TEXT NOT NULL,
    step  BIGINT NOT NULL,
    PRIMARY KEY (month, tdsp, rep)
)
-- only sqlite
WITHOUT ROWID
-- end
;

-- Rows on their way into coverage_day: empty outside a transaction.
CREATE TABLE coverage_new (
    day       INTEGER NOT NULL,
    tdsp      TEXT NOT NULL,
    rep       TEXT NOT NULL,
    step      BIGINT NOT NULL,
    received  BIGINT NOT NULL,
    estimated BIGINT NOT NULL,
    intervals BIGINT NOT NULL,
    partial   BIGINT NOT NULL,
    late      BIGINT NOT NULL,
    replaced  BIGINT NOT NULL,
    extra     BIGINT NOT NULL
);

-- Days whose counts are to be made anew from the readings.
CREATE TABLE coverage_stale (
    mark      BIGINT NOT NULL,
    first_day INTEGER NOT NULL,
    last_day  INTEGER NOT NULL CHECK (last_day >= first_day),
    PRIMARY KEY (mark, first_day, last_day)
);

-- One row.  steps: the steps follow from the registry; registry: raised by
-- each change of it; due_hours and zone: when a day is late.
CREATE TABLE coverage_rule (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    steps     BOOLEAN NOT NULL,
    registry  BIGINT NOT NULL,
    due_hours INTEGER NOT NULL,
    zone      TEXT NOT NULL
);
INSERT INTO coverage_rule (id, steps, registry, due_hours, zone)
    SELECT 1, NOT EXISTS (SELECT 1 FROM point), 1, 0, '';
INSERT INTO coverage_stale (mark, first_day, last_day)
    SELECT 0, min(first_day), max(last_day) FROM reading_part GROUP BY month;
