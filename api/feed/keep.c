/* SPDX-License-Identifier: Apache-2.0 */
/* How long readings are kept. */
#include "api/feed/keep.h"

#include <string.h>

#include "server/base/clock.h"
#include "server/base/str.h"
#include "server/base/tz.h"

#define MONTHS_DIGITS 4

bool
feed_keep_since(const struct conf *conf, int64_t now_utc, int32_t *day)
{
    const struct tz *zone = tz_get(conf->default_zone);
    size_t n = strlen(conf->keep);
    int months = 0;

    *day = 0;
    if (!zone)
        return false;
    if (str_eq(conf->keep, "forever"))
        return true;
    for (size_t i = 0; i < n; i++) {
        if (conf->keep[i] < '0' || conf->keep[i] > '9' || n > MONTHS_DIGITS)
            return false;
        months = months * 10 + conf->keep[i] - '0';
    }
    if (!months)
        return false;
    *day = day_add_months(day_month_start(tz_day_of(zone, now_utc)), -months);
    *day = *day < 0 ? 0 : *day;
    return true;
}
