-- home: account
--
-- Loads that run now, in any program on this store: written about once a
-- second, not in the home where the load itself writes.  A row whose beat is
-- old is of a program that died.

CREATE TABLE load_run (
    id BIGINT NOT NULL PRIMARY KEY,
    process TEXT NOT NULL,           -- host and process number
    source TEXT NOT NULL,            -- 'command', 'inbox'
    started_utc BIGINT NOT NULL,
    beat_utc BIGINT NOT NULL,        -- when this was written
    files BIGINT NOT NULL,
    files_done BIGINT NOT NULL,
    bytes BIGINT NOT NULL,           -- of all files, as they lie there
    bytes_done BIGINT NOT NULL,
    records BIGINT NOT NULL,         -- parsed
    text BIGINT NOT NULL,            -- bytes of text parsed
    ms BIGINT NOT NULL,              -- since the load began
    rate BIGINT NOT NULL,            -- records a second of late
    left_seconds BIGINT NOT NULL     -- -1: not known
);
