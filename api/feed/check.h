/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the LSE format alone cannot tell of a record: is its day over, does it
 * have the intervals that its zone gives the day, is it meant for us and from
 * whom it says, does it agree with the registry.
 */
#ifndef MH_FEED_CHECK_H
#define MH_FEED_CHECK_H

#include "api/feed/lse.h"
#include "server/base/tz.h"

/* What is known of a record's point; all zero but `zone` when unregistered. */
struct feed_point {
    int64_t id;              /* 0: not known at all */
    bool registered;
    const struct tz *zone;
    const char *tdsp;        /* DUNS, NULL: not known */
    const char *rep;         /* of record on that day, NULL: not known */
    int32_t installed_day;   /* of the first meter, DAY_NONE: not known */
};

#define FEED_DAYS 64

struct feed_check {
    const char *receivers;   /* setting accepted_receivers */
    int64_t now_utc;
    int64_t newest_stamp;    /* one day from now, YYYYMMDDHHMMSS */
    char sender[16];         /* of the file; "" until the first record */
    char receiver[16];       /* the last one accepted */
    const struct tz *zone;   /* the last zone, and its standard-time name */
    char zone_name[16];
    struct feed_day {        /* of days seen, by the low bits of the day */
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

#endif
