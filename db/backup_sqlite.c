/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backups of an SQLite store.
 *
 * Out: a connection to each file begins to read while the writer lock is held,
 * so that all see the store of one moment; then the lock is let go and the
 * files are copied by SQLite's own backup, which leaves out what came later.
 *
 * In: files that are in use are overwritten through SQLite, each in one
 * transaction, so that programs that hold them open go on with the new content.
 * Between the first file and the last the gate (db/gate.c) keeps everybody out.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/backup_parts.h"
#include "db/gate.h"
#include "db/migrate.h"
#include "db/reading_month.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/str.h"

#define READINGS   "readings"
#define BUSY_TRIES 600 /* of 50 ms, for one file in use */
#define TICK_MS    20  /* more than a file's times may lag behind the clock */

/* For requests that are being answered when the gate is shut. */
long restore_grace_ms = 1000;

static enum db_rc
said(char why[DB_WHY], const char *path, const char *reason)
{
    snprintf(why, DB_WHY, "%.300s: %.200s", path, reason);
    return DB_FAIL;
}

static void
nap_ms(long ms)
{
    nanosleep(
        &(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000},
        NULL);
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct backup_file *)a)->name,
                  ((const struct backup_file *)b)->name);
}

/* Names of the months in a store's folder, as in a manifest. */
static enum db_rc
months_list(const char *place, struct backup *b, char why[DB_WHY])
{
    char path[DB_PATH], name[64];
    const struct dirent *e;
    size_t first = b->n;
    DIR *dir;

    backup_path(place, READINGS, path);
    dir = opendir(path);
    if (!dir)
        return errno == ENOENT ? DB_OK : said(why, path, strerror(errno));
    while ((e = readdir(dir))) {
        size_t n = strlen(e->d_name);

        if (n != strlen("YYYY-MM.db") || !str_ends(e->d_name, ".db"))
            continue;
        snprintf(name, sizeof name, READINGS "/%.20s", e->d_name);
        backup_add(b, name);
    }
    closedir(dir);
    if (b->n > first)
        qsort(b->file + first, b->n - first, sizeof *b->file, by_name);
    return DB_OK;
}

/* Is that a failure before the commit?  Another may come after it. */
static bool
is_early(int rc)
{
    switch (rc) {
    case SQLITE_IOERR_READ:
    case SQLITE_IOERR_SHORT_READ:
        return true;
    }
    switch (rc & 0xff) {
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_READONLY:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return true;
    default:
        return false;
    }
}

/* Copies all pages from one open file to another, in one transaction.
 * *changed: `to` may have them, whatever is returned. */
static enum db_rc
pages_copy(sqlite3 *to, sqlite3 *from, const char *path, bool *changed,
           char why[DB_WHY])
{
    sqlite3_backup *s = sqlite3_backup_init(to, "main", from, "main");
    int rc = SQLITE_OK;

    *changed = false;
    if (!s)
        return said(why, path, sqlite3_errmsg(to));
    for (int tries = 0; tries < BUSY_TRIES; tries++) {
        rc = sqlite3_backup_step(s, -1);
        if (rc != SQLITE_BUSY && rc != SQLITE_LOCKED)
            break;
        nap_ms(50);
    }
    sqlite3_backup_finish(s);
    sqlite_sync_note(rc);
    *changed = !is_early(rc);
    if (rc == SQLITE_DONE)
        return DB_OK;
    return said(why, path, sqlite3_errstr(rc));
}

/* ---- out -------------------------------------------------------------------
 */

static enum db_rc
snapshot_open(const char *path, struct db_conn **c, char why[DB_WHY])
{
    int64_t tables;
    enum db_rc rc = sqlite_open(path, DB_READ, c, why);

    if (rc != DB_OK)
        return DB_FAIL;
    rc = (*c)->driver->script(*c, "BEGIN");
    if (rc == DB_OK) /* the snapshot is taken by the first read */
        rc = conn_one(*c, "SELECT count(*) FROM sqlite_schema", IN_NONE,
                      OUT(out_i64(&tables)));
    return rc == DB_OK ? DB_OK : said(why, path, (*c)->error);
}

static bool
integrity_row(void *arg)
{
    (void)arg;
    return false;
}

/* Reads the whole copy, page by page. */
static enum db_rc
copy_verify(const char *path, char why[DB_WHY])
{
    struct db_conn *c;
    char found[256] = "";
    enum db_rc rc = sqlite_open_copy(path, &c, why);

    if (rc != DB_OK)
        return DB_FAIL;
    rc = conn_each(c,
                   "SELECT substr(integrity_check, 1, 200) "
                   "FROM pragma_integrity_check(1)",
                   IN_NONE, OUT(out_text(found, sizeof found)), integrity_row,
                   NULL);
    conn_close(c);
    if (rc == DB_OK && str_eq(found, "ok"))
        return DB_OK;
    return said(why, path, found[0] ? found : "it cannot be read");
}

static enum db_rc
copy_out(const struct backup *b, const char *name, struct db_conn *from,
         char why[DB_WHY])
{
    char path[DB_PATH];
    sqlite3 *to = NULL;
    enum db_rc rc;
    bool changed;

    backup_path(b->folder, name, path);
    if (sqlite3_open(path, &to) != SQLITE_OK)
        rc = said(why, path, sqlite3_errmsg(to));
    else
        rc = pages_copy(to, sqlite_handle(from), path, &changed, why);
    sqlite3_close(to);
    return rc == DB_OK ? copy_verify(path, why) : rc;
}

enum db_rc
verify_sqlite(const struct backup *b, char why[DB_WHY])
{
    char path[DB_PATH];
    enum db_rc rc = DB_OK;

    for (size_t i = 0; i < b->n && rc == DB_OK; i++) {
        backup_path(b->folder, b->file[i].name, path);
        rc = copy_verify(path, why);
    }
    return rc;
}

/* ---- out: marks ------------------------------------------------------------
 *
 * Whatever is written to a month goes through its log into its file, which gets
 * a new time of change that no program can set.  So a file whose log is empty,
 * and whose number, size and times are what they were, is what it was.  A time
 * counts only when the clock has moved on from it: what was written within the
 * same tick would not show.
 */

/* Has the file system's clock left that time behind? */
static bool
is_past(const struct timespec *t)
{
    struct timespec now;
    int64_t ms;

    clock_gettime(CLOCK_REALTIME, &now);
    ms = (now.tv_sec - t->tv_sec) * INT64_C(1000) +
         (now.tv_nsec - t->tv_nsec) / 1000000;
    return ms > TICK_MS;
}

/* The beginning of an SQLite file: its counters among other things. */
static bool
header_read(const char *path, char hex[201])
{
    unsigned char head[100];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && read(fd, head, sizeof head) == (ssize_t)sizeof head;

    if (fd >= 0)
        close(fd);
    if (ok)
        str_hex(hex, head, sizeof head);
    return ok;
}

/* What tells whether somebody wrote to the file; "" when nothing does. */
static void
file_look(const char *path, char what[512])
{
    char log[DB_PATH + 8], head[201];
    struct stat st, log_st;

    what[0] = '\0';
    snprintf(log, sizeof log, "%s-wal", path);
    if (stat(path, &st) != 0 || (stat(log, &log_st) == 0 && log_st.st_size > 0))
        return;
    if (!is_past(&st.st_ctim))
        nap_ms(2L * TICK_MS);
    if (!is_past(&st.st_ctim) || !header_read(path, head))
        return;
    snprintf(what, 512, "%llu %lld %lld.%09ld %lld.%09ld %s\n",
             (unsigned long long)st.st_ino, (long long)st.st_size,
             (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
             (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec, head);
}

/* What its log holds goes into the file, as far as readers allow. */
static void
log_empty(const char *path)
{
    char log[DB_PATH + 8], why[DB_WHY];
    struct db_conn *c;
    struct stat st;

    snprintf(log, sizeof log, "%s-wal", path);
    if (stat(log, &st) != 0 || st.st_size == 0 ||
        sqlite_open(path, DB_WRITE, &c, why) != DB_OK)
        return;
    sqlite_checkpoint(c);
    conn_close(c);
}

/* A file that is to be copied, as it is at this moment. */
struct shot {
    struct db_conn *conn;
    char what[512]; /* of a month, by file_look */
};

/* A month that looks the same before and after its snapshot was taken is the
 * snapshot. */
static enum db_rc
month_shot(const char *path, struct shot *s, char why[DB_WHY])
{
    char after[512];
    enum db_rc rc;

    log_empty(path);
    file_look(path, s->what);
    rc = snapshot_open(path, &s->conn, why);
    file_look(path, after);
    if (!str_eq(s->what, after))
        s->what[0] = '\0';
    return rc;
}

/* Every file as of one moment, with the writer held off. */
static enum db_rc
shots_take(struct db *db, struct backup *b, struct shot **shot,
           char why[DB_WHY])
{
    char path[DB_PATH];
    enum db_rc rc;

    backup_add(b, "account.db");
    backup_add(b, "market.db");
    rc = months_list(db->place, b, why);
    *shot = mem_new(b->n * sizeof **shot);
    for (size_t i = 0; i < b->n && rc == DB_OK; i++) {
        backup_path(db->place, b->file[i].name, path);
        rc = i <= DB_MARKET ? snapshot_open(path, &(*shot)[i].conn, why)
                            : month_shot(path, &(*shot)[i], why);
    }
    return rc;
}

/* "readings/2026-01.db" */
static enum db_rc
mark_make(struct db_conn *market, struct backup_file *f, const char *what,
          char why[DB_WHY])
{
    char text[16];
    int32_t month;

    snprintf(text, sizeof text, "%.7s-01", f->name + strlen(READINGS "/"));
    if (!what[0] || !day_parse(text, &month))
        return DB_OK;
    if (backup_mark(market, month, what, f->mark) == DB_OK)
        return DB_OK;
    return said(why, f->name, market->error);
}

static enum db_rc
shot_copy(const struct backup *b, struct backup_file *f, const struct shot *s,
          char why[DB_WHY])
{
    bool had;
    enum db_rc rc = backup_reuse(b, f, &had, why);

    return rc == DB_OK && !had ? copy_out(b, f->name, s->conn, why) : rc;
}

enum db_rc
backup_sqlite(struct db *db, struct backup *b, double seconds, char why[DB_WHY])
{
    struct shot *shot = NULL;
    char path[DB_PATH];
    enum db_rc rc = db_writer_lock(db, seconds);

    if (rc != DB_OK) {
        str_copy(why, DB_WHY, db->error);
        return rc;
    }
    rc = shots_take(db, b, &shot, why);
    db_writer_unlock(db);
    backup_path(b->folder, READINGS, path);
    if (rc == DB_OK && !file_make_dir(path, 0700))
        rc = said(why, path, strerror(errno));
    for (size_t i = 0; i < b->n && rc == DB_OK; i++)
        rc = mark_make(shot[DB_MARKET].conn, &b->file[i], shot[i].what, why);
    for (size_t i = 0; i < b->n; i++) {
        if (rc == DB_OK)
            rc = shot_copy(b, &b->file[i], &shot[i], why);
        conn_close(shot[i].conn);
    }
    free(shot);
    return rc;
}

/* ---- in: the gate ----------------------------------------------------------
 */

/* Shuts the gate, and holds the file so that there is one restore at a time.
 * *touched: it was shut, by a restore that was cut off. */
static enum db_rc
gate_shut(const char *place, const struct backup *b, int *fd, bool *touched,
          char why[DB_WHY])
{
    char path[DB_PATH];
    size_t n = strlen(b->folder);

    *touched = gate_look(place) == GATE_SHUT;
    backup_path(place, GATE_FILE, path);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return said(why, path, strerror(errno));
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0)
        return said(why, path, "another restore is under way");
    if (pwrite(*fd, b->folder, n, 0) == (ssize_t)n && fsync(*fd) == 0 &&
        file_sync_dir(place))
        return DB_OK;
    said(why, path, strerror(errno));
    if (!*touched && ftruncate(*fd, 0) != 0)
        *touched = true;
    return DB_FAIL;
}

/* An empty file with a time that no generation had before. */
static enum db_rc
gate_open(const char *place, int fd, char why[DB_WHY])
{
    if (ftruncate(fd, 0) == 0 && futimens(fd, NULL) == 0 && fsync(fd) == 0)
        return DB_OK;
    return said(why, place, strerror(errno));
}

/* ---- in: one file ----------------------------------------------------------
 */

/* Takes a file that nobody can use away, or its log alone.  A log that stayed
 * would be taken for the next file's. */
static enum db_rc
file_drop(const char *path, bool log_alone, char why[DB_WHY])
{
    static const char *const END[] = {"-wal", "-shm", ""};
    char whole[DB_PATH + 8];

    for (int i = 0; i < (log_alone ? 2 : 3); i++) {
        snprintf(whole, sizeof whole, "%s%s", path, END[i]);
        if (unlink(whole) != 0 && errno != ENOENT)
            return said(why, whole, strerror(errno));
    }
    return DB_OK;
}

/* For a file that is not there, or not usable: nobody reads it. */
static enum db_rc
file_place(const char *from, const char *path, char why[DB_WHY])
{
    char fresh[DB_PATH + 8];

    if (file_drop(path, true, why) != DB_OK)
        return DB_FAIL;
    snprintf(fresh, sizeof fresh, "%s.new", path);
    if (file_copy(from, fresh, 0600) && file_move(fresh, path))
        return DB_OK;
    return said(why, path, strerror(errno));
}

/* What a failed sync left is not looked at again by this program, which would
 * take a file for damaged that another can still use. */
static enum db_rc
file_use(const char *path, struct db_conn **c, char why[DB_WHY])
{
    *c = NULL;
    if (db_sync_failed())
        return said(why, path, "the disk failed to keep what was written");
    return sqlite_open_sound(path, c, why);
}

/* Overwrites through SQLite what may be in use. */
static enum db_rc
file_overwrite(struct db_conn *live, const char *path, const char *from,
               bool *touched, char why[DB_WHY])
{
    struct db_conn *copy;
    bool changed = false;
    enum db_rc rc = sqlite_open_copy(from, &copy, why);

    if (rc == DB_OK)
        rc = pages_copy(sqlite_handle(live), sqlite_handle(copy), path,
                        &changed, why);
    *touched = *touched || changed;
    conn_close(copy);
    if (rc == DB_OK)
        sqlite_checkpoint(live); /* it is kept in the log as well */
    return rc;
}

/* *touched: the file may not be what it was. */
static enum db_rc
file_restore(const char *place, const struct backup *b, const char *name,
             bool *touched, char why[DB_WHY])
{
    char path[DB_PATH], from[DB_PATH];
    struct db_conn *live;
    enum db_rc rc;

    backup_path(place, name, path);
    backup_path(b->folder, name, from);
    rc = file_use(path, &live, why);
    if (rc == DB_NONE) {
        *touched = true;
        return file_place(from, path, why);
    }
    if (rc == DB_OK)
        rc = file_overwrite(live, path, from, touched, why);
    conn_close(live);
    return rc;
}

/* Months that the backup does not have are emptied, not removed: programs may
 * hold them open. */
static enum db_rc
months_empty(const char *place, const struct backup *b, char why[DB_WHY])
{
    struct backup have = {.folder = place};
    enum db_rc rc = months_list(place, &have, why);
    char path[DB_PATH];
    bool dropped = false;

    for (size_t i = 0; i < have.n && rc == DB_OK; i++) {
        struct db_conn *c;

        if (backup_find(b, have.file[i].name))
            continue;
        backup_path(place, have.file[i].name, path);
        rc = file_use(path, &c, why);
        if (rc == DB_NONE) {
            rc = file_drop(path, false, why);
            dropped = true;
        } else if (rc == DB_OK && c->driver->script(c, MONTH_EMPTY) != DB_OK) {
            rc = said(why, path, c->error);
        }
        conn_close(c);
    }
    free(have.file);
    backup_path(place, READINGS, path);
    if (rc == DB_OK && dropped && !file_sync_dir(path))
        rc = said(why, path, strerror(errno));
    return rc;
}

/* Whoever signed out since the backup was made stays signed out. */
static enum db_rc
sessions_end(const char *place, char why[DB_WHY])
{
    char path[DB_PATH];
    struct db_conn *c;
    enum db_rc rc;

    backup_path(place, "account.db", path);
    rc = sqlite_open(path, DB_WRITE, &c, why);
    if (rc != DB_OK)
        return DB_FAIL;
    rc = c->driver->script(c, "DELETE FROM account_session");
    if (rc != DB_OK)
        said(why, path, c->error);
    conn_close(c);
    return rc;
}

/* ---- in: the whole ---------------------------------------------------------
 */

/* A schema that this program does not know is refused before anything is
 * touched. */
static enum db_rc
schema_check(const struct backup *b, char why[DB_WHY])
{
    for (enum db_home h = DB_ACCOUNT; h <= DB_MARKET; h++) {
        char name[32], path[DB_PATH];
        struct db_conn *c;
        enum db_rc rc;

        snprintf(name, sizeof name, "%s.db", db_home_name(h));
        if (!backup_find(b, name))
            return said(why, b->folder, "the backup lacks a file");
        backup_path(b->folder, name, path);
        rc = sqlite_open_copy(path, &c, why);
        if (rc == DB_OK)
            rc = migrate_known(c, h, MIGRATIONS, why);
        conn_close(c);
        if (rc != DB_OK)
            return DB_FAIL;
    }
    return DB_OK;
}

/* *touched: the store is not what it was any more. */
static enum db_rc
files_restore(const char *place, const struct backup *b, bool *touched,
              char why[DB_WHY])
{
    enum db_rc rc = DB_OK;

    for (size_t i = 0; i < b->n && rc == DB_OK; i++)
        rc = file_restore(place, b, b->file[i].name, touched, why);
    if (rc == DB_OK)
        rc = months_empty(place, b, why);
    return rc == DB_OK ? sessions_end(place, why) : rc;
}

static void
shut_say(char why[DB_WHY])
{
    size_t n = strlen(why);

    snprintf(why + n, DB_WHY - n,
             "; the store stays shut until a restore succeeds");
}

enum db_rc
restore_sqlite(const char *place, const struct backup *b, double seconds,
               char why[DB_WHY])
{
    struct db bare = {.engine = DB_SQLITE, .place = place, .lock_fd = -1};
    char readings[DB_PATH];
    enum db_rc rc = schema_check(b, why), opened;
    bool touched = false;
    int gate = -1;

    if (rc != DB_OK)
        return rc;
    backup_path(place, READINGS, readings);
    if (!file_make_dir(place, 0700) || chmod(place, 0700) != 0 ||
        !file_make_dir(readings, 0700))
        return said(why, place, strerror(errno));
    rc = db_writer_lock_bare(&bare, seconds);
    if (rc != DB_OK) {
        str_copy(why, DB_WHY, bare.error);
        return rc;
    }
    rc = gate_shut(place, b, &gate, &touched, why);
    if (rc == DB_OK) {
        nap_ms(restore_grace_ms);
        rc = files_restore(place, b, &touched, why);
        /* What is half done stays shut. */
        if (rc == DB_OK || !touched) {
            opened = gate_open(place, gate, why);
            rc = rc == DB_OK ? opened : rc;
        }
    }
    if (rc != DB_OK && gate_look(place) == GATE_SHUT)
        shut_say(why);
    if (gate >= 0)
        close(gate);
    db_writer_unlock(&bare);
    return rc;
}
