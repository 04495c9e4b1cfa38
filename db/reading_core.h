/* SPDX-License-Identifier: Apache-2.0 */
/* The marks of a packed day's core, for the packer and the unpacker. */
#ifndef MH_DB_READING_CORE_H
#define MH_DB_READING_CORE_H

#include <stdint.h>

#include "server/base/decimal.h"

/* First byte. */
#define SHAPE_SCALE  0x07
#define SHAPE_STYLE  3 /* shift of two bits */
#define SHAPE_LENGTH 5 /* shift of two bits */
#define SHAPE_READS  0x80
/* In place of a scale: 96 actual values of three digits, highs in unary; bits
 * 3 to 6 are the width, and neither flags nor a width follow. */
#define SHAPE_BRIEF 0x07u
#define BRIEF_SHIFT 3
#define BRIEF_WIDTH 15 /* the widest */
#define BRIEF_SCALE 3
/* Second byte. */
#define FLAG_STATUS 0x03
#define FLAG_HIGH   2 /* shift of two bits */
#define FLAG_ORIGIN 0x10
#define FLAG_KNOWN  0x1f

/* STYLE_USUAL: fixed, and no second byte follows, since it were FLAGS_USUAL. */
enum core_style { STYLE_FIXED, STYLE_TRIMMED, STYLE_EACH, STYLE_USUAL };
enum core_length { LENGTH_96, LENGTH_92, LENGTH_100, LENGTH_GIVEN };
enum core_status { STATUS_ALL_A, STATUS_ONE, STATUS_RUNS, STATUS_BITS };
enum core_high { HIGH_NONE, HIGH_UNARY, HIGH_LIST };

#define FLAGS_USUAL ((unsigned)HIGH_UNARY << FLAG_HIGH)

#define UNIT_KWH    0
#define WIDTH_MOST  51 /* bits between -DECIMAL_MAX and DECIMAL_MAX */
#define PLACES_BITS 3

static const uint16_t CORE_LENGTH[] = {96, 92, 100};
/* Millionths in one unit of each scale. */
static const int64_t CORE_UNIT[] = {1000000, 100000, 10000, 1000, 100, 10, 1};

/* The inverse of 5^(6 - scale) modulo 2^64: exact division by multiplying. */
static const uint64_t CORE_FIFTH[] = {0x790fb65668c26139u,
                                      0x5d4e8fb00bcbe61du,
                                      0xd288ce703afb7e91u,
                                      0x1cac083126e978d5u,
                                      0x8f5c28f5c28f5c29u,
                                      0xcccccccccccccccdu,
                                      1};

/* All values are actual, as the first byte says. */
static inline bool
core_is_usual(const uint8_t *core)
{
    return (core[0] & SHAPE_SCALE) == SHAPE_BRIEF ||
           (core[0] >> SHAPE_STYLE & 3) == STYLE_USUAL;
}

/* Digits after the point that the value needs. */
static inline uint8_t
places_least(int64_t micro)
{
    uint8_t p = DECIMAL_PLACES;

    while (p > 0 && micro % 10 == 0) {
        micro /= 10;
        p--;
    }
    return p;
}

/* Bits that index a dictionary of that many entries. */
static inline unsigned
index_bits(unsigned entries)
{
    return entries < 2 ? 0 : 32 - (unsigned)__builtin_clz(entries - 1);
}

#endif
