/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time zones.  A zone's file is read once; then two tables answer: the periods
 * of one offset (binary search), and for the days of 2000..2100 the distance of
 * local midnight from UTC midnight, so that the questions asked of every meter
 * day are one load from memory.
 *
 * An operating day begins at the first instant whose local date is that day or
 * later.  That is local midnight, or the first moment after it where the clock
 * jumps over midnight, and it never moves backwards.
 */
#include "server/base/tz.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/arena.h"
#include "server/base/buf.h"
#include "server/base/file.h"
#include "server/base/str.h"
#include "server/base/tzif.h"

#define ZONEINFO   "/usr/share/zoneinfo"
#define FILE_MOST  65536
#define NAME_SIZE  48
#define DAY_FIRST  10957 /* 2000-01-01 */
#define DAY_LAST   47847 /* 2101-01-01 */
#define YEAR_FIRST 2000
#define YEAR_LAST  2100
#define UTC_MOST   100000000000000 /* days must fit 32 bits */
#define DAYS       (DAY_LAST - DAY_FIRST + 1)

struct tz {
    struct tz *next; /* loaded before this one */
    char name[NAME_SIZE];
    struct tzif table;
    int32_t midnight[DAYS]; /* day start minus day * 86400 */
    const char *standard[YEAR_LAST - YEAR_FIRST + 1]; /* names */
};

static _Atomic(struct tz *) zones;
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

/* First instant whose local date is `day` (local midnight, in seconds) or
 * later, looking from period k, which holds an instant surely before it. */
static int64_t
day_start_from(const struct tz *z, int64_t local, size_t k)
{
    for (;; k++) {
        const struct tzif_period *p = &z->table.period[k];
        int64_t utc = local - z->table.type[p->type].offset;

        if (utc < p->at)
            utc = p->at;
        if (k + 1 == z->table.n || utc < z->table.period[k + 1].at)
            return utc;
    }
}

#define SURELY_BEFORE (2 * 86400) /* no clock is as far from UTC */

static int64_t
day_start_search(const struct tz *z, int32_t day)
{
    int64_t local = (int64_t)day * 86400;
    int64_t early = local - SURELY_BEFORE, moved = early;
    size_t k = tzif_find(&z->table, &moved);
    int64_t cycles = early - moved;

    /* search where the table is, answer where asked */
    return day_start_from(z, local - cycles, k) + cycles;
}

/* The days of the table, each from the period of the one before. */
static void
midnights_fill(struct tz *z)
{
    const struct tzif *t = &z->table;
    size_t k = 0;

    for (int32_t i = 0; i < DAYS; i++) {
        int64_t local = (int64_t)(DAY_FIRST + i) * 86400, start;

        while (k + 1 < t->n && t->period[k + 1].at <= local - SURELY_BEFORE)
            k++;
        start = local - SURELY_BEFORE > t->last
                    ? day_start_search(z, DAY_FIRST + i)
                    : day_start_from(z, local, k);
        z->midnight[i] = (int32_t)(start - local);
    }
}

/* Letters, digits, _ + - in parts divided by single slashes: no way out of the
 * folder, and one name for one zone. */
static bool
name_is_sound(const char *name)
{
    char before = '/';

    if (strlen(name) >= NAME_SIZE)
        return false;
    for (; *name != '\0'; name++) {
        bool ok = str_is_alnum(name, 1) || strchr("_+-", *name) != NULL ||
                  (*name == '/' && before != '/');

        if (!ok)
            return false;
        before = *name;
    }
    return before != '/';
}

/* Standard time is the one that is less ahead, of January's and July's. */
static const char *
standard_search(const struct tz *z, int year)
{
    int64_t january = tz_day_start(z, day_from_civil(year, 1, 15));
    int64_t july = tz_day_start(z, day_from_civil(year, 7, 15));

    return tz_abbreviation(
        z, tz_offset(z, july) < tz_offset(z, january) ? july : january);
}

static struct tz *
zone_load(const char *name)
{
    char path[NAME_SIZE + sizeof ZONEINFO + 2];
    struct buf bytes = {0};
    struct tz *z = NULL;
    struct tzif table;

    snprintf(path, sizeof path, "%s/%s", ZONEINFO, name);
    if (file_read(path, FILE_MOST, &bytes) &&
        tzif_parse(bytes.at, bytes.len, &table)) {
        z = mem_new(sizeof *z);
        str_copy(z->name, sizeof z->name, name);
        z->table = table;
        midnights_fill(z);
        for (int year = YEAR_FIRST; year <= YEAR_LAST; year++)
            z->standard[year - YEAR_FIRST] = standard_search(z, year);
    }
    buf_clear(&bytes);
    return z;
}

static struct tz *
zone_find(const char *name)
{
    struct tz *z = atomic_load_explicit(&zones, memory_order_acquire);

    while (z != NULL && strcmp(z->name, name) != 0)
        z = z->next;
    return z;
}

const struct tz *
tz_get(const char *name)
{
    struct tz *z = zone_find(name);

    if (z != NULL || !name_is_sound(name))
        return z;
    pthread_mutex_lock(&loading);
    z = zone_find(name);
    if (z == NULL && (z = zone_load(name)) != NULL) {
        z->next = atomic_load(&zones);
        atomic_store_explicit(&zones, z, memory_order_release);
    }
    pthread_mutex_unlock(&loading);
    return z;
}

const char *
tz_name(const struct tz *z)
{
    return z->name;
}

static const struct tzif_type *
type_at(const struct tz *z, int64_t utc)
{
    return &z->table.type[z->table.period[tzif_find(&z->table, &utc)].type];
}

int32_t
tz_offset(const struct tz *z, int64_t utc)
{
    return type_at(z, utc)->offset;
}

const char *
tz_abbreviation(const struct tz *z, int64_t utc)
{
    return type_at(z, utc)->abbreviation;
}

int64_t
tz_day_start(const struct tz *z, int32_t day)
{
    if (day >= DAY_FIRST && day <= DAY_LAST)
        return (int64_t)day * 86400 + z->midnight[day - DAY_FIRST];
    return day_start_search(z, day);
}

int32_t
tz_day_seconds(const struct tz *z, int32_t day)
{
    return (int32_t)(tz_day_start(z, day + 1) - tz_day_start(z, day));
}

int32_t
tz_day_of(const struct tz *z, int64_t utc)
{
    int64_t day;

    utc = utc < -UTC_MOST ? -UTC_MOST : utc > UTC_MOST ? UTC_MOST : utc;
    day = utc / 86400 - (utc % 86400 < 0);
    while (utc < tz_day_start(z, (int32_t)day))
        day--;
    while (utc >= tz_day_start(z, (int32_t)day + 1))
        day++;
    return (int32_t)day;
}

void
tz_civil(const struct tz *z, int64_t utc, struct civil *c)
{
    utc_to_civil(utc + tz_offset(z, utc), c);
}

const char *
tz_standard_name(const struct tz *z, int year)
{
    return year >= YEAR_FIRST && year <= YEAR_LAST
               ? z->standard[year - YEAR_FIRST]
               : standard_search(z, year);
}

char *
tz_format(char *to, const struct tz *z, int64_t utc)
{
    int32_t offset = tz_offset(z, utc);
    int32_t minutes = (offset < 0 ? -offset : offset) / 60;

    utc_format(to, utc + offset); /* ends in Z, which the offset replaces */
    snprintf(to + 19, 7, "%c%02d:%02d", offset < 0 ? '-' : '+',
             (int)(minutes / 60 % 100), (int)(minutes % 60));
    return to;
}
