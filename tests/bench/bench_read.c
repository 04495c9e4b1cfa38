/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a store as its pages do, in process.
 *
 *   bench_read sums STORE IDS           of the ESI IDs of that file, a line a
 *                                       day: yyyymmdd records intervals
 *                                       estimated millionths-of-a-kWh
 *   bench_read counts STORE             of everything, row by row: records,
 *                                       intervals, estimated ones
 *   bench_read query STORE IDS FROM TO  every interval, and every daily sum, of
 *                                       one ESI ID after another, warm: p50 and
 *                                       p99 in ms of both, and the sum of all
 *                                       in millionths of a kWh, twice
 *
 * STORE is sqlite:FOLDER or postgres:CONNINFO.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/point.h"
#include "db/reading.h"
#include "server/base/clock.h"
#include "server/base/log.h"

#define MOST_DAYS 40000 /* from 1970 on */
#define MOST_IDS  20000 /* of a query */
#define CHUNK     16384 /* points at a time */

struct sum {
    int64_t records, intervals, estimated, ukwh;
};
static struct sum sums[MOST_DAYS];
static int64_t total_ukwh;

static void
must(struct db *db, enum db_rc rc, const char *what)
{
    if (rc == DB_OK)
        return;
    fprintf(stderr, "bench_read: %s: %s\n", what, db_error(db));
    exit(3);
}

static bool
each(void *arg, const struct reading_day *d, const struct reading_version *v)
{
    struct sum *s = d->day < MOST_DAYS ? &sums[d->day] : sums;

    (void)arg;
    (void)v;
    s->records++;
    for (int i = 0; i < d->n; i++) {
        s->intervals += d->status[i] != 0;
        s->estimated += d->status[i] == 'E';
        s->ukwh += d->value_ukwh[i];
    }
    return true;
}

static bool
each_read(void *arg, const struct reading_day *d,
          const struct reading_version *v)
{
    (void)arg;
    (void)v;
    for (int i = 0; i < d->n; i++)
        total_ukwh += d->value_ukwh[i];
    return true;
}

static bool
each_sum(void *arg, const struct reading_sum *s)
{
    (void)arg;
    total_ukwh += s->sum_ukwh;
    return true;
}

/* The next ESI ID of the file, as its point. */
static bool
next_point(FILE *ids, struct db *db, struct point *p)
{
    char line[80];

    if (!fgets(line, sizeof line, ids))
        return false;
    line[strcspn(line, "\n")] = '\0';
    must(db, db_point_get(db, line, p), line);
    return true;
}

static void
sums_print(struct db *db, FILE *ids)
{
    struct point p;
    int y, m, d;

    while (next_point(ids, db, &p))
        must(db, reading_each(db, p.id, 0, MOST_DAYS, each, NULL), "reading");
    for (int32_t day = 0; day < MOST_DAYS; day++) {
        const struct sum *s = &sums[day];

        if (s->records == 0)
            continue;
        day_to_civil(day, &y, &m, &d);
        printf("%04d%02d%02d %lld %lld %lld %lld\n", y, m, d,
               (long long)s->records, (long long)s->intervals,
               (long long)s->estimated, (long long)s->ukwh);
    }
}

static bool
each_cover(void *arg, const struct reading_cover *c)
{
    struct sum *all = arg;

    all->records++;
    all->intervals += c->n - c->missing;
    all->estimated += c->estimated;
    return true;
}

static bool
each_id(void *arg)
{
    (void)arg;
    return true;
}

/* Points have dense numbers: some at a time, from the next one there is. */
static void
counts_print(struct db *db)
{
    struct sum all = {0};

    for (int64_t last = 0, next;; last = next + CHUNK) {
        next = 0;
        must(db, db_point_after(db, NULL, last, 1, &next, each_id, NULL),
             "points");
        if (next == 0)
            break;
        must(db,
             reading_each_cover(db, next, next + CHUNK, 0, MOST_DAYS,
                                each_cover, &all),
             "reading");
    }
    printf("%lld %lld %lld\n", (long long)all.records, (long long)all.intervals,
           (long long)all.estimated);
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
measure(struct db *db, const int64_t *point, size_t n, int32_t from, int32_t to,
        bool daily)
{
    static double took[MOST_IDS];

    for (size_t i = 0; i < 2 * n; i++) { /* the first round warms it */
        double began = clock_monotonic();
        enum db_rc rc =
            daily ? reading_each_sum(db, point[i % n], from, to, each_sum, NULL)
                  : reading_each(db, point[i % n], from, to, each_read, NULL);

        must(db, rc, "reading");
        took[i % n] = clock_monotonic() - began;
        if (i == n - 1)
            total_ukwh = 0;
    }
    qsort(took, n, sizeof *took, by_size);
    printf("%.4f %.4f %lld\n", took[n / 2] * 1e3, took[n * 99 / 100] * 1e3,
           (long long)total_ukwh);
}

int
main(int argc, char **argv)
{
    static int64_t point[MOST_IDS];
    bool query = argc == 6 && strcmp(argv[1], "query") == 0;
    bool counts = argc == 3 && strcmp(argv[1], "counts") == 0;
    FILE *ids = argc > 3 ? fopen(argv[3], "r") : NULL;
    int32_t from = 0, to = 0;
    struct point p;
    struct db *db;
    char why[512];
    size_t n = 0;

    log_init(LOG_ERROR_);
    if (!counts &&
        (!ids || !(query ? day_parse(argv[4], &from) && day_parse(argv[5], &to)
                         : argc == 4))) {
        fprintf(stderr, "usage: bench_read sums|query STORE IDS [FROM TO]\n"
                        "       bench_read counts STORE\n");
        return 2;
    }
    if (db_open(argv[2], DB_READ, &db, why) != DB_OK) {
        fprintf(stderr, "bench_read: %s\n", why);
        return 3;
    }
    if (counts)
        counts_print(db);
    else if (!query)
        sums_print(db, ids);
    while (query && n < MOST_IDS && next_point(ids, db, &p))
        point[n++] = p.id;
    if (n > 0) {
        measure(db, point, n, from, to, false);
        measure(db, point, n, from, to, true);
    }
    if (ids)
        fclose(ids);
    db_close(db);
    return 0;
}
