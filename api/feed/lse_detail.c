/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detail rows of LSE: a sort code, then value, status and an empty time, four
 * times.  This is where loading spends its reading time: energy values of up
 * to seven bytes are read eight bytes at a time in a register, the common
 * shape d.ddd,S, in one step; everything else takes the slow, telling way.
 */
#include "api/feed/lse_row.h"

#include "server/base/decimal.h"

static const uint32_t PLACES[DECIMAL_PLACES + 1] = {
    1000000, 100000, 10000, 1000, 100, 10, 1};

/* The byte of a wrong energy text that is to blame. */
static const char *
blame(const char *p, const char *end)
{
    const char *point = NULL;

    for (const char *q = p; q < end; q++) {
        if (*q == '.' && point == NULL && q > p)
            point = q;
        else if (*q < '0' || *q > '9')
            return q;
    }
    return point != NULL && point + 1 == end ? point : p;
}

/* An energy text of any shape up to the comma. */
static const char *
read_kwh_slowly(struct lse *in, const char *p, int64_t *ukwh, uint8_t *places)
{
    const char *end = p;
    struct decimal d;

    while (*end > ' ' && *end <= '~' && *end != ',')
        end++;
    if (*end != ',' || end - in->row >= LSE_MOST_LINE)
        return lse_fail_here(in, end, FEED_KWH_FORM, LSE_FIELD_KWH);
    switch (decimal_parse(p, (size_t)(end - p), &d)) {
    case DECIMAL_OK:
        if (d.micro > LSE_MOST_UKWH)
            return lse_fail(in, p, FEED_KWH_RANGE, LSE_FIELD_KWH);
        *ukwh = d.micro;
        *places = d.places;
        return end + 1;
    case DECIMAL_EMPTY:
        return lse_fail(in, p, FEED_KWH_EMPTY, LSE_FIELD_KWH);
    case DECIMAL_SIGN:
        return lse_fail(in, p, *p == '-' ? FEED_KWH_SIGN : FEED_KWH_FORM,
                        LSE_FIELD_KWH);
    case DECIMAL_LONG:
        return lse_fail(in, p, FEED_KWH_PLACES, LSE_FIELD_KWH);
    case DECIMAL_RANGE:
        return lse_fail(in, p, FEED_KWH_RANGE, LSE_FIELD_KWH);
    case DECIMAL_FORM:
        break;
    }
    return lse_fail(in, blame(p, end), FEED_KWH_FORM, LSE_FIELD_KWH);
}

/*
 * An energy text of one to seven bytes and its comma, in one register: finds
 * comma and point, closes the gap of the point, lines the digits up at the
 * top and multiplies them together.
 */
static inline const char *
read_kwh(struct lse *in, const char *p, int64_t *ukwh, uint8_t *places)
{
    uint64_t x = lse_eight(p), c = x ^ LSE_EACH(','), d = x ^ LSE_EACH('.');
    unsigned comma, point, digits, after = 0;

    c = (c - LSE_EACH(1)) & ~c & LSE_EACH(0x80);
    d = (d - LSE_EACH(1)) & ~d & LSE_EACH(0x80);
    if (c == 0 || (c & 0x80) != 0)
        return read_kwh_slowly(in, p, ukwh, places);
    comma = (unsigned)__builtin_ctzll(c) / 8;
    digits = comma;
    if (d != 0 && (point = (unsigned)__builtin_ctzll(d) / 8) < comma) {
        uint64_t low = (1ull << 8 * point) - 1;

        after = comma - point - 1;
        digits--;
        if (point == 0 || after == 0)
            return read_kwh_slowly(in, p, ukwh, places);
        x = (x & low) | (x >> 8 & ~low);
    }
    x = (x - LSE_EACH('0')) << (64 - 8 * digits);
    if (!lse_all_digits(x))
        return read_kwh_slowly(in, p, ukwh, places);
    *ukwh = (int64_t)lse_number(x) * PLACES[after];
    *places = (uint8_t)after;
    return p + comma + 1;
}

/* The shape d.ddd,S, : true when value and status were taken, 8 bytes. */
static inline bool
read_common(const char *p, int64_t *ukwh, uint8_t *places, uint8_t *status)
{
    uint64_t x = lse_eight(p);
    uint32_t d;

    if ((x & 0xff00ff000000ff00ull) != 0x2c002c0000002e00ull)
        return false;
    d = ((uint32_t)(x & 0xff) | ((uint32_t)(x >> 8) & 0xffffff00u)) -
        0x30303030u;
    if ((((d + 0x76767676u) | d) & 0x80808080u) != 0)
        return false;
    *status = (uint8_t)(x >> 48);
    if (*status != 'A' && *status != 'E')
        return false;
    d = (d * 10 + (d >> 8)) & 0x00ff00ffu;
    *ukwh = (int64_t)((d * 100 + (d >> 16)) & 0xffffu) * 1000;
    *places = 3;
    return true;
}

static inline const char *
read_status(struct lse *in, const char *p, uint8_t *status)
{
    if ((*p != 'A' && *p != 'E') || p[1] != ',') {
        if (*p == 'A' || *p == 'E')
            p++;
        return lse_fail_here(in, p, FEED_STATUS, LSE_FIELD_STATUS);
    }
    *status = (uint8_t)*p;
    return p + 2;
}

static const char *
wrong_sort_code(struct lse *in, const char *p)
{
    unsigned n = 0;

    while (p[n] >= '0' && p[n] <= '9')
        n++;
    if (n == 8 && p[8] == ',')
        return lse_fail(in, p, FEED_ROW_ORDER, LSE_FIELD_SORT);
    return lse_fail_here(in, p + n, FEED_ROW_UNKNOWN, LSE_FIELD_SORT);
}

/* What follows the last status of a row: an empty time, with or without one
 * more comma, and the line's end. */
static inline const char *
read_row_end(struct lse *in, const char *p, unsigned n)
{
    bool extra = *p == ',';

    p += extra;
    if (!extra && !lse_is_end(in, p)) {
        in->interval = (uint16_t)n;
        return lse_fail_here(in, p, FEED_TIME_GIVEN, LSE_FIELD_TIME);
    }
    in->interval = 0;
    return lse_read_end(in, p, LSE_FIELD_DETAIL);
}

/* One row of four intervals from its sort code to its end. */
static inline const char *
read_detail(struct lse *in, const char *p, struct reading_day *d, unsigned row)
{
    unsigned n = row * LSE_ROW_INTERVALS;

    if (lse_eight(p) != lse_sort_code(row) || p[8] != ',')
        return wrong_sort_code(in, p);
    p += 9;
    for (unsigned i = 0; i < LSE_ROW_INTERVALS; i++, n++) {
        if (read_common(p, &d->value_ukwh[n], &d->places[n], &d->status[n])) {
            p += 8;
        } else {
            in->interval = (uint16_t)(n + 1);
            p = read_kwh(in, p, &d->value_ukwh[n], &d->places[n]);
            if (p == NULL)
                return NULL;
            p = read_status(in, p, &d->status[n]);
            if (p == NULL)
                return NULL;
        }
        if (i == LSE_ROW_INTERVALS - 1)
            break;
        if (*p != ',') {
            in->interval = (uint16_t)(n + 1);
            return lse_fail_here(in, p, FEED_TIME_GIVEN, LSE_FIELD_TIME);
        }
        p++;
    }
    return read_row_end(in, p, n + 1);
}

const char *
lse_read_detail(struct lse *in, const char *p, struct reading_day *d,
                unsigned row)
{
    if (row == LSE_MOST_ROWS)
        return lse_fail(in, p, FEED_DAY_LONG, LSE_FIELD_DETAIL);
    return read_detail(in, p, d, row);
}

/* Behind the last detail row stands another record or nothing. */
static const char *
read_details_end(struct lse *in, const char *p)
{
    const char *next = p;

    if (*p == '\r')
        next++;
    if (*next == '\n')
        next++;
    if (next != p && *next >= '1' && *next <= '9')
        return lse_fail(in, p, FEED_ROW_UNKNOWN, LSE_FIELD_SORT);
    if (next == p && p < in->span.end && *p != '0')
        return lse_fail_here(in, p, FEED_ROW_UNKNOWN, LSE_FIELD_SORT);
    return p;
}

const char *
lse_read_details_end(struct lse *in, const char *p, struct lse_record *r,
                     unsigned rows)
{
    if (rows == 0)
        return lse_wrong_row(in, p, LSE_DETAIL);
    r->d.n = (uint16_t)(rows * LSE_ROW_INTERVALS);
    return read_details_end(in, p);
}

const char *
lse_read_details(struct lse *in, const char *p, struct lse_record *r)
{
    unsigned row = 0;

    for (; *p >= '1' && *p <= '9'; row++) {
        p = lse_read_detail(in, p, &r->d, row);
        if (p == NULL)
            return NULL;
    }
    return lse_read_details_end(in, p, r, row);
}
