/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows a file of that report and format has. */
#include "api/usage/export_out.h"

#include "api/usage/iso_csv.h"
#include "api/usage/lse_out.h"
#include "api/usage/smt_csv.h"
#include "server/base/str.h"

#define ERCOT_DUNS "183529049"

void
export_kwh(struct buf *to, int64_t ukwh)
{
    char text[DECIMAL_TEXT];

    buf_add(to, text, decimal_trim(text, ukwh));
}

void
export_decimal(struct buf *to, struct decimal d)
{
    char text[DECIMAL_TEXT];

    buf_add(to, text, decimal_format(text, d));
}

void
export_receiver(struct export_out *o, const struct conf *conf)
{
    const char *list = conf->accepted_receivers;
    size_t n = strcspn(list, " ");

    if (!str_is_digits(list, n) ||
        !str_copyn(o->receiver, sizeof o->receiver, list, n))
        str_copy(o->receiver, sizeof o->receiver, ERCOT_DUNS);
}

void
export_head(struct export_out *o)
{
    if (o->ask.format == USAGE_JSON)
        export_json_head(o);
    else if (o->ask.format == USAGE_LSE)
        return;
    else if (o->ask.report != USAGE_INTERVAL)
        export_csv_head(o);
    else if (o->ask.format == USAGE_CSV)
        usage_smt_csv_head(o->to);
    else
        usage_iso_csv_head(o->to, o->ask.versions);
}

/* ---- intervals -------------------------------------------------------- */

void
export_day(struct export_out *o, const struct reading_day *d,
           const struct reading_version *v)
{
    const char *esiid = o->point.esiid;

    switch (o->ask.format) {
    case USAGE_CSV:
        usage_smt_csv_day(o->to, esiid, o->zone, d, v->stamp);
        break;
    case USAGE_ISO:
        usage_iso_csv_day(o->to, esiid, o->zone, d, v, o->ask.versions);
        break;
    case USAGE_LSE:
        usage_lse_day(o->to, esiid, o->zone, o->receiver, d, v);
        break;
    default:
        export_json_day(o, d, v);
        break;
    }
}

/* ---- sums of a day ---------------------------------------------------- */

static void
add_total(struct usage_sum *to, const struct reading_sum *s)
{
    if (s->channel == CHANNEL_LOAD) {
        to->load_ukwh += s->sum_ukwh;
        to->has_load = true;
        to->days++;
        to->intervals += s->n;
        to->estimated += s->estimated;
        to->missing += s->missing;
    } else {
        to->surplus_ukwh += s->sum_ukwh;
        to->has_surplus = true;
    }
}

static void
put_sum(struct export_out *o, const struct reading_sum *s,
        const char *transaction, const struct reading_version *v)
{
    if (o->ask.format == USAGE_CSV)
        export_csv_sum(o, s);
    else if (o->ask.format == USAGE_ISO)
        export_iso_sum(o, s, transaction, v);
    else
        export_json_sum(o, s, transaction, v);
}

static bool
take_sum(void *arg, const struct reading_sum *s)
{
    struct export_out *o = arg;

    add_total(&o->total, s);
    if (o->ask.report == USAGE_MONTHLY)
        add_total(&o->month, s);
    else
        put_sum(o, s, "", NULL);
    return true;
}

static struct reading_sum
sum_of(const struct reading_day *d, const struct reading_version *v)
{
    struct reading_sum s = {.day = d->day,
                            .channel = d->channel,
                            .n = d->n,
                            .stamp = v->stamp,
                            .has_reads = d->has_reads,
                            .start_read = d->start_read,
                            .stop_read = d->stop_read};

    for (int i = 0; i < d->n; i++) {
        s.missing += d->status[i] == 0;
        s.estimated += d->status[i] == 'E';
        if (d->status[i])
            s.sum_ukwh += d->value_ukwh[i];
    }
    return s;
}

static bool
take_day(void *arg, const struct reading_day *d,
         const struct reading_version *v)
{
    struct export_out *o = arg;
    struct reading_sum s = sum_of(d, v);

    if (v->current)
        add_total(&o->total, &s);
    if (o->ask.report == USAGE_INTERVAL)
        export_day(o, d, v);
    else
        put_sum(o, &s, d->transaction, v);
    return true;
}

/* ---- months ----------------------------------------------------------- */

static void
put_month(struct export_out *o, int32_t from, int32_t to)
{
    if (o->ask.format == USAGE_ISO)
        export_iso_month(o, from, to, &o->month);
    else if (o->ask.format == USAGE_JSON)
        export_json_month(o, from, to, &o->month);
    o->month = (struct usage_sum){0};
}

enum db_rc
export_days(struct export_out *o, struct db *db, int32_t from, int32_t to)
{
    const struct reading_ask ask = {
        o->point.id, from, to,
        o->ask.versions && o->ask.report != USAGE_MONTHLY, &o->at};
    enum db_rc rc;

    if (o->ask.report == USAGE_MONTHLY && o->ask.format == USAGE_CSV)
        return DB_OK; /* the market's monthly file is what was billed */
    if (o->ask.report != USAGE_INTERVAL && !ask.history)
        rc = reading_read_sum(db, &ask, take_sum, o);
    else
        rc = reading_read(db, &ask, take_day, o);
    if (rc == DB_OK && o->ask.report == USAGE_MONTHLY)
        put_month(o, from, to);
    return rc;
}

/* ---- bills ------------------------------------------------------------ */

struct bills {
    struct export_out *out;
    struct billed row;
};

/* One that reaches beyond the window tells of somebody else's days. */
static bool
take_bill(void *arg)
{
    struct bills *w = arg;

    if (w->row.start_day < w->out->from || w->row.end_day > w->out->to_day)
        return true;
    if (w->out->ask.format == USAGE_JSON)
        export_json_bill(w->out, &w->row);
    else
        export_csv_bill(w->out, &w->row);
    return true;
}

static enum db_rc
export_bills(struct export_out *o, struct db *db)
{
    struct bills w = {.out = o};
    enum db_rc rc;

    if (o->ask.from > o->ask.to)
        return DB_OK;
    rc = (o->ask.versions ? db_billed_each_version : db_billed_each)(
        db, o->point.id, o->ask.from, o->ask.to, &w.row, take_bill, &w);
    return rc == DB_NONE ? DB_OK : rc;
}

enum db_rc
export_tail(struct export_out *o, struct db *db)
{
    enum db_rc rc = DB_OK;

    if (o->ask.report == USAGE_MONTHLY && o->ask.format == USAGE_JSON)
        export_json_bills(o);
    if (o->ask.report == USAGE_MONTHLY && o->ask.format != USAGE_ISO)
        rc = export_bills(o, db);
    if (rc == DB_OK && o->ask.format == USAGE_JSON)
        export_json_tail(o);
    return rc;
}
