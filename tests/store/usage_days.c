/* SPDX-License-Identifier: Apache-2.0 */
/* Makes readings, meters and bills through the store's own writers. */
#include "tests/store/usage_days.h"

#include "db/billed.h"
#include "db/point.h"
#include "server/base/tz.h"
#include "tests/unit/unit.h"

int32_t
usage_day_of(const char *text)
{
    int32_t day;

    assert_true(day_parse(text, &day));
    return day;
}

static void
load_start(struct db *db, struct load *l, const char *kind)
{
    static int serial;

    *l = (struct load){.sender = "957877905", .started_utc = clock_now()};
    snprintf(l->kind, sizeof l->kind, "%s", kind);
    snprintf(l->name, sizeof l->name, "usage-%d", serial);
    snprintf(l->digest, sizeof l->digest, "%064d", serial++);
    assert_int_equal(db_load_add(db, l), DB_OK);
}

static void
load_end(struct db *db, struct load *l)
{
    l->ended_utc = clock_now();
    assert_int_equal(db_load_commit(db, l), DB_OK);
}

int64_t
usage_days_point(struct db *db, const char *esiid, const char *installed)
{
    struct load l;
    int64_t id;

    assert_int_equal(db_point_intern(db, esiid, "America/Chicago", &id), DB_OK);
    if (!installed)
        return id;
    load_start(db, &l, "registry");
    assert_int_equal(
        db_run(db, DB_MARKET,
               "INSERT INTO point_meter (point_id, installed_day, load_id, "
               "number, serial, make) VALUES ($1, $2, $3, '42', '42', 'M')",
               IN(in_i64(id), in_i64(usage_day_of(installed)), in_i64(l.id)),
               NULL),
        DB_OK);
    load_end(db, &l);
    return id;
}

static void
day_make(const struct usage_plan *p, int32_t day, struct reading_day *d)
{
    const struct tz *zone = tz_get("America/Chicago");

    *d = (struct reading_day){.point_id = p->point_id,
                              .day = day,
                              .channel = (uint8_t)p->channel,
                              .origin = 'M',
                              .n = (uint16_t)(tz_day_seconds(zone, day) / 900),
                              .seconds = 900,
                              .stamp = 20261122061833,
                              .transaction = "T1",
                              .mre = "957877905",
                              .has_reads = p->reads,
                              .start_read = {1000500000, 3},
                              .stop_read = {1015620000, 2}};
    for (int i = 0; i < d->n; i++) {
        d->value_ukwh[i] = p->base_ukwh + i * 1000;
        d->places[i] = 3;
        d->status[i] = i < p->estimated ? 'E' : 'A';
        if (i >= d->n - p->missing) {
            d->status[i] = 0;
            d->value_ukwh[i] = 0;
            d->places[i] = 0;
        }
    }
}

static void
ignore(void *arg, uint32_t tag, enum reading_outcome o)
{
    (void)arg;
    (void)tag;
    (void)o;
}

static void
add_plan(struct reading_load *rl, const struct usage_plan *p)
{
    struct buf packed = {0};
    struct reading_day d;

    for (int32_t day = usage_day_of(p->from); day <= usage_day_of(p->to);
         day++) {
        day_make(p, day, &d);
        packed.len = 0;
        reading_pack(&d, &packed);
        assert_int_equal(reading_load_add(rl, p->point_id, day, p->channel,
                                          packed.at, packed.len, 0),
                         DB_OK);
    }
    buf_clear(&packed);
}

void
usage_days_load(struct db *db, const struct usage_plan *plan, size_t n)
{
    struct reading_load *rl;
    struct load l;

    assert_int_equal(db_writer_lock(db, 10), DB_OK);
    load_start(db, &l, "lse");
    assert_int_equal(reading_load_begin(db, &l, &rl), DB_OK);
    for (size_t i = 0; i < n; i++)
        add_plan(rl, &plan[i]);
    assert_int_equal(reading_load_write(rl, ignore, NULL), DB_OK);
    load_end(db, &l);
    reading_load_free(rl);
    db_writer_unlock(db);
}

struct one_bill {
    struct billed row;
    bool given;
};

static bool
next_bill(void *arg, const struct billed **b)
{
    struct one_bill *w = arg;

    if (w->given)
        return false;
    w->given = true;
    *b = &w->row;
    return true;
}

static enum db_rc
add_bill(struct db *db, void *arg)
{
    struct one_bill *w = arg;

    w->given = false;
    return db_billed_add(db, next_bill, w);
}

void
usage_days_bill(struct db *db, int64_t point_id, const char *from,
                const char *to, int64_t kwh)
{
    struct one_bill w = {.row = {.point_id = point_id,
                                 .start_day = usage_day_of(from),
                                 .end_day = usage_day_of(to),
                                 .stamp = 20261121040000,
                                 .kwh = {kwh * DECIMAL_ONE, 0}}};
    struct load l;

    load_start(db, &l, "billed");
    w.row.load_id = l.id;
    assert_int_equal(db_tx(db, DB_MARKET, add_bill, &w), DB_OK);
    load_end(db, &l);
}
