/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock of the one writer of bulk data.
 *
 * SQLite: a lock on the file writer.lock in the store's folder, which ends
 * with the process that holds it.
 *
 * PostgreSQL: an advisory lock on a connection of its own, which ends with that
 * connection, and a number that each holder raises.  A writer whose connection
 * was cut would not know that another has taken over; so the transaction that
 * makes its work visible calls db_writer_check, which finds the number raised.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "db/engine.h"
#include "server/base/clock.h"

#define POLL_MS 25

static void
nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
}

/* Tries until it is had, fails, or the time is over. */
static enum db_rc
wait_for(struct db *db, double seconds,
         enum db_rc (*try)(struct db *db, bool *had))
{
    double until = clock_monotonic() + seconds;

    for (;;) {
        bool had = false;
        enum db_rc rc = try(db, &had);

        if (rc != DB_OK || had)
            return rc;
        if (clock_monotonic() >= until) {
            snprintf(db->error, sizeof db->error,
                     "another program is writing to the store");
            return DB_BUSY;
        }
        nap();
    }
}

/* ---- SQLite ----------------------------------------------------------------
 */

static enum db_rc
file_try(struct db *db, bool *had)
{
    *had = flock(db->lock_fd, LOCK_EX | LOCK_NB) == 0;
    if (*had || errno == EWOULDBLOCK || errno == EINTR)
        return DB_OK;
    snprintf(db->error, sizeof db->error, "writer.lock: %s", strerror(errno));
    return DB_FAIL;
}

static enum db_rc
file_lock(struct db *db, double seconds)
{
    char path[1024];
    enum db_rc rc;

    snprintf(path, sizeof path, "%s/writer.lock", db->place);
    db->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (db->lock_fd < 0) {
        snprintf(db->error, sizeof db->error, "%.400s: %s", path,
                 strerror(errno));
        return DB_FAIL;
    }
    rc = wait_for(db, seconds, file_try);
    if (rc != DB_OK) {
        close(db->lock_fd);
        db->lock_fd = -1;
    }
    return rc;
}

/* ---- PostgreSQL ------------------------------------------------------------
 */

static enum db_rc
lease_try(struct db *db, bool *had)
{
    return conn_one(db->lock_conn, "SELECT pg_try_advisory_lock(5577418022)",
                    IN_NONE, OUT(out_bool(had)));
}

/* Waits in the server's queue: who only asks now and then would never have its
 * turn while another takes the lock again and again. */
static enum db_rc
lease_queue(struct db *db, double seconds)
{
    struct db_conn *c = db->lock_conn;
    char ms[24];
    enum db_rc rc;

    snprintf(ms, sizeof ms, "%lld", (long long)(seconds * 1000) + 1);
    rc = conn_run(c, "SELECT set_config('lock_timeout', $1, false)",
                  IN(in_text(ms)), NULL);
    if (rc == DB_OK)
        rc = conn_run(c, "SELECT pg_advisory_lock(5577418022)", IN_NONE, NULL);
    if (rc == DB_BUSY)
        snprintf(db->error, sizeof db->error,
                 "another program is writing to the store");
    else if (rc == DB_OK)
        rc = conn_run(c,
                      "SELECT set_config('lock_timeout', '" PG_LOCK_TIMEOUT
                      "', false)",
                      IN_NONE, NULL);
    return rc;
}

static enum db_rc
lease_wait(struct db *db, double seconds)
{
    enum db_rc rc = DB_OK;
    bool had = false;

    if (!db->lock_conn)
        rc = pg_open(db->place, DB_WRITE, &db->lock_conn, db->error);
    if (rc == DB_OK)
        rc = lease_try(db, &had);
    if (rc != DB_OK || had)
        return rc;
    return seconds > 0 ? lease_queue(db, seconds)
                       : wait_for(db, seconds, lease_try);
}

static enum db_rc
lease_lock(struct db *db, double seconds)
{
    enum db_rc rc = lease_wait(db, seconds);

    if (rc == DB_OK)
        rc = conn_one(db->lock_conn,
                      "UPDATE writer SET token = token + 1 WHERE id = 1 "
                      "RETURNING token",
                      IN_NONE, OUT(out_i64(&db->lock_token)));
    if (rc != DB_OK) {
        conn_close(db->lock_conn);
        db->lock_conn = NULL;
        db->lock_token = 0;
    }
    return rc;
}

enum db_rc
db_writer_check(struct db *db)
{
    int64_t changed;
    enum db_rc rc;

    if (!db->lock_token)
        return DB_OK;
    rc = db_run(db, DB_MARKET, "UPDATE writer SET token = $1 WHERE token = $1",
                IN(in_i64(db->lock_token)), &changed);
    if (rc != DB_OK || changed)
        return rc;
    snprintf(db->error, sizeof db->error,
             "the writer lock was lost; another program writes");
    return DB_BUSY;
}

/* ---- both ------------------------------------------------------------------
 */

enum db_rc
db_writer_lock(struct db *db, double seconds)
{
    enum db_rc rc;

    if (db->lock_fd >= 0 || db->lock_token) {
        snprintf(db->error, sizeof db->error,
                 "the writer lock is held already");
        return DB_FAIL;
    }
    rc = db->engine == DB_SQLITE ? file_lock(db, seconds)
                                 : lease_lock(db, seconds);
    /* What the caller knows of the store must still hold. */
    if (rc == DB_OK)
        rc = db_gate(db);
    if (rc != DB_OK)
        db_writer_unlock(db);
    return rc;
}

enum db_rc
db_writer_lock_bare(struct db *db, double seconds)
{
    return db->engine == DB_SQLITE ? file_lock(db, seconds)
                                   : lease_wait(db, seconds);
}

void
db_writer_unlock(struct db *db)
{
    if (db->lock_fd >= 0)
        close(db->lock_fd);
    db->lock_fd = -1;
    if (db->lock_token)
        conn_run(db->lock_conn, "SELECT pg_advisory_unlock(5577418022)",
                 IN_NONE, NULL);
    db->lock_token = 0;
}
