/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts of points.  A range of neighbouring ids costs three ordered scans, and
 * ids that a file brings are mostly neighbours: a run is extended over ids
 * that were not asked for as long as most of it was.
 */
#include "db/point_fact.h"

#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/base/hash.h"
#include "server/base/str.h"

#define NAME_SLOTS 4096 /* of DUNS numbers */
#define NAMES_MOST 3000
#define SPARSE     8 /* ids of a run for each that is wanted */

struct fact {
    int32_t installed;
    uint16_t tdsp; /* name index + 1; 0: none */
    uint16_t terms : 15;
    uint16_t fetched : 1;
    uint32_t term; /* the first of its terms */
};
_Static_assert(sizeof(struct fact) == 12, "12 bytes a point");

struct term {
    int32_t from, to; /* to DAY_NONE: still */
    uint16_t rep;
};

struct point_facts {
    struct fact *fact; /* by id */
    size_t size;
    struct term *term;
    size_t terms, terms_room;
    char name[NAMES_MOST][16];
    uint16_t slot[NAME_SLOTS];
    size_t names;
};

struct point_facts *
point_facts_new(void)
{
    return mem_new(sizeof(struct point_facts));
}

void
point_facts_free(struct point_facts *f)
{
    if (f == NULL)
        return;
    free(f->fact);
    free(f->term);
    free(f);
}

/* Index + 1 of a DUNS number; 0 for "" and when there are too many. */
static uint16_t
name_index(struct point_facts *f, const char *name)
{
    size_t i = hash64(name, strlen(name)) % NAME_SLOTS;

    if (name[0] == '\0')
        return 0;
    for (; f->slot[i] != 0; i = (i + 1) % NAME_SLOTS)
        if (strcmp(f->name[f->slot[i] - 1], name) == 0)
            return f->slot[i];
    if (f->names == NAMES_MOST ||
        !str_copy(f->name[f->names], sizeof f->name[0], name))
        return 0;
    f->slot[i] = (uint16_t)++f->names;
    return f->slot[i];
}

static void
room_for(struct point_facts *f, int64_t id)
{
    size_t size = (size_t)id + 1;

    if (size <= f->size)
        return;
    size += size / 8;
    f->fact = mem_grow(f->fact, size * sizeof *f->fact);
    memset(f->fact + f->size, 0, (size - f->size) * sizeof *f->fact);
    f->size = size;
}

/* ---- rows ------------------------------------------------------------------
 */

/* A row of one of the three tables; of several statements about one thing the
 * last one, from the newest load, holds. */
struct row {
    struct point_facts *f;
    int64_t id;
    int32_t from, to;
    char name[65];
};

static bool
premise_row(void *arg)
{
    struct row *r = arg;

    r->f->fact[r->id].tdsp = name_index(r->f, r->name);
    return true;
}

static bool
rep_row(void *arg)
{
    struct row *r = arg;
    struct point_facts *f = r->f;
    struct fact *fact = &f->fact[r->id];
    struct term t = {r->from, r->to, name_index(f, r->name)};

    if (fact->terms > 0 && f->term[f->terms - 1].from == r->from) {
        f->term[f->terms - 1] = t;
        return true;
    }
    if (f->terms == f->terms_room) {
        f->terms_room = f->terms_room > 0 ? 2 * f->terms_room : 4096;
        f->term = mem_grow(f->term, f->terms_room * sizeof *f->term);
    }
    if (fact->terms == 0)
        fact->term = (uint32_t)f->terms;
    if (fact->terms < 0x7fff)
        fact->terms++;
    f->term[f->terms++] = t;
    return true;
}

/* Statements of the meter seen last; the next meter's first row ends them. */
struct meter_rows {
    struct row now;
    struct row held;
};

static void
meter_settle(struct row *held)
{
    struct fact *fact;

    if (held->id == 0)
        return;
    fact = &held->f->fact[held->id];
    if (held->to != DAY_NONE && held->to < held->from)
        return; /* withdrawn */
    if (fact->installed == DAY_NONE || held->from < fact->installed)
        fact->installed = held->from;
}

static bool
one_meter_row(void *arg)
{
    struct meter_rows *m = arg;

    if (m->held.id != m->now.id || m->held.from != m->now.from ||
        strcmp(m->held.name, m->now.name) != 0)
        meter_settle(&m->held);
    m->held = m->now;
    return true;
}

/* ---- fetching --------------------------------------------------------------
 */

static enum db_rc
fetch_premises(struct point_facts *f, struct db *db, int64_t from, int64_t to)
{
    struct row r = {.f = f};

    return db_each(db, DB_MARKET,
                   "SELECT point_id, tdsp FROM point_premise "
                   "WHERE point_id BETWEEN $1 AND $2 "
                   "ORDER BY point_id, load_id",
                   IN(in_i64(from), in_i64(to)),
                   OUT(out_i64(&r.id), out_text(r.name, sizeof r.name)),
                   premise_row, &r);
}

static enum db_rc
fetch_reps(struct point_facts *f, struct db *db, int64_t from, int64_t to)
{
    struct row r = {.f = f};

    return db_each(db, DB_MARKET,
                   "SELECT point_id, from_day, rep, "
                   "COALESCE(to_day, -2147483648) FROM point_rep "
                   "WHERE point_id BETWEEN $1 AND $2 "
                   "ORDER BY point_id, from_day, load_id",
                   IN(in_i64(from), in_i64(to)),
                   OUT(out_i64(&r.id), out_i32(&r.from),
                       out_text(r.name, sizeof r.name), out_i32(&r.to)),
                   rep_row, &r);
}

static enum db_rc
fetch_meters(struct point_facts *f, struct db *db, int64_t from, int64_t to)
{
    struct meter_rows m = {.now = {.f = f}};
    enum db_rc rc = db_each(
        db, DB_MARKET,
        "SELECT point_id, installed_day, number, "
        "COALESCE(removed_day, -2147483648) FROM point_meter "
        "WHERE point_id BETWEEN $1 AND $2 "
        "ORDER BY point_id, installed_day, number, load_id",
        IN(in_i64(from), in_i64(to)),
        OUT(out_i64(&m.now.id), out_i32(&m.now.from),
            out_text(m.now.name, sizeof m.now.name), out_i32(&m.now.to)),
        one_meter_row, &m);

    meter_settle(&m.held);
    return rc;
}

/* Everything of the ids from … to, of which none is here. */
static enum db_rc
fetch_range(struct point_facts *f, struct db *db, int64_t from, int64_t to)
{
    enum db_rc rc;

    for (int64_t id = from; id <= to; id++)
        f->fact[id] = (struct fact){.installed = DAY_NONE, .fetched = 1};
    rc = fetch_premises(f, db, from, to);
    if (rc == DB_OK)
        rc = fetch_reps(f, db, from, to);
    if (rc == DB_OK)
        rc = fetch_meters(f, db, from, to);
    for (int64_t id = from; rc != DB_OK && id <= to; id++)
        f->fact[id].fetched = 0;
    return rc;
}

/* Is any of the ids from … to here already? */
static bool
any_fetched(const struct point_facts *f, int64_t from, int64_t to)
{
    for (; from <= to; from++)
        if (f->fact[from].fetched)
            return true;
    return false;
}

/* How many of the ids one range may cover, the first of which is wanted. */
static size_t
run_length(const struct point_facts *f, const int64_t *ids, size_t n)
{
    size_t i = 1;

    while (i < n && ids[i] - ids[0] <= (int64_t)(i + 1) * SPARSE &&
           !any_fetched(f, ids[i - 1] + 1, ids[i]))
        i++;
    return i;
}

enum db_rc
point_facts_fetch(struct point_facts *f, struct db *db, const int64_t *ids,
                  size_t n)
{
    enum db_rc rc = DB_OK;
    size_t run;

    if (n > 0)
        room_for(f, ids[n - 1]);
    for (size_t i = 0; rc == DB_OK && i < n; i += run) {
        run = 1;
        if (f->fact[ids[i]].fetched)
            continue;
        run = run_length(f, ids + i, n - i);
        rc = fetch_range(f, db, ids[i], ids[i + run - 1]);
    }
    return rc;
}

/* ---- telling ---------------------------------------------------------------
 */

void
point_facts_get(const struct point_facts *f, int64_t id, int32_t day,
                struct point_fact *to)
{
    const struct fact *fact;

    *to = (struct point_fact){.installed_day = DAY_NONE};
    if (id < 0 || (size_t)id >= f->size || !f->fact[id].fetched)
        return;
    fact = &f->fact[id];
    to->installed_day = fact->installed;
    if (fact->tdsp > 0)
        to->tdsp = f->name[fact->tdsp - 1];
    for (unsigned i = fact->terms; i-- > 0;) {
        const struct term *t = &f->term[fact->term + i];

        if (t->to != DAY_NONE && t->to < t->from)
            continue; /* withdrawn */
        if (t->from > day)
            continue;
        if ((t->to == DAY_NONE || t->to >= day) && t->rep > 0)
            to->rep = f->name[t->rep - 1];
        return;
    }
}
