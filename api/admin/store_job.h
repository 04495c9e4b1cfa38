/* SPDX-License-Identifier: Apache-2.0 */
/* Moves the store's write-ahead logs into its files, so that they stay small.
 */
#ifndef MH_ADMIN_STORE_JOB_H
#define MH_ADMIN_STORE_JOB_H

#include "server/job/runner.h"

enum job_rc store_checkpoint_job(struct job *j);

#endif
