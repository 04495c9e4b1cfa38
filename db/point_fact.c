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
#include "server/base/spill.h"
#include "server/base/str.h"

#define NAME_SLOTS 4096 /* of DUNS numbers */
#define NAMES_MOST 3000
#define SPARSE     8 /* ids of a run for each that is wanted */

/*
 * Days are kept in 16 bits, from 1900-01-01 to 2079-06-04; one before or after
 * counts as the first or last.  0 is no day.
 */
#define FIRST_DAY  (-25567)
#define FIRST_CODE 2 /* 1 is any day before */
#define LAST_CODE  65535

enum {
    FETCHED = 1,
    SOLAR = 2,
    TERMS = 4, /* of REPs: a list, not one who stays */
    SPANS = 8, /* of service: a list, not one meter that hangs */
};

struct fact {
    uint16_t flags;
    uint16_t tdsp; /* name index + 1; 0: none */
    union {
        struct {
            uint16_t rep, rep_from;
        };
        uint16_t terms[2]; /* place of the list, low half first */
    };
    union {
        struct {
            uint16_t installed, opened;
        };
        uint16_t spans[2];
    };
};
_Static_assert(sizeof(struct fact) == 12, "12 bytes a point");

/*
 * Lists lie in one pool of 16-bit words.  Of terms: how many, and of each the
 * first day, the last (0: still) and the REP.  Of spans: the day of the first
 * meter, how many, and of each the first and the last day.
 */
#define TERM_WORDS  3
#define SPAN_WORDS  2
#define LIST_MOST   65535
#define WASTE_LEAST (1u << 20)

struct point_facts {
    int64_t base, without;
    struct fact *fact; /* by id less base */
    size_t size;
    uint16_t *word;
    size_t words;
    struct spill facts_room, words_room;
    size_t given_up; /* words of lists that were made anew */
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
    f->facts_room.most = f->words_room.most = SIZE_MAX;
    return f;
}

void
point_facts_spill(struct point_facts *f, const char *beside, size_t most)
{
    f->facts_room.beside = f->words_room.beside = beside;
    f->facts_room.most = f->words_room.most = most / 2;
}

void
point_facts_free(struct point_facts *f)
{
    if (f == NULL)
        return;
    spill_free(&f->facts_room);
    spill_free(&f->words_room);
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
    f->fact = spill_room(&f->facts_room, size * sizeof *f->fact);
    f->size = f->facts_room.room / sizeof *f->fact;
}

static struct fact *
fact_of(const struct point_facts *f, int64_t id)
{
    return &f->fact[id - f->base];
}

/* ---- days and lists ---------------------------------------------------------
 */

static uint16_t
day_put(int32_t day)
{
    if (day == DAY_NONE)
        return 0;
    if (day < FIRST_DAY)
        return FIRST_CODE - 1;
    if (day > FIRST_DAY + LAST_CODE - FIRST_CODE)
        return LAST_CODE;
    return (uint16_t)(day - FIRST_DAY + FIRST_CODE);
}

/* Where something begins. */
static uint16_t
begin_put(int32_t day)
{
    uint16_t code = day_put(day);

    return code == FIRST_CODE - 1 ? FIRST_CODE : code;
}

static int32_t
day_get(uint16_t code)
{
    return code > 0 ? FIRST_DAY + code - FIRST_CODE : DAY_NONE;
}

static void
word_add(struct point_facts *f, uint16_t word)
{
    size_t bytes = (f->words + 1) * sizeof *f->word;

    if (bytes > f->words_room.room)
        f->word = spill_room(&f->words_room, bytes);
    f->word[f->words++] = word;
}

/* A list begins here. */
static void
list_at(const struct point_facts *f, uint16_t place[2])
{
    place[0] = (uint16_t)f->words;
    place[1] = (uint16_t)(f->words >> 16);
}

static uint16_t *
list_get(const struct point_facts *f, const uint16_t place[2])
{
    return &f->word[place[0] | (uint32_t)place[1] << 16];
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
    int64_t last_id; /* of the row before */
    int32_t last_from;
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

static void
term_add(struct point_facts *f, const uint16_t term[TERM_WORDS])
{
    for (int i = 0; i < TERM_WORDS; i++)
        word_add(f, term[i]);
}

/* The list of a point's terms, which is the last in the pool. */
static uint16_t *
terms_of(struct point_facts *f, struct fact *fact)
{
    uint16_t one[TERM_WORDS] = {fact->rep_from, 0, fact->rep};

    if (!(fact->flags & TERMS)) {
        list_at(f, fact->terms);
        fact->flags |= TERMS;
        word_add(f, one[0] > 0);
        if (one[0] > 0)
            term_add(f, one);
    }
    return list_get(f, fact->terms);
}

static bool
rep_row(void *arg)
{
    struct row *r = arg;
    struct point_facts *f = r->f;
    struct fact *fact = fact_of(f, r->id);
    uint16_t term[TERM_WORDS] = {begin_put(r->from), day_put(r->to),
                                 name_index(f, r->name)};
    bool again = r->last_id == r->id && r->last_from == r->from;
    uint16_t *list;

    r->last_id = r->id;
    r->last_from = r->from;
    if (!(fact->flags & TERMS) && term[1] == 0 &&
        (again || fact->rep_from == 0)) {
        fact->rep_from = term[0];
        fact->rep = term[2];
        return true;
    }
    list = terms_of(f, fact);
    if (again)
        f->words -= TERM_WORDS;
    else if (list[0] < LIST_MOST)
        list[0]++;
    else
        return true;
    term_add(f, term);
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

static int32_t
service_begins(const struct row *r)
{
    return r->provisioned > r->from ? r->provisioned : r->from;
}

/* The last day of service; of the last meter its removal. */
static int32_t
service_ends(const struct row *r, bool last)
{
    if (last || (r->to != DAY_NONE && r->to <= r[1].from))
        return r->to;
    return r[1].from > r->from ? r[1].from - 1 : r[1].from;
}

static void
spans_add(struct point_facts *f, struct fact *fact, const struct meter_rows *m)
{
    size_t count;

    list_at(f, fact->spans);
    fact->flags |= SPANS;
    word_add(f, begin_put(m->meter->from));
    count = f->words;
    word_add(f, 0);
    for (size_t i = 0; i < m->n && f->word[count] < LIST_MOST; i++) {
        int32_t from = service_begins(&m->meter[i]);
        int32_t to = service_ends(&m->meter[i], i + 1 == m->n);

        if (to != DAY_NONE && to < from)
            continue;
        f->word[count]++;
        word_add(f, begin_put(from));
        word_add(f, day_put(to));
    }
}

/* A meter serves from the day it is provisioned to its removal or the next
 * one's installation; on the day of an exchange both may. */
static void
meters_settle(struct meter_rows *m)
{
    struct fact *fact;

    if (m->n == 0)
        return;
    fact = fact_of(m->now.f, m->meter->id);
    if (m->n == 1 && m->meter->to == DAY_NONE) {
        fact->installed = begin_put(m->meter->from);
        fact->opened = begin_put(service_begins(m->meter));
    } else {
        spans_add(m->now.f, fact, m);
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
    for (size_t i = 0; i < n; i++) {
        struct fact *fact = fact_of(f, ids[i]);

        if (fact->flags & TERMS)
            f->given_up += 1 + TERM_WORDS * list_get(f, fact->terms)[0];
        if (fact->flags & SPANS)
            f->given_up += 2 + SPAN_WORDS * list_get(f, fact->spans)[1];
        fact->flags = 0;
    }
    return point_facts_fetch(f, db, ids, n);
}

bool
point_facts_waste(const struct point_facts *f)
{
    return f->given_up > WASTE_LEAST && f->given_up > f->words / 2;
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
rep_of(const struct point_facts *f, const struct fact *fact, uint16_t day)
{
    const uint16_t *list, *t;

    if (!(fact->flags & TERMS))
        return fact->rep_from > 0 && fact->rep_from <= day ? fact->rep : 0;
    list = list_get(f, fact->terms);
    for (size_t i = list[0]; i-- > 0;) {
        t = list + 1 + i * TERM_WORDS;
        if (t[1] != 0 && t[1] < t[0])
            continue; /* withdrawn */
        if (t[0] <= day)
            return t[1] == 0 || t[1] >= day ? t[2] : 0;
    }
    return 0;
}

static bool
serves(const struct point_facts *f, const struct fact *fact, uint16_t day)
{
    const uint16_t *list, *s;

    if (!(fact->flags & SPANS))
        return fact->opened > 0 && fact->opened <= day;
    list = list_get(f, fact->spans);
    for (size_t i = 0; i < list[1]; i++) {
        s = list + 2 + i * SPAN_WORDS;
        if (s[0] <= day && (s[1] == 0 || s[1] >= day))
            return true;
    }
    return false;
}

void
point_facts_get(const struct point_facts *f, int64_t id, int32_t day,
                struct point_fact *to)
{
    const struct fact *fact = fact_known(f, id);

    *to = (struct point_fact){.installed_day = DAY_NONE};
    if (fact == NULL)
        return;
    to->installed_day = day_get(
        fact->flags & SPANS ? list_get(f, fact->spans)[0] : fact->installed);
    to->solar = fact->flags & SOLAR;
    to->in_service = serves(f, fact, day_put(day));
    to->tdsp_n = fact->tdsp;
    to->rep_n = rep_of(f, fact, day_put(day));
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

/* Of a first and a last day. */
static void
days_of(const uint16_t days[2], struct point_days *to)
{
    if (days[0] == 0)
        return;
    days_add(to, day_get(days[0]));
    if (days[1] != 0)
        days_add(to, day_get(days[1]) + 1);
}

static void
days_of_list(const uint16_t *at, size_t n, size_t words, struct point_days *to)
{
    for (size_t i = 0; i < n; i++)
        days_of(at + i * words, to);
}

void
point_facts_days(const struct point_facts *f, int64_t id, struct point_days *to)
{
    const struct fact *fact = fact_known(f, id);
    const uint16_t *list;

    if (fact == NULL)
        return;
    if (fact->flags & TERMS) {
        list = list_get(f, fact->terms);
        days_of_list(list + 1, list[0], TERM_WORDS, to);
    } else {
        days_of((uint16_t[]){fact->rep_from, 0}, to);
    }
    if (fact->flags & SPANS) {
        list = list_get(f, fact->spans);
        days_of_list(list + 2, list[1], SPAN_WORDS, to);
    } else {
        days_of((uint16_t[]){fact->opened, 0}, to);
    }
}

/* ---- as a file -------------------------------------------------------------
 */

struct facts_head {
    int64_t base;
    size_t size, words, given_up, names;
};

void
point_facts_save(const struct point_facts *f, struct point_file *to)
{
    struct facts_head h = {f->base, f->size, f->words, f->given_up, f->names};

    point_file_put(to, &h, sizeof h);
    point_file_put(to, f->fact, f->size * sizeof *f->fact);
    point_file_put(to, f->word, f->words * sizeof *f->word);
    point_file_put(to, f->name, f->names * sizeof f->name[0]);
}

/* n things of that size, as far as the file has so many. */
static void *
array_take(struct point_file *from, struct spill *to, size_t n, size_t size)
{
    if (n == 0 || !point_file_has(from, n, size))
        return to->at;
    point_file_take(from, spill_room(to, n * size), n * size);
    return to->at;
}

struct point_facts *
point_facts_restore(struct point_file *from, const char *beside, size_t most)
{
    struct facts_head h = {0};
    struct point_facts *f;
    char name[16];

    point_file_take(from, &h, sizeof h);
    f = point_facts_new(h.base, 0);
    point_facts_spill(f, beside, most);
    f->size = h.size;
    f->words = h.words;
    f->given_up = h.given_up;
    f->fact = array_take(from, &f->facts_room, h.size, sizeof *f->fact);
    f->word = array_take(from, &f->words_room, h.words, sizeof *f->word);
    for (size_t i = 0; i < h.names && i < NAMES_MOST; i++) {
        point_file_take(from, name, sizeof name);
        name[sizeof name - 1] = '\0';
        name_index(f, name);
    }
    return f;
}
