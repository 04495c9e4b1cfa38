/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The leases that this program holds, renewed by a thread of their own while
 * the jobs run, however long a step takes.
 */
#ifndef MH_JOB_LEASE_H
#define MH_JOB_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/job/runner.h"

struct lease {
    int64_t job_id;
    int64_t seconds;
    struct lease *next;
    _Atomic bool lost;
};

struct lease_keeper;
/* `owner` must outlive it. */
struct lease_keeper *
lease_keeper_start(const struct runner_app *app, const char *owner);
void lease_keeper_stop(struct lease_keeper *k);
/* Keeps a lease that was just taken, until lease_drop. */
void lease_keep(struct lease_keeper *k, struct lease *l);
void lease_drop(struct lease_keeper *k, struct lease *l);

#endif
