/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as CSV: the first line, the rows, the fields and what is wrong. */
#include "api/registry/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/base/str.h"

static const struct {
    const char *ours, *ercot, *reason;
} CODES[] = {
#define X(id, ours, ercot, reason) {ours, ercot, reason},
    TABLE_CODES(X)
#undef X
};

const char *
table_code_ours(enum table_code c)
{
    return CODES[c].ours;
}

const char *
table_code_ercot(enum table_code c)
{
    return CODES[c].ercot;
}

const char *
table_code_reason(enum table_code c)
{
    return CODES[c].reason;
}

void
table_codes_document(struct buf *to)
{
    buf_puts(to,
             "# Why a row of a registry or billed usage file is refused\n\n"
             "Codes of ours, each with the nearest result code of ERCOT's "
             "Interval Data LSE Activity Report.\n`F1` and `F2` refuse the "
             "file; every other code refuses one row and the others load.\n\n"
             "| ours | ERCOT | reason |\n|---|---|---|\n");
    for (size_t i = 0; i < TABLE_CODE_COUNT; i++)
        buf_printf(to, "| %s | %s | %s |\n", CODES[i].ours, CODES[i].ercot,
                   CODES[i].reason);
    buf_puts(to,
             "\nThis page is printed from the table in `api/registry/table.h`; "
             "a test compares the two.\n");
}

/* ---- rejects ---------------------------------------------------------------
 */

struct table_reject *
table_reject(struct table_rejects *r, enum table_code code, const char *field,
             uint32_t line, const char *esiid)
{
    struct table_reject *j = &r->unlisted;

    if (r->n == r->room && r->n < TABLE_MOST_REJECTS) {
        r->room = r->room ? r->room * 2 : 64;
        r->at = mem_grow(r->at, r->room * sizeof *r->at);
    }
    if (r->n < TABLE_MOST_REJECTS)
        j = &r->at[r->n++];
    else
        r->more++;
    *j = (struct table_reject){.code = code, .field = field, .line = line};
    str_copy(j->esiid, sizeof j->esiid, esiid);
    return j;
}

static int
by_line(const void *a, const void *b)
{
    uint32_t la = ((const struct table_reject *)a)->line;
    uint32_t lb = ((const struct table_reject *)b)->line;

    return (la > lb) - (la < lb);
}

void
table_rejects_sort(struct table_rejects *r)
{
    if (r->n)
        qsort(r->at, r->n, sizeof *r->at, by_line);
}

#define SHOWN 100

bool
table_rejects_few(struct table_rejects *r)
{
    struct table_reject *j;

    if (!r->more)
        return true;
    r->n = SHOWN;
    j = table_reject(r, TABLE_REJECTS_MANY, "", 0, "");
    snprintf(j->note, sizeof j->note, "%zu", r->more + TABLE_MOST_REJECTS);
    table_rejects_sort(r);
    return false;
}

void
table_rejects_clear(struct table_rejects *r)
{
    free(r->at);
    *r = (struct table_rejects){0};
}

/* ---- the first line --------------------------------------------------------
 */

#define NOWHERE CSV_FIELDS

/* Finds the columns in the record just read.  False: a reject was made. */
static bool
columns_find(struct table *t)
{
    for (size_t c = 0; c < t->columns; c++) {
        t->at[c] = NOWHERE;
        for (size_t i = 0; i < t->csv.n; i++) {
            if (!str_eq(t->csv.field[i], t->column[c].name))
                continue;
            if (t->at[c] != NOWHERE)
                return table_refuse(t, TABLE_COLUMN_TWICE, c);
            t->at[c] = (uint8_t)i;
        }
        if (t->at[c] == NOWHERE && t->column[c].needed)
            return table_refuse(t, TABLE_COLUMN, c);
    }
    t->width = t->csv.n;
    return true;
}

bool
table_open(struct table *t, const void *text, size_t n,
           const struct table_column *column, size_t columns,
           struct table_rejects *rejects)
{
    *t = (struct table){
        .column = column, .columns = columns, .rejects = rejects};
    for (size_t c = 0; c < columns; c++)
        t->value[c] = "";
    csv_init(&t->csv, text, n);
    if (csv_next(&t->csv) != CSV_RECORD) {
        table_reject(rejects, TABLE_HEADER, "", 1, "");
        return false;
    }
    return columns_find(t);
}

/* Most of the needed columns: a file that lacks one is told so, instead of
 * being none of ours. */
static bool
columns_look_right(const struct table *t)
{
    size_t needed = 0, named = 0;

    for (size_t c = 0; c < t->columns; c++) {
        if (!t->column[c].needed)
            continue;
        needed++;
        for (size_t i = 0; i < t->csv.n; i++) {
            if (str_eq(t->csv.field[i], t->column[c].name)) {
                named++;
                break;
            }
        }
    }
    return named * 2 > needed;
}

bool
table_check(const char *text, size_t n, const struct table_column *column,
            size_t columns)
{
    struct table t = {.column = column, .columns = columns};
    const char *end = n ? memchr(text, '\n', n) : NULL;
    bool ok;

    /* Only the first line, whatever becomes of the rest. */
    csv_init(&t.csv, text, end ? (size_t)(end - text) + 1 : n);
    ok = csv_next(&t.csv) == CSV_RECORD && columns_look_right(&t);
    table_close(&t);
    return ok;
}

void
table_close(struct table *t)
{
    csv_clear(&t->csv);
}

/* ---- rows ------------------------------------------------------------------
 */

static enum table_rc
row_bad(struct table *t, enum csv_rc rc)
{
    enum table_code code = rc == CSV_QUOTE  ? TABLE_QUOTE
                           : rc == CSV_MANY ? TABLE_WIDE
                           : rc == CSV_NUL  ? TABLE_NUL
                                            : TABLE_LINE_LONG;

    table_reject(t->rejects, code, "", (uint32_t)t->csv.line, "");
    return TABLE_BAD;
}

enum table_rc
table_next(struct table *t)
{
    enum csv_rc rc = csv_next(&t->csv);
    struct table_reject *j;

    if (rc == CSV_END)
        return TABLE_END;
    if (rc != CSV_RECORD)
        return row_bad(t, rc);
    for (size_t c = 0; c < t->columns; c++)
        t->value[c] = t->at[c] < t->csv.n ? t->csv.field[t->at[c]] : "";
    if (t->csv.n == t->width)
        return TABLE_ROW;
    j = table_reject(t->rejects, TABLE_FIELDS, "", (uint32_t)t->csv.line,
                     t->value[0]);
    snprintf(j->note, sizeof j->note, "%zu of %zu", t->csv.n, t->width);
    return TABLE_BAD;
}

/* ---- fields ----------------------------------------------------------------
 */

bool
table_refuse(struct table *t, enum table_code code, size_t column)
{
    const char *esiid = t->value[0];

    if (!str_is_alnum(esiid, strlen(esiid)))
        esiid = "";
    table_reject(t->rejects, code, t->column[column].name,
                 (uint32_t)t->csv.line, esiid);
    return false;
}

bool
table_esiid(struct table *t, size_t column)
{
    const char *v = t->value[column];
    size_t n = strlen(v);

    if (n == 0)
        return table_refuse(t, TABLE_EMPTY, column);
    return (n <= 64 && str_is_alnum(v, n)) ||
           table_refuse(t, TABLE_ESIID, column);
}

bool
table_duns(struct table *t, size_t column)
{
    const char *v = t->value[column];
    size_t n = strlen(v);

    if (n == 0)
        return table_refuse(t, TABLE_EMPTY, column);
    return ((n == 9 || n == 13) && str_is_digits(v, n)) ||
           table_refuse(t, TABLE_DUNS, column);
}

bool
table_text(struct table *t, size_t column, size_t least, size_t most)
{
    const char *v = t->value[column];
    size_t n = strlen(v);

    if (n < least)
        return table_refuse(t, TABLE_EMPTY, column);
    if (n > most)
        return table_refuse(t, TABLE_LONG, column);
    return str_is_text(v, n, false) || table_refuse(t, TABLE_TEXT, column);
}

bool
table_choice(struct table *t, size_t column, const char *words, int *index)
{
    const char *v = t->value[column];
    size_t n = strlen(v);

    *index = 0;
    if (n == 0)
        return true;
    for (; *words; (*index)++) {
        size_t word = strcspn(words, " ");

        if (word == n && memcmp(words, v, n) == 0)
            return true;
        words += word;
        words += *words == ' ';
    }
    return table_refuse(t, TABLE_CHOICE, column);
}

/* day_parse takes other forms too; the file has one. */
static bool
day_take(const char *text, int32_t *day)
{
    return strlen(text) == 10 && text[4] == '-' && day_parse(text, day);
}

bool
table_day(struct table *t, size_t column, int32_t *day)
{
    const char *v = t->value[column];

    *day = DAY_NONE;
    return *v == '\0' || day_take(v, day) ||
           table_refuse(t, TABLE_DATE, column);
}

static int
two_digits(const char *v)
{
    return str_is_digits(v, 2) ? (v[0] - '0') * 10 + v[1] - '0' : 99;
}

/* "HH:MM:SS" as HHMMSS, or -1. */
static int
clock_take(const char *v)
{
    int h, m, s;

    if (strlen(v) != 8 || v[2] != ':' || v[5] != ':')
        return -1;
    h = two_digits(v);
    m = two_digits(v + 3);
    s = two_digits(v + 6);
    return h < 24 && m < 60 && s < 60 ? h * 10000 + m * 100 + s : -1;
}

bool
table_stamp(struct table *t, size_t column, int64_t *stamp)
{
    const char *v = t->value[column];
    char day_text[11];
    int32_t day;
    int y, m, d, clock = -1;

    if (*v == '\0')
        return table_refuse(t, TABLE_EMPTY, column);
    if (strlen(v) == 19 && v[10] == ' ' &&
        str_copyn(day_text, sizeof day_text, v, 10) && day_take(day_text, &day))
        clock = clock_take(v + 11);
    if (clock < 0)
        return table_refuse(t, TABLE_STAMP, column);
    day_to_civil(day, &y, &m, &d);
    *stamp = ((int64_t)y * 10000 + m * 100 + d) * 1000000 + clock;
    return true;
}

bool
table_number(struct table *t, size_t column, struct decimal *d, bool *given)
{
    const char *v = t->value[column];

    *d = (struct decimal){0};
    *given = true;
    switch (decimal_parse(v, strlen(v), d)) {
    case DECIMAL_OK:
        return true;
    case DECIMAL_EMPTY:
        *given = false;
        return true;
    case DECIMAL_SIGN:
        return table_refuse(t, TABLE_SIGN, column);
    case DECIMAL_RANGE:
        return table_refuse(t, TABLE_RANGE, column);
    default:
        return table_refuse(t, TABLE_NUMBER, column);
    }
}
