/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the store is looked after, in a few figures: the newest backup and the
 * scrub.  One row of one table: cheap enough to be asked every few seconds.
 */
#ifndef MH_DB_UPKEEP_H
#define MH_DB_UPKEEP_H

#include "db/backup.h"
#include "db/db.h"

struct upkeep {
    int64_t backup_utc; /* when the newest was made; 0: none is known of */
    int64_t backup_files, backup_bytes, backup_reused_bytes;
    int64_t pass; /* of the scrub: the number of the newest, 0 none */
    bool running;
    int64_t began_utc, checked; /* of the pass under way: records so far */
    int32_t month;              /* and the month that it is in */
    int64_t done_began_utc, done_utc, done_checked; /* the last whole one */
    int64_t findings; /* places that are damaged as far as is known */
};

enum db_rc db_upkeep_get(struct db *db, struct upkeep *u);
/* A backup was made. */
enum db_rc db_upkeep_backup(struct db *db, const struct backup_facts *f);

struct scrub_finding {
    char line[400];     /* what an operator reads */
    char kind[12];      /* "record", "row", "place", "file", "load", "audit" */
    int32_t month, day; /* 0 where there is no one */
    int64_t load_id;    /* likewise */
    int64_t point_id;   /* of a row, its first */
    int32_t channel;    /* of a record */
    int64_t found_utc, pass; /* first found; the pass that saw it last */
    int64_t gone_utc;        /* a later pass found it well; 0: it stands */
};

/* Those that stand, oldest first, then those that are gone, newest first; at
 * most `most`. */
enum db_rc
db_scrub_finding_each(struct db *db, int64_t most, struct scrub_finding *f,
                      bool (*row)(void *arg), void *arg);

#endif
