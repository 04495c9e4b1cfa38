/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the SQLite engine of readings: the files of months that a handle has
 * open, the keys of their rows, and the places that tell which there are.
 *
 * Day rows lie in the order in which they came, load by load, so that pages are
 * filled to their end.  A place says of which groups, in a block of
 * neighbouring ones, a load has rows on a day; the places of a block and month
 * lie together. Files of the first layout have no places: there day and group
 * stand before the load.
 */
#ifndef MH_DB_READING_MONTH_H
#define MH_DB_READING_MONTH_H

#include <sys/stat.h>

#include "db/reading_home.h"

#define MONTHS_OPEN 32

#define LOAD_BITS  27
#define GROUP_BITS 31
#define LOAD_MASK  ((INT64_C(1) << LOAD_BITS) - 1)
#define GROUP_MASK ((INT64_C(1) << GROUP_BITS) - 1)
/* Of a month row. */
#define SERIAL_BITS 19
#define DAY_MASK    31
#define POINT_SHIFT 24
/* Of a place: groups of its block, days it is of, and bits of a day. */
#define PLACE_BITS   4
#define PLACE_GROUPS (1u << PLACE_BITS)
#define WEEK_BITS    3
#define WEEK_DAYS    (1 << WEEK_BITS)
#define DAY_BITS     5
/* Of a day row, in today's layout: bits of its group, and the bit that all
 * have. */
#define ROW_BITS      30
#define ROW_MASK      ((INT64_C(1) << ROW_BITS) - 1)
#define DAY_ROW_SHIFT 62

/* The file's user_version. */
enum month_layout { MONTH_BY_GROUP = 1, MONTH_BY_LOAD = 2 };

/* Which groups of a block have a row of that load and day. */
struct month_place {
    int32_t day;
    int64_t load_id;
    uint32_t groups; /* bit: group modulo PLACE_GROUPS */
};

/* The places of a file: its statements, and the block that was read last. */
struct month_places {
    sqlite3_stmt *get, *put;
    struct buf row; /* being made */
    struct month_place *at;
    size_t n, size;
    int64_t block; /* -1: none was read */
    int32_t from, to;
};

struct month_file {
    int32_t month;
    char *path;
    dev_t dev;
    ino_t ino;
    struct db_conn *conn;
    sqlite3_stmt *range, *one, *version;
    sqlite3_stmt *some; /* rows by their keys */
    sqlite3_stmt *own;  /* a point's month rows behind the month's last key */
    bool days;          /* there were day rows the last time */
    enum month_layout layout; /* as month_look saw it */
    struct month_places places;
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
month_day_key(enum month_layout layout, int32_t month, int32_t day,
              int64_t group, int64_t load_id)
{
    const int64_t d = day - month + 1;

    if (layout == MONTH_BY_GROUP)
        return d << (GROUP_BITS + LOAD_BITS) | group << LOAD_BITS | load_id;
    return INT64_C(1) << DAY_ROW_SHIFT | load_id << (DAY_BITS + ROW_BITS) |
           d << ROW_BITS | group;
}

static inline int64_t
month_place_key(int32_t month, int32_t day, int64_t group)
{
    return (group >> PLACE_BITS) << (DAY_BITS - WEEK_BITS) |
           (day - month) >> WEEK_BITS;
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

/* Of a month row. */
static inline void
month_key_own(int64_t key, int32_t month, struct reading_row *r)
{
    const int64_t rest = key & LOAD_MASK;

    *r = (struct reading_row){
        .month = true, .key = key, .group = key >> LOAD_BITS & GROUP_MASK};
    r->point_id = r->group * ROW_POINTS + (rest >> POINT_SHIFT);
    r->day = month + (int32_t)(rest >> SERIAL_BITS & DAY_MASK);
}

static inline void
month_key_split(enum month_layout layout, int64_t key, int32_t month,
                struct reading_row *r)
{
    const int64_t day = key >> (GROUP_BITS + LOAD_BITS);

    if (!day)
        month_key_own(key, month, r);
    else if (layout == MONTH_BY_GROUP)
        *r = (struct reading_row){.key = key,
                                  .day = month - 1 + (int32_t)day,
                                  .group = key >> LOAD_BITS & GROUP_MASK,
                                  .load_id = key & LOAD_MASK};
    else
        *r = (struct reading_row){
            .key = key,
            .day = month - 1 + (int32_t)(key >> ROW_BITS & DAY_MASK),
            .group = key & ROW_MASK,
            .load_id = key >> (DAY_BITS + ROW_BITS) & LOAD_MASK};
}

static inline bool
month_key_fits(const struct reading_row *r)
{
    return r->group >= 0 && r->group <= ROW_MASK && r->load_id >= 0 &&
           r->load_id <= LOAD_MASK;
}

/* What every file of a month begins with. */
#define MONTH_SCHEMA                                                           \
    "CREATE TABLE reading (id INTEGER PRIMARY KEY, data BLOB NOT NULL);"       \
    "CREATE TABLE place (id INTEGER PRIMARY KEY, data BLOB NOT NULL);"         \
    "PRAGMA user_version = 2;" SQLITE_OURS
/* Of any layout: no rows any more, in today's. */
#define MONTH_EMPTY                                                            \
    "BEGIN; DROP TABLE IF EXISTS reading; DROP TABLE IF EXISTS "               \
    "place;" MONTH_SCHEMA ";COMMIT"

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
/* The engine's checkpoint. */
enum db_rc month_files_checkpoint(struct db *db);
/* To be called before writing to a file: cuts off the logs of others. */
void month_files_tidy(struct month_files *m, struct month_file *now);
/* Removes a file, or the logs beside one; true when they are not there. */
bool month_file_gone(const char *path);
bool month_logs_gone(const char *path);
/* Begins to read, in one transaction, which month_done ends. */
enum db_rc month_read(struct db *db, struct month_file *f);
void month_done(struct month_file *f);
/* In a transaction that began by itself: learns the layout. */
enum db_rc month_look(struct db *db, struct month_file *f);
/* Rows from one key to another; *more turns false when `row` says stop. */
enum db_rc month_range(struct db *db, struct month_file *f, int64_t from,
                       int64_t to, reading_row_fn *row, void *arg, bool *more);
/* The engine's span. */
enum db_rc
month_span(struct db *db, int32_t from_day, int32_t to_day, int64_t first_group,
           int64_t last_group, reading_row_fn *row, void *arg);
/* The row of that key, if there is one. */
enum db_rc month_get(struct db *db, struct month_file *f, int64_t key,
                     reading_row_fn *row, void *arg, bool *more);
/* Those of up to MONTH_SOME keys, in their order. */
#define MONTH_SOME 32
enum db_rc month_some(struct db *db, struct month_file *f, const int64_t *key,
                      size_t n, reading_row_fn *row, void *arg, bool *more);
/* Says why a step failed; DB_BUSY or DB_FAIL. */
enum db_rc month_fail_step(struct db *db, struct month_file *f, int rc);
/* A point's month rows, then the day rows of its group from one day of the
 * month to another, all of one moment. */
enum db_rc
month_point(struct db *db, struct month_file *f, int64_t point, int32_t from,
            int32_t to, reading_row_fn *row, void *arg, bool *more);
/* Day rows of one group, days and loads ascending, whatever the layout. */
enum db_rc
month_group(struct db *db, struct month_file *f, int64_t group, int32_t from,
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

/* ---- places -------------------------------------------------------------- */

/* False: SQLite says why. */
bool month_places_prepare(struct month_places *p, sqlite3 *h);
void month_places_clear(struct month_places *p);
/* Adds the places of rows, each load's in the order of days and groups, in a
 * transaction; a code of SQLite. */
int month_places_add(struct month_places *p, int32_t month,
                     const struct reading_row *row, size_t n);
/* Takes out those of a part. */
int
month_places_remove(struct month_places *p, const struct reading_part *part);
/* Does a place lead to a row, as it should?  Within month_read. */
enum db_rc month_place_leads(struct db *db, struct month_file *f,
                             const struct reading_row *r, bool *leads);
/* Tells of rows that no place leads to. */
enum db_rc
month_places_verify(struct db *db, struct month_file *f,
                    void (*bad)(void *arg, const char *line), void *arg);
/* The engine's drop. */
enum db_rc month_drop(struct db *db, int32_t month);

#endif
