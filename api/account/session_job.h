/* SPDX-License-Identifier: Apache-2.0 */
/* Forgets sessions that have ended, failed sign-ins and old devices. */
#ifndef MH_ACCOUNT_SESSION_JOB_H
#define MH_ACCOUNT_SESSION_JOB_H

#include "server/job/runner.h"

enum job_rc session_purge_job(struct job *j);

#endif
