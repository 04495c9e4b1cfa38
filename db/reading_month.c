/* SPDX-License-Identifier: Apache-2.0 */
/* Files of months: making, opening, keeping open, reading and dropping them. */
#include "db/reading_month.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/str.h"

#define LOGS_MOST 3 /* files whose logs a writer leaves lying about */

/* ---- files --------------------------------------------------------------- */

enum db_rc
month_fail(struct db *db, const char *path)
{
    snprintf(db->error, sizeof db->error, "%.400s: %s", path, strerror(errno));
    return DB_FAIL;
}

/* What a connection says becomes what the handle says. */
enum db_rc
month_note(struct db *db, const struct month_file *f, enum db_rc rc)
{
    if (rc == DB_FAIL || rc == DB_BUSY)
        str_copy(db->error, sizeof db->error, f->conn->error);
    return rc;
}

void
month_path(const struct db *db, int32_t month, char path[1024])
{
    int year, m, d;

    day_to_civil(month, &year, &m, &d);
    snprintf(path, 1024, "%.900s/readings/%04d-%02d.db", db_place(db), year, m);
}

enum db_rc
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

void
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
    sqlite3_finalize(f->point);
    sqlite3_finalize(f->own);
    conn_close(f->conn);
}

void
month_files_close(void *files)
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
    "PRAGMA synchronous = FULL;" MONTH_SCHEMA ";PRAGMA journal_mode = WAL;"

#define MONTH_SETTINGS                                                         \
    "PRAGMA cache_size = -16000;"                                              \
    "PRAGMA wal_autocheckpoint = 1000;"                                        \
    "PRAGMA mmap_size = 2147418112"

#define MONTH_SETTINGS_FRUGAL                                                  \
    "PRAGMA cache_size = -8000;"                                               \
    "PRAGMA wal_autocheckpoint = 1000;"                                        \
    "PRAGMA mmap_size = 0"

bool
month_file_gone(const char *path)
{
    return unlink(path) == 0 || errno == ENOENT;
}

/* Logs of a file that is to go, or went: a new one must not find them. */
bool
month_logs_gone(const char *path)
{
    static const char *const ENDS[] = {"-journal", "-wal", "-shm"};
    char log[1120];

    for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++) {
        snprintf(log, sizeof log, "%s%s", path, ENDS[i]);
        if (!month_file_gone(log))
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
        return month_fail(db, folder);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    /* What a try that was cut off left, and a file that was dropped. */
    if (!month_file_gone(fresh) || !month_logs_gone(fresh) ||
        !month_logs_gone(path))
        return month_fail(db, fresh);
    rc = sqlite3_open(fresh, &h);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(h, MONTH_TABLE, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        snprintf(db->error, sizeof db->error, "%.300s: %.200s", fresh,
                 sqlite3_errmsg(h));
    sqlite3_close(h);
    if (rc != SQLITE_OK)
        return DB_FAIL;
    return file_move(fresh, path) ? DB_OK : month_fail(db, path);
}

/* The place for one more open file: a free one, or that used longest ago. */
static struct month_file *
month_slot(struct month_files *m)
{
    struct month_file *oldest = &m->at[0];

    if (m->n < MONTHS_OPEN)
        return &m->at[m->n++];
    for (size_t i = 1; i < m->n; i++) {
        if (m->at[i].used < oldest->used)
            oldest = &m->at[i];
    }
    month_close(oldest);
    return oldest;
}

#define RANGE                                                                  \
    "SELECT id, data FROM reading WHERE id BETWEEN ?1 AND ?2 ORDER BY id"

/* Each day of the group is a step down the tree, inside one statement: what a
 * statement costs by itself is more than the step.  The days' lowest keys are
 * bound from ?3 on; NULL is a day that is not wanted. */
#define POINT                                                                  \
    "SELECT id, data FROM reading WHERE id BETWEEN ?1 AND ?2 UNION ALL "       \
    "SELECT r.id, r.data FROM (VALUES (?3), (?4), (?5), (?6), (?7), (?8), "    \
    "(?9), (?10), (?11), (?12), (?13), (?14), (?15), (?16), (?17), (?18), "    \
    "(?19), (?20), (?21), (?22), (?23), (?24), (?25), (?26), (?27), (?28), "   \
    "(?29), (?30), (?31), (?32), (?33)) AS d CROSS JOIN reading AS r "         \
    "WHERE r.id BETWEEN d.column1 AND d.column1 + 134217727"
#define MONTH_DAYS_MOST 31
_Static_assert(LOAD_MASK == 134217727, "the number in POINT");

/* Where a month has no day rows, as its last key says, this is enough. */
#define OWN                                                                    \
    "SELECT max(id), NULL FROM reading UNION ALL "                             \
    "SELECT id, data FROM reading WHERE id BETWEEN ?1 AND ?2"

static enum db_rc
month_prepare(struct db *db, struct month_file *f, const char *sql,
              sqlite3_stmt **to)
{
    sqlite3 *h = sqlite_handle(f->conn);

    if (sqlite3_prepare_v3(h, sql, -1, SQLITE_PREPARE_PERSISTENT, to, NULL) ==
        SQLITE_OK)
        return DB_OK;
    return month_note(db, f,
                      conn_fail(f->conn, f->path, "%s", sqlite3_errmsg(h)));
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
    rc = month_note(db, f,
                    f->conn->driver->script(f->conn, reading_home(db)->frugal
                                                         ? MONTH_SETTINGS_FRUGAL
                                                         : MONTH_SETTINGS));
    if (rc == DB_OK)
        rc = month_prepare(db, f, RANGE, &f->range);
    if (rc == DB_OK)
        rc = month_prepare(db, f, POINT, &f->point);
    if (rc == DB_OK)
        rc = month_prepare(db, f, OWN, &f->own);
    if (rc != DB_OK)
        month_close(f);
    return rc;
}

static bool
is_frozen(const struct db *db, int32_t month)
{
    char path[1024];

    month_path(db, month, path);
    return sqlite_is_frozen(path);
}

/* The month's file, open; DB_NONE when there is none and none is wanted. */
enum db_rc
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
        /* It was read-only, and is not any more: others may write to it. */
        if (m->at[i].conn->frozen && !is_frozen(db, month)) {
            month_close(&m->at[i]);
            m->at[i] = m->at[--m->n];
            break;
        }
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

static enum db_rc
month_step_failed(struct db *db, struct month_file *f, int rc)
{
    conn_fail(f->conn, "reading", "%s", sqlite3_errstr(rc));
    return month_note(db, f, (rc & 0xff) == SQLITE_BUSY ? DB_BUSY : DB_FAIL);
}

/* The rows of a statement; *more turns false when `row` says stop. */
static enum db_rc
month_rows(struct db *db, struct month_file *f, sqlite3_stmt *s,
           reading_row_fn *row, void *arg, bool *more)
{
    struct reading_row r;
    int rc = SQLITE_ROW;

    while (*more && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        month_key_split(sqlite3_column_int64(s, 0), f->month, &r);
        f->days |= !r.month;
        r.data = sqlite3_column_blob(s, 1);
        r.n = (size_t)sqlite3_column_bytes(s, 1);
        *more = row(arg, &r);
    }
    sqlite3_reset(s);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        return DB_OK;
    return month_step_failed(db, f, rc);
}

enum db_rc
month_range(struct db *db, struct month_file *f, int64_t from, int64_t to,
            reading_row_fn *row, void *arg, bool *more)
{
    sqlite3_bind_int64(f->range, 1, from);
    sqlite3_bind_int64(f->range, 2, to);
    return month_rows(db, f, f->range, row, arg, more);
}

/* The month rows of a point, unless there are day rows too. */
static enum db_rc
month_own(struct db *db, struct month_file *f, int64_t first,
          reading_row_fn *row, void *arg, bool *more)
{
    sqlite3_stmt *s = f->own;
    int rc;

    sqlite3_bind_int64(s, 1, first);
    sqlite3_bind_int64(s, 2, first + (1 << POINT_SHIFT) - 1);
    rc = sqlite3_step(s);
    f->days = rc == SQLITE_ROW &&
              sqlite3_column_int64(s, 0) >> (GROUP_BITS + LOAD_BITS) > 0;
    if (rc == SQLITE_ROW && !f->days)
        return month_rows(db, f, s, row, arg, more);
    sqlite3_reset(s);
    return f->days ? DB_OK : month_step_failed(db, f, rc);
}

enum db_rc
month_point(struct db *db, struct month_file *f, int64_t point, int32_t from,
            int32_t to, reading_row_fn *row, void *arg, bool *more)
{
    const int64_t first = month_key(f->month, point, f->month, 0);
    sqlite3_stmt *s = f->point;
    enum db_rc rc;

    if (!f->days) {
        rc = month_own(db, f, first, row, arg, more);
        if (!f->days)
            return rc;
    }
    sqlite3_bind_int64(s, 1, first);
    sqlite3_bind_int64(s, 2, first + (1 << POINT_SHIFT) - 1);
    for (int i = 0; i < MONTH_DAYS_MOST; i++) {
        int32_t day = f->month + i;

        if (day < from || day > to)
            sqlite3_bind_null(s, 3 + i);
        else
            sqlite3_bind_int64(
                s, 3 + i, month_day_key(f->month, day, row_group(point), 0));
    }
    f->days = false;
    return month_rows(db, f, s, row, arg, more);
}

/* A load of many months would leave a long log beside each file. */
void
month_files_tidy(struct month_files *m, struct month_file *now)
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

/* Whoever has the file open reads on in it; see month_close. */
enum db_rc
month_drop(struct db *db, int32_t month)
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
    if (!month_logs_gone(path) || !month_file_gone(path) ||
        (file_exists(folder) && !file_sync_dir(folder)))
        return month_fail(db, path);
    return DB_OK;
}
