-- home: market
--
-- Monthly billed usage: every row of every committed load.  For one point and
-- period the newest stamp is current, the others are history.

CREATE TABLE billed (
    point_id        INTEGER NOT NULL REFERENCES point (id),
    start_day       INTEGER NOT NULL,
    end_day         INTEGER NOT NULL CHECK (end_day >= start_day),
    stamp           BIGINT NOT NULL,  -- YYYYMMDDHHMMSS
    load_id         INTEGER NOT NULL,
    kwh_micro       BIGINT NOT NULL,
    metered_kw      BIGINT,           -- millionths, as are the next three
    billed_kw       BIGINT,
    metered_kva     BIGINT,
    billed_kva      BIGINT,
    -- Digits after the point as written, four bits a value from kWh on; 15
    -- where there is none.
    places          INTEGER NOT NULL,
    PRIMARY KEY (point_id, start_day, end_day, stamp, load_id)
)
-- only sqlite
WITHOUT ROWID
-- end
;

CREATE INDEX billed_load ON billed (load_id);
