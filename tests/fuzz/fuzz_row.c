/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of readings and the source of their load, from wild bytes whose
 * checksums are put right, as nothing behind them is reached otherwise.  What
 * one way of reading a row gives, the others give too; rows of a month that are
 * packed again hold the same.
 *
 * The first byte says which row (bits 0 and 1: of a day, of a month, of format
 * 1) and the second how many bytes are the source's; the third which points of
 * a day row are wanted.
 */
#include "db/reading_row.h"
#include "server/base/hash.h"
#include "tests/fuzz/fuzz.h"

#define LOAD  77
#define GROUP 5
#define DAY   20000

enum { HEAD = 3, CHECK = 4 };

/* Of bytes and where they belong, as the store reckons it. */
static uint32_t
check_of(const uint8_t *place, size_t place_n, const uint8_t *bytes, size_t n)
{
    return crc32c(crc32c(0, place, place_n), bytes, n);
}

static void
row_mend(const struct reading_row *r, uint8_t *data)
{
    uint8_t place[20];

    if (r->n < 1 + CHECK)
        return;
    bits_store(place, 8, (uint64_t)r->load_id);
    bits_store(place + 8, 8, (uint64_t)(r->month ? r->point_id : r->group));
    bits_store(place + 16, 4, (uint32_t)r->day);
    bits_store(
        data + 1, CHECK,
        check_of(place, sizeof place, data + 1 + CHECK, r->n - 1 - CHECK));
}

static void
source_mend(uint8_t *told, size_t n)
{
    if (n > CHECK)
        bits_store(told + n - CHECK, CHECK, crc32c(0, told, n - CHECK));
}

/* Of each record in a row of format 1. */
static void
records_mend(const struct reading_row *row)
{
    struct row_walk w;
    struct row_record r;
    uint8_t place[21];

    row_open(&w, row);
    while (row_next(&w, &r)) {
        if (r.n < CHECK)
            continue;
        bits_store(place, 8, (uint64_t)r.key.load_id);
        bits_store(place + 8, 8, (uint64_t)r.key.point_id);
        bits_store(place + 16, 4, (uint32_t)r.key.day);
        place[20] = r.key.channel;
        bits_store((uint8_t *)r.at, CHECK,
                   check_of(place, sizeof place, r.at + CHECK, r.n - CHECK));
    }
}

/* What a row gives: of the wanted points, or of all. */
struct found {
    unsigned records, sound;
    uint64_t sum;
    bool bad;
};

static void
record_look(const struct row_record *r, const struct source *s, struct found *f)
{
    static struct reading_day d;
    struct reading_sum sum;
    uint64_t digest = 0;
    bool whole = row_digest(r, s, &digest);

    f->records++;
    if (!row_unpack(r, s, &d))
        return;
    f->sound++;
    f->sum += digest;
    REQUIRE(whole && row_sum(r, s, &sum));
    REQUIRE(sum.n == d.n && sum.day == d.day && sum.channel == d.channel);
}

static struct found
row_look(const struct reading_row *row, const struct source *s, uint8_t only,
         uint8_t of)
{
    struct row_walk w;
    struct row_record r;
    struct found f = {0};

    row_open(&w, row);
    w.only = only;
    while (row_next(&w, &r)) {
        if (row->month || of >> r.key.point_id % ROW_POINTS & 1)
            record_look(&r, s, &f);
    }
    f.bad = w.bad;
    return f;
}

/* Records of the first point, as a month row has them. */
static void
month_again(const struct reading_row *row, const struct source *s)
{
    static struct month_row m;
    struct reading_row again = {.month = true, .day = DAY};
    struct row_walk w;
    struct row_record r;
    struct found f = {0}, g;
    struct buf b = {0};

    m.n = 0;
    m.bytes.len = 0;
    row_open(&w, row);
    while (row_next(&w, &r)) {
        if (m.n > 0 && r.key.point_id != m.point_id)
            break;
        if (month_row_add(&m, &r, s))
            record_look(&r, s, &f);
    }
    if (m.n == 0)
        return;
    month_row_pack(&m, m.n, DAY, &b);
    again.point_id = m.point_id;
    again.data = (const uint8_t *)b.at;
    again.n = b.len;
    g = row_look(&again, s, 0xff, 0xff);
    REQUIRE(!g.bad && g.records == m.n && g.records == f.records);
    REQUIRE(g.sound == f.sound && g.sum == f.sum);
    buf_clear(&b);
}

static void
row_try(struct reading_row *row, uint8_t *data, const struct source *s,
        uint8_t only)
{
    struct found all, some, rest;

    if (row->month || (row->n > 0 && data[0] != ROW_OLD))
        row_mend(row, data);
    else
        records_mend(row);
    all = row_look(row, s, 0xff, 0xff);
    some = row_look(row, s, only, 0xff);
    rest = row_look(row, s, 0xff, only);
    REQUIRE(all.sound <= all.records);
    /* a row that is damaged may be found so at another place */
    if (!all.bad && !row->month)
        REQUIRE(!some.bad && some.records == rest.records &&
                some.sound == rest.sound && some.sum == rest.sum);
    month_again(row, s);
}

/* What it says, it says again. */
static void
source_again(const struct source *s)
{
    struct buf one = {0}, two = {0};
    struct source again;

    source_pack(s, &one);
    REQUIRE(source_unpack(one.at, one.len, &again));
    source_pack(&again, &two);
    REQUIRE(one.len == two.len && memcmp(one.at, two.at, one.len) == 0);
    source_clear(&again);
    buf_clear(&one);
    buf_clear(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct source NONE;
    struct reading_row row = {.load_id = LOAD, .day = DAY, .group = GROUP};
    struct source s;
    uint8_t *data, *told;
    size_t of_source;
    bool known;

    if (n < HEAD)
        return 0;
    of_source = bytes[1] < n - HEAD ? bytes[1] : n - HEAD;
    row.n = n - HEAD - of_source;
    row.month = (bytes[0] & 3) == 1;
    row.point_id = GROUP * ROW_POINTS;
    told = memcpy(malloc(of_source + 1), bytes + HEAD, of_source);
    data = memcpy(malloc(row.n + 1), bytes + HEAD + of_source, row.n);
    /* no byte behind either */
    told = realloc(told, of_source ? of_source : 1);
    data = realloc(data, row.n ? row.n : 1);
    row.data = data;
    if (row.n > 0)
        data[0] = row.month             ? ROW_MONTH
                  : (bytes[0] & 3) == 2 ? ROW_OLD
                                        : ROW_DAY;
    source_mend(told, of_source);
    known = source_unpack(told, of_source, &s);
    if (known)
        source_again(&s);
    row_try(&row, data, known ? &s : &NONE, bytes[2]);
    if (known)
        source_clear(&s);
    free(told);
    free(data);
    return 0;
}
