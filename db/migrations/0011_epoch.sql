-- home: market
--
-- Changes when the store is restored, so that programs which are connected
-- notice.  On SQLite the file `restore` in the store's folder does this.

-- only postgres
CREATE TABLE epoch (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL
);
INSERT INTO epoch (id, number) VALUES (1, 0);
-- end
