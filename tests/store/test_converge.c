/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files in any order make the same store.  Random files (the same days again
 * and again: newer, older, equal, of equal stamp, the same content under
 * another name) are loaded in many orders, one by one and in one go; what the
 * store then says of every version of every day must be one and the same text.
 */
#include "tests/store/engines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/feed/load.h"
#include "db/point.h"
#include "db/reading.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "tests/golden/golden.h"

#define FILES  7
#define POINTS 3
#define DAYS   3

static struct conf conf;

/* ---- random files
 * ------------------------------------------------------------- */

static uint64_t seed;

static unsigned
draw(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static void
put_record(struct buf *to, unsigned point, unsigned day, int channel)
{
    /* few values and stamps, so that records meet that are equal in one or
     * the other; sometimes a day is the same but for one interval's status */
    unsigned value = draw(2), estimated = draw(3), reads = draw(4);

    buf_printf(to,
               "00000001,1044372000000000%u,%d,202506%02u000000,"
               "202506%02u235900,Y,N\n"
               "00000002,%s,0,,0,,900,01,1,-1,0.0,0.0,CST\n"
               "00000003,T%u\n"
               "00000004,202507%02u061500,M\n"
               "00000030,ATTRIBUTE_VALUE_PAIRS,MRE=999000111,"
               "Sender=999000111,Receiver=183529049,REP=99900022%u\n",
               point, channel, day + 10, day + 10,
               reads == 0 ? "100.5,101.5" : "0,0", draw(2), 1 + draw(3),
               draw(2));
    for (unsigned i = 0; i < 96; i++) {
        if (i % 4 == 0)
            buf_printf(to, "100000%02u", i / 4);
        buf_printf(to, ",%u.%03u,%c,%s", value, i,
                   estimated == 0 && i == 17 ? 'E' : 'A',
                   i % 4 == 3 ? ",\n" : "");
    }
}

static void
put_file(struct buf *to)
{
    unsigned n = 1 + draw(8);

    while (n-- > 0)
        put_record(to, draw(POINTS), draw(DAYS), draw(4) == 0 ? 1 : 4);
}

struct files {
    char name[FILES][80];
    struct buf text[FILES];
};

/* The last two are sent again: one under its own name, one under another. */
static void
files_make(struct files *f)
{
    *f = (struct files){.name = {""}};
    for (unsigned i = 0; i < FILES; i++) {
        unsigned from = i >= FILES - 2 ? draw(FILES - 2) : i;

        snprintf(f->name[i], sizeof f->name[i],
                 "999000111IntervalData2025070%u000000%03u.lse", 1 + draw(2),
                 i);
        if (from == i) {
            put_file(&f->text[i]);
            continue;
        }
        buf_add(&f->text[i], f->text[from].at, f->text[from].len);
        if (i == FILES - 1)
            memcpy(f->name[i], f->name[from], sizeof f->name[i]);
    }
}

static void
files_clear(struct files *f)
{
    for (unsigned i = 0; i < FILES; i++)
        buf_clear(&f->text[i]);
}

/* ---- what the store says
 * ------------------------------------------------------- */

struct said {
    struct buf text;
    const char *what;
    int64_t point;
};

static bool
say_version(void *arg, const struct reading_day *d,
            const struct reading_version *v)
{
    struct said *s = arg;
    char value[DECIMAL_TEXT];

    buf_printf(&s->text, "%s %d %d %d: %lld %lld/%d %s %s %s %s %s %s reads %d",
               s->what, (int)s->point, d->day, d->channel, (long long)v->stamp,
               (long long)v->file_stamp, v->file_counter,
               v->current ? "current" : "history", v->sender, v->file, d->rep,
               d->mre, d->transaction, d->has_reads);
    if (d->has_reads) {
        decimal_format(value, d->start_read);
        buf_printf(&s->text, " %s", value);
        decimal_format(value, d->stop_read);
        buf_printf(&s->text, " %s", value);
    }
    for (unsigned i = 0; i < d->n; i++) {
        decimal_format(value, (struct decimal){d->value_ukwh[i], d->places[i]});
        buf_printf(&s->text, " %s%c", value, d->status[i]);
    }
    buf_putc(&s->text, '\n');
    return true;
}

static bool
say_sum(void *arg, const struct reading_sum *u)
{
    struct said *s = arg;

    buf_printf(&s->text, "sum %d %d %d: %u %u %u %lld %lld@%u %lld\n",
               (int)s->point, u->day, u->channel, u->n, u->missing,
               u->estimated, (long long)u->sum_ukwh, (long long)u->peak_ukwh,
               u->peak_at, (long long)u->stamp);
    return true;
}

/* By ESI ID: ids depend on the order of arrival. */
static void
say_store(struct engine *e, struct buf *to)
{
    struct said s = {.what = "now"};

    for (unsigned i = 0; i < POINTS; i++) {
        struct point p;
        char esiid[24];
        enum db_rc rc;

        snprintf(esiid, sizeof esiid, "1044372000000000%u", i);
        rc = db_point_get(e->db, esiid, &p);
        if (rc == DB_NONE)
            continue;
        assert_int_equal(rc, DB_OK);
        s.point = i;
        s.what = "now";
        assert_int_equal(reading_each(e->db, p.id, 0, 30000, say_version, &s),
                         DB_OK);
        s.what = "all";
        assert_int_equal(
            reading_each_version(e->db, p.id, 0, 30000, say_version, &s),
            DB_OK);
        assert_int_equal(reading_each_sum(e->db, p.id, 0, 30000, say_sum, &s),
                         DB_OK);
    }
    *to = s.text;
    buf_putc(to, '\0');
}

static void
bad_line(void *arg, const char *line)
{
    (void)arg;
    fail_msg("store check: %s", line);
}

/* ---- orders
 * -------------------------------------------------------------------- */

static bool
add_up(void *arg, const struct feed_result *r)
{
    const struct load_counts *n = &r->l.n;

    (void)arg;
    assert_true(r->state == FEED_LOADED || r->state == FEED_KNOWN);
    assert_int_equal(n->read, n->loaded + n->replaced + n->unchanged +
                                  n->historic + n->rejected);
    for (size_t i = 0; i < r->n_rejects; i++)
        assert_int_equal(r->rejects[i].code, FEED_DUPLICATE);
    return true;
}

/* Loads the files in that order into a new store and says what it holds. */
static void
load_in_order(enum db_engine kind, const struct files *f,
              const unsigned order[FILES], bool one_go, struct buf *said)
{
    struct engine e;
    char path[FILES][400];
    const char *paths[FILES];

    engine_make(&e, kind);
    for (unsigned i = 0; i < FILES; i++) {
        const struct buf *text = &f->text[order[i]];

        /* a folder of its own, as two files have one name */
        snprintf(path[i], sizeof path[i], "%s/%u", e.folder, i);
        assert_true(file_make_dir(path[i], 0700));
        snprintf(path[i], sizeof path[i], "%s/%u/%s", e.folder, i,
                 f->name[order[i]]);
        assert_true(file_write(path[i], text->at, text->len, 0600));
        paths[i] = path[i];
        if (!one_go)
            assert_true(
                feed_load_files(e.db, &conf, NULL, 1, &paths[i], add_up, NULL));
    }
    if (one_go)
        assert_true(
            feed_load_files(e.db, &conf, NULL, FILES, paths, add_up, NULL));
    say_store(&e, said);
    assert_int_equal(reading_check(e.db, bad_line, NULL), DB_OK);
    engine_drop(&e);
}

static void
shuffle(unsigned order[FILES])
{
    for (unsigned i = FILES; i > 1; i--) {
        unsigned j = draw(i), t = order[i - 1];

        order[i - 1] = order[j];
        order[j] = t;
    }
}

static void
converges(enum db_engine kind, unsigned sets, unsigned orders)
{
    for (unsigned set = 0; set < sets; set++) {
        unsigned order[FILES];
        struct buf want = {0};
        struct files f;

        seed = 20260115 + set;
        files_make(&f);
        for (unsigned i = 0; i < FILES; i++)
            order[i] = i;
        load_in_order(kind, &f, order, false, &want);
        for (unsigned i = 0; i < orders; i++) {
            struct buf got = {0};

            shuffle(order);
            load_in_order(kind, &f, order, i % 2 == 1, &got);
            if (strcmp(got.at, want.at) != 0)
                print_error("set %u, order %u\n", set, i);
            assert_string_equal(got.at, want.at);
            buf_clear(&got);
        }
        buf_clear(&want);
        files_clear(&f);
    }
}

static void
test_any_order_on_sqlite(void **state)
{
    engine_of(state);
    converges(DB_SQLITE, 6, 6);
}

static void
test_any_order_on_postgres(void **state)
{
    engine_of(state);
    converges(DB_POSTGRES, 3, 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_any_order_on_sqlite,
                                        engine_set_up_sqlite, engine_tear_down),
        cmocka_unit_test_setup_teardown(test_any_order_on_postgres,
                                        engine_set_up_postgres,
                                        engine_tear_down),
    };

    conf_init(&conf);
    golden_clock();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
