/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two ways of packing a day: any day, and the usual one. */
#ifndef MH_DB_READING_PLAN_H
#define MH_DB_READING_PLAN_H

#include "db/reading_core.h"
#include "db/reading_pack.h"

#define USUAL_LENGTH 96

/* What was found out about a day before its first byte is written. */
struct pack_plan {
    size_t n;                     /* values present */
    const int64_t *micro;         /* they, in millionths */
    const uint8_t *places;        /* their digits as written */
    int64_t held[READING_MOST];   /* micro and places live here when */
    uint8_t digits[READING_MOST]; /* some are missing or corrected */
    enum core_status status;
    unsigned missing, estimated;
    unsigned scale;
    enum core_style style;
    int64_t sum, peak, least;    /* in units of the scale */
    unsigned peak_at;            /* among the values present */
    uint64_t rise[READING_MOST]; /* value - least */
    unsigned width;
    enum core_high high;
    bool brief; /* as SHAPE_BRIEF says */
};

/* Chooses width and highs, given rise, sum, peak and least. */
void pack_planes(struct pack_plan *p);

/*
 * The usual day has 96 actual values, written with equally many digits, none
 * negative, none large or far from the others.  Plans such a day with loops of
 * fixed length over words of 32 bits, which compilers turn into vector code;
 * false for any other day.
 */
bool pack_usual(struct pack_plan *p, const struct reading_day *d,
                uint32_t rise[USUAL_LENGTH]);
/* Its planes; may write seven bytes more than it returns. */
uint8_t *pack_usual_put(uint8_t *to, const struct pack_plan *p,
                        const uint32_t rise[USUAL_LENGTH]);

#endif
