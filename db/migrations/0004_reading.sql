-- home: market
--
-- Bulk readings.  The rows themselves lie in a file a month on SQLite
-- (readings/YYYY-MM.db, described in docs/packed-day.md) and in a partition a
-- month on PostgreSQL; here is what is known of them by load.

-- What the records of a load have in common.
CREATE TABLE reading_source (
    load_id INTEGER PRIMARY KEY,
    data    BLOB NOT NULL
);

-- Where a load has rows: written before they are, so that recovery finds them.
-- month is the first day of a month; the days and groups are the outermost.
CREATE TABLE reading_part (
    load_id     INTEGER NOT NULL,
    month       INTEGER NOT NULL,
    first_day   INTEGER NOT NULL,
    last_day    INTEGER NOT NULL CHECK (last_day >= first_day),
    first_group INTEGER NOT NULL,
    last_group  INTEGER NOT NULL CHECK (last_group >= first_group),
    n_rows      BIGINT NOT NULL,
    n_records   BIGINT NOT NULL,
    PRIMARY KEY (load_id, month)
);
CREATE INDEX reading_part_month ON reading_part (month, last_day);

-- Loads whose rows may lie there unseen: few.
CREATE INDEX load_hidden ON load (state) WHERE state IN (1, 3);

-- only postgres
-- bucket is point_group modulo 256: what is spread over several servers.
CREATE TABLE reading (
    bucket      INTEGER NOT NULL,
    point_group INTEGER NOT NULL,
    day         INTEGER NOT NULL,
    load_id     INTEGER NOT NULL,
    data        BLOB NOT NULL,
    PRIMARY KEY (bucket, point_group, day, load_id)
) PARTITION BY RANGE (day);

-- Packed bytes do not compress; rows up to a page stay in their table.
ALTER TABLE reading ALTER COLUMN data SET STORAGE EXTERNAL;

-- Makes the partition of a month, given its first day and the next one's.
-- Attaching it, unlike creating it in place, holds up no reader.
CREATE FUNCTION reading_partition(name TEXT, first_day BIGINT, next_day BIGINT)
RETURNS BOOLEAN LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN FALSE;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE reading INCLUDING ALL) '
                   'WITH (toast_tuple_target = 8160)', name);
    EXECUTE format('ALTER TABLE reading ATTACH PARTITION %I '
                   'FOR VALUES FROM (%s) TO (%s)', name, first_day, next_day);
    RETURN TRUE;
END $$;
-- end
