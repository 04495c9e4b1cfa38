/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of an LSE record against zone, clock, settings and registry. */
#include "api/feed/check.h"

#include <stdio.h>

#include "server/base/clock.h"
#include "server/base/str.h"

#define INTERVAL_SECONDS 900
#define STAMP_SLACK      86400 /* clocks and zones differ */

void
feed_check_init(struct feed_check *c, const char *receivers, const char *sender,
                int64_t now_utc)
{
    struct civil t;

    *c = (struct feed_check){.receivers = receivers, .now_utc = now_utc};
    str_copy(c->sender, sizeof c->sender, sender);
    utc_to_civil(now_utc + STAMP_SLACK, &t);
    c->newest_stamp =
        (int64_t)(t.year * 10000 + t.month * 100 + t.day) * 1000000 +
        t.hour * 10000 + t.minute * 100 + t.second;
}

/* ---- for us, from them ------------------------------------------------------
 */

/* Does the blank-separated list hold this number, or "*"? */
static bool
list_has(const char *list, const char *duns)
{
    size_t n = strlen(duns);

    for (const char *p = list; *p != '\0';) {
        size_t word;

        p += strspn(p, " ,\t");
        word = strcspn(p, " ,\t");
        if ((word == 1 && *p == '*') || (word == n && memcmp(p, duns, n) == 0))
            return true;
        p += word;
    }
    return false;
}

static bool
check_parties(struct feed_check *c, struct lse *in, const struct lse_record *r)
{
    if (strcmp(c->receiver, r->receiver) != 0) {
        if (!list_has(c->receivers, r->receiver)) {
            feed_lse_refuse(in, r, LSE_FIELD_RECEIVER, FEED_RECEIVER,
                            r->receiver);
            return false;
        }
        str_copy(c->receiver, sizeof c->receiver, r->receiver);
    }
    if (c->sender[0] != '\0' && strcmp(c->sender, r->sender) != 0) {
        char note[40];

        snprintf(note, sizeof note, "%s, not %s", c->sender, r->sender);
        feed_lse_refuse(in, r, LSE_FIELD_SENDER, FEED_SENDER, note);
        return false;
    }
    return true;
}

/* ---- the day ----------------------------------------------------------------
 */

static const struct feed_day *
day_get(struct feed_check *c, const struct tz *zone, int32_t day)
{
    struct feed_day *d = &c->days[(uint32_t)day % FEED_DAYS];

    if (d->zone != zone || d->day != day) {
        d->zone = zone;
        d->day = day;
        d->intervals = (uint16_t)(tz_day_seconds(zone, day) / INTERVAL_SECONDS);
        d->end_utc = tz_day_start(zone, day + 1);
    }
    return d;
}

static bool
check_day(struct feed_check *c, struct lse *in, const struct lse_record *r,
          const struct feed_point *p)
{
    const struct feed_day *d = day_get(c, p->zone, r->d.day);
    char note[40];

    if (d->end_utc > c->now_utc) {
        feed_lse_refuse(in, r, LSE_FIELD_STOP, FEED_FUTURE, "");
        return false;
    }
    if (r->d.day < c->first_day) {
        feed_lse_refuse(in, r, LSE_FIELD_START, FEED_PAST, "");
        return false;
    }
    if (r->d.stamp > c->newest_stamp) {
        feed_lse_refuse(in, r, LSE_FIELD_STAMP, FEED_STAMP_FUTURE, "");
        return false;
    }
    if (r->d.n == d->intervals)
        return true;
    snprintf(note, sizeof note, "%u of %u", r->d.n, d->intervals);
    feed_lse_refuse(in, r, LSE_FIELD_DAY,
                    r->d.n < d->intervals ? FEED_DAY_SHORT : FEED_DAY_LONG,
                    note);
    return false;
}

/* Row two names standard time whatever the season ("CST"), or nothing. */
static bool
check_zone(struct feed_check *c, struct lse *in, const struct lse_record *r,
           const struct feed_point *p)
{
    size_t n;

    if (c->zone != p->zone) {
        struct civil now;

        utc_to_civil(c->now_utc, &now);
        c->zone = p->zone;
        str_copy(c->zone_name, sizeof c->zone_name,
                 tz_standard_name(p->zone, now.year));
    }
    n = strlen(c->zone_name);
    if (r->zone_n == 0 ||
        (r->zone_n == n && memcmp(r->zone, c->zone_name, n) == 0))
        return true;
    feed_lse_refuse(in, r, LSE_FIELD_ZONE, FEED_ZONE, c->zone_name);
    return false;
}

/* ---- the registry -----------------------------------------------------------
 */

uint32_t
feed_check_registry(const char *sender, const char *rep, int32_t day,
                    const struct point_fact *fact)
{
    uint32_t w = 0;

    if (fact->rep != NULL && rep[0] != '\0' && strcmp(fact->rep, rep) != 0)
        w |= 1u << FEED_WARN_REP_DIFFERS;
    if (fact->tdsp != NULL && strcmp(fact->tdsp, sender) != 0)
        w |= 1u << FEED_WARN_SENDER_DIFFERS;
    if (fact->installed_day != DAY_NONE && day < fact->installed_day)
        w |= 1u << FEED_WARN_BEFORE_METER;
    return w;
}

static uint32_t
record_warnings(const struct lse_record *r, const struct feed_point *p)
{
    uint32_t w = 0;

    if (!p->registered)
        w |= 1u << FEED_WARN_UNREGISTERED;
    if (r->esiid_n != 17 && r->esiid_n != 22)
        w |= 1u << FEED_WARN_ESIID_LENGTH;
    if (r->d.rep[0] == '\0')
        w |= 1u << FEED_WARN_NO_REP;
    if (memcmp(r->field[LSE_FIELD_STAMP], r->field[LSE_FIELD_STOP], 14) < 0)
        w |= 1u << FEED_WARN_STAMP_EARLY;
    return w;
}

bool
feed_check_record(struct feed_check *c, struct lse *in,
                  const struct lse_record *r, const struct feed_point *p,
                  uint32_t *warnings)
{
    if (!check_parties(c, in, r) || !check_zone(c, in, r, p) ||
        !check_day(c, in, r, p))
        return false;
    if (c->sender[0] == '\0')
        str_copy(c->sender, sizeof c->sender, r->sender);
    *warnings = record_warnings(r, p);
    return true;
}
