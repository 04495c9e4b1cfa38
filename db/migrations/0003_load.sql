-- home: market
--
-- One row a file taken in.  Whatever a load wrote is visible only while its row
-- says committed (state 2); seq is the order in which loads became visible.

CREATE TABLE load (
    id           INTEGER PRIMARY KEY,
    seq          BIGINT NOT NULL,
    state        SMALLINT NOT NULL CHECK (state BETWEEN 1 AND 4),
    kind         TEXT NOT NULL,
    name         TEXT NOT NULL,
    sha256       TEXT NOT NULL,
    sender       TEXT NOT NULL,
    file_stamp   BIGINT NOT NULL,
    file_counter INTEGER NOT NULL,
    bytes        BIGINT NOT NULL,
    started_utc  BIGINT NOT NULL,
    ended_utc    BIGINT NOT NULL,
    n_read       BIGINT NOT NULL,
    n_loaded     BIGINT NOT NULL,
    n_replaced   BIGINT NOT NULL,
    n_unchanged  BIGINT NOT NULL,
    n_historic   BIGINT NOT NULL,
    n_rejected   BIGINT NOT NULL,
    n_warned     BIGINT NOT NULL,
    CHECK (n_read = n_loaded + n_replaced + n_unchanged + n_historic
                    + n_rejected)
);

-- The same content is visible once.
CREATE UNIQUE INDEX load_content ON load (sha256) WHERE state = 2;
CREATE UNIQUE INDEX load_seq ON load (seq) WHERE seq > 0;

-- One row: the number of the newest holder of the writer lock.
CREATE TABLE writer (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    token BIGINT NOT NULL
);
INSERT INTO writer (id, token) VALUES (1, 0);
