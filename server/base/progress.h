/* SPDX-License-Identifier: Apache-2.0 */
/* A progress bar: one line that is drawn again on a terminal, a line each
 * tenth elsewhere.  May be set from many threads. */
#ifndef MH_BASE_PROGRESS_H
#define MH_BASE_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
    FILE *to;            /* NULL: says nothing */
    const char *what;    /* "loading" */
    int64_t total, done; /* in `unit` */
    const char *unit;    /* "records", "bytes": bytes print as MB */
    double since, drawn;
    int tenths; /* printed so far, off a terminal */
    bool terminal;
    pthread_mutex_t lock;
};

void progress_init(struct progress *p, FILE *to, const char *what,
                   int64_t total, const char *unit);
/* Adds to what is done; draws at most ten times a second. */
void progress_add(struct progress *p, int64_t n);
/* Draws the end and moves to the next line. */
void progress_clear(struct progress *p);

#endif
