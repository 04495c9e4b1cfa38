-- home: market
--
-- Changes of the points and of what the registry says of them, newest last, so
-- that what was read of them once needs only what came since.  load_id is a
-- registry load that came, the same below 0 one that went, or 0: points were
-- added.  The stamp is random: a number means the same in a store and its copy
-- only as long as the stamp is the same.  Old ones are forgotten.
CREATE TABLE point_change (
    seq     INTEGER PRIMARY KEY,
    stamp   TEXT NOT NULL,
    load_id INTEGER NOT NULL
);
