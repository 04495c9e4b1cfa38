/* SPDX-License-Identifier: Apache-2.0 */
/* What the records of one load have in common, told once. */
#include <stdlib.h>

#include "db/reading_row.h"
#include "server/base/hash.h"
#include "server/base/str.h"

#define KIND_DIGIT 1
#define KIND_UPPER 2
#define KIND_OTHER 4

#define NUMBER_DIGITS 18
#define CHECK_BYTES   4

/* ---- stamps ---------------------------------------------------------------
 */

#define STAMP_MOST 99999999999999 /* 14 digits */
#define STAMP_DAY  1000000        /* HHMMSS below the date */

static bool
is_clock(int64_t stamp)
{
    return stamp % STAMP_DAY < 240000 && stamp % 10000 < 6000 &&
           stamp % 100 < 60;
}

/* Seconds, as if every date were one day after the number before. */
static uint64_t
clock_seconds(int64_t stamp)
{
    uint64_t n = (uint64_t)stamp;

    return n / STAMP_DAY * 86400 + n % STAMP_DAY / 10000 * 3600 +
           n % 10000 / 100 * 60 + n % 100;
}

uint64_t
source_stamp_above(const struct source *s, int64_t stamp)
{
    if (!s->clock)
        return (uint64_t)stamp - (uint64_t)s->stamp;
    return clock_seconds(stamp) - clock_seconds(s->stamp);
}

int64_t
source_stamp(const struct source *s, uint64_t above)
{
    uint64_t n;

    if (!s->clock)
        return (int64_t)((uint64_t)s->stamp + above);
    n = clock_seconds(s->stamp) + above;
    return (int64_t)(n / 86400 * STAMP_DAY + n / 3600 % 24 * 10000 +
                     n / 60 % 60 * 100 + n % 60);
}

/* ---- collecting ---------------------------------------------------------- */

static uint8_t
kind_of(char c)
{
    if (c >= '0' && c <= '9')
        return KIND_DIGIT;
    return c >= 'A' && c <= 'Z' ? KIND_UPPER : KIND_OTHER;
}

static void
add_transaction(struct source *s, const char *id, uint8_t n)
{
    uint8_t same = 0;

    if (!s->started) {
        memcpy(s->front, id, n);
        s->front_n = s->length = n;
    }
    while (same < s->front_n && same < n && s->front[same] == id[same])
        same++;
    /* What leaves the front was the same in every id so far. */
    for (uint8_t i = same; i < s->front_n; i++)
        s->kinds[i] |= kind_of(s->front[i]);
    s->front_n = same;
    s->uneven |= n != s->length;
    for (uint8_t i = same; i < n; i++)
        s->kinds[i] |= kind_of(id[i]);
}

static bool
names_are(const struct source_names *at, const struct frame *f)
{
    return memcmp(at->rep, f->rep, f->rep_n) == 0 && !at->rep[f->rep_n] &&
           memcmp(at->mre, f->mre, f->mre_n) == 0 && !at->mre[f->mre_n];
}

static uint64_t
names_hash(const struct frame *f)
{
    return hash64(f->rep, f->rep_n) + 31 * hash64(f->mre, f->mre_n);
}

static void
names_grow(struct source *s)
{
    size_t slots = s->slots ? 2 * s->slots : 64;

    free(s->slot);
    s->slot = mem_new(slots * sizeof *s->slot);
    memset(s->slot, 0, slots * sizeof *s->slot);
    s->names = mem_grow(s->names, slots / 2 * sizeof *s->names);
    s->slots = slots;
    for (size_t i = 0; i < s->names_n; i++) {
        const struct source_names *n = &s->names[i];
        struct frame f = {.rep = n->rep,
                          .mre = n->mre,
                          .rep_n = (uint8_t)strlen(n->rep),
                          .mre_n = (uint8_t)strlen(n->mre)};
        size_t k = names_hash(&f) & (slots - 1);

        while (s->slot[k])
            k = (k + 1) & (slots - 1);
        s->slot[k] = (uint32_t)i + 1;
    }
}

/* Index of the frame's names, which are added when new. */
size_t
source_names(struct source *s, const struct frame *f)
{
    size_t k;

    if (s->last < s->names_n && names_are(&s->names[s->last], f))
        return s->last;
    if (2 * (s->names_n + 1) > s->slots)
        names_grow(s);
    k = names_hash(f) & (s->slots - 1);
    for (; s->slot[k]; k = (k + 1) & (s->slots - 1)) {
        s->last = s->slot[k] - 1;
        if (names_are(&s->names[s->last], f))
            return s->last;
    }
    s->last = s->names_n++;
    s->slot[k] = (uint32_t)s->names_n;
    str_copyn(s->names[s->last].rep, 16, f->rep, f->rep_n);
    str_copyn(s->names[s->last].mre, 16, f->mre, f->mre_n);
    return s->last;
}

bool
source_add(struct source *s, const struct frame *f)
{
    if (f->stamp < 0 || f->stamp > STAMP_MOST || f->rep_n > 15 ||
        f->mre_n > 15 || f->transaction_n > 64 ||
        memchr(f->rep, 0, (size_t)f->rep_n + f->mre_n + f->transaction_n))
        return false;
    if (!s->started || f->stamp < s->stamp)
        s->stamp = f->stamp;
    s->clock = (!s->started || s->clock) && is_clock(f->stamp);
    add_transaction(s, f->transaction, f->transaction_n);
    source_names(s, f);
    s->started = true;
    return true;
}

void
source_settle(struct source *s)
{
    uint8_t kinds = 0;

    s->front[s->front_n] = '\0';
    s->rest_n = 0;
    s->lowest = UINT64_MAX;
    s->rest = REST_TEXT;
    if (s->uneven)
        return;
    s->rest_n = (uint8_t)(s->length - s->front_n);
    for (size_t i = s->front_n; i < s->length; i++)
        kinds |= s->kinds[i];
    if (!s->rest_n)
        s->rest = REST_NONE;
    else if (kinds == KIND_DIGIT && s->rest_n <= NUMBER_DIGITS)
        s->rest = REST_NUMBER;
    else if (!(kinds & KIND_OTHER))
        s->rest = REST_BASE36;
    else
        s->rest_n = 0;
}

static uint64_t
number_of(const char *digits, size_t n)
{
    uint64_t number = 0;

    for (size_t i = 0; i < n; i++)
        number = number * 10 + (uint64_t)(digits[i] - '0');
    return number;
}

void
source_lower(struct source *s, const struct frame *f)
{
    uint64_t number = number_of(f->transaction + s->front_n, s->rest_n);

    s->lowest = number < s->lowest ? number : s->lowest;
}

void
source_clear(struct source *s)
{
    free(s->names);
    free(s->slot);
    *s = (struct source){0};
}

/* ---- transaction ids ------------------------------------------------------
 */

#define CHUNK 12 /* characters of base 36 in eight bytes */

/* Bytes that hold so many characters of base 36. */
static const uint8_t CHUNK_BYTES[CHUNK + 1] = {0, 1, 2, 2, 3, 4, 4,
                                               5, 6, 6, 7, 8, 8};

static uint8_t *
put_base36(uint8_t *to, const char *text, size_t n)
{
    while (n > 0) {
        size_t chunk = n < CHUNK ? n : CHUNK;
        uint64_t number = 0;

        for (size_t i = 0; i < chunk; i++, text++)
            number = number * 36 +
                     (uint64_t)(*text <= '9' ? *text - '0' : *text - 'A' + 10);
        bits_store(to, 8, number);
        to += CHUNK_BYTES[chunk];
        n -= chunk;
    }
    return to;
}

static bool
take_base36(struct bits_in *in, char *to, size_t n)
{
    while (n > 0) {
        size_t chunk = n < CHUNK ? n : CHUNK;
        const uint8_t *at = bits_bytes(in, CHUNK_BYTES[chunk]);
        uint64_t number;

        if (!at)
            return false;
        number = bits_load(at, CHUNK_BYTES[chunk]);
        for (size_t i = chunk; i-- > 0; number /= 36)
            to[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number % 36];
        if (number)
            return false;
        to += chunk;
        n -= chunk;
    }
    return true;
}

static bool
take_number(struct bits_in *in, const struct source *s, char *to)
{
    uint64_t number = s->lowest + bits_varint(in);

    for (size_t i = s->rest_n; i-- > 0; number /= 10)
        to[i] = (char)('0' + number % 10);
    return number == 0;
}

uint8_t *
source_put_rest(const struct source *s, const struct frame *f, uint8_t *to)
{
    const char *rest = f->transaction + s->front_n;
    uint8_t rest_n = (uint8_t)(f->transaction_n - s->front_n);

    switch (s->rest) {
    case REST_NONE:
        break;
    case REST_NUMBER:
        return bits_put_varint(to, number_of(rest, rest_n) - s->lowest);
    case REST_BASE36:
        return put_base36(to, rest, rest_n);
    case REST_TEXT:
        *to++ = rest_n;
        memcpy(to, rest, rest_n);
        return to + rest_n;
    }
    return to;
}

static bool
take_transaction(struct bits_in *in, const struct source *s, char to[65])
{
    const uint8_t *text;
    uint8_t n = s->rest_n;

    memcpy(to, s->front, s->front_n);
    to += s->front_n;
    switch (s->rest) {
    case REST_NONE:
        break;
    case REST_NUMBER:
        if (!take_number(in, s, to))
            return false;
        break;
    case REST_BASE36:
        if (!take_base36(in, to, n))
            return false;
        break;
    case REST_TEXT:
        n = (uint8_t)bits_word(in, 1);
        text = bits_bytes(in, n);
        if (!text || n > 64 - s->front_n)
            return false;
        memcpy(to, text, n);
        break;
    }
    to[n] = '\0';
    return !in->bad;
}

/* The index of names, which a record may have. */
static bool
take_names(const struct source *s, struct bits_in *in, uint64_t *names)
{
    if (*names == ROW_NAMES_OWN)
        *names = s->names_n > 1 ? bits_varint(in) : 0;
    return !in->bad && *names < s->names_n;
}

bool
source_skip(const struct source *s, uint64_t names, struct bits_in *in)
{
    if (!take_names(s, in, &names))
        return false;
    switch (s->rest) {
    case REST_NONE:
        break;
    case REST_NUMBER:
        bits_varint(in);
        break;
    case REST_BASE36:
        bits_bytes(in, (size_t)s->rest_n / CHUNK * CHUNK_BYTES[CHUNK] +
                           CHUNK_BYTES[s->rest_n % CHUNK]);
        break;
    case REST_TEXT:
        bits_bytes(in, (size_t)bits_word(in, 1));
        break;
    }
    return !in->bad;
}

bool
source_take(const struct source *s, uint64_t names, struct bits_in *in,
            struct reading_day *d)
{
    if (!take_names(s, in, &names))
        return false;
    memcpy(d->rep, s->names[names].rep, sizeof d->rep);
    memcpy(d->mre, s->names[names].mre, sizeof d->mre);
    return take_transaction(in, s, d->transaction);
}

/* ---- at rest --------------------------------------------------------------
 */

static void
put_name(struct buf *to, const char *name)
{
    buf_putc(to, (char)strlen(name));
    buf_puts(to, name);
}

static void
put_varint(struct buf *to, uint64_t n)
{
    uint8_t b[BITS_VARINT];

    buf_add(to, b, (size_t)(bits_put_varint(b, n) - b));
}

static void
put_word(struct buf *to, size_t bytes, uint64_t n)
{
    uint8_t b[8];

    bits_store(b, bytes, n);
    buf_add(to, b, bytes);
}

void
source_pack(const struct source *s, struct buf *to)
{
    const size_t start = to->len;

    buf_putc(to, PACK_FORMAT);
    put_word(to, 8, (uint64_t)s->stamp);
    buf_putc(to, s->clock);
    buf_putc(to, (char)s->rest);
    buf_putc(to, (char)s->rest_n);
    put_varint(to, s->rest == REST_NUMBER ? s->lowest : 0);
    buf_putc(to, (char)s->front_n);
    buf_add(to, s->front, s->front_n);
    put_varint(to, s->names_n);
    for (size_t i = 0; i < s->names_n; i++) {
        put_name(to, s->names[i].rep);
        put_name(to, s->names[i].mre);
    }
    put_word(to, CHECK_BYTES, crc32c(0, to->at + start, to->len - start));
}

static bool
take_name(struct bits_in *in, char to[16])
{
    size_t n = (size_t)bits_word(in, 1);
    const uint8_t *at = bits_bytes(in, n);

    return at && str_copyn(to, 16, (const char *)at, n);
}

static bool
take_source(struct bits_in *in, unsigned format, struct source *s)
{
    uint64_t clock = 0;
    const uint8_t *front;
    uint64_t names;

    s->stamp = (int64_t)bits_word(in, 8);
    if (format > 1)
        clock = bits_word(in, 1);
    s->clock = clock;
    s->rest = (enum source_rest)bits_word(in, 1);
    s->rest_n = (uint8_t)bits_word(in, 1);
    s->lowest = bits_varint(in);
    s->front_n = (uint8_t)bits_word(in, 1);
    front = bits_bytes(in, s->front_n);
    if (!front || clock > 1 || s->rest > REST_TEXT ||
        s->front_n + s->rest_n > 64)
        return false;
    memcpy(s->front, front, s->front_n);
    names = bits_varint(in);
    if (in->bad || !names || names > (uint64_t)(in->end - in->at) / 2)
        return false;
    s->names = mem_new(names * sizeof *s->names);
    while (s->names_n < names) {
        struct source_names *n = &s->names[s->names_n];

        if (!take_name(in, n->rep) || !take_name(in, n->mre))
            return false;
        s->names_n++;
    }
    return in->at == in->end;
}

bool
source_unpack(const void *bytes, size_t n, struct source *s)
{
    struct bits_in in;
    const uint8_t *b = bytes;

    *s = (struct source){0};
    if (n <= CHECK_BYTES || !b[0] || b[0] > PACK_FORMAT)
        return false;
    n -= CHECK_BYTES;
    in = (struct bits_in){b + 1, b + n, false};
    if (bits_load(b + n, CHECK_BYTES) == crc32c(0, b, n) &&
        take_source(&in, b[0], s))
        return true;
    source_clear(s);
    return false;
}
