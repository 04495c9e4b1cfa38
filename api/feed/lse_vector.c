/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detail rows of LSE read by vectors.  A row is looked at whole: where its
 * commas and points stand comes out as bits, the digits of its four values are
 * gathered with one shuffle each and multiplied together side by side.
 *
 * Nothing is refused here.  A row that is not exactly what it should be, or
 * whose bytes are not all in the span, is left to the plain reader, which says
 * what is wrong with it; so the two can differ only in what they take.
 */
#include "api/feed/lse_row.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define SSE  __attribute__((target("ssse3,sse4.1")))
#define AVX2 __attribute__((target("avx2,bmi")))
#define INTO static inline __attribute__((always_inline))

#define SORT_CODE   9  /* bytes, with its comma */
#define USUAL_VALUE 9  /* "d.ddd,S,," */
#define USUAL_BODY  36 /* four of them; the last comma may be missing */
#define LOOK        64 /* bytes of a row that are looked at behind its code */

/* Takes a row's end; p stands behind the last status and its comma. */
INTO const char *
row_end(const char *p)
{
    p += *p == ',';
    p += *p == '\r';
    return *p == '\n' ? p + 1 : NULL;
}

/* Are the bytes there that a reader of a row may look at? */
INTO bool
in_span(const struct lse *in, const char *p, size_t bytes)
{
    return in->span.end + LSE_PAD - p >= (ptrdiff_t)bytes;
}

INTO bool
is_code(const char *p, unsigned row)
{
    return lse_eight(p) == lse_sort_code(row) && p[8] == ',';
}

INTO bool
two_commas(const char *p)
{
    return p[0] == ',' && p[1] == ',';
}

/* ---- the usual row: four times d.ddd,S,, ------------------------------------
 *
 * Sixteen bytes hold two values but for the two commas behind the second.
 */

#define USUAL_MASK                                                             \
    0, -1, 0, 0, 0, -1, (char)0xfb, -1, -1, 0, -1, 0, 0, 0, -1, (char)0xfb
#define USUAL_BYTES                                                            \
    0, '.', 0, 0, 0, ',', 'A', ',', ',', 0, '.', 0, 0, 0, ',', 'A'

INTO void
usual_marks(struct reading_day *d, unsigned n, uint32_t status)
{
    const uint32_t three = 0x03030303;

    memcpy(d->status + n, &status, sizeof status);
    memcpy(d->places + n, &three, sizeof three);
}

/* Thousandths of a kWh become millionths, and wider. */
SSE INTO void
usual_store(int64_t *to, __m128i wh)
{
    const __m128i u = _mm_mullo_epi32(wh, _mm_set1_epi32(1000));

    _mm_storeu_si128((__m128i *)(void *)to, _mm_cvtepu32_epi64(u));
    _mm_storeu_si128((__m128i *)(void *)(to + 2),
                     _mm_cvtepu32_epi64(_mm_srli_si128(u, 8)));
}

/* Behind the four values of a usual row, or NULL. */
SSE INTO const char *
usual_row(const char *p, struct reading_day *d, unsigned row)
{
    const __m128i mask = _mm_setr_epi8(USUAL_MASK);
    const __m128i bytes = _mm_setr_epi8(USUAL_BYTES);
    const __m128i low = _mm_setr_epi8(0, 2, 3, 4, 9, 11, 12, 13, -1, -1, -1, -1,
                                      -1, -1, -1, -1);
    const __m128i high = _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, 0, 2, 3,
                                       4, 9, 11, 12, 13);
    const __m128i marks = _mm_setr_epi8(6, 15, -1, -1, -1, -1, -1, -1, -1, -1,
                                        -1, -1, -1, -1, -1, -1);
    const __m128i ten = _mm_set1_epi16(0x010a), zero = _mm_set1_epi8('0');
    const __m128i hundred = _mm_set1_epi32(0x00010064);
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(p + 18));
    __m128i same = _mm_and_si128(_mm_cmpeq_epi8(_mm_and_si128(a, mask), bytes),
                                 _mm_cmpeq_epi8(_mm_and_si128(b, mask), bytes));
    __m128i digits =
        _mm_or_si128(_mm_shuffle_epi8(_mm_sub_epi8(a, zero), low),
                     _mm_shuffle_epi8(_mm_sub_epi8(b, zero), high));
    __m128i over = _mm_subs_epu8(digits, _mm_set1_epi8(9));
    uint32_t status;

    /* where the mask is 0 both sides are 0: all bytes are the same */
    if (_mm_movemask_epi8(same) != 0xffff || !_mm_testz_si128(over, over) ||
        !two_commas(p + 16) || p[34] != ',')
        return NULL;
    status = (uint32_t)_mm_cvtsi128_si32(_mm_unpacklo_epi16(
        _mm_shuffle_epi8(a, marks), _mm_shuffle_epi8(b, marks)));
    usual_marks(d, row * LSE_ROW_INTERVALS, status);
    usual_store(d->value_ukwh + (size_t)row * LSE_ROW_INTERVALS,
                _mm_madd_epi16(_mm_maddubs_epi16(digits, ten), hundred));
    return p + USUAL_BODY - 1;
}

/* ---- any good row -----------------------------------------------------------
 */

/* Values of up to eight bytes: where the digits stand in the eight bytes that
 * end with the comma, by length and digits after the point. */
#define AT(n, k, j)                                                            \
    ((k) > 0 && (j) < 8 - (k) ? ((j) >= 9 - (n) ? (j)-1 : 0x80)                \
                              : ((j) >= 8 - (n) ? (j) : 0x80))
#define GATHER(n, k)                                                           \
    {                                                                          \
        AT(n, k, 0), AT(n, k, 1), AT(n, k, 2), AT(n, k, 3), AT(n, k, 4),       \
            AT(n, k, 5), AT(n, k, 6), AT(n, k, 7)                              \
    }
#define GATHER_EACH(n)                                                         \
    {                                                                          \
        GATHER(n, 0), GATHER(n, 1), GATHER(n, 2), GATHER(n, 3), GATHER(n, 4),  \
            GATHER(n, 5), GATHER(n, 6), GATHER(n, 7)                           \
    }

static const uint8_t GATHERS[9][8][8] = {
    GATHER_EACH(0), GATHER_EACH(1), GATHER_EACH(2),
    GATHER_EACH(3), GATHER_EACH(4), GATHER_EACH(5),
    GATHER_EACH(6), GATHER_EACH(7), GATHER_EACH(8),
};

static const int64_t UNITS[DECIMAL_PLACES + 1] = {1000000, 100000, 10000, 1000,
                                                  100,     10,     1};

/* Where the four values of a row stand behind its sort code. */
struct layout {
    unsigned end[LSE_ROW_INTERVALS];    /* of each value: its comma */
    unsigned length[LSE_ROW_INTERVALS]; /* 1 to 8 */
    unsigned places[LSE_ROW_INTERVALS];
};

/* One value that begins at `from`; false: the plain reader is to look. */
INTO bool
lay_out_value(struct layout *l, unsigned i, unsigned from, uint64_t commas,
              uint64_t points)
{
    unsigned n, point;

    commas >>= from;
    points >>= from;
    if (commas == 0)
        return false;
    n = (unsigned)__builtin_ctzll(commas);
    /* a comma behind the value, one behind its status, one for its time */
    if (n < 1 || n > 8 || (commas >> n & 5) != 5 ||
        (i < LSE_ROW_INTERVALS - 1 && (commas >> n & 8) == 0))
        return false;
    l->end[i] = from + n;
    l->length[i] = n;
    l->places[i] = 0;
    points &= (1u << n) - 1;
    if (points == 0)
        return n <= 7;
    point = (unsigned)__builtin_ctzll(points);
    l->places[i] = n - 1 - point;
    return point > 0 && point < n - 1; /* so there are at most six places */
}

INTO bool
lay_out(struct layout *l, uint64_t commas, uint64_t points)
{
    unsigned from = 0;

    for (unsigned i = 0; i < LSE_ROW_INTERVALS; i++) {
        if (from >= LOOK - 16 || !lay_out_value(l, i, from, commas, points))
            return false;
        from = l->end[i] + 4;
    }
    return true;
}

/* The digits of two values, eight each. */
SSE INTO __m128i
digits_of_two(const char *p, const struct layout *l, unsigned i)
{
    uint64_t g0, g1;
    __m128i x, gather;

    memcpy(&g0, GATHERS[l->length[i]][l->places[i]], 8);
    memcpy(&g1, GATHERS[l->length[i + 1]][l->places[i + 1]], 8);
    gather = _mm_set_epi64x((int64_t)(g1 + LSE_EACH(8)), (int64_t)g0);
    x = _mm_set_epi64x((int64_t)lse_eight(p + l->end[i + 1] - 8),
                       (int64_t)lse_eight(p + l->end[i] - 8));
    return _mm_shuffle_epi8(_mm_sub_epi8(x, _mm_set1_epi8('0')), gather);
}

/* Four digits a number in each half of what eight digits are. */
SSE INTO __m128i
fours_of(__m128i digits)
{
    return _mm_madd_epi16(_mm_maddubs_epi16(digits, _mm_set1_epi16(0x010a)),
                          _mm_set1_epi32(0x00010064));
}

SSE INTO bool
take_values(const char *p, const struct layout *l, struct reading_day *d,
            unsigned row)
{
    const unsigned n = row * LSE_ROW_INTERVALS;
    __m128i a = digits_of_two(p, l, 0), b = digits_of_two(p, l, 2);
    __m128i over = _mm_subs_epu8(_mm_max_epu8(a, b), _mm_set1_epi8(9));
    uint32_t number[LSE_ROW_INTERVALS];

    if (!_mm_testz_si128(over, over))
        return false;
    a = _mm_packus_epi32(fours_of(a), fours_of(b));
    a = _mm_madd_epi16(a, _mm_set1_epi32(0x00012710)); /* 10,000 and 1 */
    _mm_storeu_si128((__m128i *)(void *)number, a);
    for (unsigned i = 0; i < LSE_ROW_INTERVALS; i++) {
        char status = p[l->end[i] + 1];

        if (status != 'A' && status != 'E')
            return false;
        d->value_ukwh[n + i] = (int64_t)number[i] * UNITS[l->places[i]];
        d->places[n + i] = (uint8_t)l->places[i];
        d->status[n + i] = (uint8_t)status;
    }
    return true;
}

SSE INTO uint64_t
bits_sse(const char *p, char c)
{
    const __m128i same = _mm_set1_epi8(c);
    uint64_t bits = 0;

    for (unsigned i = 0; i < LOOK / 16; i++) {
        __m128i x = _mm_loadu_si128(
            (const __m128i *)(const void *)(p + (size_t)16 * i));

        bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, same))
                << 16 * i;
    }
    return bits;
}

AVX2 INTO uint64_t
bits_avx2(const char *p, char c)
{
    const __m256i same = _mm256_set1_epi8(c);
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, same));
    uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, same));

    return low | (uint64_t)high << 32;
}

/* ---- rows -------------------------------------------------------------------
 */

/* Behind one row, or NULL. */
SSE INTO const char *
row_sse(const struct lse *in, const char *p, struct reading_day *d,
        unsigned row)
{
    const char *body = p + SORT_CODE, *end;
    struct layout l;

    if (!in_span(in, p, SORT_CODE + LOOK + 8) || row == LSE_MOST_ROWS ||
        !is_code(p, row))
        return NULL;
    end = usual_row(body, d, row);
    if (end == NULL) {
        if (!lay_out(&l, bits_sse(body, ','), bits_sse(body, '.')) ||
            !take_values(body, &l, d, row))
            return NULL;
        end = body + l.end[LSE_ROW_INTERVALS - 1] + 3;
    }
    return row_end(end);
}

AVX2 INTO const char *
row_avx2(const struct lse *in, const char *p, struct reading_day *d,
         unsigned row)
{
    const char *body = p + SORT_CODE, *end;
    struct layout l;

    if (!in_span(in, p, SORT_CODE + LOOK + 8) || row == LSE_MOST_ROWS ||
        !is_code(p, row))
        return NULL;
    end = usual_row(body, d, row);
    if (end == NULL) {
        if (!lay_out(&l, bits_avx2(body, ','), bits_avx2(body, '.')) ||
            !take_values(body, &l, d, row))
            return NULL;
        end = body + l.end[LSE_ROW_INTERVALS - 1] + 3;
    }
    return row_end(end);
}

/* Behind two usual rows of which the first ends as most do, or NULL: a row in
 * each half of a vector. */
AVX2 INTO const char *
pair_avx2(const struct lse *in, const char *p, struct reading_day *d,
          unsigned row)
{
    const __m256i mask = _mm256_setr_epi8(USUAL_MASK, USUAL_MASK);
    const __m256i bytes = _mm256_setr_epi8(USUAL_BYTES, USUAL_BYTES);
    const __m256i low = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        0, 2, 3, 4, 9, 11, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1));
    const __m256i high = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        -1, -1, -1, -1, -1, -1, -1, -1, 0, 2, 3, 4, 9, 11, 12, 13));
    const __m256i marks = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        6, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
    const __m256i zero = _mm256_set1_epi8('0');
    const char *q = p + SORT_CODE + USUAL_BODY + 1;
    const char *x = p + SORT_CODE, *y = q + SORT_CODE;
    int64_t *to = d->value_ukwh + (size_t)row * LSE_ROW_INTERVALS;
    __m256i a, b, same, digits, over, wh, status;

    if (!in_span(in, q, SORT_CODE + LOOK) || row + 2 > LSE_MOST_ROWS ||
        !is_code(p, row) || !is_code(q, row + 1) || !two_commas(x + 16) ||
        !two_commas(x + 34) || q[-1] != '\n' || !two_commas(y + 16) ||
        y[34] != ',')
        return NULL;
    a = _mm256_loadu2_m128i((const __m128i *)(const void *)y,
                            (const __m128i *)(const void *)x);
    b = _mm256_loadu2_m128i((const __m128i *)(const void *)(y + 18),
                            (const __m128i *)(const void *)(x + 18));
    same =
        _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_and_si256(a, mask), bytes),
                         _mm256_cmpeq_epi8(_mm256_and_si256(b, mask), bytes));
    digits =
        _mm256_or_si256(_mm256_shuffle_epi8(_mm256_sub_epi8(a, zero), low),
                        _mm256_shuffle_epi8(_mm256_sub_epi8(b, zero), high));
    over = _mm256_subs_epu8(digits, _mm256_set1_epi8(9));
    if (_mm256_movemask_epi8(same) != -1 || !_mm256_testz_si256(over, over))
        return NULL;
    wh = _mm256_madd_epi16(
        _mm256_maddubs_epi16(digits, _mm256_set1_epi16(0x010a)),
        _mm256_set1_epi32(0x00010064));
    wh = _mm256_mullo_epi32(wh, _mm256_set1_epi32(1000));
    _mm256_storeu_si256((__m256i *)(void *)to,
                        _mm256_cvtepu32_epi64(_mm256_castsi256_si128(wh)));
    _mm256_storeu_si256((__m256i *)(void *)(to + 4),
                        _mm256_cvtepu32_epi64(_mm256_extracti128_si256(wh, 1)));
    status = _mm256_unpacklo_epi16(_mm256_shuffle_epi8(a, marks),
                                   _mm256_shuffle_epi8(b, marks));
    usual_marks(d, row * LSE_ROW_INTERVALS,
                (uint32_t)_mm256_extract_epi32(status, 0));
    usual_marks(d, (row + 1) * LSE_ROW_INTERVALS,
                (uint32_t)_mm256_extract_epi32(status, 4));
    return row_end(y + USUAL_BODY - 1);
}

INTO void
rows_taken(struct lse *in, const char *end, unsigned rows)
{
    in->row = end;
    in->line += rows;
}

SSE static const char *
details_sse(struct lse *in, const char *p, struct lse_record *r)
{
    unsigned row = 0;

    while (*p >= '1' && *p <= '9') {
        const char *end = row_sse(in, p, &r->d, row);

        if (end != NULL)
            rows_taken(in, end, 1);
        else if ((end = lse_read_detail(in, p, &r->d, row)) == NULL)
            return NULL;
        p = end;
        row++;
    }
    return lse_read_details_end(in, p, r, row);
}

AVX2 static const char *
details_avx2(struct lse *in, const char *p, struct lse_record *r)
{
    unsigned row = 0;

    while (*p >= '1' && *p <= '9') {
        const char *end = pair_avx2(in, p, &r->d, row);

        if (end != NULL) {
            rows_taken(in, end, 2);
            row++;
        } else if ((end = row_avx2(in, p, &r->d, row)) != NULL) {
            rows_taken(in, end, 1);
        } else {
            end = lse_read_detail(in, p, &r->d, row);
            if (end == NULL)
                return NULL;
        }
        p = end;
        row++;
    }
    return lse_read_details_end(in, p, r, row);
}

bool
lse_can(enum lse_way way)
{
    switch (way) {
    case LSE_SSE:
        return __builtin_cpu_supports("ssse3") &&
               __builtin_cpu_supports("sse4.1");
    case LSE_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
    case LSE_PLAIN:
    case LSE_WAYS:
        break;
    }
    return way == LSE_PLAIN;
}

#else

#define details_sse  NULL
#define details_avx2 NULL

bool
lse_can(enum lse_way way)
{
    return way == LSE_PLAIN;
}

#endif

const char *(*const LSE_DETAILS[LSE_WAYS])(struct lse *, const char *,
                                           struct lse_record *) = {
    lse_read_details, details_sse, details_avx2};
