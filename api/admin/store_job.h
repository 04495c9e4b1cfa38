/* SPDX-License-Identifier: Apache-2.0 */
/* Upkeep of the store's files. */
#ifndef MH_ADMIN_STORE_JOB_H
#define MH_ADMIN_STORE_JOB_H

#include "server/job/runner.h"

/* Moves the store's write-ahead logs into its files, so that they stay small.
 */
enum job_rc store_checkpoint_job(struct job *j);
/* Drops months that are older than setting `keep` says. */
enum job_rc store_retention_job(struct job *j);

/* Rewrites months that ended compact_days ago, one a step. */
enum job_rc store_compact_job(struct job *j);

#endif
