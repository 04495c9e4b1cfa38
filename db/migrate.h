/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema, as numbered steps: db/migrations/NNNN_name.sql, built into the
 * program by db/embed.sh.  A step is never changed once released.
 *
 * Its first line is `-- home: account`, `-- home: market`, or `-- home: shard`
 * for the servers that hold readings of a PostgreSQL store.  Lines between
 * `-- only sqlite` (or `-- only postgres`) and `-- end` are for one engine.
 * What means the same on both: BIGINT, INTEGER (32 bits), SMALLINT, BOOLEAN,
 * TEXT, BLOB; an `INTEGER PRIMARY KEY` is the cheap key on SQLite.  Tables
 * of both homes share one PostgreSQL database, so their names must differ.
 */
#ifndef MH_DB_MIGRATE_H
#define MH_DB_MIGRATE_H

#include "db/engine.h"
#include "server/base/buf.h"

struct migration {
    const char *name; /* "0002_point" */
    const char *sql;
    const char *sha256; /* of sql, hexadecimal; NULL: to be computed */
};

extern const struct migration MIGRATIONS[]; /* by name; ended by no name */

/*
 * Runs the steps of that home that the store has not had, each in one
 * transaction that also records its name, checksum and time.  Several programs
 * may try at once.
 */
enum db_rc migrate_up(struct db_conn *c, enum db_home home,
                      const struct migration *list, char why[DB_WHY]);
/* DB_FAIL when the store has had steps that are not in the list; it may lack
 * some.  DB_NONE when it has no schema. */
enum db_rc migrate_known(struct db_conn *c, enum db_home home,
                         const struct migration *list, char why[DB_WHY]);
/* DB_FAIL when the store's schema is older, newer or altered; DB_NONE when
 * there is none at all. */
enum db_rc migrate_check(struct db_conn *c, enum db_home home,
                         const struct migration *list, char why[DB_WHY]);
/* The text that one engine runs.  False: a block that is not ended. */
bool migrate_text(const char *sql, enum db_engine engine, struct buf *to);

#endif
