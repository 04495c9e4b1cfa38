/* SPDX-License-Identifier: Apache-2.0 */
/* What the administrators' pages write alike. */
#include "api/admin/admin_words_page.h"

#include <inttypes.h>
#include <string.h>

#include "server/base/str.h"
#include "server/base/tz.h"

void
admin_set(json_t *v, const char *key, const char *text)
{
    json_object_set_new(v, key, json_string(text));
}

char *
admin_number(const struct req *r, int64_t n)
{
    /* Digits in groups; counts may be too large for millionths. */
    char digits[24], *to, *text = arena_alloc(r->arena, 32);
    size_t len;

    snprintf(digits, sizeof digits, "%" PRId64, n);
    len = strlen(digits);
    to = text;
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-')
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}

char *
admin_bytes(const struct req *r, int64_t n)
{
    static const char *const UNITS[] = {"kB", "MB", "GB", "TB"};
    size_t unit = 0;
    double x = (double)n / 1e3;

    while (x >= 999.5 && unit < sizeof UNITS / sizeof *UNITS - 1) {
        x /= 1e3;
        unit++;
    }
    return arena_printf(r->arena, x < 10 && n > 0 ? "%.1f %s" : "%.0f %s", x,
                        UNITS[unit]);
}

static const struct tz *
zone(const struct req *r)
{
    const struct tz *z = tz_get(r->conf->default_zone);

    return z != NULL ? z : tz_get("Etc/UTC");
}

char *
admin_instant(const struct req *r, int64_t utc)
{
    struct civil c;

    if (utc == 0)
        return arena_dup(r->arena, "");
    tz_civil(zone(r), utc, &c);
    return arena_printf(r->arena, "%s, %02d:%02d",
                        lang_date(r->arena, r->lang,
                                  day_from_civil(c.year, c.month, c.day),
                                  DATE_SHORT),
                        c.hour, c.minute);
}

int32_t
admin_today(const struct req *r)
{
    return tz_day_of(zone(r), r->now_utc);
}

char *
admin_seconds(const struct req *r, int64_t seconds)
{
    if (seconds < 60)
        return arena_printf(r->arena, "%d s", (int)seconds);
    if (seconds < 3600)
        return arena_printf(r->arena, "%d:%02d min", (int)(seconds / 60),
                            (int)(seconds % 60));
    return arena_printf(r->arena, "%d:%02d h", (int)(seconds / 3600),
                        (int)(seconds / 60 % 60));
}

/* ---- shares ----------------------------------------------------------------
 */

/* In thousandths, down; -1 when nothing is expected. */
static int64_t
thousandths(const int64_t n[COVERAGE_COUNTS])
{
    int64_t expected = n[COVERAGE_EXPECTED], received = n[COVERAGE_RECEIVED];

    if (expected <= 0)
        return -1;
    return received < 0 ? 0 : received * 1000 / expected;
}

int64_t
admin_percent(const int64_t n[COVERAGE_COUNTS])
{
    return thousandths(n) < 0 ? 0 : thousandths(n) / 10;
}

char *
admin_share(const struct req *r, const int64_t n[COVERAGE_COUNTS])
{
    int64_t t = thousandths(n);

    if (t < 0)
        return arena_dup(r->arena, "–");
    if (t % 10 == 0)
        return arena_printf(r->arena, "%d%%", (int)(t / 10));
    return arena_printf(r->arena, "%d.%d%%", (int)(t / 10), (int)(t % 10));
}

const char *
admin_level(const int64_t n[COVERAGE_COUNTS])
{
    int64_t t = thousandths(n);

    if (t < 0)
        return "none";
    if (t >= 1000)
        return "full";
    if (t >= 990)
        return "high";
    if (t >= 950)
        return "fair";
    return t > 0 ? "low" : "zero";
}

/* ---- whose -----------------------------------------------------------------
 */

static enum fault
duns_read(struct req *r, const char *name, bool *has, char to[16])
{
    const char *text = NULL;
    enum fault f = req_text(r, name, 15, &text);

    *has = f == FAULT_NONE && text != NULL && text[0] != '\0';
    if (*has)
        str_copy(to, 16, strcmp(text, "none") == 0 ? "" : text);
    return f;
}

enum fault
admin_whose_read(struct req *r, struct admin_whose *w)
{
    enum fault f = duns_read(r, "tdsp", &w->has_tdsp, w->tdsp);

    return f != FAULT_NONE ? f : duns_read(r, "rep", &w->has_rep, w->rep);
}

struct coverage_ask
admin_ask(const struct admin_whose *w, int32_t from, int32_t to)
{
    return (struct coverage_ask){.from = from,
                                 .to = to,
                                 .tdsp = w->has_tdsp ? w->tdsp : NULL,
                                 .rep = w->has_rep ? w->rep : NULL};
}

/* Letters and digits alone: what else was typed finds nothing anyway. */
static const char *
plain(const struct req *r, const char *duns)
{
    char *to = arena_dup(r->arena, duns[0] != '\0' ? duns : "none"), *at = to;

    for (const char *p = to; *p != '\0'; p++)
        if ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z'))
            *at++ = *p;
    *at = '\0';
    return to;
}

char *
admin_whose_query(const struct req *r, const struct admin_whose *w)
{
    return arena_printf(r->arena, "%s%s%s%s", w->has_tdsp ? "&tdsp=" : "",
                        w->has_tdsp ? plain(r, w->tdsp) : "",
                        w->has_rep ? "&rep=" : "",
                        w->has_rep ? plain(r, w->rep) : "");
}

const char *
admin_duns(const struct req *r, const char *duns)
{
    return duns[0] != '\0' ? duns : tr(r->lang, "admin.nobody");
}
