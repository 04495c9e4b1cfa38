/* SPDX-License-Identifier: Apache-2.0 */
/* Every background job of the product. */
#include "api/jobs.h"

#include <stdio.h>

#include "api/account/session_job.h"
#include "api/admin/store_job.h"
#include "api/feed/inbox_job.h"
#include "server/base/clock.h"

#define KEEP_ENDED (30 * 86400) /* seconds that ended jobs are remembered */

static enum job_rc
purge_job(struct job *j)
{
    int64_t count = 0;

    if (db_job_purge(j->db, clock_now() - KEEP_ENDED, &count) != DB_OK)
        return JOB_LATER;
    snprintf(j->note, sizeof j->note, "%lld forgotten", (long long)count);
    return JOB_DONE;
}

/* clang-format off */
const struct job_kind JOBS[] = {
    /* kind          function         schedule  lease retries at once */
    /* ---- people ---- */
    {"session.purge", session_purge_job, "every 3600", 60, 3, 1},
    /* ---- feed: inbox_watch_job sets its own time, setting inbox_seconds */
    {"inbox.watch",  inbox_watch_job, "every 5",    60, 5, 1},
    {"inbox.load",   inbox_load_job,  NULL,        120, 5, 1},
    /* ---- the store ---- */
    {"store.checkpoint", store_checkpoint_job, "every 600", 60, 3, 1},
    /* ---- the jobs themselves ---- */
    {"job.purge",    purge_job, "daily 03:40 Etc/UTC", 60, 3, 1},
    {NULL, NULL, NULL, 0, 0, 0},
};
/* clang-format on */
