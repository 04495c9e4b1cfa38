/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/tell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/account.h"
#include "db/load.h"
#include "db/reading.h"
#include "db/session.h"
#include "db/upkeep.h"
#include "server/base/clock.h"
#include "server/base/hash.h"
#include "server/base/str.h"

/* ---- readings ------------------------------------------------------------ */

struct telling {
    struct buf *to;
    const char *esiid;
    const uint8_t *committed; /* by load id */
    int64_t loads;
    bool unseen; /* a version of a load that is not committed */
};

static bool
tell_version(void *arg, const struct reading_day *d,
             const struct reading_version *v)
{
    struct telling *t = arg;
    char hex[SHA256_HEX];

    t->unseen |= v->load_id >= t->loads || !t->committed[v->load_id];
    sha256_hex(hex, d->value_ukwh, d->n * sizeof d->value_ukwh[0]);
    buf_printf(t->to, "%s %d %d %s %lld %s %.64s %lld-%lld ", t->esiid, d->day,
               d->channel, v->current ? "current" : "history",
               (long long)v->stamp, d->transaction, hex,
               (long long)d->start_read.micro, (long long)d->stop_read.micro);
    buf_add(t->to, d->status, d->n);
    buf_printf(t->to, " %s %s %s\n", d->rep, d->mre, v->file);
    return true;
}

struct points {
    char esiid[65];
    int64_t id;
    struct {
        char esiid[65];
        int64_t id;
    } * at;
    size_t n;
};

static bool
keep_point(void *arg)
{
    struct points *p = arg;

    p->at = mem_grow(p->at, (p->n + 1) * sizeof *p->at);
    str_copy(p->at[p->n].esiid, 65, p->esiid);
    p->at[p->n++].id = p->id;
    return true;
}

struct loads {
    struct load row;
    uint8_t *committed; /* by id */
    int64_t size;
    struct buf *to; /* one line a committed load */
    int n;
};

static bool
keep_load(void *arg)
{
    struct loads *l = arg;
    const struct load_counts *n = &l->row.n;

    if (l->row.id >= l->size) {
        int64_t size = 2 * l->row.id + 64;

        l->committed = mem_grow(l->committed, (size_t)size);
        memset(l->committed + l->size, 0, (size_t)(size - l->size));
        l->size = size;
    }
    if (l->row.state != LOAD_COMMITTED)
        return true;
    l->committed[l->row.id] = 1;
    l->n++;
    buf_printf(l->to,
               "load %s %s read %lld rejected %lld loaded %lld "
               "replaced %lld unchanged %lld historic %lld\n",
               l->row.name, l->row.digest, (long long)n->read,
               (long long)n->rejected, (long long)n->loaded,
               (long long)n->replaced, (long long)n->unchanged,
               (long long)n->historic);
    return true;
}

static int
by_line(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts the lines of a text. */
static void
sort_lines(struct buf *b)
{
    char *copy = mem_dup(buf_text(b)), **line;
    size_t n = 0, lines = 0;

    for (size_t i = 0; i < b->len; i++)
        lines += b->at[i] == '\n';
    line = mem_new((lines + 1) * sizeof *line);
    for (char *s = copy, *end; (end = strchr(s, '\n')); s = end + 1) {
        *end = '\0';
        line[n++] = s;
    }
    qsort(line, n, sizeof *line, by_line);
    b->len = 0;
    for (size_t i = 0; i < n; i++)
        buf_printf(b, "%s\n", line[i]);
    free(line);
    free(copy);
}

static enum db_rc
tell_market(struct db *db, struct buf *to, int *committed, char why[512])
{
    struct points p = {0};
    struct loads l = {.to = to};
    struct telling t = {.to = to};
    enum db_rc rc = db_load_each(db, 1000000, &l.row, keep_load, &l);

    if (committed)
        *committed = l.n;
    if (rc == DB_OK)
        rc = db_each(db, DB_MARKET, "SELECT esiid, id FROM point", IN_NONE,
                     OUT(out_text(p.esiid, sizeof p.esiid), out_i64(&p.id)),
                     keep_point, &p);
    t.committed = l.committed;
    t.loads = l.size;
    for (size_t i = 0; i < p.n && rc == DB_OK; i++) {
        t.esiid = p.at[i].esiid;
        rc = reading_each_version(db, p.at[i].id, 0, 100000, tell_version, &t);
    }
    if (rc == DB_OK && t.unseen) {
        snprintf(why, 512, "a version of a load that is not committed");
        rc = DB_FAIL;
    }
    free(p.at);
    free(l.committed);
    return rc;
}

/* ---- upkeep -------------------------------------------------------------- */

/* The first day that is kept, and whether a scrub came to its end. */
static enum db_rc
tell_upkeep(struct db *db, struct buf *to)
{
    struct upkeep u;
    int32_t floor;
    enum db_rc rc = reading_floor_get(db, &floor);

    if (rc == DB_OK)
        rc = db_upkeep_get(db, &u);
    if (rc == DB_OK)
        buf_printf(to, "kept since day %d%s\n", floor,
                   u.done_utc ? ", scrubbed" : "");
    return rc;
}

/* ---- people -------------------------------------------------------------- */

struct people {
    struct account account;
    struct session session;
    struct {
        int64_t id;
        char login[ACCOUNT_LOGIN];
    } * at;
    size_t n, now;
    struct buf *to;
};

static bool
keep_account(void *arg)
{
    struct people *p = arg;
    const struct account *a = &p->account;

    p->at = mem_grow(p->at, (p->n + 1) * sizeof *p->at);
    p->at[p->n].id = a->id;
    str_copy(p->at[p->n++].login, ACCOUNT_LOGIN, a->login);
    buf_printf(p->to, "account %s %s %s%s\n", a->login, a->role, a->name,
               a->locked ? " locked" : "");
    return true;
}

static bool
tell_session(void *arg)
{
    struct people *p = arg;

    buf_printf(p->to, "session of %s with %s\n", p->at[p->now].login,
               p->session.agent);
    return true;
}

static enum db_rc
tell_people(struct db *db, struct buf *to)
{
    struct people p = {.to = to};
    enum db_rc rc = db_account_each(db, &p.account, keep_account, &p);

    for (; p.now < p.n && rc == DB_OK; p.now++)
        rc = db_session_each(db, p.at[p.now].id, clock_now(), &p.session,
                             tell_session, &p);
    free(p.at);
    return rc;
}

bool
tell_store(struct db *db, struct buf *to, int *committed, char why[512])
{
    enum db_rc rc;

    to->len = 0;
    why[0] = '\0';
    rc = tell_market(db, to, committed, why);
    if (rc == DB_OK)
        rc = tell_people(db, to);
    if (rc == DB_OK)
        rc = tell_upkeep(db, to);
    sort_lines(to);
    if (rc != DB_OK && !why[0])
        snprintf(why, 512, "%s", db_error(db));
    return rc == DB_OK;
}
