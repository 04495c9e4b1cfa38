/* SPDX-License-Identifier: Apache-2.0 */
/* The jobs of the inbox: one looks which senders have files, one loads a
 * sender's files. */
#ifndef MH_FEED_INBOX_JOB_H
#define MH_FEED_INBOX_JOB_H

#include "server/job/runner.h"

/* Asks for inbox_load_job for every sender who has complete files. */
enum job_rc inbox_watch_job(struct job *j);
/* Loads complete files of the sender whose DUNS is the key. */
enum job_rc inbox_load_job(struct job *j);

#endif
