/* SPDX-License-Identifier: Apache-2.0 */
/* Dropping months of readings that are older than setting `keep` says. */
#ifndef MH_ADMIN_RETENTION_H
#define MH_ADMIN_RETENTION_H

#include "db/reading.h"
#include "server/base/conf.h"

struct retention {
    int32_t since; /* the first day that is kept, 0: all are */
    int64_t months, records, bytes;
};

/*
 * Hides all days before `since` and drops their months, one after another;
 * each leaves an audit record and a line in the log.  With `dry_run` only
 * counts.  `month` hears of each before it goes, may be NULL, and returns false
 * to stop.  DB_BUSY when another program is writing; what was begun is gone on
 * with the next time.
 */
enum db_rc
retention_run(struct db *db, const struct conf *conf, bool dry_run,
              struct retention *r,
              bool (*month)(void *arg, const struct reading_month *m),
              void *arg, char why[512]);

#endif
