/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs work in child processes that are disturbed, and judges what is left.
 *
 * The undisturbed work is done once: its store is kept as a copy before each
 * step, with a digest of what it says.  After a disturbance in step k the store
 * must say what it said before or after that step (or after some of the files
 * of that step), be sound, and after the rest of the work say what the
 * undisturbed one says.  That is: nothing promised is lost, nothing is there
 * twice or by half.  A month that was being rewritten is so whole or not at
 * all, and one that was dropped stays dropped.
 */
#ifndef MH_TESTS_CRASH_RIG_H
#define MH_TESTS_CRASH_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/hash.h"
#include "tests/crash/fault_vfs.h"
#include "tests/crash/work.h"

#define RIG_BETWEEN 8    /* states inside one step */
#define RIG_KNOWN   4096 /* states that were judged */

/* How the rows of all months lie, those of committed loads alone. */
struct rig_form {
    int month_rows, day_rows;
};

/* What parent and child both see. */
struct rig_shared {
    int done; /* steps that were promised */
    char why[512];
    char said[SHA256_HEX];
    bool shut; /* a restore was cut off */
    bool none; /* there is no store, or one of an older schema */
    int going; /* months that are to be dropped */
    struct rig_form form;
    long calls;
};

struct rig {
    const char *program; /* meterhouse, to generate files */
    char scratch[200], data[256];
    uint64_t seed;
    struct work w;
    char state[WORK_STEPS + 1][SHA256_HEX]; /* before step k */
    char between[WORK_STEPS][RIG_BETWEEN][SHA256_HEX];
    int n_between[WORK_STEPS];
    struct rig_form form[WORK_STEPS + 1];
    char backup[2][SHA256_HEX]; /* what it gives back */
    long calls[WORK_STEPS];     /* that change files, from step k to the end */
    struct rig_shared *sh;
    bool judged_once; /* what it leaves, so everything is looked at */
    bool steady;      /* what is drawn at random is the same in each child */
    char known[RIG_KNOWN][SHA256_HEX];
    char what[300]; /* the disturbance, for people */
    char why[700];  /* the first thing that does not hold */
};

/* How a child is disturbed. */
struct disturbance {
    const char *kinds; /* of the shim; NULL: it only runs */
    const char *error;
    long nth;
    bool ever;
    const char *log;      /* record changes there */
    struct vfs_plan vfs;  /* the other way to fail */
    double kill_after;    /* seconds; 0: not */
    bool deliberate_kill; /* SIGKILL is what was wanted */
    bool may_abort;       /* memory was out */
};

/* Makes the files and the shared memory. */
bool rig_open(struct rig *r, const char *program, const char *scratch,
              uint64_t seed);
/* Draws new work (or the core steps) and does it undisturbed. */
bool rig_work(struct rig *r, bool core);
/* Puts the store as it was before that step in place. */
bool rig_place(struct rig *r, int step);
/*
 * Runs steps `from` to before `to` in a child.  True when it ended in a way
 * that the disturbance allows: 0 when all were promised, 1 when one failed with
 * a reason, 2 when it was killed or aborted.  r->sh->done says how many steps
 * were promised.
 */
bool
rig_run(struct rig *r, int from, int to, const struct disturbance *d, int *how);
/* Judges the store: it must say what stood before step `done`, or (unless
 * `exact`) after it or between. */
bool rig_look(struct rig *r, int done, bool exact);
/*
 * Was a store of the very same bytes, left by the same step ending the same
 * way, judged before and found good?  Fills `left` for rig_know, which says so.
 */
bool rig_known(struct rig *r, int at, int how, char left[SHA256_HEX]);
void rig_know(struct rig *r, const char left[SHA256_HEX]);
/* Does the rest of the work, undisturbed; the end must be the usual end. */
bool rig_finish(struct rig *r, int done);
bool rig_wrong(struct rig *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Names the disturbance, or says `more` of it. */
void rig_what(struct rig *r, bool more, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool rig_remove(struct rig *r, const char *folder);
/* Makes `to` a copy of the folder `from`, in place of what it was. */
bool rig_copy(struct rig *r, const char *from, const char *to);
/* Runs a shell line. */
bool rig_shell(struct rig *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
