/* SPDX-License-Identifier: Apache-2.0 */
/* The table of refusals, as text for people, reports and the documentation. */
#include "api/feed/reject.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *ours, *ercot, *reason;
} CODES[] = {
#define X(id, ours, ercot, reason) {ours, ercot, reason},
    FEED_CODES(X)
#undef X
};

static const struct {
    const char *ours, *text;
} WARNINGS[] = {
#define X(id, ours, text) {ours, text},
    FEED_WARNINGS(X)
#undef X
};

static const struct {
    const char *code, *meaning;
} ERCOT[] = {
    {"F1", "more than 50,000 records; the file fails"},
    {"F2", "the structure cannot be followed; the file fails"},
    {"01", "a mandatory element is not a valid value"},
    {"02", "a value has an improper format"},
    {"03", "the record does not hold a full day (daylight saving included)"},
    {"04", "future dated"},
    {"05", "the file holds a more recent record of the same day"},
};

const char *
feed_warning_ours(enum feed_warning w)
{
    return WARNINGS[w].ours;
}

const char *
feed_warning_text(enum feed_warning w)
{
    return WARNINGS[w].text;
}

void
feed_reject_code(struct feed_reject *r, enum feed_code c)
{
    r->code = c;
    r->ours = CODES[c].ours;
    r->ercot = CODES[c].ercot;
    r->reason = CODES[c].reason;
}

void
feed_reject_field(const struct feed_reject *r, struct buf *to)
{
    buf_puts(to, r->field);
    if (r->interval > 0)
        buf_printf(to, " of interval %u", r->interval);
}

void
feed_reject_reason(const struct feed_reject *r, struct buf *to)
{
    buf_puts(to, r->reason);
    if (r->note[0] != '\0')
        buf_printf(to, " (%s)", r->note);
}

void
feed_reject_print(const struct feed_reject *r, const char *file, struct buf *to)
{
    buf_puts(to, file);
    if (r->line > 0)
        buf_printf(to, ":%u", r->line);
    if (r->column > 0)
        buf_printf(to, ":%u", r->column);
    buf_puts(to, ": ");
    feed_reject_field(r, to);
    buf_puts(to, ": ");
    feed_reject_reason(r, to);
    buf_printf(to, " [%s %s]\n", r->ercot, r->ours);
    if (r->excerpt[0] != '\0')
        buf_printf(to, "    %s\n    %*s^\n", r->excerpt, r->caret, "");
}

void
feed_reject_excerpt(struct feed_reject *r, const char *line, const char *end,
                    const char *at)
{
    const char *from = line;
    size_t n;

    if (at - line > FEED_EXCERPT - 24)
        from = at - (FEED_EXCERPT - 24);
    n = (size_t)(end - from);
    if (n > FEED_EXCERPT - 1)
        n = FEED_EXCERPT - 1;
    for (size_t i = 0; i < n; i++)
        r->excerpt[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
    r->excerpt[n] = '\0';
    r->caret = (uint8_t)(at - from);
}

void
feed_codes_document(struct buf *to)
{
    buf_puts(to,
             "# Why a record is refused\n\n"
             "Each refusal carries ERCOT's result code of the Interval Data "
             "LSE Activity Report\nand a finer code of ours.  `F1` and `F2` "
             "refuse the file; every other code refuses\none record (one ESI "
             "ID, channel and day) and the others of the file load.\n"
             "Where ERCOT's list does not name a case, the nearest code is "
             "our choice.\n\n"
             "| ERCOT | meaning |\n|---|---|\n");
    for (size_t i = 0; i < sizeof ERCOT / sizeof ERCOT[0]; i++)
        buf_printf(to, "| %s | %s |\n", ERCOT[i].code, ERCOT[i].meaning);
    buf_puts(to, "\n| ours | ERCOT | reason |\n|---|---|---|\n");
    for (size_t i = 0; i < FEED_CODE_COUNT; i++)
        buf_printf(to, "| %s | %s | %s |\n", CODES[i].ours, CODES[i].ercot,
                   CODES[i].reason);
    buf_puts(to, "\n## What loads with a warning\n\n"
                 "These records load; they are counted and flagged.\n\n"
                 "| ours | what |\n|---|---|\n");
    for (size_t i = 0; i < FEED_WARNING_COUNT; i++)
        buf_printf(to, "| %s | %s |\n", WARNINGS[i].ours, WARNINGS[i].text);
    buf_puts(to,
             "\nThis page is printed from the table in `api/feed/reject.h`; a "
             "test compares the two.\n");
}
