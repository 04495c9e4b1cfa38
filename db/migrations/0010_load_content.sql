-- home: market
--
-- The same content may be loaded again: under another stamp of the file name
-- it is another version, and a record that was refused (in the future) may be
-- good by now.  Whoever loads looks for what is there already.

DROP INDEX load_content;
CREATE INDEX load_content ON load (sha256, file_stamp, file_counter)
    WHERE state = 2;
