/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the LSE format alone cannot tell of a record: is its day over, does it
 * have the intervals that its zone gives the day, is it meant for us and from
 * whom it says, does it agree with the registry.
 */
#ifndef MH_FEED_CHECK_H
#define MH_FEED_CHECK_H

#include "api/feed/lse.h"
#include "db/point_fact.h"
#include "server/base/tz.h"

/* What the format's checks need of a record's point. */
struct feed_point {
    int64_t id; /* 0: not known at all */
    bool registered;
    const struct tz *zone;
};

#define FEED_DAYS 64

struct feed_check {
    const char *receivers; /* setting accepted_receivers */
    int64_t now_utc;
    int32_t first_day;     /* older ones are not kept; 0: all are */
    int64_t newest_stamp;  /* one day from now, YYYYMMDDHHMMSS */
    char sender[16];       /* of the file; "" until the first record */
    char receiver[16];     /* the last one accepted */
    const struct tz *zone; /* the last zone, and its standard-time name */
    char zone_name[16];
    struct feed_day { /* of days seen, by the low bits of the day */
        const struct tz *zone;
        int32_t day;
        uint16_t intervals;
        int64_t end_utc;
    } days[FEED_DAYS];
};

/* `sender` is the DUNS that the file must come from, or "". */
void feed_check_init(struct feed_check *c, const char *receivers,
                     const char *sender, int64_t now_utc);
/*
 * False when the record is refused: in->reject.  Else sets the bits of the
 * warnings it earns (1 << enum feed_warning).
 */
bool feed_check_record(struct feed_check *c, struct lse *in,
                       const struct lse_record *r, const struct feed_point *p,
                       uint32_t *warnings);
/* Warnings of a record whose point is registered. */
uint32_t feed_check_registry(const char *sender, const char *rep, int32_t day,
                             const struct point_fact *fact);

#endif
