/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of readings: records come back with their stamps, names and transaction
 * ids whatever those have in common; an independent decoder reads the same;
 * damage is found.
 */
#include "tests/unit/unit.h"

#include "db/reading_row.h"
#include "tests/unit/random_day.h"

#define ROWS  400
#define MOST  24
#define GROUP 12345
#define DAY   20600

/* One load's records of one row, and what became of them. */
struct world {
    struct reading_day day[MOST];
    struct row_item item[MOST];
    struct buf frames, source, row;
    size_t frame_at[MOST], n;
    int64_t load_id;
};

/* ---- transaction ids ----------------------------------------------------- */

static void
id_make(char to[65], unsigned kind, size_t i)
{
    switch (kind) {
    case 0:
        strcpy(to, "");
        break;
    case 1:
        strcpy(to, "957877905IntervalData20261103061500001000001");
        break;
    case 2:
        snprintf(to, 65, "957877905IntervalData20261103061500%09u",
                 (unsigned)(1000 + i * i * 7919));
        break;
    case 3:
        for (int k = 0; k < 22; k++)
            to[k] = "0123456789ABCDEFGHJKLMNPQRSTUVWX"[random_dice(32)];
        to[22] = '\0';
        break;
    case 4:
        snprintf(to, 65, "id-%x", (unsigned)random_dice(100000));
        break;
    case 5:
        snprintf(to, 65, "%016llX%020llu%028d",
                 (unsigned long long)random_dice(UINT64_MAX),
                 (unsigned long long)random_dice(UINT64_MAX), (int)i);
        break;
    default:
        snprintf(to, 65, "%s", i % 2 ? "" : "A-Z a-z {~}");
    }
}

/* Fills a world; the frames of all records come first, as in a load. */
static void
world_make(struct world *w, struct source *s)
{
    unsigned kind = (unsigned)random_dice(7);
    unsigned names = (unsigned)random_dice(4);

    w->frames.len = w->source.len = w->row.len = 0;
    w->n = 1 + random_dice(MOST);
    w->load_id = 1 + (int64_t)random_dice(1 << 27);
    for (size_t i = 0; i < w->n; i++) {
        struct reading_day *d = &w->day[i];

        random_day(d);
        d->point_id = GROUP * ROW_POINTS + (int64_t)i / 3;
        d->channel = (uint8_t)(31 - i % 3 * 7);
        d->day = DAY;
        id_make(d->transaction, kind, i);
        if (names < 3)
            snprintf(d->rep, sizeof d->rep, "11111111%u",
                     (unsigned)random_dice(names + 1));
        w->frame_at[i] = w->frames.len;
        reading_pack(d, &w->frames);
    }
    *s = (struct source){0};
    for (size_t i = 0; i < w->n; i++) {
        struct row_item *it = &w->item[i];
        size_t end = i + 1 < w->n ? w->frame_at[i + 1] : w->frames.len;

        it->key = (struct row_key){.load_id = w->load_id,
                                   .point_id = w->day[i].point_id,
                                   .day = DAY,
                                   .channel = w->day[i].channel};
        assert_true(frame_open(w->frames.at + w->frame_at[i],
                               end - w->frame_at[i], &it->frame));
        assert_true(source_add(s, &it->frame));
    }
    source_settle(s);
    for (size_t i = 0; i < w->n && s->rest == REST_NUMBER; i++)
        source_lower(s, &w->item[i].frame);
    source_pack(s, &w->source);
    row_pack(s, w->item, w->n, &w->row);
}

static void
world_clear(struct world *w)
{
    buf_clear(&w->frames);
    buf_clear(&w->source);
    buf_clear(&w->row);
}

/* ---- coming back --------------------------------------------------------- */

static void
assert_record(const struct row_record *r, const struct source *s,
              const struct reading_day *want)
{
    struct reading_day d = {0};
    struct reading_sum sum;

    assert_true(row_unpack(r, s, &d));
    assert_true(row_sum(r, s, &sum));
    assert_int_equal(d.point_id, want->point_id);
    assert_int_equal(d.day, want->day);
    assert_int_equal(d.channel, want->channel);
    assert_int_equal(d.stamp, want->stamp);
    assert_int_equal(sum.stamp, want->stamp);
    assert_string_equal(d.transaction, want->transaction);
    assert_string_equal(d.rep, want->rep);
    assert_string_equal(d.mre, want->mre);
    assert_true(reading_same(&d, want));
    assert_memory_equal(d.places, want->places, want->n);
}

static void
rows_come_back(void **unused)
{
    struct world w = {0};

    (void)unused;
    for (int i = 0; i < ROWS; i++) {
        struct source packing, s;
        struct row_walk walk;
        struct row_record r;
        size_t n = 0;

        world_make(&w, &packing);
        assert_true(source_unpack(w.source.at, w.source.len, &s));
        row_open(&walk, w.row.at, w.row.len, w.load_id, GROUP, DAY);
        while (row_next(&walk, &r))
            assert_record(&r, &s, &w.day[n++]);
        assert_false(walk.bad);
        assert_int_equal(n, w.n);
        source_clear(&packing);
        source_clear(&s);
    }
    world_clear(&w);
}

/* What common fronts and numbers are for. */
static void
ids_cost_little(void **unused)
{
    struct world w = {0};
    struct source s;
    size_t plain = 0, numbered = 0;

    (void)unused;
    for (int numbers = 0; numbers < 2; numbers++) {
        s = (struct source){0};
        for (size_t i = 0; i < MOST; i++) {
            struct frame f;
            struct reading_day d = {.n = 0, .seconds = 900, .origin = 'M'};
            uint8_t out[SOURCE_MOST + 8];

            id_make(d.transaction, numbers ? 2 : 0, i);
            w.frames.len = 0;
            reading_pack(&d, &w.frames);
            assert_true(frame_open(w.frames.at, w.frames.len, &f));
            assert_true(source_add(&s, &f));
            source_settle(&s);
            source_lower(&s, &f);
            *(numbers ? &numbered : &plain) +=
                (size_t)(source_put(&s, &f, out) - out);
        }
        source_clear(&s);
    }
    assert_in_range(numbered - plain, 1, 5 * MOST);
    world_clear(&w);
}

/* ---- the independent decoder --------------------------------------------- */

static void
hex(FILE *f, const struct buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        fprintf(f, "%02x", (unsigned char)b->at[i]);
}

/* The line that packed_day.py prints for that record. */
static void
expect_line(FILE *f, const struct reading_day *d)
{
    fprintf(f, "%lld %d %lld %s|%s|%s %d %d %d ", (long long)d->point_id,
            d->channel, (long long)d->stamp, d->rep, d->mre, d->transaction,
            d->n, d->seconds, d->origin);
    if (d->has_reads)
        fprintf(f, "%lld/%d-%lld/%d", (long long)d->start_read.micro,
                d->start_read.places, (long long)d->stop_read.micro,
                d->stop_read.places);
    fprintf(f, " ");
    for (int i = 0; i < d->n; i++)
        fprintf(f, "%s%lld/%d/%d", i ? " " : "", (long long)d->value_ukwh[i],
                d->places[i], d->status[i]);
    fprintf(f, "\n");
}

/* This file's folder, as the compiler saw it, is beside tests/golden. */
static void
decoder_path(char path[1024])
{
    snprintf(path, 1024, "%s", __FILE__);
    *strrchr(path, '/') = '\0';
    strcat(path, "/../golden/packed_day.py");
}

static void
decoder_agrees(void **unused)
{
    struct world w = {0};
    char folder[256], path[1024], text[2000];
    FILE *in, *want;

    (void)unused;
    if (system("python3 -c '' 2>/dev/null") != 0) {
        print_message("python3 is not installed here\n");
        skip();
    }
    scratch_make(folder);
    snprintf(text, sizeof text, "%s/in", folder);
    in = fopen(text, "w");
    snprintf(text, sizeof text, "%s/want", folder);
    want = fopen(text, "w");
    assert_true(in && want);
    for (int i = 0; i < ROWS; i++) {
        struct source s;

        world_make(&w, &s);
        fprintf(in, "%lld %d %d ", (long long)w.load_id, GROUP, DAY);
        hex(in, &w.source);
        fprintf(in, " ");
        hex(in, &w.row);
        fprintf(in, "\n");
        for (size_t k = 0; k < w.n; k++)
            expect_line(want, &w.day[k]);
        source_clear(&s);
    }
    fclose(in);
    fclose(want);
    decoder_path(path);
    snprintf(text, sizeof text,
             "cd '%s' && python3 '%s' <in >got && cmp got want", folder, path);
    if (path[0] != '/') /* compiled by a relative name: seen from here */
        snprintf(text, sizeof text,
                 "python3 '%s' <'%s/in' >'%s/got' && cmp '%s/got' '%s/want'",
                 path, folder, folder, folder, folder);
    assert_int_equal(system(text), 0);
    scratch_remove(folder);
    world_clear(&w);
}

/* ---- damage -------------------------------------------------------------- */

/* Reads every record of these bytes; the number that were whole. */
static size_t
read_all(const void *row, size_t n, const struct source *s, int64_t load_id,
         bool *bad)
{
    struct row_walk w;
    struct row_record r;
    struct reading_day d;
    size_t whole = 0;

    row_open(&w, row, n, load_id, GROUP, DAY);
    while (row_next(&w, &r))
        whole += row_unpack(&r, s, &d);
    *bad = w.bad;
    return whole;
}

static void
damage_is_found(void **unused)
{
    struct world w = {0};

    (void)unused;
    for (int i = 0; i < ROWS; i++) {
        struct source packing, s;
        uint8_t *bytes;
        size_t n;
        bool bad;

        world_make(&w, &packing);
        assert_true(source_unpack(w.source.at, w.source.len, &s));
        bytes = malloc(w.row.len); /* of that size, so that excess is seen */
        memcpy(bytes, w.row.at, w.row.len);
        bytes[random_dice(w.row.len)] ^= (uint8_t)(1u << random_dice(8));
        n = read_all(bytes, w.row.len, &s, w.load_id, &bad);
        assert_true(bad || n < w.n);
        n = random_dice(w.row.len);
        bytes = realloc(bytes, n ? n : 1);
        read_all(bytes, n, &s, w.load_id, &bad);
        assert_true(bad);
        free(bytes);
        /* In another load's place each record is a stranger. */
        n = read_all(w.row.at, w.row.len, &s, w.load_id + 1, &bad);
        assert_int_equal(n, 0);
        assert_false(bad);
        source_clear(&s);
        w.source.at[random_dice(w.source.len)] ^= (char)(1u << random_dice(8));
        assert_false(source_unpack(w.source.at, w.source.len, &s));
        assert_false(source_unpack(w.source.at, w.source.len / 2, &s));
        source_clear(&packing);
    }
    world_clear(&w);
}

static void
long_names_are_refused(void **unused)
{
    struct reading_day d = {.seconds = 900};
    struct buf b = {0};
    struct source s = {0};
    struct frame f;

    (void)unused;
    memset(d.transaction, 'x', 64);
    reading_pack(&d, &b);
    assert_true(frame_open(b.at, b.len, &f));
    assert_true(source_add(&s, &f));
    f.transaction_n = 65;
    assert_false(source_add(&s, &f));
    f.transaction_n = 64;
    f.rep_n = 16;
    assert_false(source_add(&s, &f));
    source_clear(&s);
    buf_clear(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back),
        cmocka_unit_test(ids_cost_little),
        cmocka_unit_test(decoder_agrees),
        cmocka_unit_test(damage_is_found),
        cmocka_unit_test(long_names_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
