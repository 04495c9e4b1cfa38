/* SPDX-License-Identifier: Apache-2.0 */
/* Dropping months that are older than is kept. */
#include "api/admin/retention.h"

#include <inttypes.h>
#include <stdio.h>

#include "api/feed/keep.h"
#include "db/audit.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define LOCK_SECONDS 60

struct run {
    struct db *db;
    const struct conf *conf;
    bool dry_run;
    struct retention *r;
    bool (*month)(void *arg, const struct reading_month *m);
    void *arg;
};

static enum db_rc
note(struct run *x, const struct reading_month *m)
{
    char day[11], detail[128];

    day_format(day, m->month);
    snprintf(detail, sizeof detail, "month=%.7s records=%" PRId64 " keep=%.20s",
             day, m->records, x->conf->keep);
    log_info("readings dropped", "%s", detail);
    return db_audit_add(x->db, &(struct audit_event){.at_utc = clock_now(),
                                                     .act = "retention",
                                                     .detail = detail});
}

static enum db_rc
month_drop(struct run *x, const struct reading_month *m)
{
    enum db_rc rc = x->dry_run ? DB_OK : reading_drop(x->db, m->month);

    if (rc == DB_OK && !x->dry_run)
        rc = note(x, m);
    if (rc != DB_OK)
        return rc;
    x->r->months++;
    x->r->records += m->records;
    x->r->bytes += m->bytes;
    return DB_OK;
}

/* All months before a day. */
static enum db_rc
drop_before(struct run *x, int32_t day, bool *stopped)
{
    struct arena a = {0};
    struct reading_month *m;
    size_t n;
    enum db_rc rc = reading_months_before(x->db, day, &a, &m, &n);

    *stopped = false;
    for (size_t i = 0; i < n && rc == DB_OK && !*stopped; i++) {
        *stopped = x->month && !x->month(x->arg, &m[i]);
        if (!*stopped)
            rc = month_drop(x, &m[i]);
    }
    arena_clear(&a);
    return rc;
}

/* Under the writer lock.  The floor goes down only when nothing below it is
 * left to be dropped. */
static enum db_rc
locked(struct run *x)
{
    int32_t floor;
    bool stopped = false;
    enum db_rc rc = reading_floor_get(x->db, &floor);

    if (rc == DB_OK && x->r->since > floor)
        rc = reading_floor_set(x->db, floor = x->r->since);
    if (rc == DB_OK)
        rc = drop_before(x, floor, &stopped);
    if (rc == DB_OK && !stopped && x->r->since < floor)
        rc = reading_floor_set(x->db, x->r->since);
    return rc;
}

enum db_rc
retention_run(struct db *db, const struct conf *conf, bool dry_run,
              struct retention *r,
              bool (*month)(void *arg, const struct reading_month *m),
              void *arg, char why[512])
{
    struct run x = {db, conf, dry_run, r, month, arg};
    bool stopped;
    enum db_rc rc;

    *r = (struct retention){0};
    if (!feed_keep_since(conf, clock_now(), &r->since)) {
        snprintf(why, 512,
                 "setting keep: '%.100s' is neither months nor `forever`",
                 conf->keep);
        return DB_FAIL;
    }
    if (dry_run) {
        rc = drop_before(&x, r->since, &stopped);
    } else {
        rc = db_writer_lock(db, LOCK_SECONDS);
        if (rc == DB_OK) {
            rc = locked(&x);
            db_writer_unlock(db);
        }
    }
    if (rc != DB_OK)
        str_copy(why, 512, db_error(db));
    return rc;
}
