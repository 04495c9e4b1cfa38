/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done to a store while it is disturbed: a list of steps, drawn from a
 * seed.  Each is done by the product's own functions, can be repeated after it
 * was cut off, and is promised once it returned true.
 */
#ifndef MH_TESTS_CRASH_WORK_H
#define MH_TESTS_CRASH_WORK_H

#include <stdbool.h>
#include <stdint.h>

#define WORK_STEPS 20
#define WORK_FILES 24

enum step_kind {
    STEP_CREATE,     /* makes the store, or brings an old one up to date */
    STEP_LOAD,       /* files `a` to `b` */
    STEP_UNLOAD,     /* file `a` */
    STEP_CHECKPOINT, /* logs into files */
    STEP_BACKUP,     /* number `a` */
    STEP_RESTORE,    /* number `a` */
    STEP_ACCOUNT,    /* person `a` */
    STEP_SIGN_IN,    /* person `a` with browser `b` */
    STEP_REVOKE,     /* that session */
    STEP_LOCK,       /* person `a` is locked out */
    STEP_COMPACT,    /* month `a` of the two that there are is rewritten */
    STEP_RETENTION,  /* the first of them is dropped */
    STEP_SCRUB,      /* all is read, and nothing found */
    STEP_COUNT
};
extern const char *const STEP_NAME[STEP_COUNT];

struct step {
    enum step_kind kind;
    int a, b;
};

struct work {
    struct step step[WORK_STEPS];
    int n;
    int old; /* steps of the schema that the store has before; 0: no store */
    const char *file[WORK_FILES];
    int files;
};

/* Draws steps; the files must be set. */
void work_draw(struct work *w, uint64_t *seed);
/* Every kind of step once, in an order that gives each something to do. */
void work_core(struct work *w);
/* What stands before the first step below the folder `data`. */
bool work_before(const struct work *w, const char *data, char why[512]);
/* One step; false and `why` when it failed. */
bool work_step(const struct work *w, int at, const char *data, char why[512]);
/* The store of a data folder, for db_open. */
void work_store(const char *data, char to[512]);

#endif
