/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PostgreSQL through libpq: a connection that comes back by itself.
 *
 * Statements are prepared on the server under a number; numbers and text go as
 * text, bytes as bytes.  Transactions are SERIALIZABLE, which is what SQLite's
 * single writer gives, so code tested on one engine holds on the other; the
 * server then asks for a retry instead of making one wait (40001, 40P01).
 *
 * When the server goes away, the running call says DB_BUSY and the next one
 * connects again.  A connection that died while idle is noticed before a
 * statement is sent, so a restart of the server is seldom noticed at all.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/engine.h"
#include "db/pg_value.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define COPY_CHUNK 65536

struct pg {
    struct db_conn conn;
    PGconn *c;
    struct stmt_cache cache;
    uint32_t numbers; /* statements prepared so far */
    bool in_tx;       /* the server has an open transaction of ours */
    bool broken;      /* the connection is to be made again */
    bool refused;     /* the newest failure was 40001 or 40P01 */
    bool read_only;
    int patience_ms; /* > 0: for an answer outside a transaction */
    int64_t epoch;   /* which the store had when this connection was made */
};

PGconn *
pg_handle(struct db_conn *c)
{
    return ((struct pg *)c)->c;
}

bool
pg_is_lost(struct db_conn *c)
{
    const struct pg *p = (const struct pg *)c;

    return p->broken || PQstatus(p->c) != CONNECTION_OK;
}

/* Waits for the socket of a connection; false when the time is over. */
static bool
socket_wait(const PGconn *c, short events, double until)
{
    struct pollfd fd = {.fd = PQsocket(c), .events = events};
    double left;
    int n = 0;

    while (n == 0 && (left = until - clock_monotonic()) > 0) {
        n = poll(&fd, 1, (int)(left * 1000) + 1);
        if (n < 0 && errno == EINTR)
            n = 0;
    }
    return n > 0;
}

/* Is the next result there?  A server that hangs must not hang us. */
static bool
answer_wait(struct pg *p)
{
    double until = clock_monotonic() + p->patience_ms / 1000.0;

    if (!p->patience_ms || p->in_tx)
        return true;
    while (PQisBusy(p->c)) {
        if (!socket_wait(p->c, POLLIN, until)) {
            p->broken = true;
            return false;
        }
        if (!PQconsumeInput(p->c))
            return true;
    }
    return true;
}

/* ---- failures --------------------------------------------------------------
 */

/* Messages of libpq have several lines at times, and end with a newline. */
static void
one_line(char to[DB_WHY], const char *message)
{
    snprintf(to, DB_WHY, "%s", message && *message ? message : "no reason");
    for (char *s = to; *s; s++) {
        if (*s == '\n')
            *s = s[1] ? ' ' : '\0';
        else if (*s == '\t')
            *s = ' ';
    }
}

static enum db_rc
lost(struct pg *p)
{
    one_line(p->conn.error, PQerrorMessage(p->c));
    log_warn("store connection lost", "error=%s", p->conn.error);
    p->conn.again = true;
    p->broken = true;
    return DB_BUSY;
}

static bool
state_in(const char *state, const char *list)
{
    return strlen(state) == 5 && strstr(list, state);
}

static enum db_rc
silent(struct pg *p)
{
    snprintf(p->conn.error, DB_WHY, "no answer within %d ms", p->patience_ms);
    p->conn.again = false;
    return DB_BUSY;
}

/* The status for a result that is not the one hoped for. */
static enum db_rc
failed(struct pg *p, const char *sql, const PGresult *r)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE), *primary;
    char why[DB_WHY];

    if (p->broken && !r)
        return silent(p);
    /* What libpq itself says has no SQLSTATE: it has no server any more. */
    if (PQstatus(p->c) == CONNECTION_BAD || !state)
        return lost(p);
    /* Not its detail, which holds values. */
    primary = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    one_line(why, primary);
    /* Serialization failure, deadlock. */
    p->refused = state_in(state, "40001 40P01");
    /* The server is going down or coming up. */
    p->conn.again = p->refused || state_in(state, "57P01 57P02 57P03");
    /* Lock timeout, cancelled, too many connections. */
    p->conn.damaged = state_in(state, "XX001 XX002 58030");
    if (!p->conn.again && !state_in(state, "55P03 57014 53300"))
        return conn_fail(&p->conn, sql, "%s", why);
    str_copy(p->conn.error, sizeof p->conn.error, why);
    return DB_BUSY;
}

/* The last result of what was sent; NULL when there is none in time. */
static PGresult *
last_result(struct pg *p, int sent)
{
    PGresult *r = NULL, *next;

    while (sent && answer_wait(p) && (next = PQgetResult(p->c))) {
        PQclear(r);
        r = next;
    }
    return r;
}

/* Runs text without parameters; `tag` is what it should answer, or NULL. */
static enum db_rc
command(struct pg *p, const char *sql, const char *tag)
{
    PGresult *r = last_result(p, PQsendQuery(p->c, sql));
    ExecStatusType s = PQresultStatus(r);
    enum db_rc rc = DB_OK;

    if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
        rc = failed(p, sql, r);
    else if (tag && !str_eq(PQcmdStatus(r), tag))
        rc = conn_fail(&p->conn, sql, "the server answered %s", PQcmdStatus(r));
    PQclear(r);
    return rc;
}

/* ---- the connection --------------------------------------------------------
 */

static const char SETTINGS[] =
    "SET client_min_messages = warning;"
    "SET standard_conforming_strings = on;"
    "SET bytea_output = 'hex';"
    "SET jit = off;"
    "SET lock_timeout = '" PG_LOCK_TIMEOUT "';"
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off'";

static enum db_rc
set_up(struct pg *p)
{
    enum db_rc rc = command(p, SETTINGS, NULL);

    p->in_tx = false;
    stmt_clear(&p->cache, NULL);
    p->numbers = 0;
    if (rc == DB_OK && p->read_only)
        rc = command(p, "SET default_transaction_read_only = on", NULL);
    return rc;
}

/* A restore gives the store another epoch (db/gate.c).  A store without its
 * schema has none. */
static enum db_rc
epoch_read(struct pg *p, int64_t *epoch)
{
    PGresult *r = PQexec(p->c, "SELECT to_regclass('epoch') IS NOT NULL");
    bool any =
        PQresultStatus(r) == PGRES_TUPLES_OK && PQgetvalue(r, 0, 0)[0] == 't';
    enum db_rc rc = DB_OK;

    *epoch = 0;
    PQclear(r);
    if (!any)
        return DB_OK;
    r = PQexec(p->c, "SELECT number FROM epoch");
    if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != 1)
        rc = failed(p, "SELECT number FROM epoch", r);
    else
        *epoch = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
    PQclear(r);
    return rc;
}

/* After the connection was made again: is it still the same store? */
static enum db_rc
same_store(struct pg *p)
{
    int64_t epoch;
    enum db_rc rc = epoch_read(p, &epoch);

    if (rc != DB_OK) {
        p->broken = true;
        return DB_BUSY;
    }
    if (epoch == p->epoch)
        return DB_OK;
    p->epoch = epoch;
    p->conn.restored = true;
    str_copy(p->conn.error, sizeof p->conn.error,
             "the store was restored meanwhile; try again");
    return DB_BUSY;
}

/* Looks, without asking the server; its last words come before its end. */
static bool
is_alive(struct pg *p)
{
    return !p->broken &&
           (p->in_tx || (PQconsumeInput(p->c) && PQconsumeInput(p->c))) &&
           PQstatus(p->c) == CONNECTION_OK;
}

/* Connected?  Outside a transaction a lost connection is made again here. */
static enum db_rc
ready(struct pg *p)
{
    enum db_rc rc;

    if (is_alive(p))
        return DB_OK;
    if (p->in_tx || p->patience_ms)
        return lost(p);
    PQreset(p->c);
    if (PQstatus(p->c) != CONNECTION_OK)
        return lost(p);
    p->broken = false;
    log_info("store connection made again", NULL);
    rc = set_up(p);
    return rc == DB_OK ? same_store(p) : rc;
}

/* ---- statements ------------------------------------------------------------
 */

static void
stmt_name(char to[16], const struct db_stmt *s)
{
    snprintf(to, 16, "m%u", s->number);
}

static enum db_rc
stmt_prepare(struct pg *p, const char *sql, const struct pg_params *in,
             struct db_stmt **to)
{
    struct db_stmt *s = stmt_slot(&p->cache, sql);
    struct db_stmt fresh = {.sql = sql, .number = p->numbers + 1};
    char name[16];
    PGresult *r;
    enum db_rc rc = DB_OK;

    *to = s;
    if (s->sql && strcmp(s->text, sql) == 0)
        return DB_OK;
    stmt_name(name, &fresh);
    r = last_result(p, PQsendPrepare(p->c, name, sql, in->n, in->type));
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        rc = failed(p, sql, r);
    PQclear(r);
    if (rc != DB_OK)
        return rc;
    p->numbers++;
    if (!s->sql)
        p->cache.used++;
    free(s->text);
    fresh.text = mem_dup(sql);
    *s = fresh;
    return DB_OK;
}

/* What is to be done with the rows of a statement. */
struct taking {
    struct pg *p;
    const char *sql;
    struct db_outs out;
    bool (*row)(void *arg);
    void *arg;
    bool enough;
    int64_t changed;
};

static enum db_rc
take_row(struct taking *t, const PGresult *r)
{
    if ((size_t)PQnfields(r) != t->out.n)
        return conn_fail(&t->p->conn, t->sql, "%d columns come, %zu are taken",
                         PQnfields(r), t->out.n);
    for (size_t i = 0; i < t->out.n; i++) {
        const char *why = pg_column_put(r, 0, (int)i, &t->out.at[i]);

        if (why)
            return conn_fail(&t->p->conn, t->sql, "column %zu: %s", i + 1, why);
    }
    t->enough = !t->row(t->arg);
    return DB_OK;
}

static enum db_rc
take_result(struct taking *t, const PGresult *r)
{
    switch (PQresultStatus(r)) {
    case PGRES_SINGLE_TUPLE:
        return t->row ? take_row(t, r) : DB_OK;
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
        t->changed = strtoll(PQcmdTuples((PGresult *)r), NULL, 10);
        return DB_OK;
    default:
        return failed(t->p, t->sql, r);
    }
}

/* The caller has enough: the server need not go on, if that undoes nothing. */
static void
cancel(struct pg *p, const char *sql)
{
    PGcancel *c;
    char why[256];

    if (p->in_tx || !str_starts(sql, "SELECT"))
        return;
    c = PQgetCancel(p->c);
    PQcancel(c, why, sizeof why);
    PQfreeCancel(c);
}

/* Reads every result, as libpq demands, whatever becomes of them. */
static enum db_rc
take_results(struct taking *t)
{
    enum db_rc rc = DB_OK;
    bool stopped = false;
    PGresult *r;

    for (;;) {
        if (!answer_wait(t->p))
            return silent(t->p);
        r = PQgetResult(t->p->c);
        if (!r)
            break;
        if (rc == DB_OK && !t->enough)
            rc = take_result(t, r);
        PQclear(r);
        if ((rc != DB_OK || t->enough) && !stopped) {
            stopped = true;
            if (PQtransactionStatus(t->p->c) == PQTRANS_ACTIVE)
                cancel(t->p, t->sql);
        }
    }
    return rc;
}

static enum db_rc
pg_rows(struct db_conn *c, const char *sql, struct db_ins in,
        struct db_outs out, bool (*row)(void *arg), void *arg, int64_t *changed)
{
    struct pg *p = (struct pg *)c;
    struct taking t = {.p = p, .sql = sql, .out = out, .row = row, .arg = arg};
    struct pg_params params;
    struct db_stmt *s;
    char name[16];
    enum db_rc rc = ready(p);

    if (changed)
        *changed = 0;
    if (rc != DB_OK)
        return rc;
    if (in.n > DB_MOST_IN)
        return conn_fail(c, sql, "more than %d parameters", DB_MOST_IN);
    pg_params_set(&params, in);
    rc = stmt_prepare(p, sql, &params, &s);
    if (rc != DB_OK)
        return rc;
    stmt_name(name, s);
    if (!PQsendQueryPrepared(p->c, name, params.n, params.value, params.length,
                             params.format, pg_wants_binary(out)))
        return failed(p, sql, NULL);
    PQsetSingleRowMode(p->c);
    rc = take_results(&t);
    if (changed && rc == DB_OK)
        *changed = t.changed;
    return rc;
}

static enum db_rc
pg_script(struct db_conn *c, const char *sql)
{
    struct pg *p = (struct pg *)c;
    enum db_rc rc = ready(p);

    return rc == DB_OK ? command(p, sql, NULL) : rc;
}

/* ---- transactions ----------------------------------------------------------
 */

static enum db_rc
pg_begin(struct db_conn *c)
{
    struct pg *p = (struct pg *)c;
    enum db_rc rc = ready(p);

    if (rc == DB_OK)
        rc = command(p, "BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN");
    p->in_tx = rc == DB_OK;
    return rc;
}

static void
pg_rollback(struct db_conn *c)
{
    struct pg *p = (struct pg *)c;
    PGresult *r;

    p->in_tx = false;
    if (p->broken || PQstatus(p->c) != CONNECTION_OK)
        return;
    r = PQexec(p->c, "ROLLBACK");
    PQclear(r);
}

static enum db_rc
pg_commit(struct db_conn *c)
{
    struct pg *p = (struct pg *)c;
    enum db_rc rc;

    p->refused = false;
    rc = command(p, "COMMIT", "COMMIT");
    p->in_tx = false;
    if (rc != DB_BUSY || p->refused)
        return rc;
    /* Done or not, nobody knows: it must not run twice. */
    p->conn.again = false;
    str_copy(p->conn.error, sizeof p->conn.error,
             "connection lost while committing; the outcome is not known");
    return DB_BUSY;
}

/* ---- COPY ------------------------------------------------------------------
 */

static bool
copy_flush(struct pg *p, struct buf *b, size_t least)
{
    bool ok = true;

    if (b->len >= least && b->len) {
        ok = PQputCopyData(p->c, b->at, (int)b->len) == 1;
        b->len = 0;
    }
    return ok;
}

static enum db_rc
copy_end(struct pg *p, const char *sql, bool ok)
{
    enum db_rc rc = ok ? DB_OK : failed(p, sql, NULL);
    PGresult *r;

    PQputCopyEnd(p->c, ok ? NULL : "given up");
    while ((r = PQgetResult(p->c))) {
        if (rc == DB_OK && PQresultStatus(r) != PGRES_COMMAND_OK)
            rc = failed(p, sql, r);
        PQclear(r);
    }
    return rc;
}

static enum db_rc
pg_bulk(struct db_conn *c, const char *insert, const char *copy, size_t columns,
        db_bulk_next *next, void *arg)
{
    struct pg *p = (struct pg *)c;
    struct db_in row[DB_MOST_IN];
    struct buf b = {0};
    enum db_rc rc = ready(p);
    const bool binary = str_ends(copy, " BINARY");
    PGresult *r;
    bool ok = true;

    (void)insert;
    if (rc != DB_OK)
        return rc;
    r = PQexec(p->c, copy);
    if (PQresultStatus(r) != PGRES_COPY_IN)
        rc = failed(p, copy, r);
    PQclear(r);
    if (rc != DB_OK)
        return rc;
    if (binary)
        pg_copy_head(&b);
    while (ok && next(arg, row)) {
        (binary ? pg_copy_row : pg_copy_line)(&b, row, columns);
        ok = copy_flush(p, &b, COPY_CHUNK);
    }
    if (binary)
        pg_copy_tail(&b);
    ok = ok && copy_flush(p, &b, 0);
    buf_clear(&b);
    return copy_end(p, copy, ok);
}

static void
pg_close(struct db_conn *c)
{
    struct pg *p = (struct pg *)c;

    stmt_clear(&p->cache, NULL);
    PQfinish(p->c);
    free(p);
}

static const struct db_driver PG_DRIVER = {
    .engine = DB_POSTGRES,
    .rows = pg_rows,
    .begin = pg_begin,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .script = pg_script,
    .bulk = pg_bulk,
    .close = pg_close,
};

/* ---- opening ---------------------------------------------------------------
 */

static void
notice(void *arg, const char *message)
{
    char line[DB_WHY];

    (void)arg;
    one_line(line, message);
    log_warn("store notice", "notice=%s", line);
}

/* Text must sort by its bytes, as it does on SQLite. */
static enum db_rc
database_check(struct pg *p)
{
    char collation[64], encoding[32], name[64];
    enum db_rc rc = conn_one(
        &p->conn,
        "SELECT datname, datcollate, pg_encoding_to_char(encoding) "
        "FROM pg_database WHERE datname = current_database()",
        IN_NONE,
        OUT(out_text(name, sizeof name), out_text(collation, sizeof collation),
            out_text(encoding, sizeof encoding)));

    if (rc != DB_OK)
        return rc;
    if (str_eq(encoding, "UTF8") &&
        (str_eq(collation, "C") || str_eq(collation, "POSIX")))
        return DB_OK;
    return conn_fail(&p->conn, NULL,
                     "database %s has encoding %s and collation %s; make it "
                     "with CREATE DATABASE %s TEMPLATE template0 ENCODING "
                     "'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'",
                     name, encoding, collation, name);
}

/* In these, what stands before dbname gives way to the conninfo. */
static PGconn *
connect_plain(const char *conninfo)
{
    const char *const key[] = {"connect_timeout", "dbname", "client_encoding",
                               "fallback_application_name", NULL};
    const char *const value[] = {"10", conninfo, "UTF8", "meterhouse", NULL};

    return PQconnectdbParams(key, value, 1);
}

/* libpq's own timeout is two seconds at least, and not of the whole. */
static PGconn *
connect_within(const char *conninfo, int ms)
{
    const char *const key[] = {"connect_timeout",
                               "tcp_user_timeout",
                               "keepalives_idle",
                               "dbname",
                               "client_encoding",
                               "fallback_application_name",
                               NULL};
    const char *const value[] = {"10",   "5000",       "10", conninfo,
                                 "UTF8", "meterhouse", NULL};
    double until = clock_monotonic() + ms / 1000.0;
    PGconn *c = PQconnectStartParams(key, value, 1);
    PostgresPollingStatusType s = PGRES_POLLING_WRITING;

    while (PQstatus(c) != CONNECTION_BAD &&
           (s == PGRES_POLLING_READING || s == PGRES_POLLING_WRITING)) {
        short wanted = s == PGRES_POLLING_READING ? POLLIN : POLLOUT;

        if (!socket_wait(c, wanted, until))
            break;
        s = PQconnectPoll(c);
    }
    return c;
}

static enum db_rc
opened(struct pg *p, struct db_conn **to, char why[DB_WHY])
{
    enum db_rc rc;

    if (PQstatus(p->c) != CONNECTION_OK) {
        one_line(p->conn.error, *PQerrorMessage(p->c) ? PQerrorMessage(p->c)
                                                      : "no answer in time");
        rc = DB_FAIL;
    } else {
        PQsetNoticeProcessor(p->c, notice, NULL);
        rc = set_up(p);
    }
    if (rc == DB_OK)
        rc = database_check(p);
    if (rc == DB_OK && !p->patience_ms)
        rc = epoch_read(p, &p->epoch);
    if (rc != DB_OK) {
        snprintf(why, DB_WHY, "PostgreSQL: %.450s", p->conn.error);
        pg_close(&p->conn);
        return rc;
    }
    *to = &p->conn;
    return DB_OK;
}

static struct pg *
pg_new(enum db_mode mode, int patience_ms)
{
    struct pg *p = mem_new(sizeof *p);

    *p = (struct pg){.conn.driver = &PG_DRIVER,
                     .read_only = mode == DB_READ,
                     .patience_ms = patience_ms};
    return p;
}

enum db_rc
pg_open(const char *conninfo, enum db_mode mode, struct db_conn **to,
        char why[DB_WHY])
{
    struct pg *p = pg_new(mode, 0);

    *to = NULL;
    p->c = connect_plain(conninfo);
    return opened(p, to, why);
}

enum db_rc
pg_open_within(const char *conninfo, enum db_mode mode, int connect_ms,
               int patience_ms, struct db_conn **to, char why[DB_WHY])
{
    struct pg *p = pg_new(mode, patience_ms);

    *to = NULL;
    p->c = connect_within(conninfo, connect_ms);
    return opened(p, to, why);
}

void
pg_is_begun(struct db_conn *c)
{
    ((struct pg *)c)->in_tx = true;
}

bool
pg_is_alive(struct db_conn *c)
{
    return is_alive((struct pg *)c);
}
