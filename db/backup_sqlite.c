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
#include "server/base/file.h"
#include "server/base/str.h"

#define READINGS   "readings"
#define BUSY_TRIES 600 /* of 50 ms, for one file in use */
#define COPY_CHUNK (1 << 20)

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

/* Copies all pages from one open file to another, in one transaction. */
static enum db_rc
pages_copy(sqlite3 *to, sqlite3 *from, const char *path, char why[DB_WHY])
{
    sqlite3_backup *s = sqlite3_backup_init(to, "main", from, "main");
    int rc = SQLITE_OK;

    if (!s)
        return said(why, path, sqlite3_errmsg(to));
    for (int tries = 0; tries < BUSY_TRIES; tries++) {
        rc = sqlite3_backup_step(s, -1);
        if (rc != SQLITE_BUSY && rc != SQLITE_LOCKED)
            break;
        nap_ms(50);
    }
    sqlite3_backup_finish(s);
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

    backup_path(b->folder, name, path);
    if (sqlite3_open(path, &to) != SQLITE_OK)
        rc = said(why, path, sqlite3_errmsg(to));
    else
        rc = pages_copy(to, sqlite_handle(from), path, why);
    sqlite3_close(to);
    return rc == DB_OK ? copy_verify(path, why) : rc;
}

/* Every file as of one moment, with the writer held off. */
static enum db_rc
snapshots_open(struct db *db, struct backup *b, struct db_conn ***conn,
               char why[DB_WHY])
{
    char path[DB_PATH];
    enum db_rc rc;

    backup_add(b, "account.db");
    backup_add(b, "market.db");
    rc = months_list(db->place, b, why);
    *conn = mem_new(b->n * sizeof **conn);
    memset(*conn, 0, b->n * sizeof **conn);
    for (size_t i = 0; i < b->n && rc == DB_OK; i++) {
        backup_path(db->place, b->file[i].name, path);
        rc = snapshot_open(path, &(*conn)[i], why);
    }
    return rc;
}

enum db_rc
backup_sqlite(struct db *db, struct backup *b, double seconds, char why[DB_WHY])
{
    struct db_conn **conn = NULL;
    char path[DB_PATH];
    enum db_rc rc = db_writer_lock(db, seconds);

    if (rc != DB_OK) {
        str_copy(why, DB_WHY, db->error);
        return rc;
    }
    rc = snapshots_open(db, b, &conn, why);
    db_writer_unlock(db);
    backup_path(b->folder, READINGS, path);
    if (rc == DB_OK && !file_make_dir(path, 0700))
        rc = said(why, path, strerror(errno));
    for (size_t i = 0; i < b->n && conn; i++) {
        if (rc == DB_OK)
            rc = copy_out(b, b->file[i].name, conn[i], why);
        conn_close(conn[i]);
    }
    free(conn);
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
    if (pwrite(*fd, b->folder, n, 0) != (ssize_t)n || fsync(*fd) != 0 ||
        !file_sync_dir(place))
        return said(why, path, strerror(errno));
    return DB_OK;
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

/* For a file that is not there, or not usable: nobody reads it. */
static enum db_rc
file_place(const char *from, const char *path, char why[DB_WHY])
{
    char fresh[DB_PATH + 8], *chunk = mem_new(COPY_CHUNK);
    int in = open(from, O_RDONLY | O_CLOEXEC), out;
    ssize_t n = -1;

    snprintf(fresh, sizeof fresh, "%s.new", path);
    out = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    while (in >= 0 && out >= 0 && (n = read(in, chunk, COPY_CHUNK)) > 0) {
        if (write(out, chunk, (size_t)n) != n) {
            n = -1;
            break;
        }
    }
    if (n == 0 && fsync(out) != 0)
        n = -1;
    close(in);
    close(out);
    free(chunk);
    if (n == 0 && file_move(fresh, path))
        return DB_OK;
    return said(why, path, strerror(errno));
}

static void
file_drop(const char *path)
{
    static const char *const END[] = {"", "-wal", "-shm"};
    char whole[DB_PATH + 8];

    for (int i = 0; i < 3; i++) {
        snprintf(whole, sizeof whole, "%s%s", path, END[i]);
        unlink(whole);
    }
}

/* Can the file of the store be overwritten through SQLite? */
static bool
file_usable(const char *path, struct db_conn **c)
{
    char why[DB_WHY];

    *c = NULL;
    return file_exists(path) && sqlite_open(path, DB_WRITE, c, why) == DB_OK;
}

static enum db_rc
file_restore(const char *place, const struct backup *b, const char *name,
             char why[DB_WHY])
{
    char path[DB_PATH], from[DB_PATH];
    struct db_conn *live, *copy;
    enum db_rc rc;

    backup_path(place, name, path);
    backup_path(b->folder, name, from);
    if (!file_usable(path, &live)) {
        file_drop(path);
        return file_place(from, path, why);
    }
    rc = sqlite_open_copy(from, &copy, why);
    if (rc == DB_OK)
        rc = pages_copy(sqlite_handle(live), sqlite_handle(copy), path, why);
    if (rc == DB_OK)
        sqlite_checkpoint(live);
    conn_close(copy);
    conn_close(live);
    return rc;
}

static bool
is_in_backup(const struct backup *b, const char *name)
{
    for (size_t i = 0; i < b->n; i++) {
        if (str_eq(b->file[i].name, name))
            return true;
    }
    return false;
}

/* Months that the backup does not have are emptied, not removed: programs may
 * hold them open. */
static enum db_rc
months_empty(const char *place, const struct backup *b, char why[DB_WHY])
{
    struct backup have = {.folder = place};
    enum db_rc rc = months_list(place, &have, why);

    for (size_t i = 0; i < have.n && rc == DB_OK; i++) {
        char path[DB_PATH];
        struct db_conn *c;

        if (is_in_backup(b, have.file[i].name))
            continue;
        backup_path(place, have.file[i].name, path);
        if (!file_usable(path, &c)) {
            file_drop(path);
            continue;
        }
        if (c->driver->script(c, "DELETE FROM reading") != DB_OK)
            rc = said(why, path, c->error);
        conn_close(c);
    }
    free(have.file);
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
        if (!is_in_backup(b, name))
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

    for (size_t i = 0; i < b->n && rc == DB_OK; i++) {
        rc = file_restore(place, b, b->file[i].name, why);
        *touched = *touched || rc == DB_OK;
    }
    if (rc == DB_OK)
        rc = months_empty(place, b, why);
    return rc == DB_OK ? sessions_end(place, why) : rc;
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
    if (gate >= 0)
        close(gate);
    db_writer_unlock(&bare);
    return rc;
}
