/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long completeness takes to answer.
 *
 *   bench_coverage ask STORE DAY TDSP REP
 *
 * of a store that was loaded, for the day and the 30 that end with it: p50 and
 * p99 of 50, warm, in milliseconds: the day of that TDSP and REP, its calendar,
 * the calendar of all, the day by TDSP and REP; then its calendar: day,
 * expected, received, estimated.
 *
 *   bench_coverage STORE [TDSPS REPS DAYS]
 *
 * fills a new store with made-up counts of a market, 5 TDSPs with 60 REPs each
 * on 400 days unless told otherwise, a million meters, each pair with a change
 * of what is expected on every day, and says in words what it takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/coverage.h"
#include "server/base/clock.h"

#define TIMES     50
#define FIRST_DAY 20000

struct plan {
    int tdsps, reps, days;
};

static void
must(struct db *db, enum db_rc rc)
{
    if (rc == DB_OK)
        return;
    fprintf(stderr, "bench_coverage: %s\n", db_error(db));
    exit(3);
}

static enum db_rc
fill(struct db *db, void *arg)
{
    const struct plan *p = arg;
    struct coverage_sum *s = coverage_sum_new();
    int64_t each = 1000000 / (p->tdsps * p->reps);
    struct coverage_rule rule;
    enum db_rc rc = coverage_rule_get(db, &rule);

    for (int t = 0; t < p->tdsps; t++)
        for (int r = 0; r < p->reps; r++) {
            char tdsp[16], rep[16];
            uint32_t pair;

            snprintf(tdsp, sizeof tdsp, "90000000%u", (unsigned)t % 10);
            snprintf(rep, sizeof rep, "1000000%02u", (unsigned)r % 100);
            pair = coverage_pair(s, tdsp, rep);
            coverage_at(s, FIRST_DAY - 1, pair)[COVERAGE_EXPECTED] = each;
            for (int d = 0; d < p->days; d++) {
                int64_t *n = coverage_at(s, FIRST_DAY + d, pair);

                n[COVERAGE_EXPECTED] = d % 2 == 0 ? 1 : -1;
                n[COVERAGE_RECEIVED] = each - (d + r) % 5;
                n[COVERAGE_ESTIMATED] = each / 100;
                n[COVERAGE_LATE] = (d + t) % 7;
            }
        }
    if (rc == DB_OK)
        rc = coverage_add(db, 0, s, rule.registry);
    coverage_sum_free(s);
    return rc;
}

static bool
take(void *arg, const struct coverage *c)
{
    *(int64_t *)arg += c->n[COVERAGE_RECEIVED];
    return true;
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* `what` is said with the median; NULL: both figures, as the bench reads them.
 */
static void
measure(struct db *db, const char *what, const struct coverage_ask *ask,
        bool pairs)
{
    double ms[TIMES];
    int64_t sum = 0;

    for (int i = 0; i < TIMES; i++) {
        double began = clock_monotonic();

        must(db, pairs ? coverage_each(db, ask, take, &sum)
                       : coverage_each_day(db, ask, take, &sum));
        ms[i] = (clock_monotonic() - began) * 1e3;
    }
    qsort(ms, TIMES, sizeof *ms, by_size);
    if (what)
        printf("%-44s %8.2f ms\n", what, ms[TIMES / 2]);
    else
        printf("%.4f %.4f\n", ms[TIMES / 2], ms[TIMES * 99 / 100]);
}

static bool
print_day(void *arg, const struct coverage *c)
{
    int y, m, d;

    (void)arg;
    day_to_civil(c->day, &y, &m, &d);
    printf("%04d%02d%02d %lld %lld %lld%s\n", y, m, d,
           (long long)c->n[COVERAGE_EXPECTED],
           (long long)c->n[COVERAGE_RECEIVED],
           (long long)c->n[COVERAGE_ESTIMATED], c->stale ? " stale" : "");
    return true;
}

static int
ask_store(char **argv)
{
    const char *tdsp = argv[4], *rep = argv[5];
    struct coverage_ask month = {0, 0, tdsp, rep};
    struct db *db;
    char why[512];
    int32_t day;

    if (!day_parse(argv[3], &day)) {
        fprintf(stderr, "bench_coverage: %s is no day\n", argv[3]);
        return 2;
    }
    if (db_open(argv[2], DB_READ, &db, why) != DB_OK) {
        fprintf(stderr, "bench_coverage: %s\n", why);
        return 3;
    }
    month.from = day - 29;
    month.to = day;
    measure(db, NULL, &(struct coverage_ask){day, day, tdsp, rep}, false);
    measure(db, NULL, &month, false);
    measure(db, NULL, &(struct coverage_ask){day - 29, day, NULL, NULL}, false);
    measure(db, NULL, &(struct coverage_ask){day, day, NULL, NULL}, true);
    must(db, coverage_each_day(db, &month, print_day, NULL));
    db_close(db);
    return 0;
}

int
main(int argc, char **argv)
{
    struct plan p = {.tdsps = argc > 2 ? atoi(argv[2]) : 5,
                     .reps = argc > 3 ? atoi(argv[3]) : 60,
                     .days = argc > 4 ? atoi(argv[4]) : 400};
    int32_t last = FIRST_DAY + p.days - 1;
    struct db *db;
    char why[512];

    if (argc == 6 && strcmp(argv[1], "ask") == 0)
        return ask_store(argv);
    if (argc < 2 || p.tdsps < 1 || p.reps < 1 || p.days < 31) {
        fprintf(stderr, "usage: bench_coverage STORE [TDSPS REPS DAYS]\n"
                        "       bench_coverage ask STORE DAY TDSP REP\n");
        return 2;
    }
    if (db_open(argv[1], DB_CREATE, &db, why) != DB_OK) {
        fprintf(stderr, "bench_coverage: %s\n", why);
        return 3;
    }
    must(db, db_tx(db, DB_MARKET, fill, &p));
    measure(db, "calendar of all, by day",
            &(struct coverage_ask){FIRST_DAY, last, NULL, NULL}, false);
    measure(db, "calendar of one TDSP",
            &(struct coverage_ask){FIRST_DAY, last, "900000000", NULL}, false);
    measure(db, "calendar of one TDSP and REP",
            &(struct coverage_ask){FIRST_DAY, last, "900000000", "100000001"},
            false);
    measure(db, "a month of all, by day",
            &(struct coverage_ask){last - 30, last, NULL, NULL}, false);
    measure(db, "one day, by TDSP and REP",
            &(struct coverage_ask){last, last, NULL, NULL}, true);
    db_close(db);
    return 0;
}
