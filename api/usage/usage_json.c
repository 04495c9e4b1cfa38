/* SPDX-License-Identifier: Apache-2.0 */
/* Usage as JSON: the view that the pages are made from. */
#include "api/usage/usage_page.h"
#include "api/usage/usage_show_page.h"

enum fault
usage_json(struct req *r)
{
    struct usage_show s;
    enum fault f = usage_show_ask(r, &s);

    if (f == FAULT_NONE)
        f = usage_show_load(&s);
    if (f == FAULT_PAST_LIMIT)
        return req_bad(r, f, "report", "usage.limit.json", NULL);
    if (f != FAULT_NONE)
        return f;
    return reply_json(r, 200, usage_view(&s.usage, &s.meter));
}
