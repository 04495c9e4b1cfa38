/* SPDX-License-Identifier: Apache-2.0 */
/* A plane: values of one width, one after another from the lowest bit on. */
#ifndef MH_DB_READING_PLANE_H
#define MH_DB_READING_PLANE_H

#include "db/reading_bits.h"

#define PLANE_MOST 56 /* widest */

/* May write eight bytes more than it returns. */
static inline uint8_t *
plane_put(uint8_t *to, const uint64_t *value, size_t n, unsigned width)
{
    const uint64_t mask = (UINT64_C(1) << width) - 1;
    uint64_t held = 0;
    unsigned bits = 0;

    for (size_t i = 0; i < n; i++) {
        held |= (value[i] & mask) << bits;
        bits_store(to, 8, held);
        bits += width;
        to += bits >> 3;
        held >>= bits & 0x38;
        bits &= 7;
    }
    return to + (bits > 0);
}

/* Value i; nothing at or behind `end` is read. */
static inline uint64_t
plane_get(const uint8_t *plane, const uint8_t *end, size_t i, unsigned width)
{
    const uint8_t *at = plane + (i * width >> 3);
    size_t bytes = (size_t)(end - at);
    uint64_t word = bits_load(at, bytes < 8 ? bytes : 8);

    return word >> (i * width & 7) & ((UINT64_C(1) << width) - 1);
}

#endif
