/* SPDX-License-Identifier: Apache-2.0 */
/* Downloads: the export, streamed to a browser. */
#include "api/usage/export.h"
#include "api/usage/usage_page.h"
#include "server/base/str.h"

static enum stream_rc
more(void *state, struct db *db, struct buf *to)
{
    if (usage_export_more(state, db, to))
        return STREAM_MORE;
    return usage_export_failed(state) ? STREAM_FAIL : STREAM_END;
}

static void
close_export(void *state)
{
    usage_export_close(state);
}

static enum fault
read_ask(struct req *r, struct usage_export_ask *ask)
{
    const char *report, *format;
    enum fault f;

    if ((f = req_day(r, "from", DAY_NONE, &ask->from)) != FAULT_NONE ||
        (f = req_day(r, "to", DAY_NONE, &ask->to)) != FAULT_NONE)
        return f;
    if (ask->from == DAY_NONE || ask->to == DAY_NONE)
        return req_bad(r, FAULT_BAD_FIELD,
                       ask->from == DAY_NONE ? "from" : "to",
                       "usage.bad_missing", NULL);
    if (ask->from > ask->to)
        return req_bad(r, FAULT_BAD_FIELD, "from", "usage.bad_range", NULL);
    if ((f = req_choice(r, "report", "interval daily monthly", &report)) !=
            FAULT_NONE ||
        (f = req_choice(r, "format", "csv iso json lse", &format)) !=
            FAULT_NONE)
        return f;
    usage_report_parse(report, &ask->report);
    usage_format_parse(format, &ask->format);
    ask->now_utc = r->now_utc;
    return FAULT_NONE;
}

/* The market's 15-minute file has its own name; others say what they hold. */
static const char *
file_name(struct req *r, const struct usage_export_ask *ask)
{
    static const char *const endings[] = {"csv", "csv", "json", "lse"};
    char from[16], to[16];

    if (ask->format == USAGE_CSV && ask->report == USAGE_INTERVAL)
        return "IntervalData.csv";
    return arena_printf(r->arena, "usage-%s-%s-%s-to-%s%s.%s", r->path_arg,
                        usage_report_name(ask->report),
                        day_format(from, ask->from), day_format(to, ask->to),
                        ask->format == USAGE_ISO ? "-exact" : "",
                        endings[ask->format]);
}

/* GET /meters/{}/file */
enum fault
usage_file_page(struct req *r)
{
    struct usage_export_ask ask = {0};
    struct agreement_meter m;
    struct usage_export *x;
    int64_t number;
    enum fault f;

    if (!str_to_i64(r->path_arg, &number))
        return FAULT_NOT_FOUND;
    f = agreement_meter_get(r->db, r->who, number, &m);
    if (f == FAULT_NONE)
        f = read_ask(r, &ask);
    if (f == FAULT_NONE)
        f = usage_export_open(r->db, r->who, r->conf, &m.point, &ask, &x);
    if (f == FAULT_BAD_FIELD)
        return req_bad(r, f, "format", "usage.bad_lse", NULL);
    if (f != FAULT_NONE)
        return f;
    reply_file_name(r, file_name(r, &ask));
    return reply_stream(r, usage_format_type(ask.format), more, close_export,
                        x);
}
