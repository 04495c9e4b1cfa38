/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packed days: every shape of day comes back digit for digit, in C and through
 * the independent decoder of tests/golden/packed_day.py; damaged bytes are
 * refused and never read past their end.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "db/reading_pack.h"
#include "tests/unit/random_day.h"

#define CASES 40000

/* ---- round trips -------------------------------------------------------- */

static void
assert_decimal_equal(struct decimal a, struct decimal b)
{
    assert_int_equal(a.micro, b.micro);
    assert_int_equal(a.places, b.places);
}

static void
assert_day_equal(const struct reading_day *a, const struct reading_day *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->seconds, b->seconds);
    assert_int_equal(a->origin, b->origin);
    assert_int_equal(a->stamp, b->stamp);
    assert_string_equal(a->transaction, b->transaction);
    assert_string_equal(a->rep, b->rep);
    assert_string_equal(a->mre, b->mre);
    assert_memory_equal(a->status, b->status, a->n);
    assert_memory_equal(a->value_ukwh, b->value_ukwh,
                        a->n * sizeof a->value_ukwh[0]);
    assert_memory_equal(a->places, b->places, a->n);
    assert_int_equal(a->has_reads, b->has_reads);
    if (a->has_reads) {
        assert_decimal_equal(a->start_read, b->start_read);
        assert_decimal_equal(a->stop_read, b->stop_read);
    }
}

/* The sum of a core against a plain loop over the values. */
static void
assert_sum_right(const struct reading_day *d)
{
    uint8_t core[CORE_MOST];
    struct reading_sum s, want = {.peak_ukwh = INT64_MIN};
    size_t n = core_pack(d, core);

    assert_true(core_sum(core, n, &s));
    for (size_t i = 0; i < d->n; i++) {
        want.missing += d->status[i] == 0;
        want.estimated += d->status[i] == 'E';
        want.sum_ukwh += d->value_ukwh[i];
        if (!d->status[i] || d->value_ukwh[i] <= want.peak_ukwh)
            continue;
        want.peak_ukwh = d->value_ukwh[i];
        want.peak_at = (uint16_t)i;
    }
    assert_int_equal(s.n, d->n);
    assert_int_equal(s.missing, want.missing);
    assert_int_equal(s.estimated, want.estimated);
    assert_int_equal(s.sum_ukwh, want.sum_ukwh);
    assert_int_equal(s.peak_ukwh, want.missing == d->n ? 0 : want.peak_ukwh);
    assert_int_equal(s.peak_at, want.peak_at);
    assert_int_equal(s.has_reads, d->has_reads);
    assert_int_equal(s.stop_read.micro, d->stop_read.micro);
}

static void
random_days_come_back(void **unused)
{
    struct buf b = {0};

    (void)unused;
    for (int i = 0; i < CASES; i++) {
        struct reading_day d, back = {.point_id = 7, .day = 8, .channel = 1};

        random_day(&d);
        b.len = 0;
        reading_pack(&d, &b);
        assert_true(reading_unpack(b.at, b.len, &back));
        assert_day_equal(&d, &back);
        assert_true(reading_same(&d, &back));
        assert_int_equal(back.point_id, 7);
        assert_sum_right(&d);
    }
    buf_clear(&b);
}

/* Days near the usual one, on both sides of every bound of the quick way. */
static void
near_usual(struct reading_day *d)
{
    uint8_t places = (uint8_t)random_dice(7);
    int64_t unit = 1;
    uint64_t most = (uint64_t)1 << random_dice(34);

    for (int i = places; i < 6; i++)
        unit *= 10;
    *d = (struct reading_day){.n = 96, .seconds = 900, .origin = 'M'};
    for (int i = 0; i < 96; i++) {
        d->value_ukwh[i] = (int64_t)random_dice(most) * unit;
        d->places[i] = places;
        d->status[i] = 'A';
        if (d->value_ukwh[i] > DECIMAL_MAX)
            d->value_ukwh[i] = DECIMAL_MAX / unit * unit;
    }
    switch (random_dice(12)) {
    case 0:
        d->n = random_dice(2) ? 92 : 100;
        break;
    case 1:
        d->status[random_dice(96)] = 'E';
        break;
    case 2:
        d->status[random_dice(96)] = 0;
        break;
    case 3:
        d->places[random_dice(96)] = (uint8_t)random_dice(9);
        break;
    case 4:
        d->value_ukwh[random_dice(96)] += (int64_t)random_dice(9);
        break;
    case 5:
        d->value_ukwh[random_dice(96)] *= -1;
        break;
    case 6:
        d->value_ukwh[random_dice(96)] = 800 * unit * (int64_t)most;
        break;
    case 7:
        memset(d->places, (int)random_dice(9), 96);
        break;
    default:
        break;
    }
    for (int i = 0; i < 96; i++) {
        if (d->value_ukwh[i] > DECIMAL_MAX || d->value_ukwh[i] < -DECIMAL_MAX)
            d->value_ukwh[i] = DECIMAL_MAX / unit * unit;
    }
    for (int i = 96; i < d->n; i++)
        d->status[i] = 'A';
}

/* The quick way of packing gives the bytes of the plain one. */
static void
both_ways_agree(void **unused)
{
    static uint8_t quick[CORE_MOST], plain[CORE_MOST];
    struct reading_day d;

    (void)unused;
    for (int i = 0; i < 5 * CASES; i++) {
        size_t n;

        if (i % 5)
            near_usual(&d);
        else
            random_day(&d);
        n = core_pack(&d, quick);
        assert_int_equal(n, core_pack_any(&d, plain));
        assert_memory_equal(quick, plain, n);
    }
}

/* Fills a day from texts, as a file writes them. */
static void
day_of(struct reading_day *d, const char *const *text, size_t texts)
{
    *d = (struct reading_day){.n = 96, .seconds = 900, .origin = 'M'};
    for (size_t i = 0; i < d->n; i++) {
        const char *t = text[i % texts];
        struct decimal v;

        assert_int_equal(decimal_parse(t, strlen(t), &v), DECIMAL_OK);
        d->value_ukwh[i] = v.micro;
        d->places[i] = v.places;
        d->status[i] = 'A';
    }
}

static size_t
texts_come_back(const char *const *text, size_t texts)
{
    struct reading_day d, back = {0};
    uint8_t core[CORE_MOST];
    size_t n;

    day_of(&d, text, texts);
    n = core_pack(&d, core);
    assert_true(core_unpack(core, n, &back));
    for (size_t i = 0; i < d.n; i++) {
        char t[DECIMAL_TEXT];

        decimal_format(t, (struct decimal){back.value_ukwh[i], back.places[i]});
        assert_string_equal(t, text[i % texts]);
    }
    return n;
}

#define TEXTS(...)                                                             \
    texts_come_back((const char *const[]){__VA_ARGS__},                        \
                    sizeof((const char *const[]){__VA_ARGS__}) /               \
                        sizeof(const char *))

static void
digits_come_back(void **unused)
{
    (void)unused;
    TEXTS("0.140", "0.145", "1.000", "0.000");    /* three places */
    TEXTS("358.5", "30.27", "39.69", "12", "0");  /* trimmed */
    TEXTS("0.14", "0.140", "0.1400", "7", "7.0"); /* mixed */
    TEXTS("999999999.999999", "0.000001", "0.0");
    TEXTS("0");
    TEXTS("0.000000");
}

/* What the packer is for: a fixed-place day needs no byte for its digits, a
 * flat day next to nothing. */
static void
days_are_small(void **unused)
{
    (void)unused;
    assert_in_range(TEXTS("0.122"), 1, 12);
    assert_in_range(TEXTS("0.122", "0.121"), 1, 24);
    assert_in_range(TEXTS("0.122", "0.125", "0.119", "0.131"), 1, 60);
}

/* A digit count too small for its value must not lose the value. */
static void
wrong_places_keep_values(void **unused)
{
    struct reading_day d = {.n = 96, .seconds = 900, .origin = 'M'};
    struct reading_day back = {0};
    uint8_t core[CORE_MOST];

    (void)unused;
    for (size_t i = 0; i < d.n; i++) {
        d.value_ukwh[i] = (int64_t)i * 10012; /* a rest of 2 x 2, not 5 */
        d.places[i] = 2;
        d.status[i] = 'A';
    }
    d.has_reads = true;
    d.start_read = (struct decimal){1234567, 0};
    d.stop_read = (struct decimal){9, 9};
    assert_true(core_unpack(core, core_pack(&d, core), &back));
    assert_memory_equal(d.value_ukwh, back.value_ukwh, sizeof d.value_ukwh);
    assert_int_equal(back.start_read.micro, 1234567);
    assert_int_equal(back.stop_read.micro, 9);
}

/* ---- damage ------------------------------------------------------------- */

static void
flipped_bits_are_refused(void **unused)
{
    struct buf b = {0};
    struct reading_day d, back;

    (void)unused;
    for (int i = 0; i < 60; i++) {
        random_day(&d);
        b.len = 0;
        reading_pack(&d, &b);
        for (size_t bit = 0; bit < b.len * 8; bit++) {
            b.at[bit / 8] ^= (char)(1 << bit % 8);
            assert_false(reading_unpack(b.at, b.len, &back));
            b.at[bit / 8] ^= (char)(1 << bit % 8);
        }
        for (size_t n = 0; n < b.len; n++)
            assert_false(reading_unpack(b.at, n, &back));
    }
    buf_clear(&b);
}

/* Without the frame's checksum a core may pass with other content, but what it
 * yields is a day that can be packed again. */
static void
wild_cores_do_no_harm(void **unused)
{
    uint8_t core[CORE_MOST], again[CORE_MOST];
    struct reading_day d, back = {0}, third = {0};
    struct reading_sum s;

    (void)unused;
    for (int i = 0; i < CASES; i++) {
        size_t n;
        uint8_t *exact;

        random_day(&d);
        n = core_pack(&d, core);
        for (uint64_t k = random_dice(4); k < 4; k++)
            core[random_dice(random_dice(2) ? n : 12)] ^=
                (uint8_t)(1u << random_dice(8));
        if (!random_dice(3))
            n = random_dice(n + 1);
        exact = malloc(n + 1); /* so that a byte too far is seen */
        memcpy(exact, core, n);
        core_sum(exact, n, &s);
        if (core_unpack(exact, n, &back)) {
            assert_true(core_unpack(again, core_pack(&back, again), &third));
            assert_true(reading_same(&back, &third));
        }
        free(exact);
    }
}

static void
identity_ignores_digits(void **unused)
{
    struct reading_day a, b;

    (void)unused;
    day_of(&a, (const char *const[]){"0.14"}, 1);
    day_of(&b, (const char *const[]){"0.140"}, 1);
    assert_true(reading_same(&a, &b));
    b.stamp = 1;
    assert_true(reading_same(&a, &b));
    b.status[95] = 'E';
    assert_false(reading_same(&a, &b));
    b.status[95] = 'A';
    b.value_ukwh[0]++;
    assert_false(reading_same(&a, &b));
    b.value_ukwh[0]--;
    b.has_reads = true;
    assert_false(reading_same(&a, &b));
    a.has_reads = true;
    assert_true(reading_same(&a, &b));
    b.stop_read.micro = 5;
    assert_int_equal(reading_compare(&a, &b), -reading_compare(&b, &a));
    assert_false(reading_same(&a, &b));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_days_come_back),
        cmocka_unit_test(both_ways_agree),
        cmocka_unit_test(digits_come_back),
        cmocka_unit_test(days_are_small),
        cmocka_unit_test(wrong_places_keep_values),
        cmocka_unit_test(flipped_bits_are_refused),
        cmocka_unit_test(wild_cores_do_no_harm),
        cmocka_unit_test(identity_ignores_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
