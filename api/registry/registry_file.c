/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a registry file: its rows one by one, then one against another. */
#include "config.h"

#include "api/registry/registry_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/registry/registry.h"
#include "server/base/clock.h"
#include "server/base/str.h"
#include "server/base/tz.h"

enum column {
    ESIID,
    PREMISE,
    TDSP,
    ZONE,
    CLASS,
    SOLAR,
    ADDRESS,
    CITY,
    STATE,
    ZIP,
    METER,
    SERIAL,
    MAKE,
    INSTALLED,
    PROVISIONED,
    REMOVED,
    REP,
    REP_FROM,
    REP_TO,
    COLUMNS
};

static const struct table_column COLUMN[COLUMNS] = {
    {"ESIID", true},    {"PREMISE", false},  {"TDSP", true},
    {"ZONE", false},    {"CLASS", false},    {"SOLAR", false},
    {"ADDRESS", false}, {"CITY", false},     {"STATE", false},
    {"ZIP", false},     {"METER", true},     {"SERIAL", false},
    {"MAKE", false},    {"INSTALLED", true}, {"PROVISIONED", false},
    {"REMOVED", false}, {"REP", false},      {"REP_FROM", false},
    {"REP_TO", false},
};

/* Longest texts, as the store's structs hold them. */
static const uint8_t MOST[COLUMNS] = {
    [PREMISE] = 39, [ADDRESS] = 159, [CITY] = 63,   [STATE] = 7,
    [ZIP] = 15,     [METER] = 31,    [SERIAL] = 31, [MAKE] = 31,
};

#define CLASSES "residential business"
#define YES_NO  "N Y"

bool
registry_check(const char *text, size_t n)
{
    return table_check(text, n, COLUMN, COLUMNS);
}

/* ---- one row ---------------------------------------------------------------
 */

struct reader {
    struct table t;
    struct registry_file *f;
    const char *sender, *default_zone;
    char zone[40];    /* the newest that exists */
    uint32_t premise; /* of the row before */
};

static bool
take_texts(struct table *t)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        if (MOST[c] && !table_text(t, c, c == METER, MOST[c]))
            return false;
    }
    return true;
}

static bool
take_tdsp(struct reader *r)
{
    const char *tdsp = r->t.value[TDSP];

    if (!table_duns(&r->t, TDSP))
        return false;
    if (r->sender[0] && !str_eq(tdsp, r->sender))
        return table_refuse(&r->t, TABLE_SENDER, TDSP);
    if (r->f->tdsp[0])
        return str_eq(tdsp, r->f->tdsp) ||
               table_refuse(&r->t, TABLE_TDSP, TDSP);
    return str_copy(r->f->tdsp, sizeof r->f->tdsp, tdsp);
}

static bool
take_zone(struct reader *r)
{
    const char **zone = &r->t.value[ZONE];

    if (**zone == '\0')
        *zone = r->default_zone;
    if (str_eq(*zone, r->zone))
        return true;
    return (tz_get(*zone) && str_copy(r->zone, sizeof r->zone, *zone)) ||
           table_refuse(&r->t, TABLE_ZONE, ZONE);
}

/* Puts the default words in place of empty ones. */
static bool
take_choices(struct table *t)
{
    static const char *const CLASS_WORD[] = {"residential", "business"};
    static const char *const SOLAR_WORD[] = {"N", "Y"};
    int class, solar;

    if (!table_choice(t, CLASS, CLASSES, &class) ||
        !table_choice(t, SOLAR, YES_NO, &solar))
        return false;
    t->value[CLASS] = CLASS_WORD[class];
    t->value[SOLAR] = SOLAR_WORD[solar];
    return true;
}

static bool
take_meter_days(struct table *t, struct registry_row *row)
{
    if (!table_day(t, INSTALLED, &row->installed_day) ||
        !table_day(t, PROVISIONED, &row->provisioned_day) ||
        !table_day(t, REMOVED, &row->removed_day))
        return false;
    if (row->installed_day == DAY_NONE)
        return table_refuse(t, TABLE_EMPTY, INSTALLED);
    if (row->provisioned_day != DAY_NONE &&
        row->provisioned_day < row->installed_day)
        return table_refuse(t, TABLE_ORDER, PROVISIONED);
    /* The day before the first says that there was no such meter. */
    if (row->removed_day != DAY_NONE &&
        row->removed_day < row->installed_day - 1)
        return table_refuse(t, TABLE_ORDER, REMOVED);
    return true;
}

static bool
take_rep(struct table *t, struct registry_row *row)
{
    bool given = t->value[REP][0] != '\0';

    row->said[OF_REP] = given ? SAID_NEW : SAID_NOTHING;
    if (!table_day(t, REP_FROM, &row->from_day) ||
        !table_day(t, REP_TO, &row->to_day))
        return false;
    if (!given && row->from_day != DAY_NONE)
        return table_refuse(t, TABLE_ALONE, REP_FROM);
    if (!given && row->to_day != DAY_NONE)
        return table_refuse(t, TABLE_ALONE, REP_TO);
    if (!given)
        return true;
    if (!table_duns(t, REP))
        return false;
    if (row->from_day == DAY_NONE)
        return table_refuse(t, TABLE_EMPTY, REP_FROM);
    return row->to_day == DAY_NONE || row->to_day >= row->from_day - 1 ||
           table_refuse(t, TABLE_ORDER, REP_TO);
}

static uint32_t
keep(struct reader *r, size_t first, size_t last)
{
    struct buf *b = &r->f->text;
    uint32_t at = (uint32_t)b->len;

    for (size_t c = first; c <= last; c++)
        buf_add(b, r->t.value[c], strlen(r->t.value[c]) + 1);
    return at;
}

static bool
texts_same(const char *a, const char *b, int n)
{
    for (; n > 0; n--) {
        if (strcmp(a, b) != 0)
            return false;
        a = registry_text_next(a);
        b = registry_text_next(b);
    }
    return true;
}

/* TDSP is the file's; it stands in front of ZONE only in the enum. */
static void
keep_premise(struct reader *r, struct registry_row *row)
{
    struct buf *b = &r->f->text;

    row->premise = keep(r, PREMISE, PREMISE);
    keep(r, ZONE, ZIP);
    if (r->f->n == 0 ||
        !texts_same(b->at + r->premise, b->at + row->premise, PREMISE_TEXTS)) {
        r->premise = row->premise;
        return;
    }
    b->len = row->premise;
    row->premise = r->premise;
}

static bool
row_take(struct reader *r, struct registry_row *row)
{
    struct table *t = &r->t;

    *row = (struct registry_row){.line = (uint32_t)t->csv.line};
    if (!table_esiid(t, ESIID) || !take_tdsp(r) || !take_texts(t) ||
        !take_zone(r) || !take_choices(t) || !take_meter_days(t, row) ||
        !take_rep(t, row))
        return false;
    row->said[OF_PREMISE] = row->said[OF_METER] = SAID_NEW;
    row->esiid = keep(r, ESIID, ESIID);
    keep_premise(r, row);
    row->meter = keep(r, METER, MAKE);
    row->rep = keep(r, REP, REP);
    return true;
}

static void
rows_read(struct reader *r)
{
    struct registry_file *f = r->f;
    enum table_rc rc;

    while ((rc = table_next(&r->t)) != TABLE_END) {
        size_t n;

        f->read++;
        if (f->n == f->room) {
            f->room = f->room ? f->room * 2 : 1024;
            f->row = mem_grow(f->row, f->room * sizeof *f->row);
        }
        if (rc == TABLE_BAD || !row_take(r, &f->row[f->n]))
            continue;
        f->n++;
        n = strlen(r->t.value[ESIID]);
        f->warned += n != 17 && n != 22;
    }
}

/* ---- one row against another -----------------------------------------------
 */

static int
by_esiid(const void *a, const void *b, void *arg)
{
    const struct registry_file *f = arg;
    const struct registry_row *ra = a, *rb = b;
    int c = strcmp(registry_text(f, ra->esiid), registry_text(f, rb->esiid));

    return c ? c : (ra->line > rb->line) - (ra->line < rb->line);
}

static bool
meter_same(const struct registry_file *f, const struct registry_row *a,
           const struct registry_row *b)
{
    return a->provisioned_day == b->provisioned_day &&
           a->removed_day == b->removed_day &&
           texts_same(registry_text(f, a->meter), registry_text(f, b->meter),
                      METER_TEXTS);
}

static bool
rep_same(const struct registry_file *f, const struct registry_row *a,
         const struct registry_row *b)
{
    return a->to_day == b->to_day &&
           str_eq(registry_text(f, a->rep), registry_text(f, b->rep));
}

static bool
premise_same(const struct registry_file *f, const struct registry_row *a,
             const struct registry_row *b)
{
    return a->premise == b->premise ||
           texts_same(registry_text(f, a->premise),
                      registry_text(f, b->premise), PREMISE_TEXTS);
}

/* Marks what an earlier row of the point states already; the name of the
 * column that it states otherwise, or NULL. */
static const char *
row_against(const struct registry_file *f, struct registry_row *row,
            const struct registry_row *earlier)
{
    row->said[OF_PREMISE] = SAID_AGAIN;
    if (!premise_same(f, row, earlier))
        return "PREMISE";
    if (row->installed_day == earlier->installed_day &&
        str_eq(registry_text(f, row->meter),
               registry_text(f, earlier->meter))) {
        if (!meter_same(f, row, earlier))
            return COLUMN[METER].name;
        row->said[OF_METER] = SAID_AGAIN;
    }
    if (row->said[OF_REP] == SAID_NOTHING ||
        earlier->said[OF_REP] == SAID_NOTHING ||
        row->from_day != earlier->from_day)
        return NULL;
    if (!rep_same(f, row, earlier))
        return COLUMN[REP].name;
    row->said[OF_REP] = SAID_AGAIN;
    return NULL;
}

static void
row_contradicts(struct registry_file *f, const struct registry_row *row,
                const char *field, const struct registry_row *earlier)
{
    struct table_reject *j =
        table_reject(f->rejects, TABLE_CONTRADICTS, field, row->line,
                     registry_text(f, row->esiid));

    snprintf(j->note, sizeof j->note, "line %u", earlier->line);
}

/* Compares row with the good ones first..row of its point. */
static bool
row_check(struct registry_file *f, const struct registry_row *first,
          struct registry_row *row)
{
    if (row - first >= TABLE_ROWS) {
        table_reject(f->rejects, TABLE_ROWS_MANY, COLUMN[ESIID].name, row->line,
                     registry_text(f, row->esiid));
        return false;
    }
    for (const struct registry_row *e = first; e < row; e++) {
        const char *field = row_against(f, row, e);

        if (field) {
            row_contradicts(f, row, field, e);
            return false;
        }
    }
    return true;
}

/* Leaves the rows that contradict no earlier one. */
static void
rows_check(struct registry_file *f)
{
    size_t n = 0, first = 0;

    if (f->n)
        qsort_r(f->row, f->n, sizeof *f->row, by_esiid, f);
    for (size_t i = 0; i < f->n; i++) {
        struct registry_row row = f->row[i];

        if (n == first || strcmp(registry_text(f, row.esiid),
                                 registry_text(f, f->row[first].esiid)) != 0)
            first = n;
        f->row[n] = row;
        if (row_check(f, &f->row[first], &f->row[n]))
            n++;
    }
    f->n = n;
}

/* ---- the file --------------------------------------------------------------
 */

bool
registry_file_read(struct registry_file *f, const void *text, size_t n,
                   const char *sender, const char *default_zone,
                   struct table_rejects *rejects)
{
    struct reader r = {.f = f, .sender = sender, .default_zone = default_zone};
    bool ok;

    *f = (struct registry_file){.rejects = rejects};
    ok = table_open(&r.t, text, n, COLUMN, COLUMNS, rejects);
    if (ok) {
        rows_read(&r);
        rows_check(f);
        ok = table_rejects_few(rejects);
    }
    table_close(&r.t);
    return ok;
}

void
registry_file_clear(struct registry_file *f)
{
    buf_clear(&f->text);
    free(f->row);
    *f = (struct registry_file){0};
}
