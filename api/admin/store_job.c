/* SPDX-License-Identifier: Apache-2.0 */
/* Upkeep of the store's files. */
#include "api/admin/store_job.h"

#include <stdio.h>

#include "api/admin/retention.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/str.h"

enum job_rc
store_checkpoint_job(struct job *j)
{
    /* A reader in the way is met again next time. */
    if (db_checkpoint(j->db) != DB_FAIL)
        return JOB_DONE;
    snprintf(j->note, sizeof j->note, "%.400s", db_error(j->db));
    return JOB_LATER;
}

static bool
go_on(void *arg, const struct reading_month *m)
{
    const struct job *j = arg;

    (void)m;
    return !job_should_stop(j) && job_is_held(j);
}

enum job_rc
store_retention_job(struct job *j)
{
    struct retention r;
    char why[512];
    enum db_rc rc = retention_run(j->db, j->conf, false, &r, go_on, j, why);

    if (rc != DB_OK) {
        str_copy(j->note, sizeof j->note, why);
        return JOB_LATER;
    }
    snprintf(j->note, sizeof j->note, "%lld months dropped",
             (long long)r.months);
    return job_should_stop(j) ? JOB_AGAIN : JOB_DONE;
}

#define COMPACT_LOCK_SECONDS 60

static enum job_rc
compact_one(struct job *j, int32_t month)
{
    struct reading_rewritten r;
    char day[11];
    enum db_rc rc = reading_compact(j->db, month, COMPACT_LOCK_SECONDS, &r);

    day_format(day, month);
    if (rc != DB_OK) {
        snprintf(j->note, sizeof j->note, "%.7s: %.400s", day, db_error(j->db));
        return JOB_LATER;
    }
    log_info("readings rewritten", "month=%.7s records=%lld bytes=%lld", day,
             (long long)r.records, (long long)r.bytes);
    snprintf(j->note, sizeof j->note, "%.7s rewritten, %lld records", day,
             (long long)r.records);
    return JOB_AGAIN;
}

enum job_rc
store_compact_job(struct job *j)
{
    struct arena a = {0};
    int32_t *month = NULL, today = (int32_t)(clock_now() / 86400);
    enum job_rc end = JOB_DONE;
    size_t n = 0;

    if (!j->conf->compact_days)
        return JOB_DONE;
    if (reading_compact_due(j->db, today - (int32_t)j->conf->compact_days, &a,
                            &month, &n) != DB_OK)
        end = JOB_LATER;
    /* one that cannot be rewritten holds up none of the others */
    for (size_t i = 0; i < n && end != JOB_AGAIN; i++)
        end = compact_one(j, month[i]);
    arena_clear(&a);
    return end;
}
