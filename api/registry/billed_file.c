/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a file of billed usage: its rows one by one, then one against another.
 */
#include "config.h"

#include "api/registry/billed_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/registry/billed.h"
#include "server/base/clock.h"

enum column {
    ESIID,
    START,
    END,
    REVISION,
    ACTUAL_KWH,
    METERED_KW,
    BILLED_KW,
    METERED_KVA,
    BILLED_KVA,
    COLUMNS
};

static const struct table_column COLUMN[COLUMNS] = {
    {"ESIID", true},         {"START_DATE", true},   {"END_DATE", true},
    {"REVISION_DATE", true}, {"ACTUAL_KWH", true},   {"METERED_KW", false},
    {"BILLED_KW", false},    {"METERED_KVA", false}, {"BILLED_KVA", false},
};

bool
billed_check(const char *text, size_t n)
{
    return table_check(text, n, COLUMN, COLUMNS);
}

/* ---- one row ---------------------------------------------------------------
 */

static bool
take_period(struct table *t, struct billed *b)
{
    if (!table_day(t, START, &b->start_day) || !table_day(t, END, &b->end_day))
        return false;
    if (b->start_day == DAY_NONE)
        return table_refuse(t, TABLE_EMPTY, START);
    if (b->end_day == DAY_NONE)
        return table_refuse(t, TABLE_EMPTY, END);
    return b->end_day >= b->start_day || table_refuse(t, TABLE_ORDER, END);
}

static bool
take_value(struct table *t, enum column column, struct billed_value *v)
{
    return table_number(t, column, &v->value, &v->given);
}

static bool
take_values(struct table *t, struct billed *b)
{
    bool given;

    if (!table_number(t, ACTUAL_KWH, &b->kwh, &given))
        return false;
    if (!given)
        return table_refuse(t, TABLE_EMPTY, ACTUAL_KWH);
    return take_value(t, METERED_KW, &b->metered_kw) &&
           take_value(t, BILLED_KW, &b->billed_kw) &&
           take_value(t, METERED_KVA, &b->metered_kva) &&
           take_value(t, BILLED_KVA, &b->billed_kva);
}

/* A day from now as a stamp: clocks differ, zones too. */
static int64_t
newest_stamp(void)
{
    struct civil c;

    utc_to_civil(clock_now() + 86400, &c);
    return ((int64_t)c.year * 10000 + c.month * 100 + c.day) * 1000000 +
           c.hour * 10000 + c.minute * 100 + c.second;
}

static bool
row_take(struct billed_file *f, struct table *t, int64_t newest)
{
    struct billed_row row = {.line = (uint32_t)t->csv.line};
    const char *esiid = t->value[ESIID];

    if (!table_esiid(t, ESIID) || !take_period(t, &row.b) ||
        !table_stamp(t, REVISION, &row.b.stamp) || !take_values(t, &row.b))
        return false;
    if (row.b.stamp > newest)
        return table_refuse(t, TABLE_FUTURE, REVISION);
    row.esiid = (uint32_t)f->text.len;
    buf_add(&f->text, esiid, strlen(esiid) + 1);
    f->row[f->n++] = row;
    return true;
}

static void
rows_read(struct billed_file *f, struct table *t)
{
    int64_t newest = newest_stamp();
    enum table_rc rc;

    while ((rc = table_next(t)) != TABLE_END) {
        f->read++;
        if (f->n == f->room) {
            f->room = f->room ? f->room * 2 : 1024;
            f->row = mem_grow(f->row, f->room * sizeof *f->row);
        }
        if (rc == TABLE_ROW)
            row_take(f, t, newest);
    }
}

/* ---- one row against another -----------------------------------------------
 */

static int
by_period(const struct billed_file *f, const struct billed_row *a,
          const struct billed_row *b)
{
    int c = strcmp(f->text.at + a->esiid, f->text.at + b->esiid);

    if (c)
        return c;
    if (a->b.start_day != b->b.start_day)
        return a->b.start_day < b->b.start_day ? -1 : 1;
    return (a->b.end_day > b->b.end_day) - (a->b.end_day < b->b.end_day);
}

/* Of a period the newest first, of equal ones the first in the file. */
static int
by_version(const void *a, const void *b, void *arg)
{
    const struct billed_row *ra = a, *rb = b;
    int c = by_period(arg, ra, rb);

    c = c ? c : billed_compare(&rb->b, &ra->b);
    return c ? c : (ra->line > rb->line) - (ra->line < rb->line);
}

static void
row_refuse(struct billed_file *f, const struct billed_row *row,
           const struct billed_row *kept)
{
    bool equal = row->b.stamp == kept->b.stamp;
    struct table_reject *j =
        table_reject(f->rejects, equal ? TABLE_CONTRADICTS : TABLE_OLDER,
                     COLUMN[equal ? ACTUAL_KWH : REVISION].name, row->line,
                     f->text.at + row->esiid);

    snprintf(j->note, sizeof j->note, "line %u", kept->line);
}

/* Leaves one row of each period, the newest. */
static void
rows_thin(struct billed_file *f)
{
    size_t n = 0;

    if (f->n)
        qsort_r(f->row, f->n, sizeof *f->row, by_version, f);
    for (size_t i = 0; i < f->n; i++) {
        const struct billed_row *row = &f->row[i];
        const struct billed_row *kept = n ? &f->row[n - 1] : NULL;

        if (!kept || by_period(f, row, kept) != 0)
            f->row[n++] = *row;
        else if (billed_compare(&row->b, &kept->b) == 0)
            f->again++;
        else
            row_refuse(f, row, kept);
    }
    f->n = n;
}

static void
days_find(struct billed_file *f)
{
    f->from_day = INT32_MAX;
    f->to_day = INT32_MIN;
    for (size_t i = 0; i < f->n; i++) {
        int32_t day = f->row[i].b.start_day;

        f->from_day = day < f->from_day ? day : f->from_day;
        f->to_day = day > f->to_day ? day : f->to_day;
    }
}

bool
billed_file_read(struct billed_file *f, const void *text, size_t n,
                 struct table_rejects *rejects)
{
    struct table t;
    bool ok;

    *f = (struct billed_file){.rejects = rejects};
    ok = table_open(&t, text, n, COLUMN, COLUMNS, rejects);
    if (ok) {
        rows_read(f, &t);
        rows_thin(f);
        days_find(f);
        ok = table_rejects_few(rejects);
        table_rejects_sort(rejects);
    }
    table_close(&t);
    return ok;
}

void
billed_file_clear(struct billed_file *f)
{
    buf_clear(&f->text);
    free(f->row);
    *f = (struct billed_file){0};
}
