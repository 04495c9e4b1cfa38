/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one runner of background work.
 *
 * A kind of job is a row of a table (api/jobs.c): a function, a schedule, a
 * lease, retries.  A job is a row of the store (db/job.h).  The runner takes a
 * job that is due, holds its lease while the function runs, and writes down how
 * it went.  A job may run twice (the program may die after the work and before
 * the note), so functions are idempotent, and they are small: one file, one
 * chunk.
 */
#ifndef MH_JOB_RUNNER_H
#define MH_JOB_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "db/job.h"
#include "server/base/arena.h"
#include "server/base/conf.h"

struct job;

enum job_rc {
    JOB_DONE,   /* a scheduled job waits for its next time */
    JOB_AGAIN,  /* went well, and there is more to do, at again_utc */
    JOB_LATER,  /* could not be done now: tried again, later each time */
    JOB_FAILED, /* trying again would not help */
};

struct job_kind {
    const char *kind; /* "inbox.watch" */
    enum job_rc (*fn)(struct job *j);
    const char *schedule; /* cron.h; NULL: when asked for */
    int lease_seconds;    /* a dead program's job is taken over
                             after that long */
    int retries;          /* then it is given up */
    int at_once;          /* in one program; 0: any number */
};

/* What a job's function gets. */
struct job {
    const struct job_kind *kind;
    const char *key, *argument;
    int64_t attempt; /* 1 at the first try */
    struct db *db;   /* of this thread */
    const struct conf *conf;
    struct arena *arena; /* ends with the step */
    int64_t again_utc;   /* set by the function, by clock_now: when to
                            run again, within two hours (a day where
                            the schedule is daily); 0: at once after
                            JOB_AGAIN, by the schedule after JOB_DONE */
    char note[512];      /* set by the function: how it went */
    struct runner *runner;
    struct lease *lease;
};

/* The program is about to end: come to a point that can be gone on from and
 * return JOB_AGAIN. */
bool job_should_stop(const struct job *j);
/* False once the lease was lost: somebody else may be at the same work. */
bool job_is_held(const struct job *j);
/* UTC seconds by the clock that jobs become due by, which all programs of a
 * store share; this program's own may differ. */
int64_t job_now(const struct job *j);

struct runner_app {
    const struct conf *conf;
    const struct job_kind *kinds; /* ended by a row with no kind */
    int threads;
    struct db *(*open)(void *arg); /* a store handle for one thread */
    void (*close)(struct db *db);
    void *arg;
    /* The time that all programs at this store share (db_job_clock); NULL:
     * clock_now. */
    enum db_rc (*clock)(struct db *db, int64_t *utc);
};

/* Notes the schedules in the store and starts the threads; NULL with the
 * reason in `why`. */
struct runner *runner_start(const struct runner_app *app, char why[512]);
/* Looks for work at once: a job was added. */
void runner_wake(struct runner *r);
/* Lets running jobs end their step, at most `seconds`; false when one would
 * not, and the process should exit. */
bool runner_stop(struct runner *r, double seconds);

struct runner_tally {
    int64_t done, later, failed;
};
/* Runs everything that is due when it begins, and what those jobs ask for, in
 * this thread, and returns; jobs to be tried again later are left.  False with
 * the reason in `why` when the store fails. */
bool runner_until_idle(const struct runner_app *app, struct runner_tally *t,
                       char why[512]);

#endif
