/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of the pages, in English and Spanish: templates/en.json and
 * es.json, nested objects of strings, the same keys in both (checked).  A
 * template says {{t.usage.title}}; code says tr(lang, "usage.title").
 */
#ifndef MH_TEXT_CATALOG_H
#define MH_TEXT_CATALOG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/base/arena.h"

enum lang { LANG_EN, LANG_ES, LANG_COUNT };

/* Reads dir/en.json and dir/es.json; fails on a missing or extra key. */
bool catalog_open(const char *dir, char why[512]);
void catalog_close(void);
enum lang lang_from(const char *code); /* "es", "es-MX" … else English */
enum lang lang_accept(const char *accept_language); /* RFC 9110 list with q */
const char *lang_code(enum lang l);                 /* "en", "es" */
/* {"t": {...}} for template_render's `extra`; borrowed. */
const json_t *catalog_tree(enum lang l);
/* Words of a dotted key; the key itself when there are none (and a log). */
const char *tr(enum lang l, const char *key);
/* Fills {name} places: pairs of name and text, ended by NULL. */
char *tr_fill(struct arena *a, enum lang l, const char *key, ...)
    __attribute__((sentinel));
/* key.one or key.other by n; {n} is the number, with thousands separators. */
char *tr_count(struct arena *a, enum lang l, const char *key, long n);

/* How people read dates and numbers; "1,234.56" in both (US readers). */
enum date_style {
    DATE_LONG,  /* Sunday, November 1, 2026; domingo, 1 de noviembre de 2026 */
    DATE_SHORT, /* Nov 1, 2026; 1 nov 2026 */
    DATE_MONTH, /* November 2026; noviembre de 2026 */
    DATE_WEEKDAY, /* Sun, Nov 1; dom 1 nov */
    DATE_DAY,     /* Nov 1; 1 nov */
};
char *lang_date(struct arena *a, enum lang l, int32_t day, enum date_style s);
/* For tables: dates of days that follow each other differ in the day alone. */
#define DATE_MOST 256
struct date_run {
    enum lang lang;
    enum date_style style;
    int32_t first, last; /* days that the rest holds for: none at first */
    char text[DATE_MOST];
    size_t front, day, n; /* bytes before the day, of the day, in all */
};
static inline struct date_run
date_run(enum lang l, enum date_style s)
{
    return (struct date_run){.lang = l, .style = s, .first = 1};
}
/* As lang_date writes it, into run->text, run->n bytes. */
const char *lang_date_run(struct date_run *run, int32_t day);
/* micro (millionths) with thousands separators and at most `places` digits
 * after the point (trailing zeros are dropped), cut only by exact rounding half
 * up for display. */
char *lang_number(struct arena *a, enum lang l, int64_t micro, int places);

#endif
