/* SPDX-License-Identifier: Apache-2.0 */
/* Every background job of the product. */
#include "api/jobs.h"

#include <stdio.h>
#include <string.h>

#include "api/account/session_job.h"
#include "api/admin/coverage_job.h"
#include "api/admin/scrub_job.h"
#include "api/admin/store_job.h"
#include "api/feed/inbox_job.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/base/str.h"

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
    {"session.purge", session_purge_job, "every 3600", 30, 3, 1},
    /* ---- feed: inbox_watch_job sets its own time, setting inbox_seconds */
    {"inbox.watch",  inbox_watch_job, "every 5",    30, 5, 1},
    {"inbox.load",   inbox_load_job,  NULL,         30, 5, 1},
    /* ---- the store ---- */
    {"store.checkpoint", store_checkpoint_job, "every 600", 30, 3, 1},
    {"store.scrub", store_scrub_job, "every 30",    30, 3, 1},
    {"store.retention", store_retention_job, "daily 04:20 Etc/UTC", 30, 3, 1},
    {"store.compact", store_compact_job, "daily 05:10 Etc/UTC", 30, 3, 1},
    {"coverage.count", coverage_count_job, "every 30", 30, 5, 1},
    /* ---- the jobs themselves ---- */
    {"job.purge",    purge_job, "daily 03:40 Etc/UTC", 30, 3, 1},
    {NULL, NULL, NULL, 0, 0, 0},
};
/* clang-format on */

static bool
role_parse(const char *word, size_t n, unsigned *roles)
{
    static const char *const NAMES[ROLES] = {
        [ROLE_WORKER] = "worker", [ROLE_LOADER] = "loader", [ROLE_WEB] = "web"};

    for (unsigned i = 0; i < ROLES; i++) {
        if (strlen(NAMES[i]) != n || strncmp(word, NAMES[i], n) != 0)
            continue;
        *roles |= 1u << i;
        return true;
    }
    return false;
}

bool
roles_parse(const char *text, unsigned *roles)
{
    *roles = 0;
    for (;;) {
        size_t n = strcspn(text, ",");

        if (!role_parse(text, n, roles))
            return false;
        if (text[n] == '\0')
            return true;
        text += n + 1;
    }
}

/* Everything else is the worker's. */
static const char *const LOADER_KINDS[] = {"inbox.watch", "inbox.load"};

static unsigned
role_of(const char *kind)
{
    for (size_t i = 0; i < sizeof LOADER_KINDS / sizeof *LOADER_KINDS; i++) {
        if (str_eq(LOADER_KINDS[i], kind))
            return ROLE_LOADER;
    }
    return ROLE_WORKER;
}

struct job_kind *
jobs_of(unsigned roles)
{
    struct job_kind *to = mem_new(sizeof JOBS);
    size_t n = 0;

    for (const struct job_kind *k = JOBS; k->kind; k++) {
        if (roles & 1u << role_of(k->kind))
            to[n++] = *k;
    }
    return to; /* zeroed: the row after the last has no kind */
}
