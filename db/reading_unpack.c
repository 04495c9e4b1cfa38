/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking a day of intervals (docs/packed-day.md has every byte).
 * The bytes may be damaged: whatever they hold, nothing is read or written
 * outside its place, and what does not add up to its stored sum and peak is
 * refused.
 */
#include "db/reading_bits.h"
#include "db/reading_core.h"
#include "db/reading_pack.h"

#define PAD 16 /* planes are read in words of eight bytes */

/* What stands in front of the planes. */
struct head {
    unsigned scale;
    enum core_style style;
    enum core_status status;
    enum core_high high;
    bool has_reads, brief;
    uint8_t origin, width; /* width: of a brief one */
    uint16_t n, seconds;
    unsigned missing, estimated, peak_at;
    int64_t sum, peak; /* in units of the scale */
    struct decimal start, stop;
};

static bool
beyond(int64_t n, int64_t most)
{
    return n > most || n < -most;
}

static bool
take_reads(struct bits_in *in, struct head *h)
{
    unsigned places = (unsigned)bits_word(in, 1), fine;
    unsigned start = places & 15, stop = places >> 4;
    int64_t base = bits_zigzag(in), more = bits_zigzag(in);
    int64_t sum, rise;

    if (start > DECIMAL_PLACES || stop > DECIMAL_PLACES)
        return false;
    fine = start > stop ? start : stop;
    fine = h->scale > fine ? h->scale : fine;
    if (__builtin_mul_overflow(base, CORE_UNIT[start], &base) ||
        __builtin_mul_overflow(more, CORE_UNIT[fine], &rise) ||
        __builtin_mul_overflow(h->sum, CORE_UNIT[h->scale], &sum) ||
        __builtin_add_overflow(rise, sum, &rise) ||
        __builtin_add_overflow(rise, base, &rise))
        return false;
    h->start = (struct decimal){base, (uint8_t)start};
    h->stop = (struct decimal){rise, (uint8_t)stop};
    return rise % CORE_UNIT[stop] == 0;
}

static bool
take_length(struct bits_in *in, unsigned shape, struct head *h)
{
    unsigned length = shape >> SHAPE_LENGTH & 3;

    if (length != LENGTH_GIVEN) {
        h->n = CORE_LENGTH[length];
        h->seconds = 900;
        return true;
    }
    h->n = (uint16_t)bits_word(in, 2);
    h->seconds = (uint16_t)bits_word(in, 2);
    return bits_word(in, 1) == UNIT_KWH && h->n <= READING_MOST;
}

/* The first bytes: what kinds of things follow. */
static bool
take_marks(struct bits_in *in, struct head *h)
{
    unsigned shape = (unsigned)bits_word(in, 1);
    unsigned flags = FLAGS_USUAL;

    h->brief = (shape & SHAPE_SCALE) == SHAPE_BRIEF;
    if (h->brief) {
        h->width = shape >> BRIEF_SHIFT & BRIEF_WIDTH;
        shape = BRIEF_SCALE | (unsigned)STYLE_USUAL << SHAPE_STYLE |
                (unsigned)LENGTH_96 << SHAPE_LENGTH | (shape & SHAPE_READS);
    }
    h->scale = shape & SHAPE_SCALE;
    h->style = (enum core_style)(shape >> SHAPE_STYLE & 3);
    if (h->style == STYLE_USUAL)
        h->style = STYLE_FIXED;
    else
        flags = (unsigned)bits_word(in, 1);
    h->has_reads = shape & SHAPE_READS;
    h->status = (enum core_status)(flags & FLAG_STATUS);
    h->high = (enum core_high)(flags >> FLAG_HIGH & 3);
    if (h->scale > DECIMAL_PLACES || h->high > HIGH_LIST ||
        flags & ~(unsigned)FLAG_KNOWN || !take_length(in, shape, h))
        return false;
    h->origin = flags & FLAG_ORIGIN ? (uint8_t)bits_word(in, 1) : 'M';
    return true;
}

static bool
take_head(struct bits_in *in, struct head *h)
{
    if (!take_marks(in, h))
        return false;
    h->missing = h->estimated = 0;
    if (h->status != STATUS_ALL_A) {
        h->missing = (unsigned)bits_word(in, 1);
        h->estimated = (unsigned)bits_word(in, 1);
    }
    h->sum = bits_zigzag(in);
    h->peak = bits_zigzag(in);
    h->peak_at = (unsigned)bits_word(in, 1);
    if (beyond(h->sum, DECIMAL_MAX * READING_MOST) ||
        beyond(h->peak, DECIMAL_MAX) || h->missing > h->n ||
        (h->peak_at >= h->n && h->peak_at))
        return false;
    h->start = h->stop = (struct decimal){0};
    return (!h->has_reads || take_reads(in, h)) && !in->bad;
}

bool
core_sum(const uint8_t *core, size_t n, struct reading_sum *s)
{
    struct bits_in in = {core, core + n, false};
    struct head h;

    if (!take_head(&in, &h) ||
        __builtin_mul_overflow(h.sum, CORE_UNIT[h.scale], &s->sum_ukwh) ||
        __builtin_mul_overflow(h.peak, CORE_UNIT[h.scale], &s->peak_ukwh))
        return false;
    s->n = h.n;
    s->missing = (uint16_t)h.missing;
    s->estimated = (uint16_t)h.estimated;
    s->peak_at = (uint16_t)h.peak_at;
    s->has_reads = h.has_reads;
    s->start_read = h.start;
    s->stop_read = h.stop;
    return true;
}

/* ---- planes ------------------------------------------------------------- */

/* The bytes of n values of that width, or NULL. */
static const uint8_t *
take_plane(struct bits_in *in, size_t n, unsigned width)
{
    return bits_bytes(in, (n * width + 7) / 8);
}

/* Value i of a plane that has PAD readable bytes behind it. */
static inline uint64_t
plane_at(const uint8_t *plane, size_t i, unsigned width)
{
    size_t bit = i * width;

    return bits_load(plane + (bit >> 3), 8) >> (bit & 7) &
           ((UINT64_C(1) << width) - 1);
}

/* Adds the unary plane to n values; false when it does not hold n ones. */
static bool
add_unary(struct bits_in *in, uint64_t *value, size_t n, unsigned width)
{
    const size_t bytes = (size_t)(in->end - in->at);
    size_t got = 0, last = 0; /* last: bits seen before this value's zeros */

    for (size_t at = 0; got < n && at < bytes; at += 8) {
        uint64_t word = bits_load(in->at + at, 8);

        if (bytes - at < 8)
            word &= (UINT64_C(1) << 8 * (bytes - at)) - 1;
        while (word && got < n) {
            size_t one = at * 8 + (size_t)__builtin_ctzll(word);

            value[got++] += (one - last) << width;
            last = one + 1;
            word &= word - 1;
        }
    }
    in->at += (last + 7) / 8;
    return got == n;
}

static bool
add_list(struct bits_in *in, uint64_t *value, size_t n, unsigned width)
{
    unsigned count = (unsigned)bits_word(in, 1);

    while (count-- > 0) {
        size_t at = (size_t)bits_word(in, 1);
        uint64_t high = bits_varint(in);

        if (in->bad || at >= n || high >> (WIDTH_MOST + 1 - width))
            return false;
        value[at] += high << width;
    }
    return true;
}

/* The n values present, at the day's scale, checked against sum and peak. */
static bool
take_values(struct bits_in *in, const struct head *h, int64_t *value, size_t n)
{
    int64_t least = bits_zigzag(in), peak = INT64_MIN;
    unsigned width = h->brief ? h->width : (unsigned)bits_word(in, 1);
    uint64_t rise[READING_MOST], sum = 0;
    const uint8_t *plane;

    if (in->bad || beyond(least, DECIMAL_MAX) || width > WIDTH_MOST)
        return false;
    plane = take_plane(in, n, width);
    if (!plane)
        return false;
    for (size_t i = 0; i < n; i++)
        rise[i] = plane_at(plane, i, width);
    if (h->high == HIGH_UNARY && !add_unary(in, rise, n, width))
        return false;
    if (h->high == HIGH_LIST && !add_list(in, rise, n, width))
        return false;
    for (size_t i = 0; i < n; i++) {
        value[i] = (int64_t)((uint64_t)least + rise[i]);
        sum += (uint64_t)value[i];
        peak = value[i] > peak ? value[i] : peak;
    }
    return sum == (uint64_t)h->sum && (n ? peak : 0) == h->peak &&
           in->at == in->end;
}

/* ---- statuses and digits ------------------------------------------------ */

static bool
take_runs(struct bits_in *in, struct reading_day *d)
{
    unsigned count = (unsigned)bits_word(in, 1);
    size_t at = 0;

    while (count-- > 0) {
        uint8_t status = (uint8_t)bits_word(in, 1);
        size_t run = (size_t)bits_word(in, 1);

        if (in->bad || run > d->n - at)
            return false;
        memset(d->status + at, status, run);
        at += run;
    }
    return at == d->n && !in->bad;
}

static bool
take_dictionary(struct bits_in *in, struct reading_day *d)
{
    unsigned count = (unsigned)bits_word(in, 1), width = index_bits(count);
    const uint8_t *entry = bits_bytes(in, count);
    const uint8_t *plane = entry ? take_plane(in, d->n, width) : NULL;

    if (!plane || !count)
        return false;
    for (size_t i = 0; i < d->n; i++) {
        uint64_t k = plane_at(plane, i, width);

        if (k >= count)
            return false;
        d->status[i] = entry[k];
    }
    return true;
}

/* Statuses, and that as many are missing and estimated as the head says. */
static bool
take_status(struct bits_in *in, const struct head *h, struct reading_day *d)
{
    unsigned missing = 0, estimated = 0;

    if (h->status == STATUS_ALL_A) {
        memset(d->status, 'A', d->n);
        return true;
    }
    if (h->status == STATUS_ONE)
        memset(d->status, (int)bits_word(in, 1), d->n);
    else if (h->status == STATUS_RUNS ? !take_runs(in, d)
                                      : !take_dictionary(in, d))
        return false;
    for (size_t i = 0; i < d->n; i++) {
        missing += d->status[i] == 0;
        estimated += d->status[i] == 'E';
    }
    return missing == h->missing && estimated == h->estimated && !in->bad;
}

/* Values to millionths, within bounds, spread over the intervals present. */
static bool
spread(const struct head *h, const int64_t *value, struct reading_day *d)
{
    const int64_t unit = CORE_UNIT[h->scale];
    const uint64_t most = DECIMAL_MAX / (uint64_t)unit;
    bool wild = false;

    if (!h->missing) {
        for (size_t i = 0; i < d->n; i++) {
            wild |= (uint64_t)value[i] + most > 2 * most;
            d->value_ukwh[i] = (int64_t)((uint64_t)value[i] * (uint64_t)unit);
        }
        return !wild;
    }
    for (size_t i = 0, k = 0; i < d->n; i++) {
        int64_t v = d->status[i] ? value[k++] : 0;

        wild |= (uint64_t)v + most > 2 * most;
        d->value_ukwh[i] = (int64_t)((uint64_t)v * (uint64_t)unit);
    }
    return !wild;
}

static bool
spread_places(const struct head *h, const uint8_t *plane, struct reading_day *d)
{
    memset(d->places, (int)h->scale, d->n);
    if (h->style == STYLE_FIXED && !h->missing)
        return true;
    for (size_t i = 0, k = 0; i < d->n; i++) {
        if (!d->status[i])
            d->places[i] = 0;
        else if (h->style == STYLE_TRIMMED)
            d->places[i] = places_least(d->value_ukwh[i]);
        else if (h->style == STYLE_EACH)
            d->places[i] = (uint8_t)plane_at(plane, k++, PLACES_BITS);
        if (d->places[i] > DECIMAL_PLACES ||
            d->value_ukwh[i] % CORE_UNIT[d->places[i]])
            return false;
    }
    return true;
}

static _Thread_local int64_t unpacked;

int64_t
reading_unpacked(void)
{
    return unpacked;
}

bool
core_unpack(const uint8_t *core, size_t n, struct reading_day *d)
{
    uint8_t held[CORE_MOST + PAD];
    struct bits_in in = {held, held, false};
    int64_t value[READING_MOST];
    const uint8_t *places = NULL;
    struct head h;
    size_t present;

    unpacked++;
    if (n > CORE_MOST)
        return false;
    memcpy(held, core, n);
    memset(held + n, 0, PAD);
    in.end = held + n;
    if (!take_head(&in, &h))
        return false;
    d->n = h.n;
    d->seconds = h.seconds;
    d->origin = h.origin;
    d->has_reads = h.has_reads;
    d->start_read = h.start;
    d->stop_read = h.stop;
    if (!take_status(&in, &h, d))
        return false;
    present = (size_t)h.n - h.missing;
    if (h.style == STYLE_EACH &&
        !(places = take_plane(&in, present, PLACES_BITS)))
        return false;
    return take_values(&in, &h, value, present) && spread(&h, value, d) &&
           spread_places(&h, places, d);
}
