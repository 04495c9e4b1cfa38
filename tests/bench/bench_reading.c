/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store of readings can take and give, without files and parsing:
 *
 *   bench_reading STORE [METERS DAYS]
 *
 * Makes METERS points (20,000) with DAYS days (400) of made-up intervals, loads
 * them day by day, 50,000 records a load at most, each durable and compared
 * with what is there; then reads 395 days of random points, warm: every
 * interval, and daily sums; then the same once more after every month was
 * rewritten point by point, where the engine does that.  Prints records/s,
 * bytes a record on disk, p50 and p99.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/load.h"
#include "db/point.h"
#include "db/reading.h"
#include "server/base/clock.h"
#include "server/base/log.h"

#define FILE_RECORDS 50000
#define KINDS        512 /* different packed days that are loaded */
#define READS        400
#define SPAN         395

static uint64_t state = 88172645463325252u;

static uint64_t
dice(uint64_t faces)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % faces;
}

static void
must(struct db *db, enum db_rc rc, const char *what)
{
    if (rc == DB_OK)
        return;
    fprintf(stderr, "bench_reading: %s: %s\n", what, db_error(db));
    exit(3);
}

/* A day as a home has it: a base, appliances, three places. */
static void
day_make(struct reading_day *d, unsigned number, int64_t stamp)
{
    int64_t base = 60 + (int64_t)dice(200), more = 0;

    *d = (struct reading_day){
        .n = 96, .seconds = 900, .origin = 'M', .stamp = stamp};
    snprintf(d->rep, sizeof d->rep, "%09u", 111111111 + number % 60);
    snprintf(d->mre, sizeof d->mre, "957877905");
    for (int i = 0; i < d->n; i++) {
        if (dice(12) == 0)
            more = (int64_t)dice(700);
        d->value_ukwh[i] =
            (base + more + (int64_t)dice(60) + (int64_t)dice(60)) * 1000;
        d->places[i] = 3;
        d->status[i] = 'A';
    }
}

struct packed {
    struct buf bytes;
    size_t at[KINDS + 1];
};

static void
days_make(struct packed *p)
{
    struct reading_day d;

    for (unsigned i = 0; i < KINDS; i++) {
        day_make(&d, i, 20260101000000 + (int64_t)dice(28800));
        p->at[i] = p->bytes.len;
        reading_pack(&d, &p->bytes);
    }
    p->at[KINDS] = p->bytes.len;
}

static void
outcome(void *arg, uint32_t tag, enum reading_outcome o)
{
    struct load_counts *n = arg;

    (void)tag;
    n->read++;
    n->loaded += o == READING_LOADED;
}

static void
load_some(struct db *db, const struct packed *p, int64_t first, int64_t n,
          int32_t day)
{
    static int serial;
    struct load l = {.kind = "lse", .sender = "957877905"};
    struct reading_load *rl;

    snprintf(l.name, sizeof l.name, "bench%d.lse", serial);
    snprintf(l.digest, sizeof l.digest, "%064d", serial++);
    must(db, db_load_add(db, &l), "adding a load");
    must(db, reading_load_begin(db, &l, &rl), "beginning");
    for (int64_t i = 0; i < n; i++) {
        size_t k = dice(KINDS);

        must(db,
             reading_load_add(rl, first + i, day, 4, p->bytes.at + p->at[k],
                              p->at[k + 1] - p->at[k], (uint32_t)i),
             "adding");
    }
    must(db, reading_load_write(rl, outcome, &l.n), "writing");
    must(db, db_load_commit(db, &l), "committing");
    reading_load_free(rl);
}

/* ---- reading ------------------------------------------------------------- */

struct seen {
    int64_t days, ukwh;
};

static bool
each(void *arg, const struct reading_day *d, const struct reading_version *v)
{
    struct seen *s = arg;

    (void)v;
    s->days++;
    s->ukwh += d->value_ukwh[dice(96)];
    return true;
}

static bool
each_sum(void *arg, const struct reading_sum *sum)
{
    struct seen *s = arg;

    s->days++;
    s->ukwh += sum->sum_ukwh;
    return true;
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
read_some(struct db *db, const char *what, bool sums, int64_t meters,
          int32_t last)
{
    static double took[READS];
    struct seen s = {0};

    for (int i = -50; i < READS; i++) { /* the first fifty warm it */
        int64_t point = 1 + (int64_t)dice((uint64_t)meters);
        double began = clock_monotonic();
        enum db_rc rc =
            sums ? reading_each_sum(db, point, last - SPAN + 1, last, each_sum,
                                    &s)
                 : reading_each(db, point, last - SPAN + 1, last, each, &s);

        must(db, rc, "reading");
        if (i >= 0)
            took[i] = clock_monotonic() - began;
    }
    qsort(took, READS, sizeof *took, by_size);
    printf("%-22s p50 %7.3f ms  p99 %7.3f ms  (%lld days each)\n", what,
           took[READS / 2] * 1e3, took[READS * 99 / 100] * 1e3,
           (long long)(s.days / (READS + 50)));
}

/* Rewrites every month, if the engine does. */
static bool
compact_all(struct db *db, int32_t end)
{
    struct reading_rewritten r, sum = {0};
    struct arena a = {0};
    double began = clock_monotonic();
    int32_t *month;
    size_t n;

    must(db, reading_compact_due(db, end + 40, &a, &month, &n), "listing");
    for (size_t i = 0; i < n; i++) {
        must(db, reading_compact(db, month[i], 60, &r), "rewriting");
        sum.records += r.records;
        sum.bytes += r.bytes;
    }
    arena_clear(&a);
    if (n)
        printf("rewritten: %.0f records/s, %.1f bytes a record on disk\n",
               (double)sum.records / (clock_monotonic() - began),
               (double)sum.bytes / (double)sum.records);
    return n > 0;
}

/* A load and what it was before is counted by the caller's disk. */
int
main(int argc, char **argv)
{
    int64_t meters = argc > 2 ? atoll(argv[2]) : 20000;
    int32_t days = argc > 3 ? (int32_t)atoi(argv[3]) : 400;
    int32_t first = day_from_civil(2025, 1, 1);
    struct packed p = {0};
    struct reading_stats s;
    struct db *db;
    char why[512];
    double began, took;

    if (argc < 2) {
        fprintf(stderr, "usage: bench_reading STORE [METERS DAYS]\n");
        return 2;
    }
    log_init(LOG_ERROR_);
    if (db_open(argv[1], DB_CREATE, &db, why) != DB_OK) {
        fprintf(stderr, "bench_reading: %s\n", why);
        return 3;
    }
    days_make(&p);
    began = clock_monotonic();
    for (int32_t day = 0; day < days; day++) {
        for (int64_t at = 0; at < meters; at += FILE_RECORDS)
            load_some(db, &p, 1 + at,
                      meters - at < FILE_RECORDS ? meters - at : FILE_RECORDS,
                      first + day);
    }
    took = clock_monotonic() - began;
    must(db, reading_stats(db, &s), "counting");
    printf("%lld records of %.1f bytes packed: %.0f records/s, %.1f bytes a "
           "record on disk\n",
           (long long)s.records, (double)p.bytes.len / KINDS,
           (double)s.records / took, (double)s.bytes / (double)s.records);
    read_some(db, "395 days of intervals", false, meters, first + days - 1);
    read_some(db, "395 days of sums", true, meters, first + days - 1);
    if (compact_all(db, first + days)) {
        read_some(db, "rewritten: intervals", false, meters, first + days - 1);
        read_some(db, "rewritten: sums", true, meters, first + days - 1);
    }
    buf_clear(&p.bytes);
    db_close(db);
    return 0;
}
