/* SPDX-License-Identifier: Apache-2.0 */
/* Upkeep of the store's files. */
#include "api/admin/store_job.h"

#include <stdio.h>

#include "api/admin/retention.h"
#include "server/base/str.h"

enum job_rc
store_checkpoint_job(struct job *j)
{
    /* A reader in the way is met again next time. */
    return db_checkpoint(j->db) == DB_FAIL ? JOB_LATER : JOB_DONE;
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
