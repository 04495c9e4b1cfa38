/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pace of the scrub: a pass is spread over scrub_days.  A step takes at
 * most STEP_SECONDS of every half minute, and is left out while the pass is
 * ahead of its time.
 */
#include "api/admin/scrub_job.h"

#include <inttypes.h>
#include <stdio.h>

#include "db/audit.h"
#include "server/base/clock.h"
#include "server/base/log.h"

#define STEP_SECONDS 1.0
#define DAY          86400

void
scrub_ended(struct db *db)
{
    struct upkeep u;
    char detail[128];
    struct audit_event e = {
        .at_utc = clock_now(), .act = "scrub", .detail = detail};

    if (db_upkeep_get(db, &u) != DB_OK)
        return;
    snprintf(detail, sizeof detail,
             "pass=%" PRId64 " records=%" PRId64 " findings=%" PRId64, u.pass,
             u.done_checked, u.findings);
    if (u.findings)
        log_ours("scrub ended", "%s", detail);
    else
        log_info("scrub ended", "%s", detail);
    if (db_audit_add(db, &e) != DB_OK)
        log_ours("not in the audit log", "act=scrub reason=%s", db_error(db));
}

/* Is a pass to begin?  A beginning in the future is of a clock that was
 * wrong. */
static bool
pass_is_due(const struct upkeep *u, int64_t now, int64_t days)
{
    return u->done_utc == 0 || u->done_began_utc > now ||
           now - u->done_began_utc >= days * DAY;
}

/* Has the pass done what its time so far asks for? */
static enum db_rc
is_ahead(struct job *j, const struct upkeep *u, int64_t now, bool *ahead)
{
    int64_t share = 0, passed = now - u->began_utc;
    int64_t whole = j->conf->scrub_days * DAY * 9 / 10;
    enum db_rc rc = db_scrub_share(j->db, &share);

    if (passed < 0) /* the clock was wrong then */
        passed = 0;
    *ahead = rc == DB_OK && passed < whole && share > passed * 1000 / whole;
    return rc == DB_NONE ? DB_OK : rc;
}

static enum job_rc
step(struct job *j, int64_t now)
{
    struct scrub_step s;
    enum db_rc rc = db_scrub_step(j->db, now, STEP_SECONDS, &s);

    if (rc == DB_NONE)
        return JOB_DONE;
    if (rc != DB_OK) {
        snprintf(j->note, sizeof j->note, "%.400s", db_error(j->db));
        return JOB_LATER;
    }
    snprintf(j->note, sizeof j->note,
             "%" PRId64 " records, %" PRId64 " findings", s.records,
             s.findings);
    if (s.ended)
        scrub_ended(j->db);
    return JOB_DONE;
}

enum job_rc
store_scrub_job(struct job *j)
{
    int64_t now = clock_now();
    bool ahead = false;
    struct upkeep u;
    enum db_rc rc;

    if (j->conf->scrub_days == 0)
        return JOB_DONE;
    rc = db_upkeep_get(j->db, &u);
    if (rc == DB_OK && !u.running) {
        if (!pass_is_due(&u, now, j->conf->scrub_days))
            return JOB_DONE;
        rc = db_scrub_begin(j->db, now);
    } else if (rc == DB_OK) {
        rc = is_ahead(j, &u, now, &ahead);
    }
    if (ahead)
        return JOB_DONE;
    if (rc == DB_OK || rc == DB_NONE)
        return step(j, now);
    snprintf(j->note, sizeof j->note, "%.400s", db_error(j->db));
    return JOB_LATER;
}
