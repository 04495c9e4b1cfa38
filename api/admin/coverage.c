/* SPDX-License-Identifier: Apache-2.0 */
/* Completeness as CSV and JSON. */
#include "api/admin/coverage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/rc.h"
#include "server/base/clock.h"
#include "server/text/csv.h"

bool
coverage_may_read(const struct actor *who)
{
    return who->role == ROLE_ADMIN || who->role == ROLE_REGULATOR ||
           who->role == ROLE_OPERATOR;
}

bool
coverage_may_list(const struct actor *who)
{
    return who->role == ROLE_ADMIN || who->role == ROLE_OPERATOR;
}

/* ---- words -----------------------------------------------------------------
 */

static const char *const KINDS[] = {"missing", "partial",  "estimated",
                                    "late",    "replaced", "extra"};

const char *
coverage_kind_word(enum coverage_kind k)
{
    return KINDS[k];
}

enum coverage_kind
coverage_kind_from(const char *word)
{
    int k = 0;

    while (k < COVERAGE_KINDS && strcmp(KINDS[k], word) != 0)
        k++;
    return (enum coverage_kind)k;
}

/* ---- lines -----------------------------------------------------------------
 */

/* In the order of a line, after day, TDSP and REP. */
static const struct column {
    const char *name;
    enum coverage_count count; /* COVERAGE_COUNTS: missing */
} COLUMNS[] = {
    {"expected", COVERAGE_EXPECTED},
    {"received", COVERAGE_RECEIVED},
    {"missing", COVERAGE_COUNTS},
    {"estimated", COVERAGE_ESTIMATED},
    {"estimated_intervals", COVERAGE_INTERVALS},
    {"partial", COVERAGE_PARTIAL},
    {"late", COVERAGE_LATE},
    {"replaced", COVERAGE_REPLACED},
    {"extra", COVERAGE_EXTRA},
};
#define N_COLUMNS (sizeof COLUMNS / sizeof *COLUMNS)

static int64_t
value(const struct coverage *c, const struct column *k)
{
    return k->count == COVERAGE_COUNTS ? coverage_missing(c->n)
                                       : c->n[k->count];
}

static void
csv_head(const struct coverage_file *f, struct buf *to)
{
    buf_puts(to, f->view == COVERAGE_BY_PAIR ? "day,tdsp,rep" : "day");
    for (size_t i = 0; i < N_COLUMNS; i++)
        buf_printf(to, ",%s", COLUMNS[i].name);
    buf_puts(to, ",counted\n");
}

static void
csv_line(const struct coverage_file *f, const struct coverage *c)
{
    char day[11];

    buf_puts(f->out, day_format(day, c->day));
    if (f->view == COVERAGE_BY_PAIR) {
        buf_putc(f->out, ',');
        csv_text(f->out, c->tdsp);
        buf_putc(f->out, ',');
        csv_text(f->out, c->rep);
    }
    for (size_t i = 0; i < N_COLUMNS; i++)
        buf_printf(f->out, ",%" PRId64, value(c, &COLUMNS[i]));
    buf_printf(f->out, ",%s\n", c->stale ? "pending" : "yes");
}

/* DUNS numbers, which need no escapes: the registry takes digits alone. */
static void
json_line(const struct coverage_file *f, const struct coverage *c)
{
    char day[11];

    buf_printf(f->out, "%s\n{\"day\":\"%s\"", f->rows ? "," : "",
               day_format(day, c->day));
    if (f->view == COVERAGE_BY_PAIR)
        buf_printf(f->out, ",\"tdsp\":\"%s\",\"rep\":\"%s\"", c->tdsp, c->rep);
    for (size_t i = 0; i < N_COLUMNS; i++)
        buf_printf(f->out, ",\"%s\":%" PRId64, COLUMNS[i].name,
                   value(c, &COLUMNS[i]));
    buf_printf(f->out, ",\"counted\":%s}", c->stale ? "false" : "true");
}

static bool
line(void *arg, const struct coverage *c)
{
    struct coverage_file *f = arg;

    if (f->format == COVERAGE_CSV)
        csv_line(f, c);
    else
        json_line(f, c);
    f->rows = true;
    return true;
}

static void
begin(struct coverage_file *f, struct buf *to)
{
    f->begun = true;
    f->next = f->from;
    if (f->format == COVERAGE_CSV)
        csv_head(f, to);
    else
        buf_puts(to, "{\"days\":[");
}

enum fault
coverage_file_next(struct coverage_file *f, struct db *db,
                   const struct actor *who, struct buf *to, bool *end)
{
    struct coverage_ask ask = {.tdsp = f->has_tdsp ? f->tdsp : NULL,
                               .rep = f->has_rep ? f->rep : NULL};
    enum db_rc rc;

    *end = true;
    if (!coverage_may_read(who))
        return FAULT_FORBIDDEN;
    f->out = to;
    if (!f->begun)
        begin(f, to);
    ask.from = f->next;
    ask.to = day_add_months(day_month_start(f->next), 1) - 1;
    if (ask.to > f->to)
        ask.to = f->to;
    rc = f->view == COVERAGE_BY_DAY ? coverage_each_day(db, &ask, line, f)
                                    : coverage_each(db, &ask, line, f);
    if (rc != DB_OK)
        return db_fault(db, rc, "coverage");
    f->next = ask.to + 1;
    *end = f->next > f->to;
    if (*end && f->format == COVERAGE_JSON)
        buf_puts(to, "\n]}\n");
    return FAULT_NONE;
}

/* ---- meters ----------------------------------------------------------------
 */

void
coverage_meter_head(struct buf *to)
{
    buf_puts(to, "day,esiid,channel,tdsp,rep,intervals,missing,estimated,"
                 "first_received_utc\n");
}

void
coverage_meter_line(struct buf *to, int32_t day, const struct coverage_meter *m)
{
    char text[32];

    buf_printf(to, "%s,", day_format(text, day));
    csv_text(to, m->esiid);
    buf_printf(to, ",%d,", m->channel);
    csv_text(to, m->tdsp);
    buf_putc(to, ',');
    csv_text(to, m->rep);
    buf_printf(to, ",%d,%d,%d,", m->intervals, m->missing, m->estimated);
    if (m->first_utc != 0)
        buf_puts(to, utc_format(text, m->first_utc));
    buf_putc(to, '\n');
}
