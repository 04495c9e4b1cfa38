/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts of points.  A range of neighbouring ids costs three ordered scans, and
 * ids that a file brings are mostly neighbours: a run is extended over ids
 * that were not asked for as long as most of it was.
 */
#include "db/point_fact.h"

#include <stdlib.h>
#include <string.h>

#include "db/point_file.h"
#include "server/base/clock.h"
#include "server/base/hash.h"
#include "server/base/str.h"

#define NAME_SLOTS 4096 /* of DUNS numbers */
#define NAMES_MOST 3000
#define SPARSE     8 /* ids of a run for each that is wanted */

/* The usual point has one REP, who stays, and one meter, which hangs.  Days
 * are counted from 1990-01-01 here, which is 1; 0: none. */
#define FIRST_DAY 7305
#define LAST_DAY  (FIRST_DAY + 65534)

enum {
    FETCHED = 1,
    SOLAR = 2,
    RARE = 4, /* `rare` tells the rest */
};

struct fact {
    uint16_t flags;
    uint16_t tdsp; /* name index + 1; 0: none */
    uint16_t rep;
    uint16_t rep_from;
    union {
        struct {
            uint16_t installed, opened;
        };
        uint16_t rare[2]; /* index, low half first */
    };
};
_Static_assert(sizeof(struct fact) == 12, "12 bytes a point");

struct rare {
    int32_t installed;
    uint32_t term, span; /* the first of each */
    uint32_t terms, spans;
};

struct term {
    int32_t from, to; /* to DAY_NONE: still */
    uint32_t rep;
};

/* Days of service; to DAY_NONE: still. */
struct span {
    int32_t from, to;
};

struct point_facts {
    int64_t base, without;
    struct fact *fact; /* by id less base */
    size_t size;
    struct rare *rare;
    size_t rares, rares_room;
    struct span *span;
    size_t spans, spans_room;
    struct term *term;
    size_t terms, terms_room;
    char name[NAMES_MOST][16];
    uint16_t slot[NAME_SLOTS];
    size_t names;
};

struct point_facts *
point_facts_new(int64_t base, int64_t without)
{
    struct point_facts *f = mem_new(sizeof *f);

    f->base = base;
    f->without = without;
    return f;
}

void
point_facts_free(struct point_facts *f)
{
    if (f == NULL)
        return;
    free(f->fact);
    free(f->rare);
    free(f->term);
    free(f->span);
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
    size_t size = (size_t)(id - f->base) + 1;

    if (size <= f->size)
        return;
    size += size / 8;
    f->fact = mem_grow(f->fact, size * sizeof *f->fact);
    memset(f->fact + f->size, 0, (size - f->size) * sizeof *f->fact);
    f->size = size;
}

static struct fact *
fact_of(const struct point_facts *f, int64_t id)
{
    return &f->fact[id - f->base];
}

/* ---- usual and rare ones ---------------------------------------------------
 */

static bool
is_usual_day(int32_t day)
{
    return day >= FIRST_DAY && day <= LAST_DAY;
}

static uint16_t
day_put(int32_t day)
{
    return (uint16_t)(day - FIRST_DAY + 1);
}

static int32_t
day_get(uint16_t day)
{
    return day > 0 ? FIRST_DAY + day - 1 : DAY_NONE;
}

/* Room for one more of what an array holds. */
static void *
room_for_one(void *array, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return array;
    *room = *room > 0 ? 2 * *room : 256;
    return mem_grow(array, *room * size);
}

static void
term_add(struct point_facts *f, struct rare *r, struct term t)
{
    f->term = room_for_one(f->term, f->terms, &f->terms_room, sizeof t);
    if (r->terms++ == 0)
        r->term = (uint32_t)f->terms;
    f->term[f->terms++] = t;
}

static void
span_add(struct point_facts *f, struct rare *r, int32_t from, int32_t to)
{
    f->span = room_for_one(f->span, f->spans, &f->spans_room, sizeof *f->span);
    if (r->spans++ == 0)
        r->span = (uint32_t)f->spans;
    f->span[f->spans++] = (struct span){from, to};
}

static struct rare *
rare_get(const struct point_facts *f, const struct fact *fact)
{
    return &f->rare[fact->rare[0] | (uint32_t)fact->rare[1] << 16];
}

/* What is told of a point at length; it becomes a rare one. */
static struct rare *
rare_of(struct point_facts *f, struct fact *fact)
{
    struct rare r = {.installed = DAY_NONE};

    if (fact->flags & RARE)
        return rare_get(f, fact);
    r.installed = day_get(fact->installed);
    if (fact->rep_from > 0)
        term_add(f, &r,
                 (struct term){day_get(fact->rep_from), DAY_NONE, fact->rep});
    if (fact->opened > 0)
        span_add(f, &r, day_get(fact->opened), DAY_NONE);
    f->rare = room_for_one(f->rare, f->rares, &f->rares_room, sizeof r);
    f->rare[f->rares] = r;
    fact->rare[0] = (uint16_t)f->rares;
    fact->rare[1] = (uint16_t)(f->rares >> 16);
    fact->flags |= RARE;
    return &f->rare[f->rares++];
}

/* ---- rows ------------------------------------------------------------------
 */

/* A row of one of the three tables; of several statements about one thing the
 * last one, from the newest load, holds. */
struct row {
    struct point_facts *f;
    int64_t id;
    int32_t from, to, provisioned;
    bool solar;
    char name[65];
};

static bool
premise_row(void *arg)
{
    struct row *r = arg;
    struct fact *fact = fact_of(r->f, r->id);

    fact->tdsp = name_index(r->f, r->name);
    fact->flags &= (uint16_t)~SOLAR;
    if (r->solar)
        fact->flags |= SOLAR;
    return true;
}

/* Of a point that has at most one REP, who stays. */
static bool
usual_rep_row(const struct row *r, struct fact *fact, uint16_t rep)
{
    if (fact->flags & RARE || r->to != DAY_NONE || !is_usual_day(r->from) ||
        (fact->rep_from > 0 && day_get(fact->rep_from) != r->from))
        return false;
    fact->rep = rep;
    fact->rep_from = day_put(r->from);
    return true;
}

static bool
rep_row(void *arg)
{
    struct row *r = arg;
    struct point_facts *f = r->f;
    struct fact *fact = fact_of(f, r->id);
    struct term t = {r->from, r->to, name_index(f, r->name)};
    struct rare *rare;

    if (usual_rep_row(r, fact, (uint16_t)t.rep))
        return true;
    rare = rare_of(f, fact);
    if (rare->terms > 0 && f->term[f->terms - 1].from == r->from)
        f->term[f->terms - 1] = t;
    else
        term_add(f, rare, t);
    return true;
}

/* The meters of the point whose rows come by; the next point's first row ends
 * them. */
struct meter_rows {
    struct row now, held;
    bool any; /* `held` is one */
    struct row *meter;
    size_t n, room;
};

/* The order of db_point_meter_each, given the order that rows come in. */
static bool
meter_before(const struct row *a, const struct row *b)
{
    if (a->from != b->from)
        return a->from < b->from;
    return a->to != DAY_NONE && (b->to == DAY_NONE || a->to < b->to);
}

static void
meter_keep(struct meter_rows *m)
{
    const struct row *held = &m->held;
    size_t at = m->n;

    if (held->to != DAY_NONE && held->to < held->from)
        return; /* withdrawn */
    if (m->n == m->room) {
        m->room = m->room > 0 ? 2 * m->room : 8;
        m->meter = mem_grow(m->meter, m->room * sizeof *m->meter);
    }
    for (; at > 0 && meter_before(held, &m->meter[at - 1]); at--)
        m->meter[at] = m->meter[at - 1];
    m->meter[at] = *held;
    m->n++;
}

/* A meter serves from the day it is provisioned to its removal or the next
 * one's installation; on the day of an exchange both may. */
static void
meter_settle(struct point_facts *f, const struct row *r, bool last,
             struct rare *rare)
{
    int32_t from = r->provisioned > r->from ? r->provisioned : r->from;
    int32_t to = r->to;

    if (!last && (to == DAY_NONE || to > r[1].from))
        to = r[1].from > r->from ? r[1].from - 1 : r[1].from;
    if (to == DAY_NONE || to >= from)
        span_add(f, rare, from, to);
}

/* Of a point that has one meter, which hangs. */
static bool
usual_meters(const struct meter_rows *m, struct fact *fact)
{
    const struct row *r = m->meter;
    int32_t from = r->provisioned > r->from ? r->provisioned : r->from;

    if (fact->flags & RARE || m->n != 1 || r->to != DAY_NONE ||
        !is_usual_day(r->from) || !is_usual_day(from))
        return false;
    fact->installed = day_put(r->from);
    fact->opened = day_put(from);
    return true;
}

static void
meters_settle(struct meter_rows *m)
{
    struct point_facts *f = m->now.f;
    struct fact *fact;

    if (m->n == 0)
        return;
    fact = fact_of(f, m->meter->id);
    if (!usual_meters(m, fact)) {
        struct rare *rare = rare_of(f, fact);

        rare->installed = m->meter->from;
        for (size_t i = 0; i < m->n; i++)
            meter_settle(f, &m->meter[i], i + 1 == m->n, rare);
    }
    m->n = 0;
}

static bool
one_meter_row(void *arg)
{
    struct meter_rows *m = arg;
    bool other = m->any && m->held.id != m->now.id;

    if (m->any && (other || m->held.from != m->now.from ||
                   strcmp(m->held.name, m->now.name) != 0))
        meter_keep(m);
    if (other)
        meters_settle(m);
    m->held = m->now;
    m->any = true;
    return true;
}

/* ---- fetching --------------------------------------------------------------
 */

static enum db_rc
fetch_premises(struct point_facts *f, struct db *db, int64_t from, int64_t to)
{
    struct row r = {.f = f};

    return db_each(db, DB_MARKET,
                   "SELECT point_id, tdsp, solar FROM point_premise "
                   "WHERE point_id BETWEEN $1 AND $2 AND load_id <> $3 "
                   "ORDER BY point_id, load_id",
                   IN(in_i64(from), in_i64(to), in_i64(f->without)),
                   OUT(out_i64(&r.id), out_text(r.name, sizeof r.name),
                       out_bool(&r.solar)),
                   premise_row, &r);
}

static enum db_rc
fetch_reps(struct point_facts *f, struct db *db, int64_t from, int64_t to)
{
    struct row r = {.f = f};

    return db_each(db, DB_MARKET,
                   "SELECT point_id, from_day, rep, "
                   "COALESCE(to_day, -2147483648) FROM point_rep "
                   "WHERE point_id BETWEEN $1 AND $2 AND load_id <> $3 "
                   "ORDER BY point_id, from_day, load_id",
                   IN(in_i64(from), in_i64(to), in_i64(f->without)),
                   OUT(out_i64(&r.id), out_i32(&r.from),
                       out_text(r.name, sizeof r.name), out_i32(&r.to)),
                   rep_row, &r);
}

static enum db_rc
fetch_meters(struct point_facts *f, struct db *db, int64_t from, int64_t to)
{
    struct meter_rows m = {.now = {.f = f}};
    enum db_rc rc =
        db_each(db, DB_MARKET,
                "SELECT point_id, installed_day, number, "
                "COALESCE(removed_day, -2147483648), "
                "COALESCE(provisioned_day, -2147483648) FROM point_meter "
                "WHERE point_id BETWEEN $1 AND $2 AND load_id <> $3 "
                "ORDER BY point_id, installed_day, number, load_id",
                IN(in_i64(from), in_i64(to), in_i64(f->without)),
                OUT(out_i64(&m.now.id), out_i32(&m.now.from),
                    out_text(m.now.name, sizeof m.now.name), out_i32(&m.now.to),
                    out_i32(&m.now.provisioned)),
                one_meter_row, &m);

    if (m.any)
        meter_keep(&m);
    meters_settle(&m);
    free(m.meter);
    return rc;
}

/* Everything of the ids from … to, of which none is here. */
static enum db_rc
fetch_range(struct point_facts *f, struct db *db, int64_t from, int64_t to)
{
    enum db_rc rc;

    for (int64_t id = from; id <= to; id++)
        *fact_of(f, id) = (struct fact){.flags = FETCHED};
    rc = fetch_premises(f, db, from, to);
    if (rc == DB_OK)
        rc = fetch_reps(f, db, from, to);
    if (rc == DB_OK)
        rc = fetch_meters(f, db, from, to);
    for (int64_t id = from; rc != DB_OK && id <= to; id++)
        fact_of(f, id)->flags = 0;
    return rc;
}

/* Is any of the ids from … to here already? */
static bool
any_fetched(const struct point_facts *f, int64_t from, int64_t to)
{
    for (; from <= to; from++)
        if (fact_of(f, from)->flags & FETCHED)
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
        if (fact_of(f, ids[i])->flags & FETCHED)
            continue;
        run = run_length(f, ids + i, n - i);
        rc = fetch_range(f, db, ids[i], ids[i + run - 1]);
    }
    return rc;
}

enum db_rc
point_facts_again(struct point_facts *f, struct db *db, const int64_t *ids,
                  size_t n)
{
    if (n > 0)
        room_for(f, ids[n - 1]);
    for (size_t i = 0; i < n; i++)
        fact_of(f, ids[i])->flags = 0;
    return point_facts_fetch(f, db, ids, n);
}

enum db_rc
point_facts_fetch_range(struct point_facts *f, struct db *db, int64_t from,
                        int64_t to)
{
    room_for(f, to);
    return fetch_range(f, db, from, to);
}

/* ---- telling ---------------------------------------------------------------
 */

static const struct fact *
fact_known(const struct point_facts *f, int64_t id)
{
    if (id < f->base || (size_t)(id - f->base) >= f->size)
        return NULL;
    return fact_of(f, id)->flags & FETCHED ? fact_of(f, id) : NULL;
}

static uint16_t
rep_of(const struct point_facts *f, const struct rare *r, int32_t day)
{
    for (size_t i = r->terms; i-- > 0;) {
        const struct term *t = &f->term[r->term + i];

        if (t->to != DAY_NONE && t->to < t->from)
            continue; /* withdrawn */
        if (t->from <= day)
            return t->to == DAY_NONE || t->to >= day ? (uint16_t)t->rep : 0;
    }
    return 0;
}

static bool
serves(const struct point_facts *f, const struct rare *r, int32_t day)
{
    for (size_t i = 0; i < r->spans; i++) {
        const struct span *s = &f->span[r->span + i];

        if (s->from <= day && (s->to == DAY_NONE || s->to >= day))
            return true;
    }
    return false;
}

static void
tell_usual(const struct fact *fact, int32_t day, struct point_fact *to)
{
    to->installed_day = day_get(fact->installed);
    to->in_service = fact->opened > 0 && day_get(fact->opened) <= day;
    if (fact->rep_from > 0 && day_get(fact->rep_from) <= day)
        to->rep_n = fact->rep;
}

static void
tell_rare(const struct point_facts *f, const struct rare *r, int32_t day,
          struct point_fact *to)
{
    to->installed_day = r->installed;
    to->in_service = serves(f, r, day);
    to->rep_n = rep_of(f, r, day);
}

void
point_facts_get(const struct point_facts *f, int64_t id, int32_t day,
                struct point_fact *to)
{
    const struct fact *fact = fact_known(f, id);

    *to = (struct point_fact){.installed_day = DAY_NONE};
    if (fact == NULL)
        return;
    to->solar = fact->flags & SOLAR;
    to->tdsp_n = fact->tdsp;
    if (fact->flags & RARE)
        tell_rare(f, rare_get(f, fact), day, to);
    else
        tell_usual(fact, day, to);
    if (to->tdsp_n > 0)
        to->tdsp = f->name[to->tdsp_n - 1];
    if (to->rep_n > 0)
        to->rep = f->name[to->rep_n - 1];
}

static void
days_add(struct point_days *d, int32_t day)
{
    if (d->n == d->size) {
        d->size = d->size > 0 ? 2 * d->size : 16;
        d->at = mem_grow(d->at, d->size * sizeof *d->at);
    }
    d->at[d->n++] = day;
}

static void
days_of_rare(const struct point_facts *f, const struct rare *r,
             struct point_days *to)
{
    for (size_t i = 0; i < r->terms; i++) {
        const struct term *t = &f->term[r->term + i];

        days_add(to, t->from);
        if (t->to != DAY_NONE)
            days_add(to, t->to + 1);
    }
    for (size_t i = 0; i < r->spans; i++) {
        const struct span *s = &f->span[r->span + i];

        days_add(to, s->from);
        if (s->to != DAY_NONE)
            days_add(to, s->to + 1);
    }
}

void
point_facts_days(const struct point_facts *f, int64_t id, struct point_days *to)
{
    const struct fact *fact = fact_known(f, id);

    if (fact == NULL)
        return;
    if (fact->flags & RARE) {
        days_of_rare(f, rare_get(f, fact), to);
        return;
    }
    if (fact->rep_from > 0)
        days_add(to, day_get(fact->rep_from));
    if (fact->opened > 0)
        days_add(to, day_get(fact->opened));
}

/* ---- as a file -------------------------------------------------------------
 */

struct facts_head {
    int64_t base;
    size_t size, rares, spans, terms, names;
};

void
point_facts_save(const struct point_facts *f, struct point_file *to)
{
    struct facts_head h = {f->base,  f->size,  f->rares,
                           f->spans, f->terms, f->names};

    point_file_put(to, &h, sizeof h);
    point_file_put(to, f->fact, f->size * sizeof *f->fact);
    point_file_put(to, f->rare, f->rares * sizeof *f->rare);
    point_file_put(to, f->span, f->spans * sizeof *f->span);
    point_file_put(to, f->term, f->terms * sizeof *f->term);
    point_file_put(to, f->name, f->names * sizeof f->name[0]);
}

struct point_facts *
point_facts_restore(struct point_file *from)
{
    struct facts_head h = {0};
    struct point_facts *f;
    char name[16];

    point_file_take(from, &h, sizeof h);
    f = point_facts_new(h.base, 0);
    f->size = h.size;
    f->rares = f->rares_room = h.rares;
    f->spans = f->spans_room = h.spans;
    f->terms = f->terms_room = h.terms;
    f->fact = point_file_array(from, h.size, sizeof *f->fact);
    f->rare = point_file_array(from, h.rares, sizeof *f->rare);
    f->span = point_file_array(from, h.spans, sizeof *f->span);
    f->term = point_file_array(from, h.terms, sizeof *f->term);
    for (size_t i = 0; i < h.names && i < NAMES_MOST; i++) {
        point_file_take(from, name, sizeof name);
        name[sizeof name - 1] = '\0';
        name_index(f, name);
    }
    return f;
}
