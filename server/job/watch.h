/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a runner watches over beside its own jobs, so that no clock that is
 * wrong, here or elsewhere, does harm:
 *
 * - Holders that fell silent.  A lease has lapsed when its row stayed as it is
 *   for the length of the lease, measured by our own monotonic clock; clocks of
 *   two programs are never compared.
 * - Jobs due in a future that no schedule has: a clock was ahead when they were
 *   put off.
 * - The time that all programs of the store share.
 */
#ifndef MH_JOB_WATCH_H
#define MH_JOB_WATCH_H

#include "server/job/runner.h"

#define WATCH_HELD 256 /* jobs of others, at most */

struct watch {
    struct watched {
        int64_t id, lease_utc;
        double since; /* it has been so */
        bool seen;
    } held[WATCH_HELD];
    size_t n;
    double next, next_mend; /* when to look again */
};

/* Looks, when it is time to; true when a job may have become free. */
bool watch_look(struct watch *w, const struct runner_app *app, struct db *db,
                int64_t now);
/* The time of the store, or of this program where the runner has no other. */
enum db_rc
watch_clock(const struct runner_app *app, struct db *db, int64_t *utc);
/* Frees what lapsed by the clock: for a run that cannot wait and watch. */
enum db_rc
watch_free_lapsed(const struct runner_app *app, struct db *db, int64_t now);
/* Puts right what is due too late. */
enum db_rc watch_mend(const struct runner_app *app, struct db *db, int64_t now);

#endif
