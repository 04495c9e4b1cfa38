/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Made-up files: what to write is a list of tasks (a TDSP, a period, a part of
 * its meters, first sending or corrections), taken by threads one by one.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/feed/generate.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/progress.h"
#include "server/base/str.h"

#define FLUSH_AT (4u << 20)
/* Rows of a registry or billed file, about 22 MB.  A point has one registry
 * row and another each 800 days or so; they begin 400 days before the plan. */
#define TABLE_ROWS_MADE 120000
#define TABLE_BILLS     250000
#define ANY_RECORD      1369 /* bytes of a usual record, for the progress bar */

enum what { FIRST_SENDING, CORRECTIONS, REGISTRY, BILLED };

struct task {
    enum what what;
    int tdsp, part;
    int64_t first, last; /* own meters of the TDSP, last excluded */
    int32_t from, to;
};

struct work {
    const struct generate_plan *plan;
    struct generate_world *world;
    struct task *task;
    size_t n, size;
    atomic_size_t next;
    atomic_llong files, records, bytes;
    atomic_bool failed;
    struct progress bar;
    pthread_mutex_t lock;
    char why[512];
};

static void
fail(struct work *k, const char *path)
{
    int error = errno;

    pthread_mutex_lock(&k->lock);
    if (!atomic_exchange(&k->failed, true))
        snprintf(k->why, sizeof k->why, "%.400s: %s", path, strerror(error));
    pthread_mutex_unlock(&k->lock);
}

static bool
flush(int fd, struct buf *b, struct work *k)
{
    for (size_t at = 0; at < b->len;) {
        ssize_t n = write(fd, b->at + at, b->len - at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        at += (size_t)n;
    }
    atomic_fetch_add(&k->bytes, (long long)b->len);
    progress_add(&k->bar, (int64_t)b->len);
    b->len = 0;
    return true;
}

/* "1039940674000IntervalData20261103091500001.lse" */
static void
task_path(const struct work *k, const struct task *t, char to[1024])
{
    static const char *const folder[] = {"lse", "lse", "registry", "billed"};
    static const char *const name[] = {"IntervalData", "IntervalData",
                                       "Registry", "BilledUsage"};
    bool lse = t->what <= CORRECTIONS;
    int32_t day = t->to + (t->what == CORRECTIONS ? 6 : 1);
    int32_t newest = k->plan->to_day + 1;
    int y, m, d, hour = t->what == CORRECTIONS ? 10 : 9;

    /* Corrections that are due later come on the last day, one an hour. */
    if (day > newest) {
        hour += day - newest;
        day = newest;
    }
    day_to_civil(day, &y, &m, &d);
    snprintf(to, 1024, "%s/%s/%s%s%04d%02d%02d%02d%02d00%03d.%s", k->plan->out,
             folder[t->what], GENERATE_TDSP[t->tdsp].duns, name[t->what], y, m,
             d, hour, 15 + t->part / 1000 % 45, t->part % 1000,
             lse ? "lse" : "csv");
}

static bool
write_lse(struct work *k, const struct task *t, int fd, struct buf *b)
{
    struct generate_meter m;

    for (int64_t own = t->first; own < t->last; own++) {
        generate_meter_get(k->plan, own * k->plan->tdsps + t->tdsp, &m);
        atomic_fetch_add(&k->records, generate_lse(k->world, &m, t->from, t->to,
                                                   t->what == CORRECTIONS, b));
        if (b->len >= FLUSH_AT && !flush(fd, b, k))
            return false;
    }
    return true;
}

/* Written under another name and renamed in, so that a watched folder never
 * sees half a file; without a single record there is no file. */
static bool
task_run(struct work *k, const struct task *t, struct buf *b)
{
    char path[1024], part[1040];
    bool good = true;
    off_t size;
    int fd;

    task_path(k, t, path);
    snprintf(part, sizeof part, "%s.part", path);
    fd = open(part, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0) {
        fail(k, part);
        return false;
    }
    b->len = 0;
    if (t->what == REGISTRY)
        generate_registry(k->plan, t->tdsp, t->first, t->last, b);
    else if (t->what == BILLED)
        generate_billed(k->plan, k->world, t->tdsp, t->first, t->last, b);
    else
        good = write_lse(k, t, fd, b);
    good = good && flush(fd, b, k);
    size = lseek(fd, 0, SEEK_CUR);
    good = close(fd) == 0 && good;
    if (good && size > 0) {
        good = rename(part, path) == 0;
        atomic_fetch_add(&k->files, 1);
    } else {
        unlink(part);
    }
    if (!good)
        fail(k, path);
    return good;
}

static void *
run(void *arg)
{
    struct work *k = arg;
    struct buf b = {0};

    for (;;) {
        size_t i = atomic_fetch_add(&k->next, 1);

        if (i >= k->n || atomic_load(&k->failed) ||
            !task_run(k, &k->task[i], &b))
            break;
    }
    buf_clear(&b);
    return NULL;
}

static void
add_task(struct work *k, const struct task *t)
{
    if (k->n == k->size) {
        k->size = k->size ? k->size * 2 : 64;
        k->task = mem_grow(k->task, k->size * sizeof *k->task);
    }
    k->task[k->n++] = *t;
}

/* Last day of the period that begins on `from`. */
static int32_t
period_end(const struct generate_plan *p, int32_t from)
{
    int32_t to = p->file_days ? from + p->file_days - 1
                              : day_add_months(day_month_start(from), 1) - 1;

    return to < p->to_day ? to : p->to_day;
}

/* The meters from `first` on that fill a file of `days` days. */
static int64_t
part_end(const struct generate_plan *p, int tdsp, int64_t first, int64_t own,
         int32_t days)
{
    int64_t records = 0;
    struct generate_meter m;

    while (first < own) {
        generate_meter_get(p, first * p->tdsps + tdsp, &m);
        records += (m.solar ? 2 : 1) * days;
        if (records > p->file_records)
            break;
        first++;
    }
    return first;
}

/* Cuts a TDSP's meters into files once, for the longest period. */
static void
add_lse(struct work *k, int tdsp, int64_t own)
{
    const struct generate_plan *p = k->plan;
    struct task t = {.tdsp = tdsp};

    while (t.first < own) {
        t.part++;
        t.last =
            part_end(p, tdsp, t.first, own, p->file_days ? p->file_days : 31);
        for (t.from = p->from_day; t.from <= p->to_day; t.from = t.to + 1) {
            t.to = period_end(p, t.from);
            t.what = FIRST_SENDING;
            add_task(k, &t);
            t.what = CORRECTIONS;
            if (p->replaced_ppm > 0)
                add_task(k, &t);
        }
        t.first = t.last;
    }
}

/* Cuts a TDSP's meters into tables of a few MB. */
static void
add_tables(struct work *k, enum what what, int tdsp, int64_t own, int64_t most)
{
    struct task t = {.what = what,
                     .tdsp = tdsp,
                     .from = k->plan->from_day,
                     .to = k->plan->to_day};

    do {
        t.part++;
        t.last = own - t.first < most ? own : t.first + most;
        add_task(k, &t);
        t.first = t.last;
    } while (t.first < own);
}

static int
by_period(const void *a, const void *b)
{
    const struct task *x = a, *y = b;

    if (x->to != y->to)
        return x->to < y->to ? -1 : 1;
    if (x->tdsp != y->tdsp)
        return x->tdsp - y->tdsp;
    if (x->part != y->part)
        return x->part - y->part;
    return (int)x->what - (int)y->what;
}

static void
plan_tasks(struct work *k)
{
    const struct generate_plan *p = k->plan;
    int64_t days = p->to_day - p->from_day + 1;

    for (int t = 0; t < p->tdsps; t++) {
        int64_t own = (p->meters + p->tdsps - 1 - t) / p->tdsps;

        if (p->lse)
            add_lse(k, t, own);
        if (p->registry)
            add_tables(k, REGISTRY, t, own,
                       TABLE_ROWS_MADE * 800 / (days + 1200));
        if (p->billed)
            add_tables(k, BILLED, t, own, TABLE_BILLS / (days / 28 + 1) + 1);
    }
    qsort(k->task, k->n, sizeof *k->task, by_period);
    k->bar.total = p->lse ? p->meters * days * ANY_RECORD : 1;
}

static bool
folders_make(const struct generate_plan *p, char why[512])
{
    static const char *const names[] = {"lse", "registry", "billed"};
    const bool wanted[] = {p->lse, p->registry, p->billed};
    char path[1024];

    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", p->out, names[i]);
        if (wanted[i] && !file_make_dir(path, 0755)) {
            snprintf(why, 512, "%.400s: %s", path, strerror(errno));
            return false;
        }
    }
    return true;
}

static void
threads_run(struct work *k)
{
    pthread_t thread[64];
    int n = 0, wanted = k->plan->jobs < 64 ? k->plan->jobs : 64;

    while (n + 1 < wanted && (size_t)n + 1 < k->n &&
           pthread_create(&thread[n], NULL, run, k) == 0)
        n++;
    run(k);
    while (n > 0)
        pthread_join(thread[--n], NULL);
}

bool
generate_write(const struct generate_plan *p, FILE *progress,
               struct generate_result *r, char why[512])
{
    struct work k = {.plan = p};
    double since = clock_monotonic();

    memset(r, 0, sizeof *r);
    if (!folders_make(p, why))
        return false;
    k.world = generate_world_new(p);
    if (!k.world) {
        snprintf(why, 512, "the system has no zone America/Chicago");
        return false;
    }
    pthread_mutex_init(&k.lock, NULL);
    progress_init(&k.bar, progress, "writing", 1, "bytes");
    plan_tasks(&k);
    threads_run(&k);
    progress_clear(&k.bar);
    generate_world_free(k.world);
    pthread_mutex_destroy(&k.lock);
    free(k.task);
    r->files = k.files;
    r->records = k.records;
    r->bytes = k.bytes;
    r->seconds = clock_monotonic() - since;
    if (k.failed)
        str_copy(why, 512, k.why);
    return !k.failed;
}
