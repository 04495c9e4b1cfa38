/* SPDX-License-Identifier: Apache-2.0 */
/* A record of what changed points and the registry (0019_point_change.sql), by
 * which copies of them in memory and in files are kept up. */
#ifndef MH_DB_POINT_CHANGE_H
#define MH_DB_POINT_CHANGE_H

#include "db/db.h"

#define POINT_STAMP 33

struct point_change {
    int64_t seq;
    char stamp[POINT_STAMP];
    int64_t load_id; /* a registry load, below 0: taken back, 0: new points */
};

/* Notes a change, in the transaction that makes it. */
enum db_rc point_change_add(struct db *db, int64_t load_id);
/* The newest one; seq 0 where nothing was noted yet. */
enum db_rc point_change_newest(struct db *db, struct point_change *c);
/* Is `c` still known, and the same? */
enum db_rc
point_change_known(struct db *db, const struct point_change *c, bool *known);
/* Those after number `seq`, oldest first, into `c`. */
enum db_rc point_change_each(struct db *db, int64_t seq, struct point_change *c,
                             bool (*row)(void *arg), void *arg);

#endif
