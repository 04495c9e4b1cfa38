/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of TZif files behind tz.h: bytes in, a table of periods out.  The
 * rule of the footer is written out for the 400 years after the file's own
 * table, the length of the calendar's cycle, so that every later instant maps
 * onto one inside the table.
 */
#ifndef MH_BASE_TZIF_H
#define MH_BASE_TZIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TZIF_TYPES 64          /* kinds of local time in one zone */
#define TZIF_CYCLE 12622780800 /* seconds of 400 years */

struct tzif_type {
    int32_t offset; /* seconds to add to UTC */
    bool dst;
    char abbreviation[12];
};

/* From `at` on, until the next period begins. */
struct tzif_period {
    int64_t at;
    uint8_t type;
};

struct tzif {
    size_t n; /* periods, at least one; the first begins at
                 INT64_MIN */
    struct tzif_period *period;
    size_t types;
    struct tzif_type type[TZIF_TYPES];
    int64_t last; /* beyond this the cycle repeats; INT64_MAX
                     when no rule goes on changing */
};

/* False when the bytes are no zone that we can follow exactly. */
bool tzif_parse(const void *bytes, size_t n, struct tzif *z);
void tzif_clear(struct tzif *z);
/* Number of the period that an instant lies in; moves the instant back by
 * whole cycles when it is past the table. */
size_t tzif_find(const struct tzif *z, int64_t *utc);

#endif
