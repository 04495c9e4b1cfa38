/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Completeness: what is expected of a day and what came, by TDSP and REP.
 *
 * The unit is the meter-day: one channel of one point on one operating day.
 *
 *   expected   consumption (channel 4) of each registered point with a meter in
 *              service on the day, and generation (channel 1) too where the
 *              registry marks the point as solar.  A meter is in service from
 *              the day it is installed, or provisioned where the registry says
 *              when, to the day it is removed.  It counts for the point's TDSP
 *              and for its REP of record on that day, '' when there is none.
 *   received   expected ones with at least one visible record
 *   missing    expected less received
 *   estimated  received ones whose current version has an estimated interval
 *   intervals  estimated intervals of these
 *   partial    received ones whose current version lacks an interval
 *   late       received ones of which the first record came after the day was
 *              due: `due_hours` after the midnight that ends it, in `zone`.
 *              A record comes when its load begins
 *   replaced   received ones with more than one version, so that the current
 *              one replaced another
 *   extra      meter-days with a record that were not expected: of points that
 *              are not registered or not in service, or generation of points
 *              that are not marked; counted under TDSP '' and REP ''
 *
 * All follow from the visible readings and the registry as it stands.  A load
 * adds to them in the transaction that makes it visible.  Where adding is not
 * enough (a load taken back, a change of the registry for days that have
 * readings, another due_hours) the days are marked stale in that transaction
 * and counted anew from the readings by coverage_count.  Days whose readings
 * are kept no longer (reading_floor_get) keep the counts that they had.
 */
#ifndef MH_DB_COVERAGE_H
#define MH_DB_COVERAGE_H

#include "db/load.h"
#include "db/point_fact.h"
#include "db/reading.h"

struct tz;

enum coverage_count {
    COVERAGE_EXPECTED, /* in a sum: more than on the day before */
    COVERAGE_RECEIVED,
    COVERAGE_ESTIMATED,
    COVERAGE_INTERVALS,
    COVERAGE_PARTIAL,
    COVERAGE_LATE,
    COVERAGE_REPLACED,
    COVERAGE_EXTRA,
    COVERAGE_COUNTS
};

/* ---- adding up in memory --------------------------------------------------
 */
struct coverage_sum;

struct coverage_sum *coverage_sum_new(void);
void coverage_sum_free(struct coverage_sum *s);
/* Forgets the counts; the numbers of pairs stay. */
void coverage_sum_reset(struct coverage_sum *s);
/* The number of a TDSP with a REP (NULL is ''), good as long as the sum. */
uint32_t
coverage_pair(struct coverage_sum *s, const char *tdsp, const char *rep);
/* The counts of a day and pair, to add to; good until the next call. */
int64_t *coverage_at(struct coverage_sum *s, int32_t day, uint32_t pair);

/* ---- the rule -------------------------------------------------------------
 */
struct coverage_rule {
    bool steps;       /* what is expected was counted */
    int64_t registry; /* raised by each change of the registry */
    int32_t due_hours;
    char zone[40];
};
enum db_rc coverage_rule_get(struct db *db, struct coverage_rule *r);
/* Where these differ from what is kept all days become stale. */
enum db_rc
coverage_rule_set(struct db *db, int32_t due_hours, const char *zone);

/* When a day is due; days are asked for one after another. */
struct coverage_due {
    const struct tz *zone;
    int32_t hours, day;
    int64_t utc;
    bool known;
};
void coverage_due_init(struct coverage_due *d, const struct coverage_rule *r);
int64_t coverage_due_utc(struct coverage_due *d, int32_t day);

/* ---- inside the transaction that makes it visible -------------------------
 */
/* Adds a sum made under number `registry` of the rule; when the registry has
 * changed since, the days of load `load_id` become stale instead. */
enum db_rc coverage_add(struct db *db, int64_t load_id, struct coverage_sum *s,
                        int64_t registry);
/* The days of a load's readings become stale. */
enum db_rc coverage_stale_load(struct db *db, int64_t load_id);
/* What load `load_id` says of the registry comes (after its statements were
 * written) or goes (before they are deleted). */
enum db_rc coverage_registry(struct db *db, int64_t load_id, bool comes);

/* ---- counting anew --------------------------------------------------------
 */
struct coverage_todo {
    bool steps;   /* what is expected was never counted */
    int64_t days; /* of stale ranges, some maybe twice */
    int32_t first_day, last_day;
};
enum db_rc coverage_todo_get(struct db *db, struct coverage_todo *t);
/*
 * Counts what is stale: a month at a time beside loads; when they change it
 * again and again, under the writer lock (waiting `lock_seconds`).  `go_on`
 * (may be NULL) is asked between months.  *days: how many were counted.  A
 * month that cannot be read keeps its counts and stays stale; the others are
 * counted nevertheless, then DB_FAIL comes and db_error names it.
 */
enum db_rc coverage_count(struct db *db, double lock_seconds,
                          bool (*go_on)(void *arg), void *arg, int64_t *days);
/* Counts everything again in memory and compares, but for stale days; `bad`
 * gets a plain line for each finding. */
enum db_rc coverage_check(struct db *db,
                          void (*bad)(void *arg, const char *line), void *arg);

/* ---- reading --------------------------------------------------------------
 */
struct coverage {
    int32_t day;
    bool stale; /* to be counted anew: the counts may be wrong */
    char tdsp[16], rep[16];
    int64_t n[COVERAGE_COUNTS];
};

struct coverage_ask {
    int32_t from, to;
    const char *tdsp, *rep; /* NULL: of all */
};

/* The sum of what was asked for, day by day: each day once. */
enum db_rc
coverage_each_day(struct db *db, const struct coverage_ask *ask,
                  bool (*row)(void *arg, const struct coverage *c), void *arg);
/* Each day, TDSP and REP with anything expected or received. */
enum db_rc
coverage_each(struct db *db, const struct coverage_ask *ask,
              bool (*row)(void *arg, const struct coverage *c), void *arg);
/* TDSPs and REPs that are counted anywhere; `day` and counts are unset. */
enum db_rc coverage_each_pair(struct db *db, struct coverage *c,
                              bool (*row)(void *arg), void *arg);

/* ---- the meters behind a count --------------------------------------------
 */
enum coverage_kind {
    COVERAGE_OF_MISSING,
    COVERAGE_OF_PARTIAL,
    COVERAGE_OF_ESTIMATED,
    COVERAGE_OF_LATE,
    COVERAGE_OF_REPLACED,
    COVERAGE_OF_EXTRA,
    COVERAGE_KINDS
};
struct coverage_meter {
    int64_t point_id;
    uint8_t channel;
    uint16_t intervals, missing, estimated; /* of the current version */
    int64_t first_utc;                      /* 0: nothing came */
    char esiid[65];
    char tdsp[16], rep[16]; /* on that day, "" none */
};
/*
 * Meter-days of the day ask->from, TDSP and REP (all where NULL) of that kind
 * with a point above `after`, by point, looking at about `most` points.  *next:
 * the point to go on after, 0 at the end; a `row` that stops has taken all it
 * wants of that point.  Of days before the floor nothing is given.
 */
enum db_rc
coverage_each_meter(struct db *db, const struct coverage_ask *ask,
                    enum coverage_kind kind, int64_t after, int64_t most,
                    int64_t *next,
                    bool (*row)(void *arg, const struct coverage_meter *m),
                    void *arg);

#endif
