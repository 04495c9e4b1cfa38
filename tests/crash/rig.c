/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/crash/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "db/backup.h"
#include "db/gate.h"
#include "db/reading.h"
#include "db/reading_home.h"
#include "db/store.h"
#include "server/base/arena.h"
#include "server/base/buf.h"
#include "server/base/file.h"
#include "server/base/log.h"
#include "server/base/str.h"
#include "server/base/tz.h"
#include "tests/crash/power.h"
#include "tests/crash/shim.h"
#include "tests/crash/tell.h"

#define CHILD_SECONDS 120 /* longer than any wait inside the product */

extern long restore_grace_ms;

bool
rig_wrong(struct rig *r, const char *format, ...)
{
    char text[600];
    va_list ap;

    if (r->why[0])
        return false;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    snprintf(r->why, sizeof r->why, "%s", text);
    return false;
}

void
rig_what(struct rig *r, bool more, const char *format, ...)
{
    size_t at = more ? strlen(r->what) : 0;
    va_list ap;

    va_start(ap, format);
    vsnprintf(r->what + at, sizeof r->what - at, format, ap);
    va_end(ap);
}

bool
rig_shell(struct rig *r, const char *format, ...)
{
    char line[2000];
    va_list ap;

    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    return system(line) == 0 || rig_wrong(r, "failed: %.400s", line);
}

/* ---- children --------------------------------------------------------------
 */

struct child {
    struct rig *r;
    int from, to;
    const struct disturbance *d;
    const char *data;
};

static void
arm(const struct rig *r, const struct disturbance *d)
{
    struct vfs_plan vfs;
    char nth[24];

    if (!d)
        return;
    vfs = d->vfs;
    vfs.nth = d->nth;
    vfs.ever = d->ever;
    snprintf(nth, sizeof nth, "%ld", d->nth);
    setenv("FAULT_ROOT", r->data, 1);
    setenv("FAULT_KINDS", d->kinds ? d->kinds : "", 1);
    setenv("FAULT_NTH", nth, 1);
    setenv("FAULT_EVER", d->ever ? "1" : "0", 1);
    setenv("FAULT_ERROR", d->error ? d->error : "EIO", 1);
    setenv("FAULT_LOG", d->log ? d->log : "", 1);
    fault_vfs_arm(&vfs);
    fault_arm();
}

static void
count(struct rig *r, const struct disturbance *d)
{
    long hits;

    if (d && d->vfs.calls)
        r->sh->calls = fault_vfs_calls();
    else
        fault_counts(&r->sh->calls, &hits);
}

static void
steady_bytes(void *to, size_t n)
{
    static unsigned char seed[randombytes_SEEDBYTES];
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_lock(&lock);
    sodium_increment(seed, sizeof seed);
    randombytes_buf_deterministic(to, n, seed);
    pthread_mutex_unlock(&lock);
}

static uint32_t
steady_number(void)
{
    uint32_t n;

    steady_bytes(&n, sizeof n);
    return n;
}

static const char *
steady_name(void)
{
    return "steady";
}

/* From here on chance is the same in each child. */
static void
steady(void)
{
    static struct randombytes_implementation same = {
        .implementation_name = steady_name,
        .random = steady_number,
        .buf = steady_bytes,
    };

    randombytes_set_implementation(&same);
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, 1, NULL);
}

static int
child_work(struct child *c)
{
    struct rig *r = c->r;

    if (r->steady)
        steady();
    arm(r, c->d);
    for (int i = c->from; i < c->to; i++) {
        char why[512];

        if (!work_step(&r->w, i, c->data, why)) {
            snprintf(r->sh->why, sizeof r->sh->why, "%s: %.400s",
                     STEP_NAME[r->w.step[i].kind], why);
            count(r, c->d);
            return 1;
        }
        r->sh->done = i + 1;
        fault_mark("done");
    }
    count(r, c->d);
    return 0;
}

static void
nap(double seconds)
{
    struct timespec t = {.tv_sec = (time_t)seconds};

    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    nanosleep(&t, NULL);
}

/* Runs fn in a child; its wait status. */
static int
in_child(struct rig *r, int (*fn)(struct child *c), struct child *c)
{
    char said[256];
    int status = -1;
    pid_t pid;

    snprintf(said, sizeof said, "%s/said", r->scratch);
    r->sh->why[0] = '\0';
    pid = fork();
    if (pid == 0) {
        int fd = open(said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        dup2(fd, STDERR_FILENO);
        alarm(CHILD_SECONDS);
        c->r = r;
        _exit(fn(c));
    }
    if (c->d && c->d->kill_after > 0) {
        nap(c->d->kill_after);
        kill(pid, SIGKILL);
    }
    while (waitpid(pid, &status, 0) != pid && errno == EINTR)
        continue;
    return status;
}

bool
rig_run(struct rig *r, int from, int to, const struct disturbance *d, int *how)
{
    struct child c = {.from = from, .to = to, .d = d, .data = r->data};
    int status, sig;

    r->sh->done = from;
    r->sh->calls = 0;
    status = in_child(r, child_work, &c);
    *how = WIFEXITED(status) ? WEXITSTATUS(status) : 2;
    if (WIFEXITED(status))
        return *how < 2 || rig_wrong(r, "it ended with %d", *how);
    sig = WTERMSIG(status);
    if ((sig == SIGKILL && d && d->deliberate_kill) ||
        (sig == SIGABRT && d && d->may_abort))
        return true;
    return rig_wrong(r, "it ended by signal %d (%s)", sig, strsignal(sig));
}

/* ---- looking ---------------------------------------------------------------
 */

static void
finding(void *arg, const char *line)
{
    struct rig *r = arg;

    if (!r->sh->why[0])
        snprintf(r->sh->why, sizeof r->sh->why, "check: %.400s", line);
}

/* What the store says, as a digest; `whole`: it must be sound as well. */
static bool
say(struct rig *r, struct db *db, bool whole, char to[SHA256_HEX])
{
    struct buf text = {0};
    char why[512] = "", path[256];
    bool ok = tell_store(db, &text, NULL, why);

    if (ok && whole && db_store_check(db, finding, r) != DB_OK) {
        snprintf(why, sizeof why, "check: %.400s", db_error(db));
        ok = false;
    }
    sha256_hex(to, buf_text(&text), text.len);
    /* To be looked at by people. */
    snprintf(path, sizeof path, "%s/told", r->scratch);
    if (file_write(path, text.at, text.len, 0600))
        buf_clear(&text);
    if (!ok && !r->sh->why[0])
        snprintf(r->sh->why, sizeof r->sh->why, "%.500s", why);
    return ok && !r->sh->why[0];
}

static bool
form_row(void *arg, const struct reading_row *row)
{
    struct rig_form *f = arg;

    if (row->month)
        f->month_rows++;
    else
        f->day_rows++;
    return true;
}

/* How rows lie, and what is to be dropped. */
static bool
look_at_months(struct rig *r, struct db *db)
{
    const struct reading_engine *e = reading_home(db)->engine;
    struct reading_month *going;
    struct reading_months m;
    struct arena a = {0};
    size_t n = 0;
    int32_t floor = 0;
    enum db_rc rc = reading_floor_get(db, &floor);

    r->sh->form = (struct rig_form){0};
    if (rc == DB_OK)
        rc = reading_months_before(db, floor, &a, &going, &n);
    r->sh->going = (int)n;
    if (rc == DB_OK)
        rc = e->months(db, &a, &m);
    for (size_t i = 0; rc == DB_OK && i < m.n; i++) {
        if (m.at[i] >= floor)
            rc = e->scan(db, m.at[i], form_row, &r->sh->form);
    }
    arena_clear(&a);
    if (rc != DB_OK)
        snprintf(r->sh->why, sizeof r->sh->why, "months: %.450s", db_error(db));
    return rc == DB_OK;
}

/* As a reader finds it, before anything is put right. */
static int
look_first(struct rig *r, const char *store)
{
    char why[512] = "";
    struct db *db;
    enum db_rc rc = db_open(store, DB_READ, &db, why);
    bool ok;

    if (rc == DB_OK) {
        ok = say(r, db, false, r->sh->said);
        db_close(db);
        return ok ? 0 : 1;
    }
    r->sh->shut = gate_look(strchr(store, ':') + 1) == GATE_SHUT;
    r->sh->none = rc == DB_NONE || strstr(why, "older") || strstr(why, "empty");
    if (r->sh->shut || r->sh->none)
        return 0;
    snprintf(r->sh->why, sizeof r->sh->why, "opening: %.450s", why);
    return 1;
}

/* The next writer puts right what was cut off; that may not change a word. */
static int
look_again(struct rig *r, const char *store)
{
    char why[512] = "", said[SHA256_HEX];
    struct db *db;
    int64_t rows;
    bool ok = true;

    if (db_open(store, DB_CREATE, &db, why) != DB_OK) {
        snprintf(r->sh->why, sizeof r->sh->why, "opening to write: %.400s",
                 why);
        return 1;
    }
    if (db_writer_lock(db, 5) != DB_OK || reading_recover(db, &rows) != DB_OK) {
        snprintf(r->sh->why, sizeof r->sh->why, "recovery: %.400s",
                 db_error(db));
        ok = false;
    }
    db_writer_unlock(db);
    ok = ok && say(r, db, true, said) && look_at_months(r, db);
    db_close(db);
    if (ok && !str_eq(said, r->sh->said)) {
        snprintf(r->sh->why, sizeof r->sh->why,
                 "recovery changed what is visible");
        ok = false;
    }
    return ok ? 0 : 1;
}

static int
child_look(struct child *c)
{
    struct rig *r = c->r;
    char store[512];
    int rc;

    work_store(c->data, store);
    r->sh->shut = r->sh->none = false;
    rc = look_first(r, store);
    if (rc || r->sh->shut || r->sh->none)
        return rc;
    return look_again(r, store);
}

/* A backup that has its name is whole, and gives back what was there. */
static int
child_backups(struct child *c)
{
    struct rig *r = c->r;

    for (int i = 0; i < 2; i++) {
        struct backup_facts facts;
        char folder[300], again[256], store[300], why[512], said[SHA256_HEX];
        struct db *db;
        bool ok;

        snprintf(folder, sizeof folder, "%s/backup%d", c->data, i);
        if (!file_exists(folder))
            continue;
        snprintf(again, sizeof again, "%s/again", r->scratch);
        snprintf(store, sizeof store, "sqlite:%s/again", r->scratch);
        if (!rig_remove(r, again))
            return 1;
        ok = db_restore(store, folder, 5, &facts, why) == DB_OK &&
             db_open(store, DB_READ, &db, why) == DB_OK;
        if (!ok) {
            snprintf(r->sh->why, sizeof r->sh->why, "backup %d: %.450s", i,
                     why);
            return 1;
        }
        ok = say(r, db, true, said);
        db_close(db);
        if (!ok)
            return 1;
        if (!r->backup[i][0]) {
            str_copy(r->sh->said, SHA256_HEX, said);
            return 0;
        }
        if (!str_eq(said, r->backup[i])) {
            snprintf(r->sh->why, sizeof r->sh->why,
                     "backup %d gives back something else", i);
            return 1;
        }
    }
    return 0;
}

/* In a child; its failure becomes ours. */
static bool
looked(struct rig *r, int (*fn)(struct child *c))
{
    struct child c = {.data = r->data};
    int status = in_child(r, fn, &c);

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFSIGNALED(status))
        return rig_wrong(r, "looking at it ended by signal %d",
                         WTERMSIG(status));
    return rig_wrong(r, "%s", r->sh->why);
}

static bool
backups_there(struct rig *r, int done)
{
    bool any = false;

    for (int i = 0; i < done; i++) {
        char folder[300];

        if (r->w.step[i].kind != STEP_BACKUP)
            continue;
        any = true;
        snprintf(folder, sizeof folder, "%s/backup%d", r->data, r->w.step[i].a);
        if (!file_exists(folder))
            return rig_wrong(r, "backup %d is gone", r->w.step[i].a);
    }
    /* One that was not promised may be there, but then it is whole. */
    if (done < r->w.n && r->w.step[done].kind == STEP_BACKUP)
        any = true;
    if (any && (r->judged_once || !power_dice(&r->seed, 3)))
        return looked(r, child_backups);
    return true;
}

/* Is it one of those that may be? */
static bool
is_allowed(const struct rig *r, int done, bool exact)
{
    const char *said = r->sh->said;

    if (r->sh->none)
        return done == 0 && !(exact && r->state[0][0]);
    if (str_eq(said, r->state[done]))
        return true;
    if (exact || done == r->w.n)
        return false;
    if (str_eq(said, r->state[done + 1]))
        return true;
    for (int i = 0; i < r->n_between[done]; i++) {
        if (str_eq(said, r->between[done][i]))
            return true;
    }
    return false;
}

static bool
same_form(struct rig_form a, struct rig_form b)
{
    return a.month_rows == b.month_rows && a.day_rows == b.day_rows;
}

/* While a month was being rewritten: old or new, never a mixture. */
static bool
form_holds(struct rig *r, int done, bool exact)
{
    const struct rig_form now = r->sh->form;

    if (done == r->w.n || r->w.step[done].kind != STEP_COMPACT ||
        same_form(now, r->form[done]) ||
        (!exact && same_form(now, r->form[done + 1])))
        return true;
    return rig_wrong(r, "%d rows of months and %d of days: neither old nor new",
                     now.month_rows, now.day_rows);
}

/* A month that was dropped comes back by a restore alone. */
static bool
drops_hold(struct rig *r, int done)
{
    bool dropped = false;

    for (int i = 0; i < done; i++) {
        dropped |= r->w.step[i].kind == STEP_RETENTION;
        dropped &= r->w.step[i].kind != STEP_RESTORE;
    }
    if (done < r->w.n && r->w.step[done].kind == STEP_RESTORE)
        dropped = false;
    return !dropped || !r->sh->going ||
           rig_wrong(r, "a month that was dropped is there");
}

bool
rig_look(struct rig *r, int done, bool exact)
{
    bool restoring = done < r->w.n && r->w.step[done].kind == STEP_RESTORE;

    if (!looked(r, child_look))
        return false;
    if (r->sh->shut)
        return (restoring && !exact) ||
               rig_wrong(r, "it is shut, though no restore was cut off");
    if (!is_allowed(r, done, exact))
        return rig_wrong(r, "%d steps were promised, then %s: it says %s", done,
                         done < r->w.n ? STEP_NAME[r->w.step[done].kind]
                                       : "nothing",
                         r->sh->none ? "nothing" : "something else");
    if (!r->sh->none && (!form_holds(r, done, exact) || !drops_hold(r, done)))
        return false;
    return backups_there(r, done);
}

bool
rig_finish(struct rig *r, int done)
{
    int how;

    if (!rig_run(r, done, r->w.n, NULL, &how))
        return false;
    if (how != 0)
        return rig_wrong(r, "going on: %s", r->sh->why);
    return rig_look(r, r->w.n, true);
}

/* ---- the undisturbed work ---------------------------------------------------
 */

static int
child_before(struct child *c)
{
    return work_before(&c->r->w, c->data, c->r->sh->why) ? 0 : 1;
}

bool
rig_place(struct rig *r, int step)
{
    char before[256];

    snprintf(before, sizeof before, "%s/before%d", r->scratch, step);
    return rig_copy(r, before, r->data);
}

static bool
state_keep(struct rig *r, int step)
{
    char before[256];

    snprintf(before, sizeof before, "%s/before%d", r->scratch, step);
    return rig_copy(r, r->data, before);
}

/* What stands between the files of a step. */
static bool
between_make(struct rig *r, int at)
{
    struct step s = r->w.step[at];
    bool ok = true;
    int how;

    r->n_between[at] = 0;
    if (s.kind != STEP_LOAD)
        return true;
    for (int last = s.a; last < s.b && ok; last++) {
        r->w.step[at].b = last;
        ok = rig_run(r, at, at + 1, NULL, &how) && how == 0 &&
             looked(r, child_look);
        if (ok && r->n_between[at] < RIG_BETWEEN)
            str_copy(r->between[at][r->n_between[at]++], SHA256_HEX,
                     r->sh->said);
    }
    r->w.step[at] = s;
    return (ok || rig_wrong(r, "undisturbed: %s", r->sh->why)) &&
           rig_place(r, at);
}

static bool
step_make(struct rig *r, int at)
{
    const struct step *s = &r->w.step[at];
    int how;

    if (!between_make(r, at) || !rig_run(r, at, at + 1, NULL, &how))
        return false;
    if (how != 0)
        return rig_wrong(r, "undisturbed: %s", r->sh->why);
    if (!looked(r, child_look))
        return false;
    if (r->sh->none || r->sh->shut)
        return rig_wrong(r, "undisturbed: there is no store");
    str_copy(r->state[at + 1], SHA256_HEX, r->sh->said);
    r->form[at + 1] = r->sh->form;
    if (s->kind == STEP_BACKUP && !r->backup[s->a][0]) {
        if (!looked(r, child_backups))
            return false;
        str_copy(r->backup[s->a], SHA256_HEX, r->sh->said);
    }
    return state_keep(r, at + 1);
}

/* How many calls change files from each step on. */
static bool
calls_count(struct rig *r)
{
    struct disturbance d = {.kinds = "files"};
    long sum = 0;
    int how;

    for (int i = r->w.n - 1; i >= 0; i--) {
        if (!rig_place(r, i) || !rig_run(r, i, i + 1, &d, &how))
            return false;
        sum += r->sh->calls;
        r->calls[i] = sum;
    }
    return true;
}

bool
rig_work(struct rig *r, bool core)
{
    struct child c = {.data = r->data};

    if (core)
        work_core(&r->w);
    else
        work_draw(&r->w, &r->seed);
    memset(r->backup, 0, sizeof r->backup);
    memset(r->state, 0, sizeof r->state);
    if (!rig_remove(r, r->data))
        return false;
    if (in_child(r, child_before, &c) != 0)
        return rig_wrong(r, "undisturbed: %s", r->sh->why);
    if (!state_keep(r, 0))
        return false;
    for (int i = 0; i < r->w.n; i++) {
        if (!step_make(r, i))
            return false;
    }
    return calls_count(r);
}

/* ---- opening ---------------------------------------------------------------
 */

static bool
files_find(struct rig *r)
{
    static const char *const PLACE[] = {"registry/*", "lse/*", "billed/*"};
    char pattern[300];

    for (int i = 0; i < 3; i++) {
        glob_t g;

        snprintf(pattern, sizeof pattern, "%s/in/%s", r->scratch, PLACE[i]);
        if (glob(pattern, 0, NULL, &g) != 0)
            return rig_wrong(r, "no files like %s", pattern);
        for (size_t k = 0; k < g.gl_pathc && r->w.files < WORK_FILES; k++)
            r->w.file[r->w.files++] = mem_dup(g.gl_pathv[k]);
        globfree(&g);
    }
    return r->w.files >= 5 || rig_wrong(r, "too few files");
}

bool
rig_open(struct rig *r, const char *program, const char *scratch, uint64_t seed)
{
    char digest[SHA256_HEX];

    *r = (struct rig){.program = program};
    r->seed = seed * 0x9e3779b97f4a7c15u + 88172645463325252u;
    for (int i = 0; i < 8; i++)
        power_dice(&r->seed, 2);
    str_copy(r->scratch, sizeof r->scratch, scratch);
    snprintf(r->data, sizeof r->data, "%s/data", scratch);
    r->sh = mmap(NULL, sizeof *r->sh, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (r->sh == MAP_FAILED)
        return rig_wrong(r, "mmap: %s", strerror(errno));
    log_init(LOG_ERROR_);
    restore_grace_ms = 0;
    fault_vfs_register();
    /* Once, for all children. */
    sqlite3_initialize();
    sha256_hex(digest, "", 0);
    tz_get("America/Chicago");
    return rig_shell(r,
                     "rm -rf '%s/in' && '%s' generate --out '%s/in' --seed %d "
                     "--meters 12 --from 2026-02-26 --to 2026-03-04 "
                     "--estimated 20 --replaced 60 --solar 20 --gaps 1 "
                     "--file-days 2 --tdsps 1 >'%s/said' 2>&1",
                     scratch, program, scratch, 1 + (int)(seed % 1000),
                     scratch) &&
           files_find(r);
}
