-- home: market
--
-- An unloaded load whose rows are gone hides nothing any more: readers ask for
-- those only that may still have some.

ALTER TABLE load ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;

DROP INDEX load_hidden;
CREATE INDEX load_hidden ON load (state) WHERE state IN (1, 3) AND gone = 0;
