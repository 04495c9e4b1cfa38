/* SPDX-License-Identifier: Apache-2.0 */
/* The scrub as a job: one step of it, when the pace of setting scrub_days asks
 * for it. */
#ifndef MH_ADMIN_SCRUB_JOB_H
#define MH_ADMIN_SCRUB_JOB_H

#include "db/scrub.h"
#include "server/job/runner.h"

enum job_rc store_scrub_job(struct job *j);
/* A pass has come to its end: the log and the audit log are told. */
void scrub_ended(struct db *db);

#endif
