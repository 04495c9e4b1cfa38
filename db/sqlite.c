/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite: a connection to one file of a store.
 *
 * Write-ahead log, every commit synced, foreign keys enforced, one thread a
 * connection.  A writer begins with BEGIN IMMEDIATE and waits its turn there:
 * a transaction that read first and wrote later would fail at once instead.
 * Statements are reset as soon as their rows are read, since an open one keeps
 * the log from being cut.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "db/engine.h"
#include "db/migrate.h"
#include "server/base/buf.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define BUSY_MS        10000
#define APPLICATION_ID 0x4d687365 /* "Mhse": the file is one of ours */

struct lite {
    struct db_conn conn;
    sqlite3 *h;
    int wait_ms;  /* for who has a lock */
    bool damaged; /* what stands in the file is not what we wrote */
    struct stmt_cache cache;
};

static const struct db_driver SQLITE_DRIVER;

/* Some file could not be synced.  The kernel may have thrown away what it could
 * not write and call the next sync good, so nothing that this process writes
 * can be promised any more; the next one reads what the disk really has. */
static atomic_bool sync_failed;

bool
db_sync_failed(void)
{
    return atomic_load(&sync_failed);
}

void
sqlite_sync_note(int rc)
{
    if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
        atomic_store(&sync_failed, true);
}

enum db_rc
sqlite_sync_refuse(struct db_conn *c, const char *sql)
{
    return conn_fail(c, sql,
                     "the disk failed to keep what was written: nothing more "
                     "is written until the program is started again");
}

sqlite3 *
sqlite_handle(struct db_conn *c)
{
    return ((struct lite *)c)->h;
}

bool
sqlite_is_frozen(const char *path)
{
    return access(path, W_OK) != 0 && errno == EROFS;
}

/* A failure to change a file. */
static bool
is_write(int rc)
{
    switch (rc) {
    case SQLITE_IOERR_WRITE:
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
    case SQLITE_IOERR_TRUNCATE:
    case SQLITE_IOERR_DELETE:
    case SQLITE_IOERR_SHMOPEN:
    case SQLITE_IOERR_SHMSIZE:
        return true;
    default:
        return (rc & 0xff) == SQLITE_READONLY || (rc & 0xff) == SQLITE_CANTOPEN;
    }
}

/* What SQLite says of a failure; where its file system is read-only, that. */
static const char *
lite_message(const struct lite *l, int rc)
{
    const char *path = l->h ? sqlite3_db_filename(l->h, "main") : NULL;

    if (is_write(rc) && path && sqlite_is_frozen(path))
        return strerror(EROFS);
    return sqlite3_errmsg(l->h);
}

/* The status for a result code; the reason is kept and logged once. */
static enum db_rc
lite_rc(struct lite *l, const char *sql, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return DB_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        snprintf(l->conn.error, DB_WHY, "the store is busy: %s",
                 sqlite3_errmsg(l->h));
        return DB_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        l->damaged = true;
        break;
    default:
        sqlite_sync_note(rc);
    }
    return conn_fail(&l->conn, sql, "%s", lite_message(l, rc));
}

/* ---- statements ------------------------------------------------------------
 */

static void
stmt_finalize(void *handle)
{
    sqlite3_finalize(handle);
}

/* SQLite numbers $1, $2 … by appearance; find each by its name. */
static enum db_rc
stmt_places(struct lite *l, struct db_stmt *s, const char *sql)
{
    size_t n = (size_t)sqlite3_bind_parameter_count(s->handle);

    if (n > DB_MOST_IN)
        return conn_fail(&l->conn, sql, "more than %d parameters", DB_MOST_IN);
    for (size_t i = 0; i < n; i++) {
        char name[8];
        int at;

        snprintf(name, sizeof name, "$%zu", i + 1);
        at = sqlite3_bind_parameter_index(s->handle, name);
        if (!at)
            return conn_fail(&l->conn, sql, "parameter %s is missing", name);
        s->place[i] = (uint8_t)at;
    }
    s->n_in = n;
    return DB_OK;
}

static enum db_rc
stmt_prepare(struct lite *l, const char *sql, struct db_stmt **to)
{
    struct db_stmt *s = stmt_slot(&l->cache, sql);
    sqlite3_stmt *handle;
    enum db_rc rc;

    *to = s;
    if (s->sql && strcmp(s->text, sql) == 0)
        return DB_OK;
    rc = lite_rc(l, sql,
                 sqlite3_prepare_v3(l->h, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                    &handle, NULL));
    if (rc != DB_OK)
        return rc;
    if (s->sql) {
        sqlite3_finalize(s->handle);
        free(s->text);
    } else {
        l->cache.used++;
    }
    *s = (struct db_stmt){.sql = sql, .text = mem_dup(sql), .handle = handle};
    return stmt_places(l, s, sql);
}

static int
bind_one(sqlite3_stmt *s, int at, const struct db_in *in)
{
    switch (in->kind) {
    case DB_I64:
    case DB_I32:
    case DB_BOOL:
        return sqlite3_bind_int64(s, at, in->number);
    case DB_TEXT:
    case DB_TEXT_ARENA:
        return sqlite3_bind_text64(s, at, in->bytes, strlen(in->bytes),
                                   SQLITE_STATIC, SQLITE_UTF8);
    case DB_BLOB:
        return sqlite3_bind_blob64(s, at, in->bytes ? in->bytes : "", in->n,
                                   SQLITE_STATIC);
    case DB_NULL:
        return sqlite3_bind_null(s, at);
    }
    return SQLITE_MISUSE;
}

static enum db_rc
stmt_bind(struct lite *l, const struct db_stmt *s, struct db_ins in)
{
    if (in.n != s->n_in)
        return conn_fail(&l->conn, s->text, "%zu parameters given, %zu wanted",
                         in.n, s->n_in);
    for (size_t i = 0; i < in.n; i++) {
        int rc = bind_one(s->handle, s->place[i], &in.at[i]);

        if (rc != SQLITE_OK)
            return lite_rc(l, s->text, rc);
    }
    return DB_OK;
}

static const char *
column_put(sqlite3_stmt *s, int i, const struct db_out *o)
{
    const void *bytes;

    switch (sqlite3_column_type(s, i)) {
    case SQLITE_INTEGER:
        return out_put_i64(o, sqlite3_column_int64(s, i));
    case SQLITE_TEXT:
        bytes = sqlite3_column_text(s, i);
        return out_put_text(o, bytes, (size_t)sqlite3_column_bytes(s, i));
    case SQLITE_BLOB:
        bytes = sqlite3_column_blob(s, i);
        return out_put_blob(o, bytes, (size_t)sqlite3_column_bytes(s, i));
    case SQLITE_NULL:
        return out_put_null(o);
    default:
        return "a floating point number";
    }
}

static enum db_rc
row_put(struct lite *l, const struct db_stmt *s, struct db_outs out)
{
    if ((size_t)sqlite3_column_count(s->handle) != out.n)
        return conn_fail(&l->conn, s->text, "%d columns come, %zu are taken",
                         sqlite3_column_count(s->handle), out.n);
    for (size_t i = 0; i < out.n; i++) {
        const char *why = column_put(s->handle, (int)i, &out.at[i]);

        if (why)
            return conn_fail(&l->conn, s->text, "column %zu: %s", i + 1, why);
    }
    return DB_OK;
}

static enum db_rc
lite_rows(struct db_conn *c, const char *sql, struct db_ins in,
          struct db_outs out, bool (*row)(void *arg), void *arg,
          int64_t *changed)
{
    struct lite *l = (struct lite *)c;
    struct db_stmt *s;
    enum db_rc rc = stmt_prepare(l, sql, &s);
    int step;

    if (rc != DB_OK)
        return rc;
    if (db_sync_failed() && !sqlite3_stmt_readonly(s->handle))
        return sqlite_sync_refuse(c, sql);
    rc = stmt_bind(l, s, in);
    while (rc == DB_OK) {
        step = sqlite3_step(s->handle);
        if (step != SQLITE_ROW) {
            rc = lite_rc(l, s->text, step);
            break;
        }
        if (!row)
            continue;
        rc = row_put(l, s, out);
        if (rc == DB_OK && !row(arg))
            break;
    }
    if (changed)
        *changed = rc == DB_OK ? sqlite3_changes64(l->h) : 0;
    sqlite3_reset(s->handle);
    sqlite3_clear_bindings(s->handle);
    return rc;
}

static enum db_rc
lite_script(struct db_conn *c, const char *sql)
{
    struct lite *l = (struct lite *)c;

    return lite_rc(l, sql, sqlite3_exec(l->h, sql, NULL, NULL, NULL));
}

static enum db_rc
lite_begin(struct db_conn *c)
{
    return conn_run(c, "BEGIN IMMEDIATE", IN_NONE, NULL);
}

static void
lite_rollback(struct db_conn *c)
{
    /* Some failures (disk full) have rolled back already. */
    if (!sqlite3_get_autocommit(sqlite_handle(c)))
        conn_run(c, "ROLLBACK", IN_NONE, NULL);
}

static enum db_rc
lite_commit(struct db_conn *c)
{
    enum db_rc rc = db_sync_failed() ? sqlite_sync_refuse(c, "COMMIT")
                                     : conn_run(c, "COMMIT", IN_NONE, NULL);

    if (rc != DB_OK)
        lite_rollback(c);
    return rc;
}

static enum db_rc
lite_bulk(struct db_conn *c, const char *insert, const char *copy,
          size_t columns, db_bulk_next *next, void *arg)
{
    struct lite *l = (struct lite *)c;
    struct db_in row[DB_MOST_IN];
    struct db_stmt *s;
    enum db_rc rc = stmt_prepare(l, insert, &s);

    (void)copy;
    if (rc == DB_OK && columns != s->n_in)
        rc = conn_fail(c, insert, "%zu columns given, %zu wanted", columns,
                       s->n_in);
    while (rc == DB_OK && next(arg, row)) {
        rc = stmt_bind(l, s, (struct db_ins){row, columns});
        if (rc == DB_OK)
            rc = lite_rc(l, insert, sqlite3_step(s->handle));
        sqlite3_reset(s->handle);
    }
    if (s->sql)
        sqlite3_clear_bindings(s->handle);
    return rc;
}

static void
lite_close(struct db_conn *c)
{
    struct lite *l = (struct lite *)c;

    stmt_clear(&l->cache, stmt_finalize);
    sqlite3_close(l->h);
    free(l);
}

static const struct db_driver SQLITE_DRIVER = {
    .engine = DB_SQLITE,
    .rows = lite_rows,
    .begin = lite_begin,
    .commit = lite_commit,
    .rollback = lite_rollback,
    .script = lite_script,
    .bulk = lite_bulk,
    .close = lite_close,
};

enum db_rc
sqlite_checkpoint(struct db_conn *c)
{
    struct lite *l = (struct lite *)c;
    int rc = sqlite3_wal_checkpoint_v2(l->h, NULL, SQLITE_CHECKPOINT_TRUNCATE,
                                       NULL, NULL);

    /* A reader in the way is no fault: the next one does it. */
    return (rc & 0xff) == SQLITE_BUSY ? DB_BUSY : lite_rc(l, NULL, rc);
}

void
sqlite_lightly(struct db_conn *c, bool lightly)
{
    int rc;

    sqlite_patience(c, lightly ? 0 : BUSY_MS);
    rc = sqlite3_exec(sqlite_handle(c),
                      lightly ? "PRAGMA synchronous = NORMAL"
                              : "PRAGMA synchronous = FULL",
                      NULL, NULL, NULL);
    if (rc == SQLITE_OK || lightly)
        return;
    /* For want of memory: what came next would not be synced. */
    log_ours("synchronous cannot be set", "code=%d", rc);
    abort();
}

int
sqlite_patience(struct db_conn *c, int ms)
{
    struct lite *l = (struct lite *)c;
    int before = l->wait_ms;

    l->wait_ms = ms;
    sqlite3_busy_timeout(l->h, ms);
    return before;
}

/* ---- opening ---------------------------------------------------------------
 */

/* Is it a file of ours, or an empty one that may become it? */
static enum db_rc
lite_ours(struct lite *l, enum db_mode mode, bool *fresh)
{
    int64_t id = 0, tables = 0;
    /* In one look: another program may be making the store right now. */
    enum db_rc rc = conn_one(&l->conn,
                             "SELECT (SELECT application_id "
                             "FROM pragma_application_id), "
                             "(SELECT count(*) FROM sqlite_schema)",
                             IN_NONE, OUT(out_i64(&id), out_i64(&tables)));

    *fresh = id != APPLICATION_ID;
    /* Nothing is wrong with the question. */
    if (rc == DB_FAIL && (sqlite3_errcode(l->h) & 0xff) == SQLITE_ERROR)
        l->damaged = true;
    if (rc != DB_OK || !*fresh)
        return rc;
    l->damaged = id || tables;
    if (l->damaged)
        return conn_fail(&l->conn, NULL, "not a file of a Meterhouse store");
    if (mode != DB_CREATE)
        return DB_NONE;
    return DB_OK;
}

/* application_id is written last: it says that the settings before it, which
 * are kept in the file, hold. */
#define LASTING                                                                \
    "PRAGMA page_size = 8192;"                                                 \
    "PRAGMA journal_mode = WAL;" SQLITE_OURS
_Static_assert(APPLICATION_ID == 1298690917, "the number in SQLITE_OURS");

#define SETTINGS                                                               \
    "PRAGMA synchronous = FULL;"                                               \
    "PRAGMA foreign_keys = ON;"                                                \
    "PRAGMA trusted_schema = OFF;"                                             \
    "PRAGMA temp_store = MEMORY;"                                              \
    "PRAGMA cache_size = -16000;"                                              \
    "PRAGMA journal_size_limit = 67108864;"

static enum db_rc
lite_wal_check(struct lite *l, bool fresh)
{
    char mode[16];
    enum db_rc rc = conn_one(&l->conn, "PRAGMA journal_mode", IN_NONE,
                             OUT(out_text(mode, sizeof mode)));

    if (rc != DB_OK || str_eq(mode, "wal"))
        return rc;
    l->damaged = !fresh; /* it held one before */
    return conn_fail(&l->conn, NULL,
                     "its file system cannot hold a write-ahead log (%s)",
                     mode);
}

/* Going over to the write-ahead log does not wait for another program that is
 * at the same: tried again. */
static enum db_rc
lite_make(struct lite *l)
{
    double until = clock_monotonic() + BUSY_MS / 1000.0;
    enum db_rc rc;

    while ((rc = lite_script(&l->conn, LASTING)) == DB_BUSY &&
           clock_monotonic() < until)
        sqlite3_sleep(20);
    return rc;
}

/* The files of the log stay when the last program closes them: on a disk that
 * has become full nobody could make them, and so nobody could read. */
static void
lite_keep_log(struct lite *l)
{
    int on = 1;

    sqlite3_file_control(l->h, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
}

static enum db_rc
lite_set_up(struct lite *l, enum db_mode mode)
{
    bool fresh;
    enum db_rc rc;

    lite_keep_log(l);
    sqlite3_extended_result_codes(l->h, 1);
    sqlite_patience(&l->conn, BUSY_MS);
    sqlite3_db_config(l->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    rc = lite_ours(l, mode, &fresh);
    if (rc == DB_OK && fresh)
        rc = lite_make(l);
    if (rc == DB_OK)
        rc = lite_script(&l->conn, SETTINGS);
    if (rc == DB_OK)
        rc = lite_wal_check(l, fresh);
    if (rc == DB_OK && mode == DB_READ)
        rc = lite_script(&l->conn, "PRAGMA query_only = ON");
    return rc;
}

/* What to say of a failure: where the disk is at fault, that. */
static const char *
lite_reason(const struct lite *l, const char *path, enum db_rc rc)
{
    struct statvfs disk;

    if (rc == DB_NONE)
        return "the store is empty";
    if (statvfs(path, &disk) == 0 && disk.f_blocks && disk.f_bavail == 0)
        return "the disk is full";
    return l->conn.error;
}

/* Hands over what was opened, or says why it was not. */
static enum db_rc
lite_opened(struct lite *l, enum db_rc rc, const char *path,
            struct db_conn **to, char why[DB_WHY])
{
    *to = rc == DB_OK ? &l->conn : NULL;
    if (rc == DB_OK)
        return DB_OK;
    snprintf(why, DB_WHY, "%.200s: %.300s", path, lite_reason(l, path, rc));
    lite_close(&l->conn);
    return rc;
}

/* SQLite's own counting of memory takes a lock that all threads share, at
 * every allocation, for figures that nobody reads. */
static void
lite_configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* Nothing is in its log that is not in the file. */
static bool
has_no_log(const char *path)
{
    char log[1100];
    struct stat st;

    snprintf(log, sizeof log, "%.1000s-wal", path);
    return stat(log, &st) != 0 || st.st_size == 0;
}

/* On a file system that is read-only, SQLite can make no log.  Where none is
 * needed, the file is the whole, and nobody changes it. */
static enum db_rc
frozen_open(const char *path, enum db_mode mode, struct db_conn **to,
            char why[DB_WHY])
{
    enum db_rc rc;

    if (mode == DB_CREATE) {
        snprintf(why, DB_WHY, "%.400s: %s", path, strerror(EROFS));
        return DB_FAIL;
    }
    rc = sqlite_open_copy(path, to, why);
    if (rc == DB_OK)
        (*to)->frozen = true;
    return rc;
}

/* *damaged: that is why it could not be opened. */
static enum db_rc
file_open(const char *path, enum db_mode mode, struct db_conn **to,
          bool *damaged, char why[DB_WHY])
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                (mode == DB_CREATE ? SQLITE_OPEN_CREATE : 0);
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct lite *l;
    enum db_rc rc;

    pthread_once(&once, lite_configure);
    *to = NULL;
    *damaged = false;
    if (mode != DB_CREATE && !file_exists(path)) {
        snprintf(why, DB_WHY, "%.400s: there is no such store", path);
        return DB_NONE;
    }
    if (sqlite_is_frozen(path) && (mode == DB_CREATE || has_no_log(path)))
        return frozen_open(path, mode, to, why);
    l = mem_new(sizeof *l);
    *l = (struct lite){.conn.driver = &SQLITE_DRIVER};
    rc = lite_rc(l, NULL, sqlite3_open_v2(path, &l->h, flags, NULL));
    /* SQLite opens it to be read, where it cannot be written. */
    l->conn.frozen = rc == DB_OK && sqlite3_db_readonly(l->h, "main") == 1;
    if (rc == DB_OK)
        rc = lite_set_up(l, mode);
    *damaged = l->damaged;
    return lite_opened(l, rc, path, to, why);
}

enum db_rc
sqlite_open(const char *path, enum db_mode mode, struct db_conn **c,
            char why[DB_WHY])
{
    bool damaged;

    return file_open(path, mode, c, &damaged, why);
}

enum db_rc
sqlite_open_sound(const char *path, struct db_conn **c, char why[DB_WHY])
{
    bool damaged;
    enum db_rc rc = file_open(path, DB_WRITE, c, &damaged, why);

    /* A file that says that a later SQLite alone may write it. */
    if (rc == DB_OK && access(path, W_OK) == 0 &&
        sqlite3_db_readonly(sqlite_handle(*c), "main") == 1) {
        conn_close(*c);
        *c = NULL;
        return DB_NONE;
    }
    return rc == DB_FAIL && damaged ? DB_NONE : rc;
}

enum db_rc
sqlite_open_copy(const char *path, struct db_conn **to, char why[DB_WHY])
{
    struct lite *l = mem_new(sizeof *l);
    struct buf uri = {0};
    enum db_rc rc;
    bool fresh;

    *l = (struct lite){.conn.driver = &SQLITE_DRIVER};
    buf_puts(&uri, "file:");
    for (const char *s = path; *s; s++) {
        if (strchr("%?#", *s))
            buf_printf(&uri, "%%%02x", *s);
        else
            buf_putc(&uri, *s);
    }
    buf_puts(&uri, "?immutable=1");
    rc = lite_rc(l, NULL,
                 sqlite3_open_v2(buf_text(&uri), &l->h,
                                 SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
                                     SQLITE_OPEN_NOMUTEX,
                                 NULL));
    buf_clear(&uri);
    if (rc == DB_OK)
        rc = lite_ours(l, DB_READ, &fresh);
    return lite_opened(l, rc, path, to, why);
}

/* Only the store's own user may look into its folder. */
static bool
folder_ready(const char *folder, enum db_mode mode)
{
    struct stat st;

    if (mode == DB_CREATE && !file_make_dir(folder, 0700))
        return false;
    if (stat(folder, &st) != 0)
        return mode != DB_CREATE && errno == ENOENT;
    if (!S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return false;
    }
    if ((st.st_mode & 0777) == 0700 || mode == DB_READ)
        return true;
    return chmod(folder, 0700) == 0;
}

enum db_rc
sqlite_home_open(const char *folder, const char *name, enum db_mode mode,
                 struct db_conn **c, char why[DB_WHY])
{
    char path[1024];

    if (!folder_ready(folder, mode)) {
        snprintf(why, DB_WHY, "%.400s: %s", folder, strerror(errno));
        return DB_FAIL;
    }
    if ((size_t)snprintf(path, sizeof path, "%s/%s.db", folder, name) >=
        sizeof path) {
        snprintf(why, DB_WHY, "%.200s…: the path is too long", folder);
        return DB_FAIL;
    }
    return sqlite_open(path, mode, c, why);
}
