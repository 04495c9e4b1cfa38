/* SPDX-License-Identifier: Apache-2.0 */
/* Usage as JSON: the view that the pages are made from. */
#include "api/usage/usage_page.h"
#include "api/usage/usage_show_page.h"

static enum fault
usage_json(struct req *r, enum usage_span span)
{
    struct usage_show s;
    enum fault f = usage_show_ask(r, span, &s);

    if (f == FAULT_NONE)
        f = usage_show_load(&s);
    if (f == FAULT_PAST_LIMIT)
        return req_bad(r, f, "report", "usage.limit.json", NULL);
    if (f != FAULT_NONE)
        return f;
    return reply_json(r, 200, usage_view(&s.usage, &s.meter));
}

enum fault
usage_day_json(struct req *r)
{
    return usage_json(r, USAGE_DAY);
}

enum fault
usage_week_json(struct req *r)
{
    return usage_json(r, USAGE_WEEK);
}

enum fault
usage_month_json(struct req *r)
{
    return usage_json(r, USAGE_MONTH);
}

enum fault
usage_year_json(struct req *r)
{
    return usage_json(r, USAGE_YEAR);
}

enum fault
usage_range_json(struct req *r)
{
    return usage_json(r, USAGE_RANGE);
}
