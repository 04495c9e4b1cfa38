/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of the pages.  Both languages are read at start and never change,
 * so every thread may look words up without a lock.  English decides which
 * keys exist; the other language must have the same, no more and no fewer.
 */
#include "server/text/catalog.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/base/clock.h"
#include "server/base/decimal.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define KEY_SIZE 160

static const char *const CODES[LANG_COUNT] = {"en", "es"};
static json_t *trees[LANG_COUNT]; /* {"t": words} */

/* A page may hold a thousand dates, so their words are looked up once. */
enum date_words { MONTH, MONTH_SHORT, WEEKDAY, WEEKDAY_SHORT, DATE_WORDS };
static const char *date_words[LANG_COUNT][DATE_WORDS][13];

/* … and their forms are taken apart once: texts and places in turn. */
#define DATE_STYLES 5
#define DATE_PIECES 16
enum date_place {
    PLACE_NONE, /* the text alone */
    PLACE_YEAR,
    PLACE_DAY,
    PLACE_MONTH,
    PLACE_MONTH_SHORT,
    PLACE_WEEKDAY,
    PLACE_WEEKDAY_SHORT,
    DATE_PLACES
};
static const char *const PLACE_NAMES[DATE_PLACES] = {
    "", "year", "day", "month", "month_short", "weekday", "weekday_short"};
static struct date_form {
    struct date_piece {
        const char *text; /* then: */
        size_t n;
        enum date_place place;
    } piece[DATE_PIECES];
    size_t n; /* 0: there is none, or it is too long */
} date_forms[LANG_COUNT][DATE_STYLES];

/* ---- reading --------------------------------------------------------------
 */

static bool
join_key(char to[KEY_SIZE], const char *group, const char *name)
{
    int n = snprintf(to, KEY_SIZE, "%s%s%s", group, *group ? "." : "", name);

    return n > 0 && n < KEY_SIZE;
}

/* Each value is words or a group of them. */
static bool
words_check(const json_t *group, const char *at, char why[512])
{
    const char *name;
    json_t *value;
    char key[KEY_SIZE];

    json_object_foreach((json_t *)(uintptr_t)group, name, value)
    {
        if (!join_key(key, at, name) || strchr(name, '.') != NULL) {
            snprintf(why, 512, "%.100s: the name is too long or has a point",
                     name);
            return false;
        }
        if (json_is_object(value)) {
            if (!words_check(value, key, why))
                return false;
        } else if (!json_is_string(value) || json_string_length(value) == 0) {
            snprintf(why, 512, "%s: neither words nor a group", key);
            return false;
        }
    }
    return true;
}

/* Every key of `a` is in `b`, with the same shape. */
static bool
keys_within(const json_t *a, const json_t *b, const char *at, char missing[512])
{
    const char *name;
    json_t *value;
    char key[KEY_SIZE];

    json_object_foreach((json_t *)(uintptr_t)a, name, value)
    {
        const json_t *other = json_object_get(b, name);

        join_key(key, at, name);
        if (other == NULL || json_typeof(other) != json_typeof(value)) {
            snprintf(missing, 512, "%s", key);
            return false;
        }
        if (json_is_object(value) && !keys_within(value, other, key, missing))
            return false;
    }
    return true;
}

static json_t *
words_read(const char *dir, const char *code, char why[512])
{
    char path[512], reason[512];
    json_error_t error;
    json_t *words;

    snprintf(path, sizeof path, "%.480s/%s.json", dir, code);
    words = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (words == NULL) {
        if (error.line < 0) /* it was not even opened, which the text tells */
            snprintf(why, 512, "%.500s", error.text);
        else
            snprintf(why, 512, "%.300s:%d: %.160s", path, error.line,
                     error.text);
        return NULL;
    }
    reason[0] = '\0';
    if (json_is_object(words) && words_check(words, "", reason))
        return words;
    snprintf(why, 512, "%.300s: %.200s", path,
             *reason ? reason : "not an object");
    json_decref(words);
    return NULL;
}

static bool
same_keys(const json_t *en, const json_t *other, const char *code,
          char why[512])
{
    char key[512];

    if (!keys_within(en, other, "", key)) {
        snprintf(why, 512, "%s.json: %.200s is missing", code, key);
        return false;
    }
    if (!keys_within(other, en, "", key)) {
        snprintf(why, 512, "%s.json: %.200s is not in en.json", code, key);
        return false;
    }
    return true;
}

/* The words of a dotted key, or NULL. */
static const char *
find(enum lang l, const char *key)
{
    const json_t *at = json_object_get(trees[l], "t");

    for (;;) {
        size_t n = strcspn(key, ".");

        at = json_object_getn(at, key, n);
        if (at == NULL || key[n] == '\0')
            return json_string_value(at);
        key += n + 1;
    }
}

static void
date_words_find(enum lang l)
{
    static const char *const groups[DATE_WORDS] = {"month", "month_short",
                                                   "weekday", "weekday_short"};
    char key[KEY_SIZE];

    for (int group = 0; group < DATE_WORDS; group++) {
        for (int i = 0; i <= 12; i++) {
            snprintf(key, sizeof key, "date.%s.%d", groups[group], i);
            date_words[l][group][i] = find(l, key);
        }
    }
}

static enum date_place
date_place(const char *at, size_t n)
{
    for (int i = PLACE_YEAR; i < DATE_PLACES; i++) {
        if (strncmp(PLACE_NAMES[i], at, n) == 0 && PLACE_NAMES[i][n] == '\0')
            return (enum date_place)i;
    }
    return PLACE_NONE;
}

/* Takes a form apart; what is in braces and no place stays as it is. */
static void
date_form_read(struct date_form *f, const char *words)
{
    f->n = 0;
    while (words && *words && f->n < DATE_PIECES) {
        struct date_piece *p = &f->piece[f->n++];
        size_t len;

        *p = (struct date_piece){words, strcspn(words, "{"), PLACE_NONE};
        words += p->n;
        if (*words == '\0')
            return;
        len = strcspn(words + 1, "{}");
        if (words[1 + len] == '}')
            p->place = date_place(words + 1, len);
        if (p->place == PLACE_NONE)
            p->n++;
        words += p->place == PLACE_NONE ? 1 : len + 2;
    }
    if (words && *words)
        f->n = 0;
}

static void
date_forms_find(enum lang l)
{
    static const char *const keys[DATE_STYLES] = {
        [DATE_LONG] = "date.long",        [DATE_SHORT] = "date.short",
        [DATE_MONTH] = "date.month_year", [DATE_WEEKDAY] = "date.weekday_day",
        [DATE_DAY] = "date.day",
    };

    for (int i = 0; i < DATE_STYLES; i++)
        date_form_read(&date_forms[l][i], find(l, keys[i]));
}

bool
catalog_open(const char *dir, char why[512])
{
    json_t *words[LANG_COUNT] = {0};
    bool ok = true;

    for (int i = 0; ok && i < LANG_COUNT; i++) {
        words[i] = words_read(dir, CODES[i], why);
        ok = words[i] != NULL;
    }
    for (int i = 1; ok && i < LANG_COUNT; i++)
        ok = same_keys(words[0], words[i], CODES[i], why);
    if (ok)
        catalog_close();
    for (int i = 0; i < LANG_COUNT; i++) {
        if (ok)
            trees[i] = json_pack("{s:o}", "t", words[i]);
        else
            json_decref(words[i]);
        if (!ok)
            continue;
        date_words_find((enum lang)i);
        date_forms_find((enum lang)i);
    }
    return ok;
}

void
catalog_close(void)
{
    for (int i = 0; i < LANG_COUNT; i++) {
        json_decref(trees[i]);
        trees[i] = NULL;
    }
}

/* ---- which language --------------------------------------------------------
 */

/* The language of a tag such as "es-MX"; -1 when we do not speak it. */
static int
lang_of_tag(const char *tag, size_t n)
{
    for (int i = 0; i < LANG_COUNT; i++) {
        size_t len = strlen(CODES[i]);

        if (n >= len && strncasecmp(tag, CODES[i], len) == 0 &&
            (n == len || tag[len] == '-' || tag[len] == '_'))
            return i;
    }
    return n == 1 && *tag == '*' ? LANG_EN : -1;
}

enum lang
lang_from(const char *code)
{
    int l = code != NULL ? lang_of_tag(code, strlen(code)) : -1;

    return l < 0 ? LANG_EN : (enum lang)l;
}

/* The weight of "…;q=0.8" in thousandths; 1000 when none is given. */
static int
weight(const char *params, size_t n)
{
    int sum = 0, unit = 1000;
    size_t i = 0;

    while (i < n && (params[i] == ';' || params[i] == ' '))
        i++;
    if (i + 2 >= n || (params[i] != 'q' && params[i] != 'Q') ||
        params[i + 1] != '=')
        return 1000;
    for (i += 2; i < n && unit > 0; i++) {
        if (params[i] == '.')
            continue;
        if (params[i] < '0' || params[i] > '9')
            break;
        sum += (params[i] - '0') * unit;
        unit /= 10;
    }
    return sum > 1000 ? 1000 : sum;
}

enum lang
lang_accept(const char *list)
{
    enum lang best = LANG_EN;
    int most = 0;

    while (list != NULL && *list != '\0') {
        size_t n, tag;
        int l, q;

        list += strspn(list, " \t,");
        n = strcspn(list, ",");
        tag = strcspn(list, "; \t,");
        l = lang_of_tag(list, tag);
        q = weight(list + tag, n - tag);
        if (l >= 0 && q > most) {
            most = q;
            best = (enum lang)l;
        }
        list += n;
    }
    return best;
}

const char *
lang_code(enum lang l)
{
    return CODES[l];
}

/* ---- words -----------------------------------------------------------------
 */

const json_t *
catalog_tree(enum lang l)
{
    return trees[l];
}

const char *
tr(enum lang l, const char *key)
{
    const char *words = find(l, key);

    if (words != NULL)
        return words;
    log_ours("words missing", "key=%s lang=%s", key, CODES[l]);
    return key;
}

struct place {
    const char *name, *text;
};

/* The place that {name} at `at` means, NULL when it is none. */
static const struct place *
place_at(const char *at, size_t len, const struct place *place, size_t n)
{
    if (at[1 + len] != '}')
        return NULL;
    for (size_t i = 0; i < n; i++) {
        if (strncmp(place[i].name, at + 1, len) == 0 &&
            place[i].name[len] == '\0')
            return &place[i];
    }
    return NULL;
}

/* Copies to where it stands; counts alone without one. */
static void
put(char *to, size_t *at, const char *text, size_t n)
{
    if (to != NULL)
        memcpy(to + *at, text, n);
    *at += n;
}

/* Writes `words` with its {name} places filled; unknown ones stay.  Returns
 * the length; without `to` that is all. */
static size_t
fill_to(char *to, const char *words, const struct place *place, size_t n)
{
    size_t at = 0;

    while (*words != '\0') {
        size_t plain = strcspn(words, "{"), len;
        const struct place *p;

        put(to, &at, words, plain);
        words += plain;
        if (*words == '\0')
            break;
        len = strcspn(words + 1, "{}");
        p = place_at(words, len, place, n);
        if (p != NULL)
            put(to, &at, p->text, strlen(p->text));
        else
            put(to, &at, words, 1);
        words += p != NULL ? len + 2 : 1;
    }
    return at;
}

static char *
fill(struct arena *a, const char *words, const struct place *place, size_t n)
{
    char *made = arena_alloc(a, fill_to(NULL, words, place, n) + 1);

    fill_to(made, words, place, n);
    return made;
}

char *
tr_fill(struct arena *a, enum lang l, const char *key, ...)
{
    struct place place[16];
    size_t n = 0;
    const char *name;
    va_list ap;

    va_start(ap, key);
    while (n < sizeof place / sizeof place[0] &&
           (name = va_arg(ap, const char *)) != NULL) {
        place[n].name = name;
        place[n++].text = va_arg(ap, const char *);
    }
    va_end(ap);
    return fill(a, tr(l, key), place, n);
}

/* ---- numbers and dates ------------------------------------------------------
 */

#define GROUPED 32 /* bytes of the largest number, with its commas */

/* 1234567 as "1,234,567", up to `end`; returns where it begins. */
static char *
put_grouped(char *end, uint64_t n, bool minus)
{
    char *p = end;
    int digits = 0;

    do {
        if (digits > 0 && digits % 3 == 0)
            *--p = ',';
        *--p = (char)('0' + n % 10);
        n /= 10;
        digits++;
    } while (n > 0);
    if (minus)
        *--p = '-';
    return p;
}

char *
tr_count(struct arena *a, enum lang l, const char *key, long n)
{
    uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    const char *form = arena_printf(a, "%s.%s", key, n == 1 ? "one" : "other");
    char text[GROUPED] = "";
    struct place place = {"n", put_grouped(text + GROUPED - 1, size, n < 0)};

    return fill(a, tr(l, form), &place, 1);
}

char *
lang_number(struct arena *a, enum lang l, int64_t micro, int places)
{
    uint64_t size = micro < 0 ? 0 - (uint64_t)micro : (uint64_t)micro;
    uint64_t unit = 1;
    char text[GROUPED + DECIMAL_TEXT];
    char *whole, *end = text + GROUPED;

    (void)l; /* both languages are read in the United States */
    if (size < 1000 * (uint64_t)DECIMAL_ONE && places >= DECIMAL_PLACES)
        return arena_dupn(a, text, decimal_trim(text, micro));
    for (int i = places < 0 ? 0 : places; i < DECIMAL_PLACES; i++)
        unit *= 10;
    if (unit > 1)
        size = (size + unit / 2) / unit * unit;
    whole = put_grouped(end, size / DECIMAL_ONE, micro < 0 && size > 0);
    if (size % DECIMAL_ONE)
        end += decimal_trim_bare(end, (int64_t)(size % DECIMAL_ONE));
    return arena_dupn(a, whole, (size_t)(end - whole));
}

static const char *
date_word(enum lang l, enum date_words group, int n)
{
    const char *word = date_words[l][group][n];

    return word != NULL ? word : tr(l, "date");
}

/* What stands at a place of a date: a word, or digits in `text`. */
struct date {
    enum lang lang;
    int year, month, dom, weekday;
    char text[11];
};

static const char *
date_digits(struct date *d, int n)
{
    char *p = d->text + 10;

    *p = '\0';
    do
        *--p = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    return p;
}

static const char *
date_text(struct date *d, enum date_place p)
{
    switch (p) {
    case PLACE_YEAR:
        return date_digits(d, d->year);
    case PLACE_DAY:
        return date_digits(d, d->dom);
    case PLACE_MONTH:
        return date_word(d->lang, MONTH, d->month);
    case PLACE_MONTH_SHORT:
        return date_word(d->lang, MONTH_SHORT, d->month);
    case PLACE_WEEKDAY:
        return date_word(d->lang, WEEKDAY, d->weekday);
    case PLACE_WEEKDAY_SHORT:
        return date_word(d->lang, WEEKDAY_SHORT, d->weekday);
    default:
        return "";
    }
}

static void
date_put(struct date_run *run, const char *text, size_t n)
{
    while (n-- > 0 && *text && run->n < DATE_MOST - 1)
        run->text[run->n++] = *text++;
}

static void
date_write(struct date_run *run, int32_t day)
{
    const struct date_form *f = &date_forms[run->lang][run->style];
    struct date d = {.lang = run->lang, .weekday = day_of_week(day)};
    int days = 0, weekdays = 0;

    day_to_civil(day, &d.year, &d.month, &d.dom);
    run->n = 0;
    for (size_t i = 0; i < f->n; i++) {
        const struct date_piece *p = &f->piece[i];

        date_put(run, p->text, p->n);
        if (p->place == PLACE_NONE)
            continue;
        if (p->place == PLACE_DAY) {
            run->front = run->n;
            days++;
        }
        weekdays += p->place >= PLACE_WEEKDAY;
        date_put(run, date_text(&d, p->place), SIZE_MAX);
        if (p->place == PLACE_DAY)
            run->day = run->n - run->front;
    }
    run->text[run->n] = '\0';
    /* Days of one or two digits: a run ends where their number changes. */
    run->first = d.dom < 10 ? day - d.dom + 1 : day - d.dom + 10;
    run->last =
        d.dom < 10 ? run->first + 8 : day_add_months(day - d.dom + 1, 1) - 1;
    if (days != 1 || weekdays)
        run->last = run->first - 1;
}

const char *
lang_date_run(struct date_run *run, int32_t day)
{
    int dom;

    if (day < run->first || day > run->last) {
        date_write(run, day);
        return run->text;
    }
    dom = day - run->first + (run->day == 1 ? 1 : 10);
    if (run->day == 2)
        run->text[run->front] = (char)('0' + dom / 10);
    run->text[run->front + run->day - 1] = (char)('0' + dom % 10);
    return run->text;
}

char *
lang_date(struct arena *a, enum lang l, int32_t day, enum date_style s)
{
    struct date_run run;

    run.lang = l;
    run.style = s;
    date_write(&run, day);
    return arena_dupn(a, run.text, run.n);
}
