-- home: market
--
-- Service points and what the registry says of them over time.
--
-- `point` is all that a bulk load needs to know: it is kept narrow.  The three
-- registry tables hold what each registry file said, one row a statement, under
-- the load that said it.  Of several rows for one key the one with the highest
-- load_id holds; the others are history.  How statements become a history of
-- REPs and meters is described in docs/registry.md.

CREATE TABLE point (
    id         INTEGER PRIMARY KEY,
    esiid      TEXT NOT NULL UNIQUE,
    registered BOOLEAN NOT NULL,
    zone       TEXT NOT NULL
);

CREATE TABLE point_premise (
    point_id       INTEGER NOT NULL REFERENCES point (id),
    load_id        INTEGER NOT NULL,
    premise        TEXT NOT NULL,
    tdsp           TEXT NOT NULL,
    customer_class TEXT NOT NULL,
    solar          BOOLEAN NOT NULL,
    address        TEXT NOT NULL,
    city           TEXT NOT NULL,
    state          TEXT NOT NULL,
    zip            TEXT NOT NULL,
    zone           TEXT NOT NULL,
    PRIMARY KEY (point_id, load_id)
)
-- only sqlite
WITHOUT ROWID
-- end
;

-- to_day is NULL while the REP stays; to_day = from_day - 1 withdraws the row.
CREATE TABLE point_rep (
    point_id INTEGER NOT NULL REFERENCES point (id),
    from_day INTEGER NOT NULL,
    load_id  INTEGER NOT NULL,
    rep      TEXT NOT NULL,
    to_day   INTEGER CHECK (to_day >= from_day - 1),
    PRIMARY KEY (point_id, from_day, load_id)
)
-- only sqlite
WITHOUT ROWID
-- end
;

-- removed_day is NULL while the meter hangs; installed_day - 1 withdraws it.
CREATE TABLE point_meter (
    point_id        INTEGER NOT NULL REFERENCES point (id),
    installed_day   INTEGER NOT NULL,
    load_id         INTEGER NOT NULL,
    number          TEXT NOT NULL,
    serial          TEXT NOT NULL,
    make            TEXT NOT NULL,
    provisioned_day INTEGER,
    removed_day     INTEGER CHECK (removed_day >= installed_day - 1),
    PRIMARY KEY (point_id, installed_day, number, load_id)
)
-- only sqlite
WITHOUT ROWID
-- end
;

CREATE INDEX point_premise_load ON point_premise (load_id);
CREATE INDEX point_rep_load ON point_rep (load_id);
CREATE INDEX point_meter_load ON point_meter (load_id);
