/* SPDX-License-Identifier: Apache-2.0 */
/* Counts completeness anew where it could not be added up. */
#ifndef MH_ADMIN_COVERAGE_JOB_H
#define MH_ADMIN_COVERAGE_JOB_H

#include "server/job/runner.h"

enum job_rc coverage_count_job(struct job *j);

#endif
