/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disturbs the store in every way and looks at what is left:
 *
 *   fault PROGRAM SCRATCH kills N SEED    killed at a call or a moment, every
 *                                         fourth time again while recovering
 *   fault PROGRAM SCRATCH images N SEED   power cuts
 *   fault PROGRAM SCRATCH sweep WHAT SEED [FIRST-LAST]
 * *
 * WHAT: io (the shim: EIO and ENOSPC), short, vfs (SQLite's own codes), memory;
 * WHAT-STEP for one kind of step, WHAT-one for the load of one file.  Prints
 * TAP, and lines
 * "# figure KIND N" for whoever adds them up; "# next N" says where a sweep
 * that was cut short goes on (0: it was whole).
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/base/clock.h"
#include "server/base/str.h"
#include "tests/crash/power.h"
#include "tests/crash/rig.h"
#include "tests/crash/shim.h"

#define KILLS_A_WORK  40
#define IMAGES_A_WORK 60

struct totals {
    long once, twice, late;  /* kills */
    long images, second;     /* power cuts, and those while recovering */
    long runs, failed, died; /* of a sweep */
    long known;              /* left what another left */
    long works;
    long at, begin; /* place in a sweep; where to begin */
    double until;   /* on the clock, when to stop; 0: at the end */
    bool cut;       /* it came */
};

/* ---- kills -----------------------------------------------------------------
 */

/* Runs from that step on and kills it; *landed: it was not done before. */
static bool
kill_from(struct rig *r, int from, long most, bool *landed)
{
    struct disturbance d = {.deliberate_kill = true};
    int how;

    if (power_dice(&r->seed, 4)) {
        d.kinds = "files";
        d.error = "KILL";
        d.nth = 1 + (long)power_dice(&r->seed, (uint64_t)most);
        rig_what(r, true, " killed at call %ld from step %d", d.nth, from);
    } else {
        d.kill_after = 0.0001 + (double)power_dice(&r->seed, 1000) * 1e-6 *
                                    (double)(most < 100 ? 10 : most / 10);
        rig_what(r, true, " killed after %.4f s from step %d", d.kill_after,
                 from);
    }
    if (!rig_run(r, from, r->w.n, &d, &how))
        return false;
    *landed = how == 2;
    if (how == 1)
        return rig_wrong(r, "failed before it was killed: %s", r->sh->why);
    return true;
}

static bool
kill_round(struct rig *r, long number, struct totals *t)
{
    int from = power_dice(&r->seed, 3)
                   ? (int)power_dice(&r->seed, (uint64_t)r->w.n)
                   : 0;
    bool landed;
    int done;

    rig_what(r, false, "%s", "");
    if (!rig_place(r, from) || !kill_from(r, from, r->calls[from], &landed))
        return false;
    done = r->sh->done;
    t->late += !landed;
    if (landed && number % 4 == 3 && done < r->w.n) {
        bool again;
        long most = power_dice(&r->seed, 2) ? 40 : r->calls[done];

        /* Nobody looks in between: looking would put it right. */
        if (!kill_from(r, done, most, &again))
            return false;
        done = r->sh->done;
        t->twice += again;
        t->once += !again;
    } else {
        t->once += landed;
    }
    return rig_look(r, done, false) && rig_finish(r, done);
}

static bool
kills(struct rig *r, long n, struct totals *t)
{
    for (long i = 0; t->once + t->twice < n; i++) {
        if (i % KILLS_A_WORK == 0) {
            t->works++;
            rig_what(r, false, "making work %ld", t->works);
            if (!rig_work(r, false))
                return false;
        }
        if (!kill_round(r, i, t))
            return false;
    }
    return true;
}

/* ---- power cuts -------------------------------------------------------------
 */

static int
by_number(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return (x > y) - (x < y);
}

/* Half of the cuts fall next to a sync, where promises are made. */
static void
draw_cuts(struct rig *r, const struct power *p, size_t *cut, int n)
{
    size_t changes = power_changes(p);

    for (int i = 0; i < n; i++) {
        size_t at = power_dice(&r->seed, changes + 1);

        if (power_dice(&r->seed, 2)) {
            while (at < changes && !power_is_sync(p, at))
                at++;
            at += power_dice(&r->seed, 2);
        }
        cut[i] = at > changes ? changes : at;
    }
    qsort(cut, (size_t)n, sizeof *cut, by_number);
}

/* Records steps `from` to `to` on what is in place; the copy before it is
 * `before`. */
static struct power *
record(struct rig *r, const char *before, int from, int to)
{
    char log[256], why[512];
    struct disturbance d = {.log = log};
    struct power *p;
    int how;

    snprintf(log, sizeof log, "%s/log", r->scratch);
    if (!rig_run(r, from, to, &d, &how))
        return NULL;
    if (how != 0) {
        rig_wrong(r, "while recording: %s", r->sh->why);
        return NULL;
    }
    p = power_open(before, r->data, log, why);
    if (!p)
        rig_wrong(r, "%s", why);
    return p;
}

static bool
image_place(struct rig *r, struct power *p, size_t cut)
{
    char why[512], what[128];

    if (!power_go(p, cut, why))
        return rig_wrong(r, "%s", why);
    if (!rig_remove(r, r->data))
        return false;
    if (!power_image(p, &r->seed, r->data, what))
        return rig_wrong(r, "the image cannot be made");
    rig_what(r, true, " %s", what);
    return true;
}

/* The power goes again while what it left is put right. */
static bool
second_cut(struct rig *r, int *done)
{
    char before[256];
    struct power *p;
    int to = *done + 2 < r->w.n ? *done + 2 : r->w.n;
    bool ok;

    snprintf(before, sizeof before, "%s/second", r->scratch);
    if (!rig_copy(r, r->data, before))
        return false;
    p = record(r, before, *done, to);
    if (!p)
        return false;
    ok = image_place(r, p, power_dice(&r->seed, power_changes(p) + 1));
    *done += power_marks(p);
    power_close(p);
    return ok;
}

static bool
image_round(struct rig *r, struct power *p, int from, size_t cut,
            struct totals *t)
{
    int done;

    rig_what(r, false, "from step %d:", from);
    if (!image_place(r, p, cut))
        return false;
    done = from + power_marks(p);
    t->images++;
    if (power_dice(&r->seed, 8) == 0 && done < r->w.n) {
        t->second++;
        if (!second_cut(r, &done))
            return false;
    }
    if (!rig_look(r, done, false))
        return false;
    return power_dice(&r->seed, 3) || rig_finish(r, done);
}

static bool
images_of_work(struct rig *r, long n, struct totals *t)
{
    size_t cut[IMAGES_A_WORK];
    int from = power_dice(&r->seed, 2)
                   ? (int)power_dice(&r->seed, (uint64_t)r->w.n)
                   : 0;
    char before[256];
    struct power *p;
    bool ok = true;

    snprintf(before, sizeof before, "%s/before%d", r->scratch, from);
    if (!rig_place(r, from))
        return false;
    p = record(r, before, from, r->w.n);
    if (!p)
        return false;
    draw_cuts(r, p, cut, IMAGES_A_WORK);
    for (int i = 0; i < IMAGES_A_WORK && ok && t->images < n; i++)
        ok = image_round(r, p, from, cut[i], t);
    power_close(p);
    return ok;
}

static bool
images(struct rig *r, long n, struct totals *t)
{
    while (t->images < n) {
        t->works++;
        rig_what(r, false, "making work %ld", t->works);
        if (!rig_work(r, false) || !images_of_work(r, n, t))
            return false;
    }
    return true;
}

/* ---- sweeps -----------------------------------------------------------------
 */

static const struct sweep {
    const char *what;
    struct disturbance d;
} SWEEPS[] = {
    {"io", {.kinds = "files,read", .error = "EIO"}},
    {"io", {.kinds = "files,read", .error = "EIO", .ever = true}},
    {"io", {.kinds = "open,write,truncate,mkdir,rename", .error = "ENOSPC"}},
    {"io",
     {.kinds = "open,write,truncate,mkdir,rename",
      .error = "ENOSPC",
      .ever = true}},
    {"sync", {.kinds = "sync", .error = "EIO"}},
    {"sync", {.kinds = "sync", .error = "EIO", .ever = true}},
    {"short", {.kinds = "write", .error = "SHORT"}},
    {"short", {.kinds = "write", .error = "SHORT", .ever = true}},
    {"vfs", {.vfs = {.calls = ~0u, .fault = VFS_IOERR}}},
    {"vfs", {.vfs = {.calls = ~0u, .fault = VFS_IOERR}, .ever = true}},
    {"vfs",
     {.vfs = {.calls = 1u << VFS_OPEN | 1u << VFS_WRITE | 1u << VFS_TRUNCATE,
              .fault = VFS_FULL}}},
    {"vfs",
     {.vfs = {.calls = 1u << VFS_OPEN | 1u << VFS_WRITE | 1u << VFS_TRUNCATE,
              .fault = VFS_FULL},
      .ever = true}},
    {"memory", {.kinds = "malloc", .error = "ENOMEM", .may_abort = true}},
    {"memory",
     {.kinds = "malloc", .error = "ENOMEM", .may_abort = true, .ever = true}},
};
#define N_SWEEPS (sizeof SWEEPS / sizeof *SWEEPS)

/* The store is whole and the step can be done afterwards. */
static bool
sweep_look(struct rig *r, int at, int how)
{
    bool ok;

    if (!rig_look(r, at + (how == 0), how == 0))
        return false;
    if (how == 0)
        return true;
    r->steady = false; /* the second time is another time */
    ok = rig_run(r, at, at + 1, NULL, &how);
    r->steady = true;
    if (!ok)
        return false;
    return how == 0 ? rig_look(r, at + 1, true)
                    : rig_wrong(r, "afterwards: %s", r->sh->why);
}

/* One failure in one step: the end must be honest, and what it left good.
 * Most leave the very bytes that another left before. */
static bool
sweep_one(struct rig *r, int at, struct disturbance *d, struct totals *t)
{
    char left[SHA256_HEX];
    int how;

    if (!rig_place(r, at) || !rig_run(r, at, at + 1, d, &how))
        return false;
    t->runs++;
    t->failed += how == 1;
    t->died += how == 2;
    if (how == 1 && !r->sh->why[0])
        return rig_wrong(r, "it failed without a word");
    if (rig_known(r, at, how, left)) {
        t->known++;
        return true;
    }
    if (!sweep_look(r, at, how))
        return false;
    rig_know(r, left);
    return true;
}

static bool
sweep_step(struct rig *r, int at, const struct sweep *s, struct totals *t)
{
    struct disturbance d = s->d;
    long calls;
    int how;

    d.nth = 0;
    if (!rig_place(r, at) || !rig_run(r, at, at + 1, &d, &how))
        return false;
    calls = r->sh->calls;
    for (d.nth = 1; d.nth <= calls; d.nth++) {
        if (t->at < t->begin) {
            t->at++;
            continue;
        }
        if (t->until > 0 && clock_monotonic() > t->until) {
            t->cut = true;
            return true;
        }
        t->at++;
        rig_what(r, false, "%s %s, call %ld of %ld fails%s: %s", s->what,
                 STEP_NAME[r->w.step[at].kind], d.nth, calls,
                 d.ever ? " and all after it" : "",
                 d.error       ? d.error
                 : d.vfs.fault ? "SQLITE_FULL"
                               : "SQLITE_IOERR");
        if (!sweep_one(r, at, &d, t))
            return false;
    }
    return true;
}

/* "io"; "io-load" for one kind of step; "io-one" for the last step, which is
 * the load of one file. */
static bool
sweep_has(const struct rig *r, const char *what, const struct sweep *s, int at)
{
    size_t n = strlen(s->what);
    const char *step = what + n + 1;

    if (strncmp(what, s->what, n) != 0)
        return false;
    if (what[n] != '-')
        return !what[n];
    return str_eq(step, "one") ? at == r->w.n - 1
                               : str_eq(step, STEP_NAME[r->w.step[at].kind]);
}

static bool
sweep(struct rig *r, const char *what, struct totals *t)
{
    bool any = false;

    t->works = 1;
    rig_what(r, false, "making the core work");
    if (!rig_work(r, true))
        return false;
    r->steady = r->judged_once = true;
    for (int at = 0; at < r->w.n; at++) {
        for (size_t i = 0; i < N_SWEEPS; i++) {
            if (!sweep_has(r, what, &SWEEPS[i], at))
                continue;
            any = true;
            if (!t->cut && !sweep_step(r, at, &SWEEPS[i], t))
                return false;
        }
    }
    if (!any)
        return rig_wrong(r, "there is no sweep %s", what);
    /* a checkpoint with nothing to do syncs nothing */
    if (!t->runs && !t->cut && !t->begin)
        return str_ends(what, "-checkpoint") ||
               rig_wrong(r, "%s makes no such calls", what);
    return t->begin > 0 || t->cut || t->failed + t->died > 0 ||
           str_starts(what, "short") || rig_wrong(r, "no fault had an effect");
}

/* ---- the program ------------------------------------------------------------
 */

/* The shim must be there from the start. */
static void
load_shim(char **argv)
{
    char path[4096];
    const char *slash = strrchr(argv[0], '/');

    if (fault_arm) {
        unsetenv("LD_PRELOAD");
        return;
    }
    snprintf(path, sizeof path, "%.*s/faultshim.so",
             slash ? (int)(slash - argv[0]) : 1, slash ? argv[0] : ".");
    if (getenv("LD_PRELOAD") || access(path, R_OK) != 0) {
        fprintf(stderr, "fault: %s cannot be loaded\n", path);
        exit(2);
    }
    setenv("LD_PRELOAD", path, 1);
    setenv("MH_CLOCK", "2026-04-01T12:00:00Z", 1);
    execv(argv[0], argv);
    perror(argv[0]);
    exit(2);
}

static void
report(const char *mode, const char *count, const struct rig *r,
       const struct totals *t, const char *seed, bool ok)
{
    const char *no = ok && !r->why[0] ? "" : "not ";

    if (str_eq(mode, "kills")) {
        printf("%sok 1 - %ld kills, %ld of them once more while recovering, "
               "over %ld works\n",
               no, t->once + t->twice, t->twice, t->works);
        printf("# figure kills.once %ld\n# figure kills.double %ld\n", t->once,
               t->twice);
    } else if (str_eq(mode, "images")) {
        printf("%sok 1 - %ld power cuts, %ld of them again while recovering, "
               "over %ld works\n",
               no, t->images, t->second, t->works);
        printf("# figure images %ld\n# figure images.double %ld\n", t->images,
               t->second);
    } else {
        printf("%sok 1 - sweep %s: %ld faults, %ld failed with a reason, %ld "
               "ended, %ld left the bytes of another\n",
               no, count, t->runs, t->failed, t->died, t->known);
        printf("# figure sweep.%s %ld\n# next %ld\n", count, t->runs,
               r->why[0] ? (t->at > 0 ? t->at - 1 : 0)
               : t->cut  ? t->at
                         : 0);
    }
    printf("# figure works %ld\n", t->works);
    if (r->why[0])
        printf("# seed %s, %s: %s\n", seed, r->what, r->why);
}

int
main(int argc, char **argv)
{
    static struct rig r;
    struct totals t = {0};
    bool ok;

    if (argc < 6) {
        fprintf(stderr, "usage: fault PROGRAM SCRATCH kills|images N SEED\n"
                        "       fault PROGRAM SCRATCH sweep WHAT SEED\n");
        return 2;
    }
    load_shim(argv);
    if (argc > 6)
        t.begin = atol(argv[6]);
    if (argc > 7)
        t.until = clock_monotonic() + atof(argv[7]);
    ok = rig_open(&r, argv[1], argv[2], strtoull(argv[5], NULL, 10));
    if (ok && str_eq(argv[3], "kills"))
        ok = kills(&r, atol(argv[4]), &t);
    else if (ok && str_eq(argv[3], "images"))
        ok = images(&r, atol(argv[4]), &t);
    else if (ok)
        ok = sweep(&r, argv[4], &t);
    report(argv[3], argv[4], &r, &t, argv[5], ok);
    return ok ? 0 : 1;
}
