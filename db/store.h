/* SPDX-License-Identifier: Apache-2.0 */
/* The store as a whole: what it holds, and whether it is sound. */
#ifndef MH_DB_STORE_H
#define MH_DB_STORE_H

#include "db/db.h"
#include "db/reading.h"

struct store_stats {
    int64_t points, registered, meters, reps; /* reps: distinct */
    int64_t loads[5];                         /* by enum load_state */
    int64_t records;                          /* read by committed loads */
    int64_t rejected;                         /* of them */
    int64_t billed;                           /* rows */
    int64_t accounts, sessions, open_jobs, audit_records;
    int64_t steps;    /* of the schema */
    int64_t bytes[2]; /* of the homes; on PostgreSQL
                       * of the database, then 0 */
    struct reading_stats readings;
};

enum db_rc db_store_stats(struct db *db, struct store_stats *s);

/*
 * Checks every invariant: the engine's own, foreign keys, the catalog, the
 * registry, rights, the audit chain, and all readings.  Calls `bad` with one
 * plain line for each finding.
 */
enum db_rc db_store_check(struct db *db,
                          void (*bad)(void *arg, const char *line), void *arg);

#endif
