/* SPDX-License-Identifier: Apache-2.0 */
/* The counting job: nothing to do is one cheap look. */
#include "api/admin/coverage_job.h"

#include <stdio.h>

#include "db/coverage.h"

#define LOCK_SECONDS 30

static bool
go_on(void *arg)
{
    struct job *j = arg;

    return !job_should_stop(j) && job_is_held(j);
}

enum job_rc
coverage_count_job(struct job *j)
{
    struct coverage_todo todo;
    int64_t days = 0;
    enum db_rc rc = coverage_rule_set(j->db, (int32_t)j->conf->due_hours,
                                      j->conf->default_zone);

    if (rc == DB_OK)
        rc = coverage_count(j->db, LOCK_SECONDS, go_on, j, &days);
    if (rc == DB_OK)
        rc = coverage_todo_get(j->db, &todo);
    if (rc != DB_OK) {
        snprintf(j->note, sizeof j->note, "%lld days counted; %.400s",
                 (long long)days, db_error(j->db));
        return JOB_LATER;
    }
    snprintf(j->note, sizeof j->note, "%lld days counted", (long long)days);
    return todo.days > 0 ? JOB_AGAIN : JOB_DONE;
}
