/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the counts of completeness. */
#ifndef MH_DB_COVERAGE_PARTS_H
#define MH_DB_COVERAGE_PARTS_H

#include "db/coverage.h"

#define COVERAGE_CHUNK 8192 /* points whose facts are held at a time */

struct coverage_names {
    char tdsp[16], rep[16]; /* NULs behind */
};

struct coverage_row {
    int32_t day;
    uint32_t pair;
    int64_t n[COVERAGE_COUNTS];
};

struct coverage_sum {
    struct coverage_names *pair;
    uint32_t *pair_slot; /* pair + 1 */
    size_t pairs, pair_slots;
    struct coverage_row *row;
    uint32_t *slot; /* row + 1 */
    size_t n, slots;
    struct coverage_row *last;
};

/* By day, TDSP and REP. */
void coverage_sum_sort(struct coverage_sum *s);
bool coverage_row_empty(const struct coverage_row *r);

/* Is a channel of a point expected on the day of that fact? */
static inline bool
coverage_expects(const struct point_fact *f, int channel)
{
    return f->in_service && (channel == CHANNEL_LOAD ||
                             (channel == CHANNEL_GENERATION && f->solar));
}

/* Inside db_tx: adds every row to what is kept. */
enum db_rc coverage_sum_write(struct db *db, struct coverage_sum *s);
/* Adds a point's steps, `sign` times. */
void coverage_steps_add(struct coverage_sum *s, const struct point_facts *f,
                        int64_t point_id, struct point_days *days, int sign);
/* Calls back for points 1 … the highest by COVERAGE_CHUNK. */
enum db_rc coverage_each_chunk(struct db *db,
                               enum db_rc (*chunk)(struct db *db, void *arg,
                                                   struct point_facts *f,
                                                   int64_t first, int64_t last),
                               void *arg);
enum db_rc coverage_points(struct db *db, int64_t *highest);
/* Counts one meter-day that has records. */
void coverage_take(struct coverage_sum *s, struct coverage_due *due,
                   const struct point_facts *f, const struct reading_cover *r);

#endif
