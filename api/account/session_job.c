/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the tables of sessions small; running it twice does no harm. */
#include "api/account/session_job.h"

#include "db/session.h"
#include "server/base/clock.h"

enum job_rc
session_purge_job(struct job *j)
{
    return db_session_purge(j->db, clock_now()) == DB_OK ? JOB_DONE : JOB_LATER;
}
