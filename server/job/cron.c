/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules, read from their text and reckoned in their own zone. */
#include "server/job/cron.h"

#include <stdio.h>
#include <string.h>

#include "server/base/str.h"

#define LATE 60 /* seconds by which a run is late and not yet missed */

static bool
missed_parse(const char *word, enum cron_missed *m)
{
    static const char *const words[] = {"once", "each", "skip"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i]) == 0) {
            *m = (enum cron_missed)i;
            return true;
        }
    }
    return false;
}

static bool
time_parse(const char *text, int *minute)
{
    int64_t h, m;
    char part[3] = "";

    if (strlen(text) != 5 || text[2] != ':')
        return false;
    memcpy(part, text, 2);
    if (!str_to_i64(part, &h) || h > 23 || !str_to_i64(text + 3, &m) || m > 59)
        return false;
    *minute = (int)(h * 60 + m);
    return true;
}

bool
cron_parse(const char *text, struct cron *c)
{
    char rule[8], a[48] = "", b[48] = "", d[8] = "", rest[2];
    int n = sscanf(text, "%7s %47s %47s %7s %1s", rule, a, b, d, rest);

    memset(c, 0, sizeof *c);
    if (n >= 2 && n <= 3 && strcmp(rule, "every") == 0)
        return str_to_i64(a, &c->seconds) && c->seconds > 0 &&
               (n == 2 || missed_parse(b, &c->missed));
    if (n < 3 || n > 4 || strcmp(rule, "daily") != 0)
        return false;
    c->zone = tz_get(b);
    return c->zone != NULL && time_parse(a, &c->minute) &&
           (n == 3 || missed_parse(d, &c->missed));
}

/* The instant of the schedule's local time on a day. */
static int64_t
time_on(const struct cron *c, int32_t day)
{
    int64_t start = tz_day_start(c->zone, day);
    int64_t utc = start + c->minute * 60;
    int64_t moved = utc - (tz_offset(c->zone, utc) - tz_offset(c->zone, start));
    struct civil local;

    tz_civil(c->zone, moved, &local);
    return local.hour * 60 + local.minute == c->minute ? moved : utc;
}

int64_t
cron_next(const struct cron *c, int64_t utc)
{
    int32_t day;

    if (c->seconds > 0)
        return utc + c->seconds;
    day = tz_day_of(c->zone, utc);
    while (time_on(c, day) <= utc)
        day++;
    return time_on(c, day);
}

int64_t
cron_after(const struct cron *c, int64_t due, int64_t now)
{
    int64_t next = cron_next(c, due);

    return c->missed == CRON_EACH || next > now ? next : cron_next(c, now);
}

int64_t
cron_resume(const struct cron *c, int64_t due, int64_t now)
{
    return c->missed == CRON_SKIP && due < now - LATE ? cron_next(c, now) : due;
}
