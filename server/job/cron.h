/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules: a rule, a zone, and what happens to runs that were missed.
 *
 *   every 300                          seconds
 *   daily 06:30 America/Chicago        local time
 *   daily 07:30 Etc/GMT+5 skip         once (the default), each or skip
 *
 * A time that the clock jumps over in spring comes an hour later that day; one
 * that comes twice in fall is the first of the two.
 */
#ifndef MH_JOB_CRON_H
#define MH_JOB_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/tz.h"

enum cron_missed {
    CRON_ONCE, /* one run makes up for all that were missed */
    CRON_EACH, /* every one is run */
    CRON_SKIP, /* none is */
};

struct cron {
    int64_t seconds;       /* of "every", else 0 */
    const struct tz *zone; /* of "daily" */
    int minute;            /* of the local day */
    enum cron_missed missed;
};

bool cron_parse(const char *text, struct cron *c);
/* The first time strictly after `utc`. */
int64_t cron_next(const struct cron *c, int64_t utc);
/* When it is due after a run that was due at `due` and ended at `now`. */
int64_t cron_after(const struct cron *c, int64_t due, int64_t now);
/* When it is due for a program that starts at `now` and finds it due at `due`:
 * later only where missed runs are skipped. */
int64_t cron_resume(const struct cron *c, int64_t due, int64_t now);

#endif
