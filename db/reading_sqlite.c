/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of readings on SQLite: a file a month, readings/YYYY-MM.db, with one
 * table keyed by one number: day of the month, group of points, load.  So a
 * day's arrival is appended at the end of the file, and a point's day is one
 * step down a tree (docs/packed-day.md has the figures behind this key).  In a
 * month that was rewritten, rows of whole months stand in front of them.
 *
 * A file gets its name only when its table stands.  Each handle keeps the
 * files it used last open, and reads a month inside one transaction.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/reading_home.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/str.h"

#define OPEN_MOST 32
#define SPAN_LONG 800 /* days */
#define LOGS_MOST 3   /* files whose logs a writer leaves lying about */

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
    uint64_t used;
    uint64_t written; /* the clock then, while its log holds rows of ours */
};

struct month_files {
    struct month_file at[OPEN_MOST];
    size_t n;
    uint64_t clock;
};

/* ---- keys ---------------------------------------------------------------- */

static int64_t
key_of(int32_t month, int32_t day, int64_t group, int64_t load_id)
{
    return (int64_t)(day - month + 1) << (GROUP_BITS + LOAD_BITS) |
           group << LOAD_BITS | load_id;
}

/* Month rows stand before all days: in place of the load are the point in its
 * group, the first day, and a number among rows that begin with one day. */
static int64_t
month_key(int32_t month, int64_t point_id, int32_t day, unsigned serial)
{
    return row_group(point_id) << LOAD_BITS |
           point_id % ROW_POINTS << POINT_SHIFT |
           (int64_t)(day - month) << SERIAL_BITS | serial;
}

static void
key_split(int64_t key, int32_t month, struct reading_row *r)
{
    int32_t day = (int32_t)(key >> (GROUP_BITS + LOAD_BITS));
    int64_t rest = key & LOAD_MASK;

    *r = (struct reading_row){.month = !day,
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

static bool
key_fits(const struct reading_row *r)
{
    return r->group >= 0 && r->group < INT64_C(1) << GROUP_BITS &&
           r->load_id >= 0 && r->load_id <= LOAD_MASK;
}

/* ---- files --------------------------------------------------------------- */

static enum db_rc
folder_fail(struct db *db, const char *path)
{
    snprintf(db->error, sizeof db->error, "%.400s: %s", path, strerror(errno));
    return DB_FAIL;
}

/* What a connection says becomes what the handle says. */
static enum db_rc
note(struct db *db, const struct month_file *f, enum db_rc rc)
{
    if (rc == DB_FAIL || rc == DB_BUSY)
        str_copy(db->error, sizeof db->error, f->conn->error);
    return rc;
}

static void
month_path(const struct db *db, int32_t month, char path[1024])
{
    int year, m, d;

    day_to_civil(month, &year, &m, &d);
    snprintf(path, 1024, "%.900s/readings/%04d-%02d.db", db_place(db), year, m);
}

static enum db_rc
month_checkpoint(struct month_file *f)
{
    enum db_rc rc = sqlite_checkpoint(f->conn);

    if (rc == DB_OK)
        f->written = 0;
    /* a loader that goes from month to month needs their pages no more */
    sqlite3_db_release_memory(sqlite_handle(f->conn));
    return rc;
}

/* Is this the file that has its name now?  One that was dropped may live on in
 * this handle. */
static bool
month_is_there(const struct month_file *f)
{
    struct stat st;

    return stat(f->path, &st) == 0 && st.st_dev == f->dev &&
           st.st_ino == f->ino;
}

static void
month_close(struct month_file *f)
{
    int keep = 1;

    /* SQLite removes logs by name: they may be those of a new file. */
    if (!month_is_there(f))
        sqlite3_file_control(sqlite_handle(f->conn), "main",
                             SQLITE_FCNTL_PERSIST_WAL, &keep);
    else if (f->written)
        month_checkpoint(f);
    free(f->path);
    sqlite3_finalize(f->range);
    conn_close(f->conn);
}

static void
sqlite_close_files(void *files)
{
    struct month_files *m = files;

    for (size_t i = 0; i < m->n; i++)
        month_close(&m->at[i]);
    free(m);
}

/* The write-ahead log comes last: before it, each statement is in the file
 * itself when it returns, and a log would not follow the file to its name. */
#define MONTH_TABLE                                                            \
    "PRAGMA page_size = 32768;"                                                \
    "PRAGMA journal_mode = TRUNCATE;"                                          \
    "PRAGMA synchronous = FULL;"                                               \
    "CREATE TABLE reading (id INTEGER PRIMARY KEY, data BLOB NOT NULL);"       \
    "PRAGMA user_version = 1;" SQLITE_OURS ";"                                 \
    "PRAGMA journal_mode = WAL;"

#define MONTH_SETTINGS                                                         \
    "PRAGMA cache_size = -16000;"                                              \
    "PRAGMA wal_autocheckpoint = 1000;"                                        \
    "PRAGMA mmap_size = 2147418112"

#define MONTH_SETTINGS_FRUGAL                                                  \
    "PRAGMA cache_size = -8000;"                                               \
    "PRAGMA wal_autocheckpoint = 1000;"                                        \
    "PRAGMA mmap_size = 0"

static bool
file_gone(const char *path)
{
    return unlink(path) == 0 || errno == ENOENT;
}

/* Logs of a file that is to go, or went: a new one must not find them. */
static bool
logs_gone(const char *path)
{
    static const char *const ENDS[] = {"-journal", "-wal", "-shm"};
    char log[1120];

    for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++) {
        snprintf(log, sizeof log, "%s%s", path, ENDS[i]);
        if (!file_gone(log))
            return false;
    }
    return true;
}

/* A new file under another name until it is whole. */
static enum db_rc
month_make(struct db *db, const char *path)
{
    char fresh[1100], folder[1024];
    sqlite3 *h = NULL;
    int rc;

    snprintf(folder, sizeof folder, "%.1000s/readings", db_place(db));
    if (!file_make_dir(folder, 0700))
        return folder_fail(db, folder);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    /* What a try that was cut off left, and a file that was dropped. */
    if (!file_gone(fresh) || !logs_gone(fresh) || !logs_gone(path))
        return folder_fail(db, fresh);
    rc = sqlite3_open(fresh, &h);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(h, MONTH_TABLE, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        snprintf(db->error, sizeof db->error, "%.300s: %.200s", fresh,
                 sqlite3_errmsg(h));
    sqlite3_close(h);
    if (rc != SQLITE_OK)
        return DB_FAIL;
    return file_move(fresh, path) ? DB_OK : folder_fail(db, path);
}

/* The place for one more open file: a free one, or that used longest ago. */
static struct month_file *
month_slot(struct month_files *m)
{
    struct month_file *oldest = &m->at[0];

    if (m->n < OPEN_MOST)
        return &m->at[m->n++];
    for (size_t i = 1; i < m->n; i++) {
        if (m->at[i].used < oldest->used)
            oldest = &m->at[i];
    }
    month_close(oldest);
    return oldest;
}

static enum db_rc
month_connect(struct db *db, const char *path, struct month_file *f)
{
    enum db_mode mode = db->mode == DB_READ ? DB_READ : DB_WRITE;
    enum db_rc rc = sqlite_open(path, mode, &f->conn, db->error);
    struct stat st;

    /* It was there: without our mark it is damaged, not empty. */
    if (rc == DB_NONE && file_exists(path))
        rc = DB_FAIL;
    if (rc != DB_OK)
        return rc;
    f->path = mem_dup(path);
    if (stat(path, &st) == 0) {
        f->dev = st.st_dev;
        f->ino = st.st_ino;
    }
    rc = note(db, f,
              f->conn->driver->script(f->conn, reading_home(db)->frugal
                                                   ? MONTH_SETTINGS_FRUGAL
                                                   : MONTH_SETTINGS));
    if (rc == DB_OK &&
        sqlite3_prepare_v3(sqlite_handle(f->conn),
                           "SELECT id, data FROM reading "
                           "WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
                           -1, SQLITE_PREPARE_PERSISTENT, &f->range,
                           NULL) != SQLITE_OK)
        rc = note(db, f,
                  conn_fail(f->conn, path, "%s",
                            sqlite3_errmsg(sqlite_handle(f->conn))));
    if (rc != DB_OK)
        month_close(f);
    return rc;
}

/* The month's file, open; DB_NONE when there is none and none is wanted. */
static enum db_rc
month_open(struct db *db, int32_t month, bool make, struct month_file **to)
{
    struct reading_home *h = reading_home(db);
    struct month_files *m = h->files;
    struct month_file f = {.month = month};
    char path[1024];
    enum db_rc rc;

    if (!m) {
        m = h->files = mem_new(sizeof *m);
        *m = (struct month_files){0};
    }
    m->clock++;
    for (size_t i = 0; i < m->n; i++) {
        if (m->at[i].month != month)
            continue;
        *to = &m->at[i];
        m->at[i].used = m->clock;
        return DB_OK;
    }
    month_path(db, month, path);
    if (!file_exists(path)) {
        if (!make)
            return DB_NONE;
        rc = month_make(db, path);
        if (rc != DB_OK)
            return rc;
    }
    rc = month_connect(db, path, &f);
    if (rc != DB_OK)
        return rc;
    f.used = m->clock;
    *to = month_slot(m);
    **to = f;
    return DB_OK;
}

/* ---- which months there are ---------------------------------------------- */

/* The month of a file's name, or DAY_NONE. */
static int32_t
name_month(const char *name)
{
    char text[16];
    int32_t day;

    if (strlen(name) != 10 || !str_ends(name, ".db"))
        return DAY_NONE;
    snprintf(text, sizeof text, "%.7s-01", name);
    return day_parse(text, &day) ? day : DAY_NONE;
}

static int
compare_months(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

static enum db_rc
sqlite_months(struct db *db, struct arena *a, struct reading_months *m)
{
    char folder[1024];
    struct dirent *e;
    size_t size = 64;
    DIR *d;

    *m = (struct reading_months){ARENA_NEWN(a, int32_t, size), 0};
    snprintf(folder, sizeof folder, "%.1000s/readings", db_place(db));
    d = opendir(folder);
    if (!d)
        return errno == ENOENT ? DB_OK : folder_fail(db, folder);
    while ((e = readdir(d))) {
        int32_t month = name_month(e->d_name);

        if (month == DAY_NONE)
            continue;
        if (m->n == size) {
            int32_t *more = ARENA_NEWN(a, int32_t, 2 * size);

            memcpy(more, m->at, size * sizeof *more);
            m->at = more;
            size *= 2;
        }
        m->at[m->n++] = month;
    }
    closedir(d);
    qsort(m->at, m->n, sizeof *m->at, compare_months);
    return DB_OK;
}

/* ---- reading ------------------------------------------------------------- */

/* Rows from one key to another; *more turns false when `row` says stop. */
static enum db_rc
read_range(struct db *db, struct month_file *f, int64_t from, int64_t to,
           reading_row_fn *row, void *arg, bool *more)
{
    sqlite3_stmt *s = f->range;
    struct reading_row r;
    int rc;

    sqlite3_bind_int64(s, 1, from);
    sqlite3_bind_int64(s, 2, to);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW && *more) {
        key_split(sqlite3_column_int64(s, 0), f->month, &r);
        r.data = sqlite3_column_blob(s, 1);
        r.n = (size_t)sqlite3_column_bytes(s, 1);
        *more = row(arg, &r);
    }
    sqlite3_reset(s);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        return DB_OK;
    conn_fail(f->conn, "reading", "%s", sqlite3_errstr(rc));
    return note(db, f, (rc & 0xff) == SQLITE_BUSY ? DB_BUSY : DB_FAIL);
}

static enum db_rc
each_month(struct db *db, struct month_file *f, int64_t point, int32_t from,
           int32_t to, reading_row_fn *row, void *arg, bool *more)
{
    const int64_t group = row_group(point);
    const int64_t first = month_key(f->month, point, f->month, 0);
    enum db_rc rc = note(db, f, conn_run(f->conn, "BEGIN", IN_NONE, NULL));

    if (rc != DB_OK)
        return rc;
    rc = read_range(db, f, first, first + (1 << POINT_SHIFT) - 1, row, arg,
                    more);
    for (int32_t day = from; day <= to && rc == DB_OK && *more; day++) {
        int64_t key = key_of(f->month, day, group, 0);

        rc = read_range(db, f, key, key | LOAD_MASK, row, arg, more);
    }
    conn_run(f->conn, "COMMIT", IN_NONE, NULL);
    return rc;
}

/* One month's days of that span; a month without a file has no rows. */
static enum db_rc
each_of(struct db *db, int32_t month, int64_t point, int32_t from, int32_t to,
        reading_row_fn *row, void *arg, bool *more)
{
    int32_t last = reading_month_next(month) - 1;
    struct month_file *f;
    enum db_rc rc = month_open(db, month, false, &f);

    if (rc != DB_OK)
        return rc == DB_NONE ? DB_OK : rc;
    return each_month(db, f, point, from > month ? from : month,
                      to < last ? to : last, row, arg, more);
}

/* A long span: only the months that there are. */
static enum db_rc
each_there(struct db *db, int64_t point, int32_t from, int32_t to,
           reading_row_fn *row, void *arg)
{
    struct reading_months m;
    struct arena a = {0};
    bool more = true;
    enum db_rc rc = sqlite_months(db, &a, &m);

    for (size_t i = 0; i < m.n && more && rc == DB_OK; i++) {
        if (m.at[i] <= to && reading_month_next(m.at[i]) > from)
            rc = each_of(db, m.at[i], point, from, to, row, arg, &more);
    }
    arena_clear(&a);
    return rc;
}

static enum db_rc
sqlite_each(struct db *db, int64_t point, int32_t from, int32_t to,
            reading_row_fn *row, void *arg)
{
    bool more = true;
    enum db_rc rc = DB_OK;

    if (to - from > SPAN_LONG)
        return each_there(db, point, from, to, row, arg);
    for (int32_t month = day_month_start(from);
         month <= to && more && rc == DB_OK; month = reading_month_next(month))
        rc = each_of(db, month, point, from, to, row, arg, &more);
    return rc;
}

/* Without a transaction: a month is one statement. */
static enum db_rc
sqlite_own(struct db *db, int64_t point, int32_t from, int32_t to,
           reading_row_fn *row, void *arg)
{
    bool more = true;
    enum db_rc rc = DB_OK;

    for (int32_t month = day_month_start(from);
         month <= to && more && rc == DB_OK;
         month = reading_month_next(month)) {
        const int64_t first = month_key(month, point, month, 0);
        struct month_file *f;

        rc = month_open(db, month, false, &f);
        if (rc == DB_OK)
            rc = read_range(db, f, first, first + (1 << POINT_SHIFT) - 1, row,
                            arg, &more);
        else if (rc == DB_NONE)
            rc = DB_OK;
    }
    return rc;
}

static enum db_rc
sqlite_find(struct db *db, int32_t day, const int64_t *group, size_t n,
            reading_row_fn *row, void *arg)
{
    struct month_file *f;
    bool more = true;
    enum db_rc rc = month_open(db, day_month_start(day), false, &f);

    if (rc == DB_NONE)
        return DB_OK;
    if (rc == DB_OK)
        rc = note(db, f, conn_run(f->conn, "BEGIN", IN_NONE, NULL));
    if (rc != DB_OK)
        return rc;
    for (size_t i = 0; i < n && rc == DB_OK && more; i++) {
        int64_t key = key_of(f->month, day, group[i], 0);
        int64_t month = group[i] << LOAD_BITS;

        rc = read_range(db, f, month, month | LOAD_MASK, row, arg, &more);
        if (rc == DB_OK && more)
            rc = read_range(db, f, key, key | LOAD_MASK, row, arg, &more);
    }
    conn_run(f->conn, "COMMIT", IN_NONE, NULL);
    return rc;
}

static enum db_rc
sqlite_scan(struct db *db, int32_t month, reading_row_fn *row, void *arg)
{
    struct month_file *f;
    bool more = true;
    enum db_rc rc = month_open(db, month, false, &f);

    if (rc == DB_NONE)
        return DB_OK;
    return rc == DB_OK
               ? read_range(db, f, INT64_MIN, INT64_MAX, row, arg, &more)
               : rc;
}

/* Did it fail for what is on the disk? */
static bool
is_damage(const struct db *db)
{
    static const int CODE[] = {SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_IOERR};

    for (size_t i = 0; i < sizeof CODE / sizeof *CODE; i++) {
        if (strstr(db->error, sqlite3_errstr(CODE[i])))
            return true;
    }
    return strstr(db->error, "not a file of a Meterhouse store");
}

static enum db_rc
sqlite_walk(struct db *db, int32_t month, struct reading_place *at, size_t most,
            reading_row_fn *row, void *arg, bool *damaged)
{
    struct month_file *f;
    struct reading_row r;
    int rc = SQLITE_ROW;
    enum db_rc drc = month_open(db, month, false, &f);

    *damaged = drc == DB_FAIL && is_damage(db);
    if (drc != DB_OK)
        return drc;
    sqlite3_bind_int64(f->range, 1, at->group < 0 ? 0 : at->key + 1);
    sqlite3_bind_int64(f->range, 2, INT64_MAX);
    for (size_t n = 0; n < most && rc == SQLITE_ROW; n++) {
        rc = sqlite3_step(f->range);
        if (rc != SQLITE_ROW)
            break;
        at->key = sqlite3_column_int64(f->range, 0);
        key_split(at->key, month, &r);
        at->day = r.day;
        at->group = r.group;
        r.data = sqlite3_column_blob(f->range, 1);
        r.n = (size_t)sqlite3_column_bytes(f->range, 1);
        row(arg, &r);
    }
    sqlite3_reset(f->range);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        return DB_OK;
    conn_fail(f->conn, "reading", "%s", sqlite3_errstr(rc));
    drc = note(db, f, (rc & 0xff) == SQLITE_BUSY ? DB_BUSY : DB_FAIL);
    *damaged = drc == DB_FAIL && is_damage(db);
    return drc;
}

/* To the end of the day, or past some groups' month rows. */
static void
sqlite_skip(struct reading_place *p)
{
    const int day = GROUP_BITS + LOAD_BITS;
    int64_t key = p->group < 0 ? 0 : p->key;

    if (key >> day)
        p->key = ((key >> day) + 1) << day;
    else
        p->key = key + (INT64_C(1024) << LOAD_BITS);
    p->day += key >> day != 0;
    p->group = p->key >> LOAD_BITS & ((INT64_C(1) << GROUP_BITS) - 1);
}

/* ---- writing ------------------------------------------------------------- */

struct adding {
    struct db_conn *conn;
    int32_t month;
    const struct reading_row *row;
    size_t n, at;
};

static bool
add_next(void *arg, struct db_in *in)
{
    struct adding *a = arg;
    const struct reading_row *r = &a->row[a->at];

    if (a->at == a->n)
        return false;
    a->at++;
    in[0] = in_i64(key_of(a->month, r->day, r->group, r->load_id));
    in[1] = in_blob(r->data, r->n);
    return true;
}

static enum db_rc
add_all(void *arg)
{
    struct adding *a = arg;

    a->at = 0;
    return a->conn->driver->bulk(
        a->conn, "INSERT INTO reading (id, data) VALUES ($1, $2)", NULL, 2,
        add_next, a);
}

/* A load of many months would leave a long log beside each file. */
static void
logs_tidy(struct month_files *m, struct month_file *now)
{
    struct month_file *oldest = NULL;
    size_t logs = 0;

    now->written = m->clock;
    for (size_t i = 0; i < m->n; i++) {
        struct month_file *f = &m->at[i];

        if (!f->written)
            continue;
        logs++;
        if (!oldest || f->written < oldest->written)
            oldest = f;
    }
    if (logs > LOGS_MOST)
        month_checkpoint(oldest);
}

static enum db_rc
sqlite_checkpoint_files(struct db *db)
{
    struct month_files *m = reading_home(db)->files;
    enum db_rc rc = DB_OK;

    for (size_t i = 0; m && i < m->n; i++) {
        struct month_file *f = &m->at[i];
        enum db_rc one = f->written ? note(db, f, month_checkpoint(f)) : DB_OK;

        if (one != DB_OK)
            rc = one;
    }
    return rc;
}

static enum db_rc
sqlite_add(struct db *db, int32_t month, const struct reading_row *row,
           size_t n)
{
    struct adding a = {.month = month, .row = row, .n = n};
    struct month_file *f;
    enum db_rc rc;

    for (size_t i = 0; i < n; i++) {
        if (key_fits(&row[i]))
            continue;
        snprintf(db->error, sizeof db->error,
                 "load %lld, group %lld: past the largest key of readings",
                 (long long)row[i].load_id, (long long)row[i].group);
        return DB_FAIL;
    }
    rc = month_open(db, month, true, &f);
    if (rc != DB_OK)
        return rc;
    a.conn = f->conn;
    logs_tidy(reading_home(db)->files, f);
    return note(db, f, conn_tx(f->conn, add_all, &a));
}

struct removing {
    struct db_conn *conn;
    const struct reading_part *part;
    int64_t rows;
};

static enum db_rc
remove_all(void *arg)
{
    struct removing *r = arg;
    const struct reading_part *p = r->part;
    enum db_rc rc = DB_OK;

    r->rows = 0;
    for (int32_t day = p->first_day; day <= p->last_day && rc == DB_OK; day++) {
        int64_t from = key_of(p->month, day, p->first_group, 0);
        int64_t to = key_of(p->month, day, p->last_group, LOAD_MASK);
        int64_t changed = 0;

        rc = conn_run(r->conn,
                      "DELETE FROM reading WHERE id BETWEEN $1 AND $2 "
                      "AND id & 134217727 = $3",
                      IN(in_i64(from), in_i64(to), in_i64(p->load_id)),
                      &changed);
        r->rows += changed;
    }
    return rc;
}
_Static_assert(LOAD_MASK == 134217727, "the number in remove_all");

static enum db_rc
sqlite_remove(struct db *db, const struct reading_part *p, int64_t *rows)
{
    struct removing r = {.part = p};
    struct month_file *f;
    enum db_rc rc = month_open(db, p->month, false, &f);

    *rows = 0;
    if (rc != DB_OK)
        return rc == DB_NONE ? DB_OK : rc;
    r.conn = f->conn;
    logs_tidy(reading_home(db)->files, f);
    rc = note(db, f, conn_tx(f->conn, remove_all, &r));
    *rows = r.rows;
    return rc;
}

/* Whoever has the file open reads on in it; see month_close. */
static enum db_rc
sqlite_drop(struct db *db, int32_t month)
{
    struct month_files *m = reading_home(db)->files;
    char path[1024], folder[1024];

    for (size_t i = 0; m && i < m->n; i++) {
        if (m->at[i].month != month)
            continue;
        m->at[i].written = 0;
        month_close(&m->at[i]);
        m->at[i] = m->at[--m->n];
        break;
    }
    month_path(db, month, path);
    snprintf(folder, sizeof folder, "%.1000s/readings", db_place(db));
    if (!logs_gone(path) || !file_gone(path) ||
        (file_exists(folder) && !file_sync_dir(folder)))
        return folder_fail(db, path);
    return DB_OK;
}

/* ---- upkeep -------------------------------------------------------------- */

static enum db_rc
sqlite_size(struct db *db, int32_t month, int64_t *bytes)
{
    static const char *const ENDS[] = {"", "-wal"};
    char path[1024], whole[1100];
    struct stat st;

    *bytes = 0;
    month_path(db, month, path);
    for (size_t i = 0; i < 2; i++) {
        snprintf(whole, sizeof whole, "%s%s", path, ENDS[i]);
        if (stat(whole, &st) == 0)
            *bytes += st.st_size;
    }
    return DB_OK;
}

struct verifying {
    char line[256];
    int32_t month;
    void (*bad)(void *arg, const char *line);
    void *arg;
};

static bool
verify_row(void *arg)
{
    struct verifying *v = arg;
    char day[11], text[300];

    if (str_eq(v->line, "ok"))
        return true;
    snprintf(text, sizeof text, "readings of %.7s: %s",
             day_format(day, v->month), v->line);
    v->bad(v->arg, text);
    return true;
}

static enum db_rc
sqlite_verify(struct db *db, int32_t month,
              void (*bad)(void *arg, const char *line), void *arg)
{
    struct verifying v = {.month = month, .bad = bad, .arg = arg};
    struct month_file *f;
    enum db_rc rc = month_open(db, month, false, &f);

    if (rc != DB_OK)
        return rc == DB_NONE ? DB_OK : rc;
    return note(db, f,
                conn_each(f->conn,
                          "SELECT substr(integrity_check, 1, 250) "
                          "FROM pragma_integrity_check(100)",
                          IN_NONE, OUT(out_text(v.line, sizeof v.line)),
                          verify_row, &v));
}

const struct reading_engine READING_SQLITE = {
    .each = sqlite_each,
    .own = sqlite_own,
    .find = sqlite_find,
    .add = sqlite_add,
    .remove = sqlite_remove,
    .drop = sqlite_drop,
    .months = sqlite_months,
    .scan = sqlite_scan,
    .walk = sqlite_walk,
    .skip = sqlite_skip,
    .size = sqlite_size,
    .verify = sqlite_verify,
    .checkpoint = sqlite_checkpoint_files,
    .close = sqlite_close_files,
};
