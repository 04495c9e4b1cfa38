/* SPDX-License-Identifier: Apache-2.0 */
#include "api/feed/report.h"

#include <errno.h>
#include <stdio.h>

#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/text/csv.h"

/* One line: columns that do not apply are empty. */
static void
put_line(struct buf *to, const char *type, const char *field, const char *value)
{
    buf_printf(to, "%s,,,,,,,%s,", type, field);
    csv_text(to, value);
    buf_putc(to, '\n');
}

static void
put_count(struct buf *to, const char *name, int64_t n)
{
    buf_printf(to, "COUNT,,,,,,,%s,", name);
    buf_int(to, n);
    buf_putc(to, '\n');
}

static void
put_reject(struct buf *to, const struct feed_reject *j)
{
    struct buf text = {0};
    char day[11];

    buf_puts(to, "REJECT,");
    if (j->line > 0)
        buf_int(to, j->line);
    buf_printf(to, ",%s,%s,", j->esiid,
               j->day != DAY_NONE ? day_format(day, j->day) : "");
    if (j->channel > 0)
        buf_int(to, j->channel);
    buf_printf(to, ",%s,%s,", j->ercot, j->ours);
    feed_reject_field(j, &text);
    csv_text(to, buf_text(&text));
    text.len = 0;
    buf_putc(to, ',');
    feed_reject_reason(j, &text);
    csv_text(to, buf_text(&text));
    buf_putc(to, '\n');
    buf_clear(&text);
}

static void
put_file(struct buf *to, const struct feed_result *r)
{
    static const char *const STATES[] = {"loaded", "known", "refused",
                                         "failed"};
    char when[21];

    put_line(to, "FILE", "name", r->l.name);
    put_line(to, "FILE", "kind", r->l.kind);
    put_line(to, "FILE", "sender", r->l.sender);
    put_line(to, "FILE", "digest", r->l.digest);
    put_line(to, "FILE", "load", "");
    to->len--;
    if (r->l.id > 0)
        buf_int(to, r->l.id);
    buf_putc(to, '\n');
    put_line(to, "FILE", "state", STATES[r->state]);
    put_line(to, "FILE", "received", utc_format(when, r->l.started_utc));
}

static void
put_counts(struct buf *to, const struct feed_result *r)
{
    const struct load_counts *n = &r->l.n;

    put_count(to, "read", n->read);
    put_count(to, "loaded", n->loaded);
    put_count(to, "replaced", n->replaced);
    put_count(to, "unchanged", n->unchanged);
    put_count(to, "historic", n->historic);
    put_count(to, "rejected", n->rejected);
}

static void
put_warnings(struct buf *to, const struct feed_result *r)
{
    for (int w = 0; w < FEED_WARNING_COUNT; w++) {
        if (r->warnings[w] == 0)
            continue;
        buf_printf(to, "WARNING,,,,,,%s,",
                   feed_warning_ours((enum feed_warning)w));
        buf_int(to, r->warnings[w]);
        buf_putc(to, ',');
        csv_text(to, feed_warning_text((enum feed_warning)w));
        buf_putc(to, '\n');
    }
}

void
feed_report_format(const struct feed_result *r, struct buf *to)
{
    buf_puts(to, "TYPE,LINE,ESIID,DAY,CHANNEL,CODE,DETAIL,FIELD,REASON\n");
    put_file(to, r);
    for (size_t i = 0; i < r->n_rejects; i++)
        put_reject(to, &r->rejects[i]);
    put_warnings(to, r);
    put_counts(to, r);
}

bool
feed_report_write(const struct feed_result *r, const char *folder,
                  char why[512])
{
    const char *name = r->l.name[0] != '\0' && strcmp(r->l.name, "-") != 0
                           ? r->l.name
                           : "standard-input";
    struct buf text = {0};
    char path[1024];
    bool ok;

    snprintf(path, sizeof path, "%s/%s.activity.csv", folder, name);
    feed_report_format(r, &text);
    ok = file_make_dir(folder, 0750) &&
         file_write(path, text.at, text.len, 0640);
    if (!ok)
        snprintf(why, 512, "%.400s: %s", path, strerror(errno));
    buf_clear(&text);
    return ok;
}
