/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the store: where rows of readings lie (an engine), which of them may
 * be seen (a view), and what is known of the loads that brought them.
 */
#ifndef MH_DB_READING_HOME_H
#define MH_DB_READING_HOME_H

#include "db/engine.h"
#include "db/reading_row.h"
#include "server/base/arena.h"

/* False stops. */
typedef bool reading_row_fn(void *arg, const struct reading_row *r);

/* What one load has in one month. */
struct reading_part {
    int64_t load_id;
    int32_t month; /* its first day */
    int32_t first_day, last_day;
    int64_t first_group, last_group;
    int64_t rows, records;
};

/* Where a walk through a month stands: at a row's day and group, and the
 * engine's own key. */
struct reading_place {
    int32_t day;
    int64_t group; /* -1: before the first row */
    int64_t key;
};
/* After every row. */
#define READING_PLACE_END ((struct reading_place){INT32_MAX, 0, 0})

/* First days of the months that have rows, ascending. */
struct reading_months {
    int32_t *at;
    size_t n;
};

struct reading_view;

struct reading_engine {
    /* A view is open, by which rows lie as in that version of the map; NULL
     * when they lie in one place. */
    enum db_rc (*mapped)(struct db *db, int64_t version);
    /* Rows that may hold records of one point, month by month: first its month
     * rows, which may hold other days of their month, then the day rows of its
     * group, days ascending. */
    enum db_rc (*each)(struct db *db, int64_t point_id, int32_t from_day,
                       int32_t to_day, reading_row_fn *row, void *arg);
    /* The month rows of one point alone; may be NULL. */
    enum db_rc (*own)(struct db *db, int64_t point_id, int32_t from_day,
                      int32_t to_day, reading_row_fn *row, void *arg);
    /* Day rows of one day and several groups, which ascend, and month rows of
     * those groups that may hold that day. */
    enum db_rc (*find)(struct db *db, int32_t day, const int64_t *group,
                       size_t n, reading_row_fn *row, void *arg);
    /* The same of several days of one month and all groups from one to another,
     * each row once, in any order.  NULL: the engine has no month rows, and
     * nothing is read twice by finding day after day. */
    enum db_rc (*span)(struct db *db, int32_t from_day, int32_t to_day,
                       int64_t first_group, int64_t last_group,
                       reading_row_fn *row, void *arg);
    /* Adds rows of one month, keys ascending; durable when it returns. */
    enum db_rc (*add)(struct db *db, int32_t month,
                      const struct reading_row *row, size_t n);
    enum db_rc (*remove)(struct db *db, const struct reading_part *p,
                         int64_t *rows);
    /* Puts the records of loads that a view has into month rows, in the order
     * of points; waits so long for the writer lock, and holds it while the new
     * rows take the place of the old in one transaction.  DB_BUSY when the
     * month was written to meanwhile.  NULL: the engine has no month rows. */
    enum db_rc (*rewrite)(struct db *db, int32_t month,
                          const struct reading_view *v, double lock_seconds,
                          struct reading_rewritten *r);
    /* All rows of a month, and the place they lay in; no reader waits.  A month
     * that is half gone, or gone, is well. */
    enum db_rc (*drop)(struct db *db, int32_t month);
    enum db_rc (*months)(struct db *db, struct arena *a,
                         struct reading_months *m);
    /* Every row of a month, in any order.  DB_NONE: rows were moved meanwhile,
     * so that some may be missing; scan again. */
    enum db_rc (*scan)(struct db *db, int32_t month, reading_row_fn *row,
                       void *arg);
    /* At most `most` rows of a month in the engine's own order, those after a
     * place, which moves to the last of them.  DB_NONE: there is no such month.
     * `lost` is told what no reader finds, though its rows are there.
     * *damaged: it failed, after those rows, because what is on the disk cannot
     * be read. */
    enum db_rc (*walk)(struct db *db, int32_t month, struct reading_place *at,
                       size_t most, reading_row_fn *row,
                       void (*lost)(void *arg, const char *line), void *arg,
                       bool *damaged);
    /* Past what cannot be read after that place: a day, some groups, or loads;
     * further when it is asked again. */
    void (*skip)(struct db *db, int32_t month, struct reading_place *p,
                 int again);
    enum db_rc (*size)(struct db *db, int32_t month, int64_t *bytes);
    /* The engine's own check of a month's files. */
    enum db_rc (*verify)(struct db *db, int32_t month,
                         void (*bad)(void *arg, const char *line), void *arg);
    /* Moves logs into files, also those that others left; DB_BUSY when somebody
     * was in the way. */
    enum db_rc (*checkpoint)(struct db *db);
    void (*close)(void *files);
};

extern const struct reading_engine READING_SQLITE, READING_PG;

/* ---- what a handle keeps between calls -------------------------------------
 */

struct load_info {
    int64_t id;
    enum load_state state;
    int64_t file_stamp;
    int32_t file_counter;
    int64_t arrived_utc;
    char sender[16];
    char *file;
    struct source source;
};

struct reading_home {
    const struct reading_engine *engine;
    void *files;             /* the engine's */
    struct load_info **info; /* a hash table by id, bounded */
    size_t info_n, info_slots;
    int64_t info_next, info_batch; /* behind those fetched last, how many */
    unsigned views;                /* open now: info stays meanwhile */
    int64_t floor_changes;         /* seen last: then months may have gone */
    struct reading_load *spare;    /* its memory serves the next load */
    bool frugal; /* a loader's: its memory is bounded, so it maps no files */
};

struct reading_home *reading_home(struct db *db);
void reading_home_close(struct reading_home *h);
enum db_rc reading_checkpoint(struct db *db);
/* Frees a load's memory for good. */
void reading_load_drop(struct reading_load *rl);

/* Of a load that has rows: DB_OK, or DB_NONE when it is unknown.  The pointer
 * is valid while a view is open. */
enum db_rc
load_info_get(struct db *db, int64_t id, const struct load_info **info);

/* ---- visibility: taken once, at the start of a call ------------------------
 */
struct reading_view {
    int64_t newest;  /* loads above it came later */
    int64_t *hidden; /* loads not committed, ascending */
    size_t hidden_n, hidden_size;
    int64_t undone;              /* how often something was taken away */
    const struct load_stamp *at; /* the moment that is shown; NULL: now */
    int64_t map;   /* version of the map of servers; 0 without one */
    int32_t floor; /* days before it are hidden, and may be going */
    int64_t floor_changes;
};

enum db_rc reading_view_open(struct db *db, struct reading_view *v);
/* Then hides what was committed since; `at` stays valid. */
enum db_rc reading_view_at(struct db *db, struct reading_view *v,
                           const struct load_stamp *at);
void reading_view_close(struct db *db, struct reading_view *v);
bool reading_view_has(const struct reading_view *v, int64_t load_id);
/* False when something was taken back since: its rows, which this view would
 * show, may be gone in some months and there in others.  So may rows that were
 * moved to another server.  DB_BUSY when something was taken back since the
 * view's moment, which can be shown no more. */
enum db_rc
reading_view_stands(struct db *db, const struct reading_view *v, bool *stands);

/* ---- versions ---------------------------------------------------------------
 */

/* A record, with what decides its place among others of its day. */
struct reading_item {
    struct row_record record; /* its bytes outlive the row */
    const struct load_info *load;
    struct reading_day *day; /* unpacked, or NULL so far */
};

/* Unpacks each and puts them in order, oldest version first. */
bool reading_items_sort(struct reading_item *item, size_t n, struct arena *a);
/* Below, at or above zero as version a is older than, is, or is newer than b.
 * `a` and `b` are unpacked. */
int reading_item_compare(const struct reading_item *a,
                         const struct reading_item *b);

/* ---- parts ------------------------------------------------------------------
 */

/* Days of a month that a load may share with loads that are visible. */
enum db_rc
reading_part_meets(struct db *db, const struct reading_part *p, bool *meets);
/* Writes the source and the parts of a load. */
enum db_rc reading_part_add(struct db *db, const struct source *s,
                            const struct reading_part *p, size_t n);

/* The first day of the month after that of `month`. */
int32_t reading_month_next(int32_t month);

#endif
