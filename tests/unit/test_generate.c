/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up meters: the promises that generate.h makes. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "api/feed/generate.h"
#include "api/feed/lse.h"
#include "db/reading.h"
#include "server/base/clock.h"

static struct generate_plan
plan(void)
{
    return (struct generate_plan){.seed = 7,
                                  .meters = 300,
                                  .from_day = day_from_civil(2024, 10, 1),
                                  .to_day = day_from_civil(2026, 10, 31),
                                  .tdsps = 4,
                                  .reps = 5,
                                  .estimated_ppm = 20000,
                                  .replaced_ppm = 500000,
                                  .solar_ppm = 200000,
                                  .business_ppm = 200000,
                                  .gap_ppm = 5000,
                                  .file_days = 1,
                                  .file_records = 50000,
                                  .jobs = 1,
                                  .lse = true};
}

static int64_t
sum(const struct generate_day *d)
{
    int64_t wh = 0;

    for (int i = 0; i < d->n; i++) {
        assert_true(d->wh[i] >= 0);
        wh += d->wh[i];
    }
    return wh;
}

static void
intervals_add_up_to_the_register(void **state)
{
    struct generate_plan p = plan();
    struct generate_world *w = generate_world_new(&p);
    int64_t days = 0;

    (void)state;
    for (int64_t n = 0; n < p.meters; n += 3) {
        struct generate_meter m;
        struct generate_day d;

        generate_meter_get(&p, n, &m);
        for (int c = 0; c < (m.solar ? 2 : 1); c++) {
            for (int32_t day = p.from_day; day <= p.to_day; day += 5) {
                int channel = c ? CHANNEL_GENERATION : CHANNEL_LOAD;

                if (!generate_day_get(w, &m, day, channel, 1, &d))
                    continue;
                assert_true(d.stop_wh >= d.start_wh && d.start_wh >= 0);
                assert_int_equal(sum(&d), d.stop_wh - d.start_wh);
                days++;
            }
        }
    }
    assert_true(days > 10000);
    generate_world_free(w);
}

static void
a_register_goes_on_where_it_stopped(void **state)
{
    struct generate_plan p = plan();
    struct generate_world *w = generate_world_new(&p);
    struct generate_meter m;
    struct generate_day a, b;
    int exchanged = 0;

    (void)state;
    p.gap_ppm = 0;
    for (int64_t n = 0; n < p.meters; n++) {
        generate_meter_get(&p, n, &m);
        for (int32_t day = p.from_day; day < p.to_day; day++) {
            int32_t from, to;

            generate_device_on(&m, day, &from, &to);
            if (day != to && (day - p.from_day) % 50)
                continue;
            assert_true(generate_day_get(w, &m, day, CHANNEL_LOAD, 0, &a));
            assert_true(generate_day_get(w, &m, day + 1, CHANNEL_LOAD, 0, &b));
            assert_int_equal(b.start_wh, day == to ? 0 : a.stop_wh);
            exchanged += day == to;
        }
    }
    assert_true(exchanged > 20);
    generate_world_free(w);
}

static void
days_have_the_intervals_of_their_zone(void **state)
{
    static const struct {
        int y, m, d, n;
    } cases[] = {
        {2025, 3, 9, 92}, {2025, 11, 2, 100}, {2025, 3, 10, 96},
        {2026, 3, 8, 92}, {2025, 6, 1, 96},   {2024, 11, 3, 100},
    };
    struct generate_plan p = plan();
    struct generate_world *w = generate_world_new(&p);
    struct generate_meter m;
    struct generate_day d;

    (void)state;
    p.gap_ppm = 0;
    generate_meter_get(&p, 11, &m);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t day = day_from_civil(cases[i].y, cases[i].m, cases[i].d);

        assert_true(generate_day_get(w, &m, day, CHANNEL_LOAD, 0, &d));
        assert_int_equal(d.n, cases[i].n);
    }
    generate_world_free(w);
}

/* The bytes of a record know nothing of how many meters or days were asked
 * for with it. */
static void
a_record_depends_on_seed_meter_and_day(void **state)
{
    struct generate_plan p = plan(), q = plan(), other = plan();
    struct generate_world *w, *v, *u;
    struct generate_meter m, n;
    struct buf a = {0}, b = {0}, c = {0};
    int32_t day = day_from_civil(2026, 1, 9);

    (void)state;
    q.meters = 90;
    q.from_day = q.to_day = day;
    other.seed = 8;
    w = generate_world_new(&p);
    v = generate_world_new(&q);
    u = generate_world_new(&other);
    generate_meter_get(&p, 42, &m);
    generate_meter_get(&q, 42, &n);
    assert_string_equal(m.esiid, n.esiid);
    assert_int_equal(generate_lse(w, &m, day - 1, day, 0, &a), m.solar ? 4 : 2);
    assert_true(generate_lse(v, &n, day, day, 0, &b) > 0);
    assert_true(a.len > b.len);
    assert_memory_equal(a.at + a.len - b.len, b.at, b.len);
    generate_meter_get(&other, 42, &n);
    generate_lse(u, &n, day, day, 0, &c);
    assert_true(c.len != b.len || memcmp(c.at, b.at, b.len) != 0);
    buf_clear(&a);
    buf_clear(&b);
    buf_clear(&c);
    generate_world_free(w);
    generate_world_free(v);
    generate_world_free(u);
}

static void
shares_come_out_as_asked(void **state)
{
    struct generate_plan p = plan();
    struct generate_world *w = generate_world_new(&p);
    int64_t intervals = 0, estimated = 0, gaps = 0, days = 0, resent = 0;

    (void)state;
    for (int64_t n = 0; n < p.meters; n++) {
        struct generate_meter m;
        struct generate_day d;

        generate_meter_get(&p, n, &m);
        for (int32_t day = p.from_day; day < p.from_day + 200; day++) {
            days++;
            if (!generate_day_get(w, &m, day, CHANNEL_LOAD, 0, &d)) {
                gaps++;
                continue;
            }
            intervals += d.n;
            estimated += d.estimated_to - d.estimated_from;
            resent += d.estimated_to > d.estimated_from &&
                      generate_day_resent(&p, &m, day) > 0;
        }
    }
    assert_in_range(estimated * 1000000 / intervals, 15000, 25000);
    assert_in_range(gaps * 1000000 / days, 3500, 6500);
    assert_true(resent > 500);
    generate_world_free(w);
}

/* An August afternoon is dearer than an April one; a roof gives at noon and
 * nothing at midnight. */
static void
the_year_has_seasons_and_the_day_a_noon(void **state)
{
    struct generate_plan p = plan();
    struct generate_world *w = generate_world_new(&p);
    int64_t april = 0, august = 0, noon = 0, midnight = 0;

    (void)state;
    p.gap_ppm = 0;
    for (int64_t n = 0; n < p.meters; n++) {
        struct generate_meter m;
        struct generate_day d;

        generate_meter_get(&p, n, &m);
        for (int i = 0; i < 20; i++) {
            generate_day_get(w, &m, day_from_civil(2026, 4, 5 + i),
                             CHANNEL_LOAD, 1, &d);
            april += sum(&d);
            generate_day_get(w, &m, day_from_civil(2026, 8, 5 + i),
                             CHANNEL_LOAD, 1, &d);
            august += sum(&d);
            if (!m.solar)
                continue;
            generate_day_get(w, &m, day_from_civil(2026, 6, 5 + i),
                             CHANNEL_GENERATION, 1, &d);
            noon += d.wh[54];
            midnight += d.wh[0] + d.wh[95];
        }
    }
    assert_true(august > april * 14 / 10);
    assert_true(noon > 0);
    assert_int_equal(midnight, 0);
    generate_world_free(w);
}

static void
reps_change_and_never_overlap(void **state)
{
    struct generate_plan p = plan();
    int changes = 0;

    (void)state;
    for (int64_t n = 0; n < p.meters; n++) {
        struct generate_meter m;
        int32_t from, to, next_from, next_to;
        int rep;

        generate_meter_get(&p, n, &m);
        rep = generate_rep_on(&p, &m, p.from_day, &from, &to);
        assert_true(from <= p.from_day && p.from_day <= to);
        assert_true(rep >= 0 && rep < p.reps);
        if (to >= p.to_day)
            continue;
        changes++;
        assert_int_not_equal(
            generate_rep_on(&p, &m, to + 1, &next_from, &next_to), rep);
        assert_int_equal(next_from, to + 1);
    }
    assert_true(changes > 50);
}

/* What is written is read: every record, its digits, statuses and reads. */
static void
the_reader_takes_every_record(void **state)
{
    struct generate_plan p = plan();
    struct generate_world *w = generate_world_new(&p);
    struct buf text = {0};
    int64_t written = 0, read = 0, with_reads = 0, estimated = 0;
    struct lse_record r;
    struct lse in;
    enum lse_rc rc;

    (void)state;
    for (int64_t n = 0; n < p.meters; n += 7) {
        struct generate_meter m;
        int32_t day = day_from_civil(2025, 3, 9);

        generate_meter_get(&p, n, &m);
        written += generate_lse(w, &m, day - 1, day + 1, 0, &text);
        day = day_from_civil(2025, 11, 2);
        written += generate_lse(w, &m, day - 1, day + 1, 0, &text);
        written += generate_lse(w, &m, p.from_day, p.from_day + 60, 1, &text);
    }
    buf_room(&text, LSE_PAD);
    memset(text.at + text.len, 0, LSE_PAD);
    feed_lse_init_text(&in, text.at, text.len);
    while ((rc = feed_lse_next(&in, &r)) == LSE_RECORD) {
        read++;
        with_reads += r.d.has_reads;
        for (int i = 0; i < r.d.n; i++)
            estimated += r.d.status[i] == 'E';
    }
    assert_int_equal(rc, LSE_END);
    assert_int_equal(read, written);
    assert_true(with_reads > read / 2 && with_reads < read);
    assert_true(estimated > 0);
    buf_clear(&text);
    generate_world_free(w);
}

static void
esi_ids_are_all_different(void **state)
{
    struct generate_plan p = plan();
    struct generate_meter a, b;

    (void)state;
    for (int64_t n = 0; n < 5000; n++) {
        generate_meter_get(&p, n, &a);
        generate_meter_get(&p, n + p.tdsps, &b);
        assert_int_equal(a.tdsp, b.tdsp);
        assert_true(strcmp(a.esiid, b.esiid) < 0);
        assert_int_equal(strlen(a.esiid), a.esiid_len);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_add_up_to_the_register),
        cmocka_unit_test(a_register_goes_on_where_it_stopped),
        cmocka_unit_test(days_have_the_intervals_of_their_zone),
        cmocka_unit_test(a_record_depends_on_seed_meter_and_day),
        cmocka_unit_test(shares_come_out_as_asked),
        cmocka_unit_test(the_year_has_seasons_and_the_day_a_noon),
        cmocka_unit_test(reps_change_and_never_overlap),
        cmocka_unit_test(the_reader_takes_every_record),
        cmocka_unit_test(esi_ids_are_all_different),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
