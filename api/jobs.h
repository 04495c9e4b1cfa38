/* SPDX-License-Identifier: Apache-2.0 */
/* Every background job of the product: one table, one row a kind. */
#ifndef MH_API_JOBS_H
#define MH_API_JOBS_H

#include "api/commands.h"
#include "server/job/runner.h"

extern const struct job_kind JOBS[]; /* ended by a row with no kind */

/* Threads of the runner inside `serve`. */
#define JOB_THREADS 2

enum cmd_rc jobs_list_cmd(struct cmd *c);
enum cmd_rc jobs_run_cmd(struct cmd *c);

#endif
