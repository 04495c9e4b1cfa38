/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both engines share: one row, many rows, and the transaction with its
 * retries.
 *
 * A transaction inside another of the same connection joins it: the outer one
 * commits or rolls back for both, and cannot commit when the inner one failed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "db/engine.h"
#include "server/base/hash.h"
#include "server/base/log.h"

#define TX_TRIES 10

enum db_rc
conn_fail(struct db_conn *c, const char *sql, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(c->error, sizeof c->error, format, ap);
    va_end(ap);
    log_ours("store failed", "error=%s sql=%s", c->error, sql ? sql : "");
    return DB_FAIL;
}

static enum db_rc
rows(struct db_conn *c, const char *sql, struct db_ins in, struct db_outs out,
     bool (*row)(void *arg), void *arg, int64_t *changed)
{
    enum db_rc rc;

    /* SQLite would let it pass, PostgreSQL cannot. */
    if (c->active)
        return conn_fail(c, sql, "a statement among the rows of another");
    c->active++;
    rc = c->driver->rows(c, sql, in, out, row, arg, changed);
    c->active--;
    return rc;
}

/* ---- one row ---------------------------------------------------------------
 */

struct one {
    int rows;
};

static bool
one_row(void *arg)
{
    struct one *one = arg;

    return ++one->rows < 2;
}

enum db_rc
conn_one(struct db_conn *c, const char *sql, struct db_ins in,
         struct db_outs out)
{
    struct one one = {0};
    enum db_rc rc = rows(c, sql, in, out, one_row, &one, NULL);

    if (rc != DB_OK)
        return rc;
    if (one.rows > 1)
        return conn_fail(c, sql, "more than one row");
    return one.rows ? DB_OK : DB_NONE;
}

enum db_rc
conn_each(struct db_conn *c, const char *sql, struct db_ins in,
          struct db_outs out, bool (*row)(void *arg), void *arg)
{
    return rows(c, sql, in, out, row, arg, NULL);
}

enum db_rc
conn_run(struct db_conn *c, const char *sql, struct db_ins in, int64_t *changed)
{
    return rows(c, sql, in, OUT_NONE, NULL, NULL, changed);
}

void
conn_close(struct db_conn *c)
{
    if (c)
        c->driver->close(c);
}

/* ---- transactions ----------------------------------------------------------
 */

static enum db_rc
tx_inner(struct db_conn *c, enum db_rc (*fn)(void *arg), void *arg)
{
    enum db_rc rc;

    c->depth++;
    rc = fn(arg);
    c->depth--;
    if (rc != DB_OK)
        c->doomed = true;
    return rc;
}

static enum db_rc
tx_once(struct db_conn *c, enum db_rc (*fn)(void *arg), void *arg)
{
    enum db_rc rc = c->driver->begin(c);

    if (rc != DB_OK)
        return rc;
    c->doomed = false;
    c->depth = 1;
    rc = fn(arg);
    if (rc == DB_OK && c->doomed)
        rc = conn_fail(c, NULL, "a transaction inside this one failed");
    c->depth = 0;
    if (rc == DB_OK)
        return c->driver->commit(c);
    c->driver->rollback(c);
    return rc;
}

/* Longer each time, and not the same for two rivals. */
static void
tx_nap(int attempt)
{
    uint8_t dice;
    long ms = 2L << (attempt < 7 ? attempt : 7);

    random_bytes(&dice, sizeof dice);
    ms += ms * dice / 256;
    nanosleep(
        &(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000},
        NULL);
}

enum db_rc
conn_tx(struct db_conn *c, enum db_rc (*fn)(void *arg), void *arg)
{
    if (c->depth)
        return tx_inner(c, fn, arg);
    for (int attempt = 0;; attempt++) {
        enum db_rc rc;

        c->again = false;
        rc = tx_once(c, fn, arg);
        if (rc == DB_OK || !c->again || attempt == TX_TRIES)
            return rc;
        tx_nap(attempt);
    }
}
