/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TZif (RFC 8536): a header, a 32-bit block for old readers, then from version
 * 2 on the header again, a 64-bit block and a footer with a POSIX TZ rule.
 * Every count is checked against the bytes that are there before it is used.
 */
#include "server/base/tzif.h"

#include <stdlib.h>
#include <string.h>

#include "server/base/arena.h"
#include "server/base/clock.h"

#define HEADER       44
#define TIMES_MOST   8192
#define CHARS_MOST   4096
#define OFFSET_MOST  (26 * 3600)
#define TIME_MOST    (1LL << 40) /* about the year 36800 */
#define RULE_YEARS   401
#define RULE_PERIODS (2 * RULE_YEARS)

struct counts {
    size_t isut, isstd, leap, time, type, chars;
};

static uint32_t
be32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static int64_t
be_time(const unsigned char *p, size_t width)
{
    if (width == 4)
        return (int32_t)be32(p);
    return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static bool
header_read(const unsigned char *p, size_t n, struct counts *c)
{
    if (n < HEADER || memcmp(p, "TZif", 4) != 0)
        return false;
    c->isut = be32(p + 20);
    c->isstd = be32(p + 24);
    c->leap = be32(p + 28);
    c->time = be32(p + 32);
    c->type = be32(p + 36);
    c->chars = be32(p + 40);
    return c->time <= TIMES_MOST && c->type >= 1 && c->type <= TZIF_TYPES - 2 &&
           c->chars >= 1 && c->chars <= CHARS_MOST && c->isut <= c->type &&
           c->isstd <= c->type && c->leap <= TIMES_MOST;
}

static size_t
block_size(const struct counts *c, size_t width)
{
    return c->time * (width + 1) + c->type * 6 + c->chars +
           c->leap * (width + 4) + c->isstd + c->isut;
}

static bool
type_read(const unsigned char *p, const unsigned char *chars, size_t n,
          struct tzif_type *t)
{
    const unsigned char *text, *end;

    t->offset = (int32_t)be32(p);
    t->dst = p[4] != 0;
    if (t->offset < -OFFSET_MOST || t->offset > OFFSET_MOST || p[4] > 1 ||
        p[5] >= n)
        return false;
    text = chars + p[5];
    end = memchr(text, 0, n - p[5]);
    if (end == NULL || (size_t)(end - text) >= sizeof t->abbreviation)
        return false;
    memcpy(t->abbreviation, text, (size_t)(end - text) + 1);
    return true;
}

static bool
block_read(const unsigned char *p, const struct counts *c, size_t width,
           struct tzif *z)
{
    const unsigned char *index = p + c->time * width;
    const unsigned char *types = index + c->time;
    const unsigned char *chars = types + c->type * 6;

    if (c->leap > 0)
        return false; /* a "right/" zone: its seconds are not UTC */
    z->types = c->type;
    for (size_t i = 0; i < c->type; i++) {
        if (!type_read(types + i * 6, chars, c->chars, &z->type[i]))
            return false;
    }
    z->period = mem_new((c->time + 1 + RULE_PERIODS) * sizeof *z->period);
    z->period[0] = (struct tzif_period){.at = INT64_MIN};
    z->n = 1;
    for (size_t i = 0; i < c->time; i++) {
        int64_t at = be_time(p + i * width, width);

        if (i == 0 && at < -TIME_MOST)
            at = -TIME_MOST; /* "since ever" */
        if (at < -TIME_MOST || at > TIME_MOST || index[i] >= c->type ||
            (i > 0 && at <= z->period[z->n - 1].at))
            return false;
        z->period[z->n++] = (struct tzif_period){.at = at, .type = index[i]};
    }
    return true;
}

/* ---- the footer: a POSIX TZ string such as CST6CDT,M3.2.0,M11.1.0 ----------
 */

struct rule_date {
    char kind; /* 'J' 1..365, 'D' 0..365, 'M' */
    int month, week, day;
    int32_t seconds; /* local time of the change */
};

struct rule {
    struct tzif_type standard, daylight;
    bool changes;
    struct rule_date start, end;
};

static bool
take(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

static bool
take_int(const char **p, int least, int most, int *n)
{
    const char *s = *p;

    *n = 0;
    while (*s >= '0' && *s <= '9' && s - *p < 4)
        *n = *n * 10 + (*s++ - '0');
    if (s == *p || *n < least || *n > most)
        return false;
    *p = s;
    return true;
}

static bool
is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
take_name(const char **p, struct tzif_type *t)
{
    bool quoted = take(p, '<');
    size_t n = 0;

    for (;; n++, (*p)++) {
        char c = **p;
        bool more =
            is_letter(c) ||
            (quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-'));

        if (!more)
            break;
        if (n + 1 >= sizeof t->abbreviation)
            return false;
        t->abbreviation[n] = c;
    }
    t->abbreviation[n] = '\0';
    return n >= 3 && (!quoted || take(p, '>'));
}

/* [+-]h[hh][:mm[:ss]] */
static bool
take_hms(const char **p, int hours, int32_t *seconds)
{
    int h, m = 0, s = 0, sign = 1;

    if (take(p, '-'))
        sign = -1;
    else
        take(p, '+');
    if (!take_int(p, 0, hours, &h))
        return false;
    if (take(p, ':')) {
        if (!take_int(p, 0, 59, &m))
            return false;
        if (take(p, ':') && !take_int(p, 0, 59, &s))
            return false;
    }
    *seconds = sign * (h * 3600 + m * 60 + s);
    return true;
}

static bool
take_date(const char **p, struct rule_date *d)
{
    bool ok;

    *d = (struct rule_date){.kind = 'D', .seconds = 7200};
    if (take(p, 'M')) {
        d->kind = 'M';
        ok = take_int(p, 1, 12, &d->month) && take(p, '.') &&
             take_int(p, 1, 5, &d->week) && take(p, '.') &&
             take_int(p, 0, 6, &d->day);
    } else if (take(p, 'J')) {
        d->kind = 'J';
        ok = take_int(p, 1, 365, &d->day);
    } else {
        ok = take_int(p, 0, 365, &d->day);
    }
    if (ok && take(p, '/'))
        ok = take_hms(p, 167, &d->seconds);
    return ok;
}

static bool
rule_parse(const char *p, struct rule *r)
{
    memset(r, 0, sizeof *r);
    if (!take_name(&p, &r->standard) || !take_hms(&p, 24, &r->standard.offset))
        return false;
    r->standard.offset = -r->standard.offset; /* POSIX counts west */
    if (*p == '\0')
        return true;
    r->changes = true;
    r->daylight.dst = true;
    if (!take_name(&p, &r->daylight))
        return false;
    r->daylight.offset = r->standard.offset + 3600;
    if (*p != ',') {
        if (!take_hms(&p, 24, &r->daylight.offset))
            return false;
        r->daylight.offset = -r->daylight.offset;
    }
    return take(&p, ',') && take_date(&p, &r->start) && take(&p, ',') &&
           take_date(&p, &r->end) && *p == '\0';
}

static int32_t
date_day(const struct rule_date *d, int year)
{
    int32_t first = day_from_civil(year, 1, 1);
    int32_t day, after;

    if (d->kind == 'D')
        return first + d->day;
    if (d->kind == 'J') { /* 29 February is never counted */
        day = first + d->day - 1;
        return d->day >= 60 ? day + (day_from_civil(year, 3, 1) - first - 59)
                            : day;
    }
    first = day_from_civil(year, d->month, 1);
    after = d->month < 12 ? day_from_civil(year, d->month + 1, 1)
                          : day_from_civil(year + 1, 1, 1);
    day = first + (d->day - day_of_week(first) + 7) % 7 + (d->week - 1) * 7;
    return day >= after ? day - 7 : day;
}

/* The instant of a change: its local time counts in the time before it. */
static int64_t
date_utc(const struct rule_date *d, int year, int32_t offset)
{
    return (int64_t)date_day(d, year) * 86400 + d->seconds - offset;
}

static uint8_t
type_intern(struct tzif *z, const struct tzif_type *t)
{
    for (size_t i = 0; i < z->types; i++) {
        if (z->type[i].offset == t->offset && z->type[i].dst == t->dst &&
            strcmp(z->type[i].abbreviation, t->abbreviation) == 0)
            return (uint8_t)i;
    }
    z->type[z->types] = *t;
    return (uint8_t)z->types++;
}

static void
period_add(struct tzif *z, int64_t at, uint8_t type)
{
    if (at > z->period[z->n - 1].at)
        z->period[z->n++] = (struct tzif_period){.at = at, .type = type};
    else if (at == z->period[z->n - 1].at)
        z->period[z->n - 1].type = type;
}

/* Writes the rule out for the 400 years after the table's last change. */
static void
rule_expand(const struct rule *r, struct tzif *z)
{
    uint8_t standard = type_intern(z, &r->standard);
    uint8_t daylight;
    int64_t begin = z->n > 1 ? z->period[z->n - 1].at : 0;
    struct civil c;

    z->last = INT64_MAX;
    if (!r->changes) {
        if (z->n == 1)
            z->period[0].type = standard;
        return;
    }
    daylight = type_intern(z, &r->daylight);
    utc_to_civil(begin, &c);
    for (int year = c.year; year < c.year + RULE_YEARS; year++) {
        int64_t on = date_utc(&r->start, year, r->standard.offset);
        int64_t off = date_utc(&r->end, year, r->daylight.offset);

        if (on <= off) {
            period_add(z, on, daylight);
            period_add(z, off, standard);
        } else {
            period_add(z, off, standard);
            period_add(z, on, daylight);
        }
    }
    /* every instant of the last whole cycle is now in the table */
    z->last = utc_from_civil(&(struct civil){c.year + 400, 12, 1, 0, 0, 0});
}

static bool
footer_read(const unsigned char *p, size_t n, struct tzif *z)
{
    const unsigned char *end;
    struct rule r;
    char text[128];

    if (n < 2 || p[0] != '\n')
        return false;
    end = memchr(p + 1, '\n', n - 1);
    if (end == NULL || (size_t)(end - p) > sizeof text)
        return false;
    memcpy(text, p + 1, (size_t)(end - p) - 1);
    text[end - p - 1] = '\0';
    if (text[0] == '\0')
        return true;
    if (strlen(text) != (size_t)(end - p) - 1 || !rule_parse(text, &r))
        return false;
    rule_expand(&r, z);
    return true;
}

static bool
parse(const unsigned char *p, size_t n, struct tzif *z)
{
    struct counts c;
    size_t skip;
    bool wide;

    if (!header_read(p, n, &c))
        return false;
    wide = p[4] >= '2';
    skip = HEADER + block_size(&c, 4);
    if (skip > n)
        return false;
    if (!wide)
        return block_read(p + HEADER, &c, 4, z);
    p += skip;
    n -= skip;
    if (!header_read(p, n, &c))
        return false;
    skip = HEADER + block_size(&c, 8);
    if (skip > n || !block_read(p + HEADER, &c, 8, z))
        return false;
    return footer_read(p + skip, n - skip, z);
}

bool
tzif_parse(const void *bytes, size_t n, struct tzif *z)
{
    memset(z, 0, sizeof *z);
    z->last = INT64_MAX;
    if (parse(bytes, n, z))
        return true;
    tzif_clear(z);
    return false;
}

void
tzif_clear(struct tzif *z)
{
    free(z->period);
    memset(z, 0, sizeof *z);
}

size_t
tzif_find(const struct tzif *z, int64_t *utc)
{
    size_t low = 0, high = z->n;

    if (*utc > z->last)
        *utc -= (*utc - z->last + TZIF_CYCLE - 1) / TZIF_CYCLE * TZIF_CYCLE;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (z->period[middle].at <= *utc)
            low = middle;
        else
            high = middle;
    }
    return low;
}
