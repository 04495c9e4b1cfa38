/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the store: rows of readings on one PostgreSQL server. */
#ifndef MH_DB_READING_PG_H
#define MH_DB_READING_PG_H

#include "db/reading_home.h"

/* What is spread over servers: all rows of the groups of one bucket lie
 * together. */
#define READING_BUCKETS 256

static inline int64_t
reading_bucket(int64_t group)
{
    return group % READING_BUCKETS;
}

/* "reading_2026_03" */
void pg_rows_partition(int32_t month, char name[32]);
/* Days, then loads, ascending. */
enum db_rc pg_rows_each(struct db_conn *c, int64_t point_id, int32_t from_day,
                        int32_t to_day, reading_row_fn *row, void *arg);
/* `groups` is "{1,2,3}". */
enum db_rc pg_rows_find(struct db_conn *c, int32_t day, const char *groups,
                        reading_row_fn *row, void *arg);
/* Rows of every bucket that lies there, also of those that lie elsewhere by
 * now. */
enum db_rc
pg_rows_scan(struct db_conn *c, int32_t month, reading_row_fn *row, void *arg);
struct pg_walk {
    int32_t month;
    int64_t first, last; /* buckets */
    size_t most;         /* rows */
};
/* In the order of the key, which buckets lead: rows after a place, which moves
 * to the last of the *n. */
enum db_rc pg_rows_walk(struct db_conn *c, const struct pg_walk *p,
                        struct reading_place *at, size_t *n,
                        reading_row_fn *row, void *arg);
/* Makes a month's partition where there is none. */
enum db_rc pg_rows_make(struct db_conn *c, int32_t month);
/* Inside a transaction: the rows picked by their places, or all n. */
enum db_rc pg_rows_copy(struct db_conn *c, const struct reading_row *row,
                        const uint32_t *pick, size_t n);
enum db_rc
pg_rows_has(struct db_conn *c, const struct reading_row *r, bool *has);
enum db_rc
pg_rows_remove(struct db_conn *c, const struct reading_part *p, int64_t *rows);
/* Outside of a transaction: the month's partition.  Detaching it waits for its
 * readers, but none waits for it. */
enum db_rc pg_rows_drop(struct db_conn *c, int32_t month);
enum db_rc pg_rows_size(struct db_conn *c, int32_t month, int64_t *bytes);

#endif
