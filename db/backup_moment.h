/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The moment that a backup of a PostgreSQL store is of: a transaction in each
 * database that readings are copied from.
 */
#ifndef MH_DB_BACKUP_MOMENT_H
#define MH_DB_BACKUP_MOMENT_H

#include "db/shard_home.h"

/* A database that rows are copied from. */
struct origin {
    struct db_conn *c; /* in the transaction */
    char where[128];
    char identity[40]; /* another after a restore */
    /* Its rows that count: "", all; or "AND bucket IN (0,1,2)". */
    char which[4 * READING_BUCKETS + 32];
};

/* The store's own database, and the servers that have buckets. */
struct moment {
    struct origin at[SHARDS_MOST + 1];
    size_t n;
    char snapshot[64]; /* by which pg_dump shares that of the first */
};

/*
 * Begins the transactions.  Where readings lie on several servers it waits for
 * the writer lock, at most `seconds`, and gives it back.  DB_AWAY: a server
 * does not answer.  *m, all zeros before, is to be closed in any case.
 */
enum db_rc
moment_open(struct db *db, struct moment *m, double seconds, char why[DB_WHY]);
void moment_close(struct moment *m);
/* Says why, and of which server, where there are several; DB_FAIL. */
enum db_rc origin_failed(const struct moment *m, const struct origin *o,
                         const char *what, char why[DB_WHY]);

#endif
