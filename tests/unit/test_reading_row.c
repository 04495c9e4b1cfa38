/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of readings: records come back with their stamps, names and transaction
 * ids whatever those have in common; an independent decoder reads the same;
 * damage is found.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "db/reading_row.h"
#include "server/base/file.h"
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
    bool clock = random_dice(2), usual = random_dice(2);

    w->frames.len = w->source.len = w->row.len = 0;
    w->n = 1 + random_dice(MOST);
    w->load_id = 1 + (int64_t)random_dice(1 << 27);
    for (size_t i = 0; i < w->n; i++) {
        struct reading_day *d = &w->day[i];

        random_day(d);
        if (clock) /* else few stamps are times of day */
            d->stamp = 20260930000000 + 1000000 * (int64_t)random_dice(2) +
                       10000 * (int64_t)random_dice(24) +
                       100 * (int64_t)random_dice(60) +
                       (int64_t)random_dice(60);
        d->point_id = GROUP * ROW_POINTS + (int64_t)i / 3;
        d->channel = (uint8_t)(usual ? 8 - i % 3 * 4 : 31 - i % 3 * 7);
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

static void
open_row(struct row_walk *w, const void *bytes, size_t n, int64_t load_id)
{
    row_open(w, &(struct reading_row){.group = GROUP,
                                      .load_id = load_id,
                                      .day = DAY,
                                      .data = bytes,
                                      .n = n});
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
        open_row(&walk, w.row.at, w.row.len, w.load_id);
        while (row_next(&walk, &r))
            assert_record(&r, &s, &w.day[n++]);
        assert_false(walk.bad);
        assert_int_equal(n, w.n);
        source_clear(&packing);
        source_clear(&s);
    }
    world_clear(&w);
}

/* Asked for some points alone, a row gives their records and no others. */
static void
points_alone(void **unused)
{
    struct world w = {0};

    (void)unused;
    for (int i = 0; i < ROWS; i++) {
        struct source packing, s;
        struct row_walk all, some;
        struct row_record r, want;
        uint8_t only = (uint8_t)random_dice(256);

        world_make(&w, &packing);
        assert_true(source_unpack(w.source.at, w.source.len, &s));
        open_row(&all, w.row.at, w.row.len, w.load_id);
        open_row(&some, w.row.at, w.row.len, w.load_id);
        some.only = only;
        while (row_next(&all, &want)) {
            if (!(only >> want.key.point_id % ROW_POINTS & 1))
                continue;
            assert_true(row_next(&some, &r));
            assert_int_equal(r.key.point_id, want.key.point_id);
            assert_int_equal(r.key.channel, want.key.channel);
            assert_ptr_equal(r.at, want.at);
            assert_int_equal(r.n, want.n);
            assert_int_equal(r.stamp, want.stamp);
        }
        assert_false(row_next(&some, &r));
        assert_false(some.bad);
        /* A damaged row gives nothing, whoever is asked for. */
        w.row.at[5 + random_dice(w.row.len - 5)] ^= 0x55;
        open_row(&some, w.row.at, w.row.len, w.load_id);
        some.only = only;
        assert_false(row_next(&some, &r));
        assert_true(some.bad);
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
                (size_t)(source_put_rest(&s, &f, out) - out);
        }
        source_clear(&s);
    }
    assert_in_range(numbered - plain, 1, 5 * MOST);
    world_clear(&w);
}

/* ---- month rows -----------------------------------------------------------
 */

#define LOADS 5

/* Loads of five days, of which the first point's records become a month row. */
struct month {
    struct world w[LOADS];
    struct source s[LOADS];
    struct month_row row;
    struct reading_day want[MONTH_ROW_MOST];
    int64_t load_id[MONTH_ROW_MOST];
    struct buf bytes;
};

static void
month_make(struct month *m)
{
    m->row.n = 0;
    m->row.bytes.len = m->bytes.len = 0;
    for (size_t i = 0; i < LOADS; i++) {
        struct world *w = &m->w[i];
        struct source packing;
        struct row_walk walk;
        struct row_record r;

        world_make(w, &packing);
        source_clear(&packing);
        assert_true(source_unpack(w->source.at, w->source.len, &m->s[i]));
        open_row(&walk, w->row.at, w->row.len, w->load_id);
        for (size_t k = 0; row_next(&walk, &r); k++) {
            if (r.key.point_id != GROUP * ROW_POINTS)
                continue;
            m->want[m->row.n] = w->day[k];
            m->load_id[m->row.n] = w->load_id;
            m->want[m->row.n].day = r.key.day = DAY + 4 * (int32_t)i;
            assert_true(month_row_add(&m->row, &r, &m->s[i]));
        }
    }
    month_row_pack(&m->row, m->row.n, DAY, &m->bytes);
}

static void
month_sources_clear(struct month *m)
{
    for (size_t i = 0; i < LOADS; i++)
        source_clear(&m->s[i]);
}

static void
month_clear(struct month *m)
{
    for (size_t i = 0; i < LOADS; i++)
        world_clear(&m->w[i]);
    month_row_clear(&m->row);
    buf_clear(&m->bytes);
    free(m);
}

/* The source of that record's load. */
static const struct source *
month_source(const struct month *m, const struct row_record *r)
{
    for (size_t i = 0; i < LOADS; i++) {
        if (m->w[i].load_id == r->key.load_id)
            return &m->s[i];
    }
    fail_msg("load %lld is none of ours", (long long)r->key.load_id);
    return NULL;
}

static void
open_month(struct row_walk *w, const struct buf *b, size_t n, int32_t day)
{
    row_open(w, &(struct reading_row){.month = true,
                                      .point_id = GROUP * ROW_POINTS,
                                      .day = day,
                                      .data = (const uint8_t *)b->at,
                                      .n = n});
}

static void
month_rows_come_back(void **unused)
{
    struct month *m = calloc(1, sizeof *m);
    struct row_walk w;
    struct row_record r;

    (void)unused;
    for (int i = 0; i < ROWS; i++) {
        size_t n = 0, cut;

        month_make(m);
        open_month(&w, &m->bytes, m->bytes.len, DAY);
        while (row_next(&w, &r)) {
            assert_int_equal(r.key.load_id, m->load_id[n]);
            assert_record(&r, month_source(m, &r), &m->want[n++]);
        }
        assert_false(w.bad);
        assert_int_equal(n, m->row.n);
        /* In two parts it is the same. */
        cut = random_dice(m->row.n);
        month_row_cut(&m->row, cut);
        m->bytes.len = 0;
        month_row_pack(&m->row, m->row.n, m->want[cut].day, &m->bytes);
        open_month(&w, &m->bytes, m->bytes.len, m->want[cut].day);
        for (n = cut; row_next(&w, &r); n++)
            assert_record(&r, month_source(m, &r), &m->want[n]);
        assert_false(w.bad);
        assert_int_equal(n, cut + m->row.n);
        month_sources_clear(m);
    }
    month_clear(m);
}

static void
month_damage_is_found(void **unused)
{
    struct month *m = calloc(1, sizeof *m);
    struct row_walk w;
    struct row_record r;

    (void)unused;
    for (int i = 0; i < ROWS; i++) {
        uint8_t *half;
        size_t n;

        month_make(m);
        open_month(&w, &m->bytes, m->bytes.len, DAY + 1);
        assert_false(row_next(&w, &r));
        assert_true(w.bad);
        n = random_dice(m->bytes.len);
        half = malloc(n ? n : 1);
        memcpy(half, m->bytes.at, n);
        open_month(&w, &(struct buf){.at = (char *)half}, n, DAY);
        assert_false(row_next(&w, &r));
        assert_true(w.bad);
        free(half);
        m->bytes.at[random_dice(m->bytes.len)] ^= (char)(1u << random_dice(8));
        open_month(&w, &m->bytes, m->bytes.len, DAY);
        assert_false(row_next(&w, &r));
        assert_true(w.bad);
        month_sources_clear(m);
    }
    month_clear(m);
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
golden_path(char path[1024], const char *name)
{
    snprintf(path, 1024, "%s", __FILE__);
    *strrchr(path, '/') = '\0';
    strcat(path, "/../golden/");
    strcat(path, name);
}

static bool
python_is_here(void)
{
    if (system("python3 -c '' 2>/dev/null") == 0)
        return true;
    print_message("python3 is not installed here\n");
    return false;
}

/* A line for a row, and those that are to come of it. */
static void
tell_day_row(FILE *in, FILE *want)
{
    struct world w = {0};
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
    world_clear(&w);
}

static void
tell_month_row(FILE *in, FILE *want)
{
    struct month *m = calloc(1, sizeof *m);

    month_make(m);
    fprintf(in, "month %d %d", GROUP * ROW_POINTS, DAY);
    for (size_t i = 0; i < LOADS; i++) {
        fprintf(in, "%c%lld=", i ? ',' : ' ', (long long)m->w[i].load_id);
        hex(in, &m->w[i].source);
    }
    fprintf(in, " ");
    hex(in, &m->bytes);
    fprintf(in, "\n");
    for (size_t k = 0; k < m->row.n; k++) {
        fprintf(want, "%d %lld ", m->want[k].day, (long long)m->load_id[k]);
        expect_line(want, &m->want[k]);
    }
    month_sources_clear(m);
    month_clear(m);
}

static void
decoder_agrees(void **unused)
{
    char folder[256], path[1024], text[2600];
    FILE *in, *want;

    (void)unused;
    if (!python_is_here())
        skip();
    scratch_make(folder);
    snprintf(text, sizeof text, "%s/in", folder);
    in = fopen(text, "w");
    snprintf(text, sizeof text, "%s/want", folder);
    want = fopen(text, "w");
    assert_true(in && want);
    for (int i = 0; i < ROWS; i++)
        (i % 4 ? tell_day_row : tell_month_row)(in, want);
    fclose(in);
    fclose(want);
    golden_path(path, "packed_day.py");
    snprintf(text, sizeof text,
             "cd '%s' && python3 '%s' <in >got && cmp got want", folder, path);
    if (path[0] != '/') /* compiled by a relative name: seen from here */
        snprintf(text, sizeof text,
                 "python3 '%s' <'%s/in' >'%s/got' && cmp '%s/got' '%s/want'",
                 path, folder, folder, folder, folder);
    assert_int_equal(system(text), 0);
    scratch_remove(folder);
}

/* ---- format 1 ------------------------------------------------------------ */

static size_t
unhex(const char *text, uint8_t *to)
{
    size_t n = strlen(text) / 2;

    for (size_t i = 0; i < n; i++) {
        unsigned byte;

        assert_int_equal(sscanf(text + 2 * i, "%2x", &byte), 1);
        to[i] = (uint8_t)byte;
    }
    return n;
}

/* Rows that an earlier program wrote, and what the decoder made of them. */
static void
old_rows_are_read(void **unused)
{
    static char source[1 << 16], row[1 << 16];
    static uint8_t bytes[1 << 15];
    long long load_id, group;
    char path[1024];
    struct buf want = {0};
    char *got = NULL;
    size_t got_n = 0;
    FILE *in, *out = open_memstream(&got, &got_n);
    int day;

    (void)unused;
    golden_path(path, "rows_1.txt");
    in = fopen(path, "r");
    assert_non_null(in);
    while (fscanf(in, "%lld %lld %d %65000s %65000s", &load_id, &group, &day,
                  source, row) == 5) {
        struct reading_row r = {
            .group = group, .load_id = load_id, .day = day, .data = bytes};
        struct row_walk w;
        struct row_record record;
        struct source s;

        assert_true(source_unpack(bytes, unhex(source, bytes), &s));
        r.n = unhex(row, bytes);
        row_open(&w, &r);
        while (row_next(&w, &record)) {
            struct reading_day d;

            assert_true(row_unpack(&record, &s, &d));
            expect_line(out, &d);
        }
        assert_false(w.bad);
        source_clear(&s);
    }
    fclose(in);
    fclose(out);
    golden_path(path, "rows_1.want");
    assert_true(file_read(path, 1 << 20, &want));
    assert_int_equal(got_n, want.len);
    assert_memory_equal(got, want.at, want.len);
    free(got);
    buf_clear(&want);
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

    open_row(&w, row, n, load_id);
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
        /* In another load's place it is a stranger. */
        n = read_all(w.row.at, w.row.len, &s, w.load_id + 1, &bad);
        assert_int_equal(n, 0);
        assert_true(bad);
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
    f.rep_n = 0;
    f.stamp = 99999999999999;
    assert_true(source_add(&s, &f));
    f.stamp++;
    assert_false(source_add(&s, &f));
    f.stamp = -1;
    assert_false(source_add(&s, &f));
    source_clear(&s);
    buf_clear(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_alone),
        cmocka_unit_test(rows_come_back),
        cmocka_unit_test(ids_cost_little),
        cmocka_unit_test(month_rows_come_back),
        cmocka_unit_test(month_damage_is_found),
        cmocka_unit_test(decoder_agrees),
        cmocka_unit_test(old_rows_are_read),
        cmocka_unit_test(damage_is_found),
        cmocka_unit_test(long_names_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
