/* SPDX-License-Identifier: Apache-2.0 */
/* Readings in short, for the store tests. */
#include "tests/store/records.h"

#include <stdio.h>

#include "db/point.h"
#include "db/reading_pack.h"
#include "db/store.h"
#include "server/base/clock.h"
#include "server/base/log.h"

#define NOON 1793620800 /* 2026-11-02 12:00 UTC */

static int32_t day0;

static uint64_t state = 88172645463325252u;

uint64_t
dice(uint64_t faces)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % faces;
}

void
day_make(const struct rec *r, struct reading_day *d)
{
    *d = (struct reading_day){.point_id = r->point,
                              .day = day0 + r->day,
                              .channel = (uint8_t)r->channel,
                              .origin = 'M',
                              .n = 96,
                              .seconds = 900,
                              .stamp = r->stamp};
    snprintf(d->transaction, sizeof d->transaction, "%s",
             r->transaction ? r->transaction : "");
    snprintf(d->rep, sizeof d->rep, "1111111%02d", r->point % 7);
    snprintf(d->mre, sizeof d->mre, "957877905");
    if (r->day == 12) /* 2026-11-01: 25 hours */
        d->n = 100;
    for (int i = 0; i < d->n; i++) {
        d->value_ukwh[i] = (r->value * 37 + i * i % 50) * 1000;
        d->places[i] = 3;
        d->status[i] = r->value % 5 == 4 && i < 8 ? 'E' : 'A';
    }
    if (r->value % 3 == 0) {
        d->has_reads = true;
        d->start_read = (struct decimal){24002915000, 3};
        d->stop_read = (struct decimal){24038915000 + r->value * 1000, 3};
    }
}

void
points_make(struct db *db, int n)
{
    for (int i = 0; i < n; i++) {
        char esiid[32];
        int64_t id;

        snprintf(esiid, sizeof esiid, "10443720%09d", i);
        assert_int_equal(db_point_intern(db, esiid, "America/Chicago", &id),
                         DB_OK);
    }
}

static void
outcome(void *arg, uint32_t tag, enum reading_outcome o)
{
    struct outcomes *out = arg;

    assert_in_range(tag, 0, COUNT(out->at) - 1);
    assert_true(out->at[tag] == -1);
    out->at[tag] = (int)o;
    out->n++;
    out->counts->read++;
    out->counts->loaded += o == READING_LOADED;
    out->counts->replaced += o == READING_REPLACED;
    out->counts->unchanged += o == READING_UNCHANGED;
    out->counts->historic += o == READING_HISTORIC;
    out->counts->rejected += o == READING_DUPLICATE;
}

struct reading_load *
records_collect(struct db *db, const struct file *f, struct load *l)
{
    static int serial;
    struct reading_load *rl;
    struct buf b = {0};

    *l = (struct load){.kind = "lse",
                       .sender = "957877905",
                       .file_stamp = f->stamp,
                       .file_counter = f->counter};
    snprintf(l->name, sizeof l->name, "file%d.lse", serial);
    snprintf(l->digest, sizeof l->digest, "%064d", serial++);
    assert_int_equal(db_load_add(db, l), DB_OK);
    assert_int_equal(reading_load_begin(db, l, &rl), DB_OK);
    for (size_t i = 0; i < f->n; i++) {
        struct reading_day d;

        day_make(&f->rec[i], &d);
        b.len = 0;
        reading_pack(&d, &b);
        assert_int_equal(reading_load_add(rl, d.point_id, d.day, d.channel,
                                          b.at, b.len, (uint32_t)i),
                         DB_OK);
    }
    buf_clear(&b);
    return rl;
}

enum db_rc
records_finish(struct reading_load *rl, struct load *l, struct outcomes *out)
{
    enum db_rc rc;

    *out = (struct outcomes){.counts = &l->n};
    for (size_t i = 0; i < COUNT(out->at); i++)
        out->at[i] = -1;
    rc = reading_load_write(rl, outcome, out);
    reading_load_free(rl);
    return rc;
}

void
records_write(struct db *db, const struct file *f, struct load *l,
              struct outcomes *out)
{
    struct reading_load *rl = records_collect(db, f, l);

    assert_int_equal(records_finish(rl, l, out), DB_OK);
    assert_int_equal(out->n, f->n);
}

int64_t
records_load(struct db *db, const struct file *f, struct outcomes *out)
{
    struct outcomes own;
    struct load l;

    records_write(db, f, &l, out ? out : &own);
    assert_int_equal(db_load_commit(db, &l), DB_OK);
    return l.id;
}

/* ---- what the store says ------------------------------------------------- */

bool
dump_row(void *arg, const struct reading_day *d,
         const struct reading_version *v)
{
    struct buf *b = arg;
    uint64_t sum = 0;

    for (int i = 0; i < d->n; i++)
        sum = sum * 31 + (uint64_t)d->value_ukwh[i] + d->status[i];
    buf_printf(b, "p%lld d%d c%d %s stamp %lld of %lld file %lld/%d %s %lx",
               (long long)d->point_id, d->day - day0, d->channel,
               v->current ? "current" : "history", (long long)v->stamp,
               (long long)d->stamp, (long long)v->file_stamp, v->file_counter,
               d->transaction, (unsigned long)sum);
    if (d->has_reads)
        buf_printf(b, " reads %lld", (long long)d->stop_read.micro);
    buf_printf(b, " %s\n", d->rep);
    return true;
}

void
dump(struct db *db, int points, struct buf *b)
{
    b->len = 0;
    for (int p = 1; p <= points; p++)
        assert_int_equal(
            reading_each_version(db, p, day0 - 5, day0 + 60, dump_row, b),
            DB_OK);
    buf_text(b);
}

static void
fail_line(void *arg, const char *line)
{
    (void)arg;
    fail_msg("check: %s", line);
}

void
assert_check_clean(struct db *db)
{
    assert_int_equal(reading_check(db, fail_line, NULL), DB_OK);
}

void
assert_store_clean(struct db *db)
{
    assert_int_equal(db_store_check(db, fail_line, NULL), DB_OK);
}

static void
count_line(void *arg, const char *line)
{
    (void)line;
    ++*(int *)arg;
}

int
check_findings(struct db *db)
{
    int n = 0;

    assert_int_equal(reading_check(db, count_line, &n), DB_OK);
    return n;
}

struct one {
    int rows, value;
    int64_t stamp;
};

static bool
one_row(void *arg, const struct reading_day *d, const struct reading_version *v)
{
    struct one *o = arg;

    o->rows++;
    assert_true(v->current);
    o->value = (int)(d->value_ukwh[0] / 37000);
    o->stamp = v->stamp;
    return true;
}

int
current(struct db *db, int point, int day, int64_t *stamp)
{
    struct one o = {.value = -1};

    assert_int_equal(
        reading_each(db, point, day0 + day, day0 + day, one_row, &o), DB_OK);
    assert_in_range(o.rows, 0, 1);
    if (stamp)
        *stamp = o.stamp;
    return o.value;
}

void
assert_unreadable(struct db *db, int point, int day)
{
    struct one o = {0};

    assert_int_equal(
        reading_each(db, point, day0 + day, day0 + day, one_row, &o), DB_FAIL);
}

int32_t
records_day0(void)
{
    return day0;
}

void
records_init(void)
{
    log_init(LOG_ERROR_);
    clock_set(NOON);
    day0 = day_from_civil(2026, 10, 20);
}
