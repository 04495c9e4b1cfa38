/* SPDX-License-Identifier: Apache-2.0 */
/* Monthly billed usage: rows, and the versions made of them. */
#include "db/billed.h"

#include "server/base/clock.h"

#define NO_PLACES 15

#define FIELDS                                                                 \
    "point_id, start_day, end_day, stamp, load_id, kwh_micro, metered_kw, "    \
    "billed_kw, metered_kva, billed_kva, places"

#define ROW_OUT(b, places)                                                     \
    OUT(out_i64(&(b)->point_id), out_i32(&(b)->start_day),                     \
        out_i32(&(b)->end_day), out_i64(&(b)->stamp), out_i64(&(b)->load_id),  \
        out_i64(&(b)->kwh.micro), out_i64(&(b)->metered_kw.value.micro),       \
        out_i64(&(b)->billed_kw.value.micro),                                  \
        out_i64(&(b)->metered_kva.value.micro),                                \
        out_i64(&(b)->billed_kva.value.micro), out_i32(places))

/* ---- digits after the point ------------------------------------------------
 */

static int64_t
places_of(const struct billed_value *v, int at)
{
    return (int64_t)(v->given ? v->value.places : NO_PLACES) << at;
}

static int64_t
places_pack(const struct billed *b)
{
    return b->kwh.places | places_of(&b->metered_kw, 4) |
           places_of(&b->billed_kw, 8) | places_of(&b->metered_kva, 12) |
           places_of(&b->billed_kva, 16);
}

static void
value_unpack(struct billed_value *v, int32_t places)
{
    v->value.places = places & 15;
    v->given = v->value.places != NO_PLACES;
    if (!v->given)
        v->value = (struct decimal){0};
}

static void
places_unpack(struct billed *b, int32_t places)
{
    b->kwh.places = places & 15;
    value_unpack(&b->metered_kw, places >> 4);
    value_unpack(&b->billed_kw, places >> 8);
    value_unpack(&b->metered_kva, places >> 12);
    value_unpack(&b->billed_kva, places >> 16);
}

/* ---- versions --------------------------------------------------------------
 */

static int
number_compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int
value_compare(const struct billed_value *a, const struct billed_value *b)
{
    if (a->given != b->given)
        return a->given - b->given;
    return number_compare(a->value.micro, b->value.micro);
}

/* Values first, then how they were written, so that none are equal but the
 * same. */
static int
values_compare(const struct billed *a, const struct billed *b)
{
    int c = number_compare(a->kwh.micro, b->kwh.micro);

    c = c ? c : value_compare(&a->metered_kw, &b->metered_kw);
    c = c ? c : value_compare(&a->billed_kw, &b->billed_kw);
    c = c ? c : value_compare(&a->metered_kva, &b->metered_kva);
    c = c ? c : value_compare(&a->billed_kva, &b->billed_kva);
    return c ? c : number_compare(places_pack(a), places_pack(b));
}

bool
billed_same(const struct billed *a, const struct billed *b)
{
    return values_compare(a, b) == 0;
}

int
billed_compare(const struct billed *a, const struct billed *b)
{
    int c = number_compare(a->stamp, b->stamp);

    return c ? c : values_compare(a, b);
}

/* ---- reading ---------------------------------------------------------------
 */

struct each {
    struct billed *b, before;
    int32_t places;
    bool any, history;
    bool (*row)(void *arg);
    void *arg;
};

static bool
plain_row(void *arg)
{
    struct each *e = arg;

    places_unpack(e->b, e->places);
    return e->row(e->arg);
}

/* Rows come by period, the newest first. */
static bool
version_row(void *arg)
{
    struct each *e = arg;
    struct billed *b = e->b;
    bool again = e->any && b->start_day == e->before.start_day &&
                 b->end_day == e->before.end_day;

    places_unpack(b, e->places);
    b->current = !again;
    if (again && (!e->history || billed_same(b, &e->before)))
        return true;
    e->before = *b;
    e->any = true;
    return e->row(e->arg);
}

static enum db_rc
versions_each(struct db *db, int64_t point_id, int32_t from_day, int32_t to_day,
              struct each *e)
{
    return db_each(db, DB_MARKET,
                   "SELECT " FIELDS " FROM billed WHERE point_id = $1 "
                   "AND start_day <= $3 AND end_day >= $2 "
                   "ORDER BY start_day, end_day, stamp DESC, kwh_micro DESC, "
                   "COALESCE(metered_kw, -1) DESC, "
                   "COALESCE(billed_kw, -1) DESC, "
                   "COALESCE(metered_kva, -1) DESC, "
                   "COALESCE(billed_kva, -1) DESC, places DESC",
                   IN(in_i64(point_id), in_i64(from_day), in_i64(to_day)),
                   ROW_OUT(e->b, &e->places), version_row, e);
}

enum db_rc
db_billed_each(struct db *db, int64_t point_id, int32_t from_day,
               int32_t to_day, struct billed *b, bool (*row)(void *arg),
               void *arg)
{
    struct each e = {.b = b, .row = row, .arg = arg};

    return versions_each(db, point_id, from_day, to_day, &e);
}

enum db_rc
db_billed_each_version(struct db *db, int64_t point_id, int32_t from_day,
                       int32_t to_day, struct billed *b, bool (*row)(void *arg),
                       void *arg)
{
    struct each e = {.b = b, .history = true, .row = row, .arg = arg};

    return versions_each(db, point_id, from_day, to_day, &e);
}

enum db_rc
db_billed_each_row(struct db *db, int64_t first, int64_t last, int32_t from_day,
                   int32_t to_day, struct billed *b, bool (*row)(void *arg),
                   void *arg)
{
    struct each e = {.b = b, .row = row, .arg = arg};

    return db_each(
        db, DB_MARKET,
        "SELECT " FIELDS " FROM billed "
        "WHERE point_id BETWEEN $1 AND $2 "
        "AND start_day BETWEEN $3 AND $4 "
        "ORDER BY point_id, start_day, end_day",
        IN(in_i64(first), in_i64(last), in_i64(from_day), in_i64(to_day)),
        ROW_OUT(b, &e.places), plain_row, &e);
}

/* ---- writing ---------------------------------------------------------------
 */

struct adding {
    bool (*next)(void *arg, const struct billed **b);
    void *arg;
};

static struct db_in
in_value(const struct billed_value *v)
{
    return v->given ? in_i64(v->value.micro) : in_null();
}

static bool
adding_next(void *arg, struct db_in *row)
{
    struct adding *a = arg;
    const struct billed *b;

    if (!a->next(a->arg, &b))
        return false;
    row[0] = in_i64(b->point_id);
    row[1] = in_i64(b->start_day);
    row[2] = in_i64(b->end_day);
    row[3] = in_i64(b->stamp);
    row[4] = in_i64(b->load_id);
    row[5] = in_i64(b->kwh.micro);
    row[6] = in_value(&b->metered_kw);
    row[7] = in_value(&b->billed_kw);
    row[8] = in_value(&b->metered_kva);
    row[9] = in_value(&b->billed_kva);
    row[10] = in_i64(places_pack(b));
    return true;
}

enum db_rc
db_billed_add(struct db *db, bool (*next)(void *arg, const struct billed **b),
              void *arg)
{
    struct adding a = {next, arg};

    return db_bulk(db, DB_MARKET,
                   "INSERT INTO billed (" FIELDS ") VALUES ($1, $2, $3, $4, "
                   "$5, $6, $7, $8, $9, $10, $11)",
                   "COPY billed (" FIELDS ") FROM STDIN", 11, adding_next, &a);
}

enum db_rc
db_billed_del(struct db *db, int64_t load_id)
{
    return db_run(db, DB_MARKET, "DELETE FROM billed WHERE load_id = $1",
                  IN(in_i64(load_id)), NULL);
}
