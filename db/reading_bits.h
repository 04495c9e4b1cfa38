/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Little readers and writers of packed bytes: little-endian words, varints
 * (seven bits a byte, lowest first, the high bit says that more follow) and
 * zigzag (0, -1, 1, -2 … as 0, 1, 2, 3 …).  A reader that runs past its end
 * yields zeros and stays bad: check `bad` once, when everything was taken.
 */
#ifndef MH_DB_READING_BITS_H
#define MH_DB_READING_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bits_in {
    const uint8_t *at, *end;
    bool bad;
};

static inline uint64_t
bits_load(const uint8_t *at, size_t bytes)
{
    uint64_t n = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&n, at, bytes);
#else
    for (size_t i = bytes; i-- > 0;)
        n = n << 8 | at[i];
#endif
    return n;
}

static inline void
bits_store(uint8_t *at, size_t bytes, uint64_t n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(at, &n, bytes);
#else
    for (size_t i = 0; i < bytes; i++, n >>= 8)
        at[i] = (uint8_t)n;
#endif
}

/* A word of 1, 2, 4 or 8 bytes. */
static inline uint64_t
bits_word(struct bits_in *in, size_t bytes)
{
    uint64_t n;

    if ((size_t)(in->end - in->at) < bytes) {
        in->bad = true;
        return 0;
    }
    n = bits_load(in->at, bytes);
    in->at += bytes;
    return n;
}

/* `n` bytes as they lie, or NULL. */
static inline const uint8_t *
bits_bytes(struct bits_in *in, size_t n)
{
    const uint8_t *at = in->at;

    if ((size_t)(in->end - at) < n) {
        in->bad = true;
        return NULL;
    }
    in->at += n;
    return at;
}

static inline uint64_t
bits_varint(struct bits_in *in)
{
    uint64_t n = 0;

    for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        uint8_t b = *in->at++;

        n |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80)
            return n;
    }
    in->bad = true;
    return 0;
}

static inline int64_t
bits_zigzag(struct bits_in *in)
{
    uint64_t n = bits_varint(in);

    return (int64_t)(n >> 1 ^ -(n & 1));
}

/* Writers return where they stopped; the caller has the room: a varint takes
 * at most ten bytes. */
#define BITS_VARINT 10

static inline uint8_t *
bits_put_varint(uint8_t *to, uint64_t n)
{
    while (n >= 0x80) {
        *to++ = (uint8_t)(n | 0x80);
        n >>= 7;
    }
    *to++ = (uint8_t)n;
    return to;
}

static inline uint8_t *
bits_put_zigzag(uint8_t *to, int64_t n)
{
    return bits_put_varint(to, (uint64_t)n << 1 ^ (uint64_t)(n >> 63));
}

#endif
