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
    month_places_clear(&f->places);
    sqlite3_finalize(f->range);
    sqlite3_finalize(f->one);
    sqlite3_finalize(f->some);
    sqlite3_finalize(f->own);
    sqlite3_finalize(f->version);
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
    "PRAGMA wal_autocheckpoint = 256;"                                         \
    "PRAGMA mmap_size = 2147418112"

#define MONTH_SETTINGS_FRUGAL                                                  \
    "PRAGMA cache_size = -8000;"                                               \
    "PRAGMA wal_autocheckpoint = 256;"                                         \
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

/* The names in the folder are on the disk.  Where they may not be, nobody may
 * be told that what lies under them was kept. */
static bool
folder_sync(const char *folder)
{
    if (file_sync_dir(folder))
        return true;
    sqlite_sync_note(SQLITE_IOERR_DIR_FSYNC);
    return false;
}

static enum db_rc
month_fill(struct db *db, const char *fresh)
{
    sqlite3 *h = NULL;
    int rc = sqlite3_open(fresh, &h);

    if (h != NULL) /* else there was no memory for it */
        sqlite3_extended_result_codes(h, 1);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(h, MONTH_TABLE, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        snprintf(db->error, sizeof db->error, "%.300s: %.200s", fresh,
                 sqlite3_errmsg(h));
    sqlite_sync_note(rc);
    sqlite3_close(h);
    return rc == SQLITE_OK ? DB_OK : DB_FAIL;
}

/* A new file under another name until it is whole. */
static enum db_rc
month_make(struct db *db, const char *path)
{
    struct db_conn *home = db_conn(db, DB_MARKET);
    char fresh[1100], folder[1024];
    enum db_rc rc;

    if (db_sync_failed()) {
        rc = sqlite_sync_refuse(home, path);
        str_copy(db->error, sizeof db->error, home->error);
        return rc;
    }
    snprintf(folder, sizeof folder, "%.1000s/readings", db_place(db));
    if (!file_make_dir(folder, 0700))
        return month_fail(db, folder);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    /* What a try that was cut off left, and a file that was dropped. */
    if (!month_file_gone(fresh) || !month_logs_gone(fresh) ||
        !month_logs_gone(path))
        return month_fail(db, fresh);
    rc = month_fill(db, fresh);
    if (rc != DB_OK)
        return rc;
    if (rename(fresh, path) != 0 || !folder_sync(folder))
        return month_fail(db, path);
    return DB_OK;
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

/* Each key is a step down the tree, inside one statement: what a statement
 * costs by itself is more than the step.  NULL is no key. */
#define SOME                                                                   \
    "SELECT r.id, r.data FROM (VALUES (?1), (?2), (?3), (?4), (?5), (?6), "    \
    "(?7), (?8), (?9), (?10), (?11), (?12), (?13), (?14), (?15), (?16), "      \
    "(?17), (?18), (?19), (?20), (?21), (?22), (?23), (?24), (?25), (?26), "   \
    "(?27), (?28), (?29), (?30), (?31), (?32)) AS k CROSS JOIN reading AS r "  \
    "WHERE r.id = k.column1"

/* Where a month has no day rows, as its last key says, this is enough. */
#define OWN                                                                    \
    "SELECT max(id), NULL FROM reading UNION ALL "                             \
    "SELECT id, data FROM reading WHERE id BETWEEN ?1 AND ?2"

static enum db_rc
fail_prepared(struct db *db, struct month_file *f)
{
    return month_note(db, f,
                      conn_fail(f->conn, f->path, "%s",
                                sqlite3_errmsg(sqlite_handle(f->conn))));
}

static enum db_rc
month_prepare(struct db *db, struct month_file *f, const char *sql,
              sqlite3_stmt **to)
{
    return sqlite3_prepare_v3(sqlite_handle(f->conn), sql, -1,
                              SQLITE_PREPARE_PERSISTENT, to, NULL) == SQLITE_OK
               ? DB_OK
               : fail_prepared(db, f);
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
        rc = month_prepare(db, f, SOME, &f->some);
    if (rc == DB_OK)
        rc = month_prepare(db, f, OWN, &f->own);
    if (rc == DB_OK)
        rc = month_prepare(db, f, "SELECT data FROM reading WHERE id = ?1",
                           &f->one);
    if (rc == DB_OK)
        rc = month_prepare(db, f, "PRAGMA user_version", &f->version);
    if (rc != DB_OK)
        month_close(f);
    return rc;
}

static bool
is_writable(const struct db *db, int32_t month)
{
    char path[1024];

    month_path(db, month, path);
    return access(path, W_OK) == 0;
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
        /* It could only be read: now others may write to it. */
        if (m->at[i].conn->frozen && is_writable(db, month)) {
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

/* ---- reading ------------------------------------------------------------- */

enum db_rc
month_fail_step(struct db *db, struct month_file *f, int rc)
{
    conn_fail(f->conn, "reading", "%s", sqlite3_errstr(rc));
    return month_note(db, f, (rc & 0xff) == SQLITE_BUSY ? DB_BUSY : DB_FAIL);
}

/* Another program may have rewritten the file since: its layout, too. */
enum db_rc
month_look(struct db *db, struct month_file *f)
{
    int rc = sqlite3_step(f->version);
    int layout = rc == SQLITE_ROW ? sqlite3_column_int(f->version, 0) : 0;

    sqlite3_reset(f->version);
    f->places.block = -1;
    if (rc != SQLITE_ROW)
        return month_fail_step(db, f, rc);
    if (layout != MONTH_BY_GROUP && layout != MONTH_BY_LOAD)
        return month_note(
            db, f, conn_fail(f->conn, f->path, "unknown layout %d", layout));
    f->layout = (enum month_layout)layout;
    if (layout == MONTH_BY_LOAD && !f->places.get &&
        !month_places_prepare(&f->places, sqlite_handle(f->conn)))
        return fail_prepared(db, f);
    return DB_OK;
}

enum db_rc
month_read(struct db *db, struct month_file *f)
{
    enum db_rc rc =
        month_note(db, f, conn_run(f->conn, "BEGIN", IN_NONE, NULL));

    if (rc != DB_OK)
        return rc;
    rc = month_look(db, f);
    if (rc != DB_OK)
        month_done(f);
    return rc;
}

void
month_done(struct month_file *f)
{
    conn_run(f->conn, "COMMIT", IN_NONE, NULL);
}

/* The rows of a statement; *more turns false when `row` says stop. */
static enum db_rc
month_rows(struct db *db, struct month_file *f, sqlite3_stmt *s,
           reading_row_fn *row, void *arg, bool *more)
{
    struct reading_row r;
    int rc = SQLITE_ROW;

    while (*more && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        month_key_split(f->layout, sqlite3_column_int64(s, 0), f->month, &r);
        f->days |= !r.month;
        r.data = sqlite3_column_blob(s, 1);
        r.n = (size_t)sqlite3_column_bytes(s, 1);
        *more = row(arg, &r);
    }
    sqlite3_reset(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? DB_OK
                                                 : month_fail_step(db, f, rc);
}

enum db_rc
month_range(struct db *db, struct month_file *f, int64_t from, int64_t to,
            reading_row_fn *row, void *arg, bool *more)
{
    sqlite3_bind_int64(f->range, 1, from);
    sqlite3_bind_int64(f->range, 2, to);
    return month_rows(db, f, f->range, row, arg, more);
}

enum db_rc
month_some(struct db *db, struct month_file *f, const int64_t *key, size_t n,
           reading_row_fn *row, void *arg, bool *more)
{
    for (size_t i = 0; i < MONTH_SOME; i++) {
        if (i < n)
            sqlite3_bind_int64(f->some, (int)i + 1, key[i]);
        else
            sqlite3_bind_null(f->some, (int)i + 1);
    }
    return month_rows(db, f, f->some, row, arg, more);
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
    return f->days ? DB_OK : month_fail_step(db, f, rc);
}

enum db_rc
month_point(struct db *db, struct month_file *f, int64_t point, int32_t from,
            int32_t to, reading_row_fn *row, void *arg, bool *more)
{
    const int64_t first = month_key(f->month, point, f->month, 0);
    enum db_rc rc;

    if (!f->days) {
        rc = month_own(db, f, first, row, arg, more);
        if (!f->days)
            return rc;
    }
    rc = month_read(db, f);
    if (rc != DB_OK)
        return rc;
    f->days = false;
    rc = month_range(db, f, first, first + (1 << POINT_SHIFT) - 1, row, arg,
                     more);
    if (rc == DB_OK && *more)
        rc = month_group(db, f, row_group(point), from, to, row, arg, more);
    month_done(f);
    return rc;
}

enum db_rc
month_get(struct db *db, struct month_file *f, int64_t key, reading_row_fn *row,
          void *arg, bool *more)
{
    struct reading_row r;
    int rc;

    sqlite3_bind_int64(f->one, 1, key);
    rc = sqlite3_step(f->one);
    if (rc == SQLITE_ROW) {
        month_key_split(f->layout, key, f->month, &r);
        r.data = sqlite3_column_blob(f->one, 0);
        r.n = (size_t)sqlite3_column_bytes(f->one, 0);
        *more = row(arg, &r);
    }
    sqlite3_reset(f->one);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? DB_OK
                                                 : month_fail_step(db, f, rc);
}

/* Month rows of neighbouring groups follow each other. */
enum db_rc
month_span(struct db *db, int32_t from_day, int32_t to_day, int64_t first_group,
           int64_t last_group, reading_row_fn *row, void *arg)
{
    struct month_file *f;
    bool more = true;
    enum db_rc rc = month_open(db, day_month_start(from_day), false, &f);

    if (rc == DB_NONE)
        return DB_OK;
    if (rc == DB_OK)
        rc = month_read(db, f);
    if (rc != DB_OK)
        return rc;
    rc = month_range(db, f, first_group << LOAD_BITS,
                     last_group << LOAD_BITS | LOAD_MASK, row, arg, &more);
    for (int64_t g = first_group; g <= last_group && rc == DB_OK && more; g++)
        rc = month_group(db, f, g, from_day, to_day, row, arg, &more);
    month_done(f);
    return rc;
}

/* ---- upkeep -------------------------------------------------------------- */

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

/* ---- logs ---------------------------------------------------------------- */

static bool
has_log(const char *path)
{
    char log[1100];
    struct stat st;

    snprintf(log, sizeof log, "%s-wal", path);
    return stat(log, &st) == 0 && st.st_size > 0;
}

static enum db_rc
files_cut(struct db *db)
{
    struct month_files *m = reading_home(db)->files;
    enum db_rc rc = DB_OK;

    for (size_t i = 0; m && i < m->n; i++) {
        struct month_file *f = &m->at[i];
        enum db_rc one =
            f->written ? month_note(db, f, month_checkpoint(f)) : DB_OK;

        if (one != DB_OK)
            rc = one;
    }
    return rc;
}

/* A log that another handle filled, or one that is gone.  Without waiting:
 * while somebody is at it, it is not at rest. */
static enum db_rc
log_cut(struct db *db, int32_t month)
{
    struct month_file *f;
    char path[1024];
    enum db_rc rc;
    int wait;

    month_path(db, month, path);
    if (!has_log(path) || sqlite_is_frozen(path))
        return DB_OK;
    rc = month_open(db, month, false, &f);
    if (rc != DB_OK)
        return rc == DB_NONE ? DB_OK : rc;
    wait = sqlite_patience(f->conn, 0);
    rc = month_note(db, f, month_checkpoint(f));
    sqlite_patience(f->conn, wait);
    return rc;
}

/* First what this handle wrote, then what others left: whoever wrote to a month
 * last may never come back to cut its log off. */
enum db_rc
month_files_checkpoint(struct db *db)
{
    struct reading_months m;
    struct arena a = {0};
    enum db_rc rc = files_cut(db), one;

    one = db_sync_failed() ? DB_NONE
                           : reading_home(db)->engine->months(db, &a, &m);
    for (size_t i = 0; one == DB_OK && i < m.n; i++) {
        enum db_rc of = log_cut(db, m.at[i]);

        if (of != DB_OK && rc != DB_FAIL)
            rc = of;
    }
    arena_clear(&a);
    return one == DB_OK || one == DB_NONE ? rc : one;
}

/* ---- dropping ------------------------------------------------------------ */

/* Whoever has the file open reads on in it; see month_close.  The file goes
 * before its logs, on the disk too: without them it would say what it said some
 * time ago. */
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
    if (!file_exists(folder))
        return DB_OK;
    if (!month_file_gone(path) || !folder_sync(folder) ||
        !month_logs_gone(path) || !folder_sync(folder))
        return month_fail(db, path);
    return DB_OK;
}
