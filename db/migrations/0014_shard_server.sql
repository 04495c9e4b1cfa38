-- home: shard
--
-- A server that holds readings and nothing else: the same table as in
-- 0004_reading, which server it is, and the newest writer and mover that it
-- has seen, so that older ones which come back find themselves shut out.

-- only postgres
CREATE TABLE shard_self (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    shard_id INTEGER NOT NULL,
    identity TEXT NOT NULL
);

-- 1: the newest writer, 2: the newest mover of buckets.
CREATE TABLE shard_fence (
    id    INTEGER PRIMARY KEY,
    token BIGINT NOT NULL
);
INSERT INTO shard_fence (id, token) VALUES (1, 0), (2, 0);

CREATE TABLE reading (
    bucket      INTEGER NOT NULL,
    point_group INTEGER NOT NULL,
    day         INTEGER NOT NULL,
    load_id     INTEGER NOT NULL,
    data        BLOB NOT NULL,
    PRIMARY KEY (bucket, point_group, day, load_id)
) PARTITION BY RANGE (day);
ALTER TABLE reading ALTER COLUMN data SET STORAGE EXTERNAL;

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
