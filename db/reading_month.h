/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the SQLite engine of readings: the files of months that a handle has
 * open, and the keys of their rows.
 */
#ifndef MH_DB_READING_MONTH_H
#define MH_DB_READING_MONTH_H

#include <sys/stat.h>

#include "db/reading_home.h"

#define MONTHS_OPEN 32

#define LOAD_BITS  27
#define GROUP_BITS 31
#define LOAD_MASK  ((INT64_C(1) << LOAD_BITS) - 1)
/* Of a month row. */
#define SERIAL_BITS 19
#define DAY_MASK    31
#define POINT_SHIFT 24

struct month_file {
    int32_t month;
    char *path;
    dev_t dev;
    ino_t ino;
    struct db_conn *conn;
    sqlite3_stmt *range;
    sqlite3_stmt *point; /* of one point and some days, */
    sqlite3_stmt *own;   /* and its month rows behind the month's last key */
    bool days;           /* there were day rows the last time */
    uint64_t used;
    uint64_t written; /* the clock then, while its log holds rows of ours */
};

struct month_files {
    struct month_file at[MONTHS_OPEN];
    size_t n;
    uint64_t clock;
};

/* ---- keys ---------------------------------------------------------------- */

static inline int64_t
month_day_key(int32_t month, int32_t day, int64_t group, int64_t load_id)
{
    return (int64_t)(day - month + 1) << (GROUP_BITS + LOAD_BITS) |
           group << LOAD_BITS | load_id;
}

/* Month rows stand before all days: in place of the load are the point in its
 * group, the first day, and a number among rows that begin with one day. */
static inline int64_t
month_key(int32_t month, int64_t point_id, int32_t day, unsigned serial)
{
    return row_group(point_id) << LOAD_BITS |
           point_id % ROW_POINTS << POINT_SHIFT |
           (int64_t)(day - month) << SERIAL_BITS | serial;
}

static inline void
month_key_split(int64_t key, int32_t month, struct reading_row *r)
{
    int32_t day = (int32_t)(key >> (GROUP_BITS + LOAD_BITS));
    int64_t rest = key & LOAD_MASK;

    *r = (struct reading_row){.month = !day,
                              .key = key,
                              .day = month - 1 + day,
                              .group = key >> LOAD_BITS &
                                       ((INT64_C(1) << GROUP_BITS) - 1)};
    if (!r->month) {
        r->load_id = rest;
        return;
    }
    r->point_id = r->group * ROW_POINTS + (rest >> POINT_SHIFT);
    r->day = month + (int32_t)(rest >> SERIAL_BITS & DAY_MASK);
}

static inline bool
month_key_fits(const struct reading_row *r)
{
    return r->group >= 0 && r->group < INT64_C(1) << GROUP_BITS &&
           r->load_id >= 0 && r->load_id <= LOAD_MASK;
}

/* What every file of a month begins with. */
#define MONTH_SCHEMA                                                           \
    "CREATE TABLE reading (id INTEGER PRIMARY KEY, data BLOB NOT NULL);"       \
    "PRAGMA user_version = 1;" SQLITE_OURS

/* ---- files --------------------------------------------------------------- */

/* Says why, with errno, on the handle; DB_FAIL. */
enum db_rc month_fail(struct db *db, const char *path);
/* What a file's connection says becomes what the handle says. */
enum db_rc month_note(struct db *db, const struct month_file *f, enum db_rc rc);
void month_path(const struct db *db, int32_t month, char path[1024]);
/* The month's file, open; DB_NONE when there is none and none is wanted. */
enum db_rc
month_open(struct db *db, int32_t month, bool make, struct month_file **to);
void month_close(struct month_file *f);
void month_files_close(void *files);
enum db_rc month_checkpoint(struct month_file *f);
/* To be called before writing to a file: cuts off the logs of others. */
void month_files_tidy(struct month_files *m, struct month_file *now);
/* Removes a file, or the logs beside one; true when they are not there. */
bool month_file_gone(const char *path);
bool month_logs_gone(const char *path);
/* Rows from one key to another; *more turns false when `row` says stop. */
enum db_rc month_range(struct db *db, struct month_file *f, int64_t from,
                       int64_t to, reading_row_fn *row, void *arg, bool *more);
/* A point's month rows, then the day rows of its group from one day of the
 * month to another; one statement, so of one moment. */
enum db_rc
month_point(struct db *db, struct month_file *f, int64_t point, int32_t from,
            int32_t to, reading_row_fn *row, void *arg, bool *more);
/* The engine's rewrite. */
enum db_rc
month_rewrite(struct db *db, int32_t month, const struct reading_view *v,
              double lock_seconds, struct reading_rewritten *r);
/* Inside a transaction of the file: takes a load's records out of the month
 * rows of some groups; adds to *rows how many were changed.  *left: a row is
 * damaged and may still hold some of them. */
enum db_rc
month_rows_remove(struct db *db, struct month_file *f,
                  const struct reading_part *p, int64_t *rows, bool *left);
/* The engine's drop. */
enum db_rc month_drop(struct db *db, int32_t month);

#endif
