/* SPDX-License-Identifier: Apache-2.0 */
/* Every background job of the product: one table, one row a kind. */
#ifndef MH_API_JOBS_H
#define MH_API_JOBS_H

#include "api/commands.h"
#include "server/job/runner.h"

extern const struct job_kind JOBS[]; /* ended by a row with no kind */

/* What one `serve` does; a kind of job belongs to the worker or the loader. */
enum { ROLE_WORKER = 0, ROLE_LOADER = 1, ROLE_WEB = 2, ROLES };
#define ROLES_ALL ((1u << ROLES) - 1)
/* "web,worker,loader" to a set of bits 1 << ROLE_…; false for anything else. */
bool roles_parse(const char *text, unsigned *roles);
/* The rows of JOBS that these roles run, ended like it; free() them. */
struct job_kind *jobs_of(unsigned roles);

/* Threads of the runner inside `serve`. */
#define JOB_THREADS 2

enum cmd_rc jobs_list_cmd(struct cmd *c);
enum cmd_rc jobs_run_cmd(struct cmd *c);

#endif
