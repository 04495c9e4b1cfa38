/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the LSE reader: what its files share.  Readers of rows take the
 * position in the text and give the position behind what they read, or NULL
 * after lse_fail.  A span is followed by NUL, so no reader needs its end.
 */
#ifndef MH_FEED_LSE_ROW_H
#define MH_FEED_LSE_ROW_H

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "api/feed/lse.h"

/* Notes what is wrong at `at`; returns NULL.  The end of the text there turns
 * it into "cut off", a line beyond its bound into "line too long". */
const char *lse_fail(struct lse *in, const char *at, enum feed_code code,
                     enum lse_field field) __attribute__((cold, noinline));
/* As lse_fail, but a strange byte there is what is wrong. */
const char *lse_fail_byte(struct lse *in, const char *at, enum feed_code code,
                          enum lse_field field) __attribute__((cold, noinline));
/* As lse_fail_byte where a separator is due: a line's end means a short row. */
const char *lse_fail_here(struct lse *in, const char *at, enum feed_code code,
                          enum lse_field field) __attribute__((cold, noinline));

/* As lse_fail where another row than `row` stands. */
const char *lse_wrong_row(struct lse *in, const char *p, enum lse_row row)
    __attribute__((cold, noinline));

/* The rows one to thirty, then the detail rows. */
const char *
lse_read_headers(struct lse *in, const char *p, struct lse_record *r);
const char *
lse_read_details(struct lse *in, const char *p, struct lse_record *r);
/* One detail row, and what becomes of a record behind `rows` of them. */
const char *lse_read_detail(struct lse *in, const char *p,
                            struct reading_day *d, unsigned row);
const char *lse_read_details_end(struct lse *in, const char *p,
                                 struct lse_record *r, unsigned rows);
/* Takes the 14 digits of a time and the comma behind them. */
const char *lse_read_time(struct lse *in, const char *p, enum lse_field field,
                          int64_t *time);

/*
 * Ways of reading.  The plain one is what the others are measured by: it reads
 * words of eight bytes and remembers no rows.
 */
enum lse_way { LSE_PLAIN, LSE_SSE, LSE_AVX2, LSE_WAYS };

/* False when this processor cannot; `in` has just been initialised. */
bool lse_use(struct lse *in, enum lse_way way);
/* The readers by vectors; NULL where there are none. */
extern const char *(*const LSE_DETAILS[LSE_WAYS])(struct lse *, const char *,
                                                  struct lse_record *);
bool lse_can(enum lse_way way);

#define LSE_ROW_INTERVALS 4
#define LSE_MOST_ROWS     (READING_MOST / LSE_ROW_INTERVALS)

/* The sort code of the detail row that follows `row` others. */
static inline uint64_t
lse_sort_code(unsigned row)
{
    return 0x3030303030303031ull + ((uint64_t)(row / 10) << 48) +
           ((uint64_t)(row % 10) << 56);
}

/* Eight bytes as a number whose low byte is the first. */
static inline uint64_t
lse_eight(const char *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof x);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

#define LSE_EACH(byte) (0x0101010101010101ull * (byte))

/* Are all bytes of x, which had '0' taken off, digits? */
static inline bool
lse_all_digits(uint64_t x)
{
    return (((x + LSE_EACH(0x76)) | x) & LSE_EACH(0x80)) == 0;
}

/* The number that eight digits (with '0' taken off) write. */
static inline uint32_t
lse_number(uint64_t x)
{
    x = (x * 10 + (x >> 8)) & 0x00ff00ff00ff00ffull;
    x = (x * 100 + (x >> 16)) & 0x0000ffff0000ffffull;
    return (uint32_t)(x * 10000 + (x >> 32));
}

/* Bytes that stand inside a field: printable ASCII but the comma. */
static inline bool
lse_in_field(char c)
{
    return c >= ' ' && c <= '~' && c != ',';
}

/* Passes over them. */
static inline const char *
lse_skip_field(const struct lse *in, const char *p)
{
#ifdef __SSE2__
    const __m128i space = _mm_set1_epi8(' '), del = _mm_set1_epi8('~' + 1);
    const __m128i comma = _mm_set1_epi8(',');

    while (in->swift) { /* at most LSE_PAD / 2 bytes beyond the span */
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i out = _mm_or_si128(
            _mm_cmplt_epi8(x, space),
            _mm_or_si128(_mm_cmpeq_epi8(x, del), _mm_cmpeq_epi8(x, comma)));
        unsigned mask = (unsigned)_mm_movemask_epi8(out);

        if (mask != 0)
            return p + __builtin_ctz(mask);
        p += 16;
    }
#endif
    (void)in;
    while (lse_in_field(*p))
        p++;
    return p;
}

static inline bool
lse_is_end(const struct lse *in, const char *p)
{
    return *p == '\n' || *p == '\r' || (*p == '\0' && p >= in->span.end);
}

/* Takes the end of a line: LF, CRLF, or the end of the text. */
static inline const char *
lse_read_end(struct lse *in, const char *p, enum lse_field field)
{
    if (p - in->row > LSE_MOST_LINE)
        return lse_fail(in, p, FEED_LINE_LONG, LSE_FIELD_LINE);
    if (*p == '\r')
        p++;
    if (*p == '\n')
        p++;
    else if (p < in->span.end || !in->span.last)
        return lse_fail_here(in, p, FEED_FIELD_EXTRA, field);
    in->row = p;
    in->line++;
    return p;
}

#endif
