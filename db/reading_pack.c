/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing a day of intervals (docs/packed-day.md has every byte).
 *
 * A value is an integer at the day's scale, minus the day's smallest.  Its low
 * `width` bits lie in a plane of fixed width, one value after another; what is
 * above them lies in a second plane, either in unary (a Rice code cut in two)
 * or, where a few values stand far out, as a list.  Both planes are written
 * and read without a branch a value.
 */
#include "db/reading_pack.h"

#include <assert.h>

#include "db/reading_bits.h"
#include "db/reading_core.h"
#include "db/reading_plan.h"
#include "db/reading_plane.h"

#define RUNS_MOST 16

/* ---- statuses ----------------------------------------------------------- */

static bool
all_equal(const uint8_t *b, size_t n, uint8_t to)
{
    uint8_t differs = 0;

    for (size_t i = 0; i < n; i++)
        differs |= b[i] ^ to;
    return !differs;
}

static size_t
count_runs(const uint8_t *b, size_t n)
{
    size_t runs = n > 0;

    for (size_t i = 1; i < n; i++)
        runs += b[i] != b[i - 1];
    return runs;
}

/* Chooses how statuses are told and leaves out missing values. */
static void
plan_status(struct pack_plan *p, const struct reading_day *d)
{
    p->n = d->n;
    p->micro = d->value_ukwh;
    p->places = d->places;
    p->missing = p->estimated = 0;
    p->status = STATUS_ALL_A;
    if (all_equal(d->status, d->n, 'A'))
        return;
    p->n = 0;
    for (size_t i = 0; i < d->n; i++) {
        p->held[p->n] = d->value_ukwh[i];
        p->digits[p->n] = d->places[i];
        p->n += d->status[i] != 0;
        p->missing += d->status[i] == 0;
        p->estimated += d->status[i] == 'E';
    }
    p->micro = p->held;
    p->places = p->digits;
    if (all_equal(d->status, d->n, d->status[0]))
        p->status = STATUS_ONE;
    else if (count_runs(d->status, d->n) <= RUNS_MOST)
        p->status = STATUS_RUNS;
    else
        p->status = STATUS_BITS;
}

/* ---- digits ------------------------------------------------------------- */

/* The scale at which every value is whole; true when all were written with no
 * digit more than they need. */
static bool
least_scale(const struct pack_plan *p, unsigned *scale)
{
    bool trimmed = true;

    *scale = 0;
    for (size_t i = 0; i < p->n; i++) {
        uint8_t need = places_least(p->micro[i]);

        trimmed &= need == p->places[i];
        *scale = need > *scale ? need : *scale;
    }
    return trimmed;
}

/*
 * Whole numbers at the scale, into rise; false when one has a rest.  Dividing
 * by 2^k 5^k is a shift and a multiplication by the inverse of 5^k, which gives
 * what it should, or a number past every bound.
 */
static bool
to_scale(struct pack_plan *p)
{
    const uint64_t inverse = CORE_FIFTH[p->scale];
    const uint64_t unit = (uint64_t)CORE_UNIT[p->scale];
    const uint64_t most = DECIMAL_MAX / unit;
    const unsigned shift = DECIMAL_PLACES - p->scale;
    uint64_t rest = 0;
    bool wild = false;

    for (size_t i = 0; i < p->n; i++) {
        uint64_t v = (uint64_t)(p->micro[i] >> shift) * inverse;

        p->rise[i] = v;
        rest |= v * unit ^ (uint64_t)p->micro[i];
        wild |= v + most > 2 * most;
    }
    return rest == 0 && !wild;
}

static void
plan_digits(struct pack_plan *p)
{
    const uint8_t first = p->n ? p->places[0] : 0;

    p->style = STYLE_FIXED;
    p->scale = first;
    if (first <= DECIMAL_PLACES && all_equal(p->places, p->n, first) &&
        to_scale(p))
        return;
    p->style = STYLE_TRIMMED;
    if (!least_scale(p, &p->scale)) {
        p->style = STYLE_EACH;
        for (size_t i = 0; i < p->n; i++) {
            uint8_t need = places_least(p->micro[i]), said = p->places[i];

            said = said > DECIMAL_PLACES ? DECIMAL_PLACES : said;
            p->digits[i] = said > need ? said : need;
        }
        p->places = p->digits;
    }
    to_scale(p);
}

/* ---- planes ------------------------------------------------------------- */

/* Sum, peak and least of the scaled values; rise becomes what it is called. */
static void
plan_sum(struct pack_plan *p)
{
    int64_t sum = 0, least, peak;

    p->sum = p->peak = p->least = 0;
    p->peak_at = 0;
    if (!p->n)
        return;
    least = peak = (int64_t)p->rise[0];
    for (size_t i = 0; i < p->n; i++) {
        int64_t v = (int64_t)p->rise[i];

        sum += v;
        least = v < least ? v : least;
        peak = v > peak ? v : peak;
    }
    while ((int64_t)p->rise[p->peak_at] != peak)
        p->peak_at++;
    for (size_t i = 0; i < p->n; i++)
        p->rise[i] -= (uint64_t)least;
    p->sum = sum;
    p->peak = peak;
    p->least = least;
}

static unsigned
bits_of(uint64_t n)
{
    return n ? 64 - (unsigned)__builtin_clzll(n) : 0;
}

static uint64_t
unary_cost(const struct pack_plan *p, unsigned width)
{
    uint64_t bits = p->n * (width + 1);

    for (size_t i = 0; i < p->n; i++)
        bits += p->rise[i] >> width;
    return bits;
}

/* Tries every width with its outliers in a list. */
static void
plan_list(struct pack_plan *p, unsigned most, uint64_t best)
{
    uint8_t of[64] = {0};

    for (size_t i = 0; i < p->n; i++)
        of[bits_of(p->rise[i])]++;
    for (unsigned w = 0; w < most; w++) {
        uint64_t cost = p->n * w + 8;

        for (unsigned b = w + 1; b <= most; b++)
            cost += of[b] * (8u + 8 * ((b - w + 6) / 7));
        if (cost >= best)
            continue;
        best = cost;
        p->width = w;
        p->high = HIGH_LIST;
    }
}

/* The cheapest width and way of telling what lies above it. */
void
pack_planes(struct pack_plan *p)
{
    const uint64_t top = (uint64_t)(p->peak - p->least);
    const unsigned most = bits_of(top);
    uint64_t best, total;
    unsigned middle;

    assert(most <= WIDTH_MOST);
    p->width = most;
    p->high = HIGH_NONE;
    if (!p->n)
        return;
    best = p->n * most;
    total = (uint64_t)(p->sum - p->least * (int64_t)p->n);
    middle = bits_of(total / p->n);
    for (unsigned w = middle > 2 ? middle - 2 : 0; w <= middle; w++) {
        uint64_t cost = unary_cost(p, w);

        if (cost >= best)
            continue;
        best = cost;
        p->width = w;
        p->high = HIGH_UNARY;
    }
    if (top >> middle > 8)
        plan_list(p, most, best);
}

/* For each value its high part in zero bits, then a one. */
static uint8_t *
put_unary(uint8_t *to, const struct pack_plan *p)
{
    size_t bit = 0, bytes = (unary_cost(p, p->width) - p->n * p->width + 7) / 8;

    memset(to, 0, bytes);
    for (size_t i = 0; i < p->n; i++) {
        bit += p->rise[i] >> p->width;
        to[bit >> 3] |= (uint8_t)(1u << (bit & 7));
        bit++;
    }
    return to + bytes;
}

static uint8_t *
put_list(uint8_t *to, const struct pack_plan *p)
{
    uint8_t *count = to++;

    *count = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (!(p->rise[i] >> p->width))
            continue;
        *to++ = (uint8_t)i;
        to = bits_put_varint(to, p->rise[i] >> p->width);
        ++*count;
    }
    return to;
}

/* ---- sections ----------------------------------------------------------- */

static uint8_t *
put_runs(uint8_t *to, const uint8_t *status, size_t n)
{
    uint8_t *count = to++;

    *count = 0;
    for (size_t i = 0, from = 0; i < n; i++) {
        if (i + 1 < n && status[i + 1] == status[i])
            continue;
        *to++ = status[i];
        *to++ = (uint8_t)(i + 1 - from);
        from = i + 1;
        ++*count;
    }
    return to;
}

static uint8_t *
put_dictionary(uint8_t *to, const uint8_t *status, size_t n)
{
    uint64_t index[READING_MOST];
    uint8_t *count = to++, *entry = to;

    *count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;

        while (k < *count && entry[k] != status[i])
            k++;
        if (k == *count)
            entry[(*count)++] = status[i];
        index[i] = k;
    }
    return plane_put(entry + *count, index, n, index_bits(*count));
}

static uint8_t *
put_status(uint8_t *to, const struct pack_plan *p, const struct reading_day *d)
{
    switch (p->status) {
    case STATUS_ALL_A:
        break;
    case STATUS_ONE:
        *to++ = d->status[0];
        break;
    case STATUS_RUNS:
        return put_runs(to, d->status, d->n);
    case STATUS_BITS:
        return put_dictionary(to, d->status, d->n);
    }
    return to;
}

static uint8_t *
put_places(uint8_t *to, const struct pack_plan *p)
{
    uint64_t places[READING_MOST];

    for (size_t i = 0; i < p->n; i++)
        places[i] = p->places[i];
    return plane_put(to, places, p->n, PLACES_BITS);
}

/* A decimal whose places cannot hold it is told with all six. */
static unsigned
places_held(struct decimal d)
{
    unsigned least = places_least(d.micro);

    if (d.places > DECIMAL_PLACES)
        return DECIMAL_PLACES;
    return d.places > least ? d.places : least;
}

/* The stop read is told as what is left of it over start read and sum. */
static uint8_t *
put_reads(uint8_t *to, const struct pack_plan *p, const struct reading_day *d)
{
    unsigned start = places_held(d->start_read);
    unsigned stop = places_held(d->stop_read);
    unsigned fine = start > stop ? start : stop;
    int64_t more;

    fine = p->scale > fine ? p->scale : fine;
    more = (d->stop_read.micro - d->start_read.micro) / CORE_UNIT[fine] -
           p->sum * (CORE_UNIT[p->scale] / CORE_UNIT[fine]);
    *to++ = (uint8_t)(start | stop << 4);
    to = bits_put_zigzag(to, d->start_read.micro / CORE_UNIT[start]);
    return bits_put_zigzag(to, more);
}

static enum core_length
length_of(const struct reading_day *d)
{
    if (d->seconds != 900)
        return LENGTH_GIVEN;
    for (int i = LENGTH_96; i < LENGTH_GIVEN; i++)
        if (d->n == CORE_LENGTH[i])
            return (enum core_length)i;
    return LENGTH_GIVEN;
}

/* Place in the day of the k-th value present. */
static unsigned
place_in_day(const struct reading_day *d, unsigned k)
{
    for (unsigned i = 0; i < d->n; i++)
        if (d->status[i] && k-- == 0)
            return i;
    return 0;
}

/* The day that nearly all are: its first byte says the width, too. */
static bool
is_brief(const struct pack_plan *p, enum core_length length, bool usual)
{
    return usual && length == LENGTH_96 && p->scale == BRIEF_SCALE &&
           p->width <= BRIEF_WIDTH;
}

static uint8_t *
put_marks(uint8_t *to, struct pack_plan *p, const struct reading_day *d,
          enum core_length length)
{
    unsigned flags = (unsigned)p->status | (unsigned)p->high << FLAG_HIGH |
                     (d->origin != 'M' ? FLAG_ORIGIN : 0);
    bool usual = flags == FLAGS_USUAL && p->style == STYLE_FIXED;
    unsigned style = usual ? STYLE_USUAL : p->style;

    p->brief = is_brief(p, length, usual);
    if (p->brief) {
        *to++ = (uint8_t)(SHAPE_BRIEF | p->width << BRIEF_SHIFT |
                          (d->has_reads ? SHAPE_READS : 0));
        return to;
    }
    *to++ = (uint8_t)(p->scale | style << SHAPE_STYLE |
                      (unsigned)length << SHAPE_LENGTH |
                      (d->has_reads ? SHAPE_READS : 0));
    if (!usual)
        *to++ = (uint8_t)flags;
    return to;
}

/* Everything that can be read without the values. */
static uint8_t *
put_head(uint8_t *to, struct pack_plan *p, const struct reading_day *d)
{
    enum core_length length = length_of(d);

    to = put_marks(to, p, d, length);
    if (length == LENGTH_GIVEN) {
        bits_store(to, 2, d->n);
        bits_store(to + 2, 2, d->seconds);
        to[4] = UNIT_KWH;
        to += 5;
    }
    if (d->origin != 'M')
        *to++ = d->origin;
    if (p->status != STATUS_ALL_A) {
        *to++ = (uint8_t)p->missing;
        *to++ = (uint8_t)p->estimated;
    }
    to = bits_put_zigzag(to, p->sum);
    to = bits_put_zigzag(to, p->peak);
    *to++ = (uint8_t)(p->missing ? place_in_day(d, p->peak_at) : p->peak_at);
    return d->has_reads ? put_reads(to, p, d) : to;
}

/* Everything in front of the planes. */
static uint8_t *
put_front(uint8_t *to, struct pack_plan *p, const struct reading_day *d)
{
    to = put_head(to, p, d);
    to = put_status(to, p, d);
    if (p->style == STYLE_EACH)
        to = put_places(to, p);
    to = bits_put_zigzag(to, p->least);
    if (!p->brief)
        *to++ = (uint8_t)p->width;
    return to;
}

size_t
core_pack_any(const struct reading_day *d, uint8_t core[CORE_MOST])
{
    struct pack_plan p;
    uint8_t *to;

    assert(d->n <= READING_MOST);
    plan_status(&p, d);
    plan_digits(&p);
    plan_sum(&p);
    pack_planes(&p);
    to = put_front(core, &p, d);
    to = plane_put(to, p.rise, p.n, p.width);
    if (p.high == HIGH_UNARY)
        to = put_unary(to, &p);
    else if (p.high == HIGH_LIST)
        to = put_list(to, &p);
    return (size_t)(to - core);
}

size_t
core_pack(const struct reading_day *d, uint8_t core[CORE_MOST])
{
    uint32_t rise[USUAL_LENGTH];
    struct pack_plan p;
    uint8_t *to;

    if (!pack_usual(&p, d, rise))
        return core_pack_any(d, core);
    to = put_front(core, &p, d);
    return (size_t)(pack_usual_put(to, &p, rise) - core);
}
