/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scrub: reads all that is stored, a bit at a time, and verifies its
 * checksums: every record of every month that is kept, then the audit log.
 * Where it stands lies in the store, so any program may do the next step.
 */
#ifndef MH_DB_SCRUB_H
#define MH_DB_SCRUB_H

#include "db/upkeep.h"

/* Begins a pass at the first month; DB_NONE when one is under way. */
enum db_rc db_scrub_begin(struct db *db, int64_t now);

struct scrub_step {
    int64_t records;  /* checked in this step */
    int64_t findings; /* what was found damaged in it */
    bool ended;       /* the pass has come to its end */
};

/*
 * Goes on for about that many seconds, and notes what it found and where it
 * stands.  What is damaged is logged and noted, never an error.  DB_NONE: no
 * pass is under way, or somebody else did this step.
 */
enum db_rc
db_scrub_step(struct db *db, int64_t now, double seconds, struct scrub_step *s);

/* How much of the readings the pass under way has behind it, in thousandths of
 * their bytes. */
enum db_rc db_scrub_share(struct db *db, int64_t *thousandths);

#endif
