/* SPDX-License-Identifier: Apache-2.0 */
#include "api/feed/name.h"

#include <string.h>

#include "server/base/str.h"

#define REPORT  "IntervalData"
#define STAMP   14
#define COUNTER 3

static int64_t
number(const char *p, size_t n)
{
    int64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum = sum * 10 + (p[i] - '0');
    return sum;
}

bool
feed_name_parse(const char *name, struct feed_name *to)
{
    size_t duns = strspn(name, "0123456789");
    const char *p = name + duns;

    *to = (struct feed_name){.stamp = 0};
    if ((duns != 9 && duns != 13) || !str_starts(p, REPORT))
        return false;
    p += strlen(REPORT);
    if (strspn(p, "0123456789") != STAMP + COUNTER ||
        !str_starts(p + STAMP + COUNTER, ".lse") || strstr(p, ".csv") != NULL)
        return false;
    str_copyn(to->sender, sizeof to->sender, name, duns);
    to->stamp = number(p, STAMP);
    to->counter = (int32_t)number(p + STAMP, COUNTER);
    return true;
}

void
feed_name_show(char *name)
{
    if (str_is_text(name, strlen(name), false))
        return;
    for (char *p = name; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
}
