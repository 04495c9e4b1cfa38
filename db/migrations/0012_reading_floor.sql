-- home: market
--
-- Retention and rewriting of months.  Days before the floor, the first day of a month or 0, are not
-- seen any more; their rows and what is known of them go afterwards, month by
-- month.  changes counts how often the floor moved.
CREATE TABLE reading_floor (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    day     INTEGER NOT NULL,
    changes BIGINT NOT NULL
);
INSERT INTO reading_floor (id, day, changes) VALUES (1, 0, 0);

-- Records of a load that lay in months that are gone.
CREATE TABLE reading_gone (
    load_id   INTEGER PRIMARY KEY,
    n_records BIGINT NOT NULL
);

-- Months whose rows were rewritten, and the newest load there was then.
CREATE TABLE reading_rewritten (
    month       INTEGER PRIMARY KEY,
    newest_load INTEGER NOT NULL,
    at_utc      BIGINT NOT NULL
);
