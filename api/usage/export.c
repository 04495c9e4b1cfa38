/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The export: a cursor over days.  No store cursor lives between pieces; each
 * reads its own few days and forgets them.
 */
#include "api/usage/export.h"

#include "api/usage/export_out.h"
#include "db/rc.h"
#include "server/base/str.h"

#define INTERVAL_DAYS 16 /* days of a piece: about 130 KB of CSV */
#define DAILY_DAYS    366

struct usage_export {
    struct export_out out;
    int32_t at; /* first day of the next piece */
    enum { AT_HEAD, AT_DAYS, AT_TAIL, AT_END } stage;
    bool failed;
};

static const char *const format_names[] = {"csv", "iso", "json", "lse"};

const char *
usage_format_name(enum usage_format f)
{
    return format_names[f];
}

bool
usage_format_parse(const char *word, enum usage_format *f)
{
    for (int i = 0; i < USAGE_FORMATS; i++)
        if (str_eq(word, format_names[i])) {
            *f = (enum usage_format)i;
            return true;
        }
    return false;
}

bool
usage_report_parse(const char *word, enum usage_report *r)
{
    for (int i = 0; i < USAGE_REPORTS; i++)
        if (str_eq(word, usage_report_name((enum usage_report)i))) {
            *r = (enum usage_report)i;
            return true;
        }
    return false;
}

const char *
usage_format_type(enum usage_format f)
{
    static const char *const types[] = {
        "text/csv; charset=utf-8", "text/csv; charset=utf-8",
        "application/json", "text/plain; charset=us-ascii"};

    return types[f];
}

enum fault
usage_export_open(struct db *db, const struct actor *who,
                  const struct conf *conf, const struct point *p,
                  const struct usage_export_ask *ask, struct usage_export **x)
{
    const struct tz *zone = tz_get(p->zone);
    struct usage_export *new;
    struct load_stamp at;
    int32_t from, to;
    enum fault f;

    if (!zone)
        return FAULT_OURS;
    if (ask->format == USAGE_LSE && ask->report != USAGE_INTERVAL)
        return FAULT_BAD_FIELD;
    f = agreement_window(db, who, conf, p->id, tz_day_of(zone, ask->now_utc),
                         ask->report == USAGE_MONTHLY, &from, &to);
    if (f == FAULT_NONE)
        f = db_fault(db, db_load_stamp(db, &at), "usage");
    if (f != FAULT_NONE)
        return f;
    new = mem_new(sizeof *new);
    *new = (struct usage_export){0};
    new->out =
        (struct export_out){.ask = *ask, .zone = zone, .point = *p, .at = at};
    new->out.from = from;
    new->out.to_day = to;
    export_receiver(&new->out, conf);
    if (new->out.ask.from < from)
        new->out.ask.from = from;
    if (new->out.ask.to > to)
        new->out.ask.to = to;
    new->at = new->out.ask.from;
    *x = new;
    return FAULT_NONE;
}

/* The last day of the piece that starts at x->at. */
static int32_t
piece_end(const struct usage_export *x)
{
    int32_t end, to = x->out.ask.to;

    if (x->out.ask.report == USAGE_MONTHLY)
        end = day_add_months(day_month_start(x->at), 1) - 1;
    else if (x->out.ask.report == USAGE_DAILY && !x->out.ask.versions)
        end = x->at + DAILY_DAYS - 1;
    else
        end = x->at + INTERVAL_DAYS - 1;
    return end < to ? end : to;
}

static void
next_piece(struct usage_export *x, struct db *db)
{
    int32_t end;

    if (x->at > x->out.ask.to) {
        x->stage = AT_TAIL;
        return;
    }
    end = piece_end(x);
    if (export_days(&x->out, db, x->at, end) != DB_OK) {
        x->failed = true;
        x->stage = AT_END;
        return;
    }
    x->at = end + 1;
}

static void
next_tail(struct usage_export *x, struct db *db)
{
    x->stage = AT_END;
    x->failed = export_tail(&x->out, db) != DB_OK;
}

bool
usage_export_more(struct usage_export *x, struct db *db, struct buf *to)
{
    size_t before = to->len;

    x->out.to = to;
    while (x->stage != AT_END && to->len == before)
        switch (x->stage) {
        case AT_HEAD:
            export_head(&x->out);
            x->stage = AT_DAYS;
            break;
        case AT_DAYS:
            next_piece(x, db);
            break;
        default:
            next_tail(x, db);
            break;
        }
    return to->len > before;
}

bool
usage_export_failed(const struct usage_export *x)
{
    return x->failed;
}

void
usage_export_close(struct usage_export *x)
{
    free(x);
}
