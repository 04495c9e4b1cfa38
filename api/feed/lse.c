/* SPDX-License-Identifier: Apache-2.0 */
/* The LSE reader's frame: spans, the order of records, refusals. */
#include "api/feed/lse.h"

#include <stdio.h>
#include <string.h>

#include "api/feed/lse_row.h"
#include "server/base/clock.h"

static const char *const FIELDS[] = {
#define X(id, text) text,
    LSE_FIELDS(X)
#undef X
};

const char *
lse_field_text(enum lse_field f)
{
    return FIELDS[f];
}

/* ---- spans -----------------------------------------------------------------
 */

static void
no_more(void *arg, const char *from, size_t keep, struct lse_span *span)
{
    (void)arg;
    *span = (struct lse_span){from, from + keep, true};
}

void
feed_lse_init(struct lse *in, lse_more *more, void *arg)
{
    *in = (struct lse){.more = more, .arg = arg, .line = 1, .day = DAY_NONE};
    in->span = (struct lse_span){"", "", false};
    if (!lse_use(in, LSE_AVX2) && !lse_use(in, LSE_SSE))
        lse_use(in, LSE_PLAIN);
}

bool
lse_use(struct lse *in, enum lse_way way)
{
    if (!lse_can(way))
        return false;
    in->details = LSE_DETAILS[way];
    in->swift = way != LSE_PLAIN;
    return true;
}

void
feed_lse_init_text(struct lse *in, const char *text, size_t n)
{
    feed_lse_init(in, no_more, NULL);
    in->span = (struct lse_span){text, text + n, true};
}

/* Sees to it that a whole record, or all that is left, lies in the span. */
static void
fill(struct lse *in)
{
    while (!in->span.last && in->span.end - in->span.at < LSE_ROOM)
        in->more(in->arg, in->span.at, (size_t)(in->span.end - in->span.at),
                 &in->span);
}

static bool
at_end(const struct lse *in)
{
    return in->span.last && in->span.at >= in->span.end;
}

/* Passes over the rest of the line, however long it is. */
static void
skip_line(struct lse *in)
{
    for (;;) {
        const char *p =
            memchr(in->span.at, '\n', (size_t)(in->span.end - in->span.at));

        in->span.at = p == NULL ? in->span.end : p + 1;
        fill(in);
        if (p != NULL)
            break;
        if (at_end(in))
            return;
    }
    in->line++;
}

/* ---- refusals --------------------------------------------------------------
 */

const char *
lse_fail(struct lse *in, const char *at, enum feed_code code,
         enum lse_field field)
{
    in->bad = at;
    in->code = code;
    in->field = field;
    if (at - in->row >= LSE_MOST_LINE ||
        (at >= in->span.end && !in->span.last)) {
        in->bad = in->row + LSE_MOST_LINE;
        in->code = FEED_LINE_LONG;
        in->field = LSE_FIELD_LINE;
        in->interval = 0;
    } else if (at >= in->span.end) {
        in->code = FEED_CUT;
    }
    return NULL;
}

const char *
lse_fail_byte(struct lse *in, const char *at, enum feed_code code,
              enum lse_field field)
{
    bool strange = (*at < ' ' || *at > '~') && !lse_is_end(in, at);

    return lse_fail(in, at, strange ? FEED_BYTE : code, field);
}

const char *
lse_fail_here(struct lse *in, const char *at, enum feed_code code,
              enum lse_field field)
{
    return lse_fail_byte(in, at, lse_is_end(in, at) ? FEED_FIELD_MISSING : code,
                         field);
}

/* Who the record is about, as far as it was read. */
static void
reject_record(struct lse *in, const struct lse_record *r)
{
    struct feed_reject *j = &in->reject;

    *j = (struct feed_reject){.day = r->d.day, .channel = r->d.channel};
    if (r->esiid_n > 0)
        memcpy(j->esiid, r->esiid, r->esiid_n);
}

static void
reject_place(struct lse *in, const char *row, const char *at)
{
    const char *end = memchr(row, '\n', (size_t)(in->span.end - row));

    if (end == NULL)
        end = in->span.end;
    in->reject.column = (uint32_t)(at - row) + 1;
    feed_reject_excerpt(&in->reject, row, end, at);
}

static enum lse_rc
refuse_file(struct lse *in, enum feed_code code, uint32_t line)
{
    in->over = true;
    in->reject = (struct feed_reject){
        .field = FIELDS[LSE_FIELD_FILE], .day = DAY_NONE, .line = line};
    feed_reject_code(&in->reject, code);
    return LSE_REFUSED;
}

void
feed_lse_refuse(struct lse *in, const struct lse_record *r,
                enum lse_field field, enum feed_code code, const char *note)
{
    const char *at = r->field[field];

    reject_record(in, r);
    feed_reject_code(&in->reject, code);
    in->reject.field = FIELDS[field];
    in->reject.line = r->line;
    snprintf(in->reject.note, sizeof in->reject.note, "%s", note);
    if (at == NULL)
        return;
    for (unsigned row = LSE_THIRTY + 1; row-- > 0;)
        if (at >= r->row[row]) {
            in->reject.line = r->line + row;
            reject_place(in, r->row[row], at);
            return;
        }
}

/* ---- records ---------------------------------------------------------------
 */

static bool
is_row_one(const struct lse *in)
{
    return in->span.end - in->span.at >= 8 &&
           memcmp(in->span.at, "00000001", 8) == 0;
}

static bool
is_header(const char *p)
{
    return memcmp(p, "000000", 6) == 0;
}

static bool
is_detail(const char *p)
{
    return memcmp(p, "1000", 4) == 0;
}

/*
 * Passes over what is left of a bad record: to the next row one, or to a
 * header row behind a detail row, which begins a record that lost its row one.
 */
static void
skip_record(struct lse *in, const char *first)
{
    bool detail = false, begun = in->row != first;

    for (in->span.at = in->row; fill(in), !at_end(in); skip_line(in)) {
        const char *p = in->span.at;

        if (begun && (is_row_one(in) || (detail && is_header(p))))
            return;
        begun = true;
        if (is_detail(p))
            detail = true;
    }
}

static enum lse_rc
reject_next(struct lse *in, const struct lse_record *r)
{
    reject_record(in, r);
    feed_reject_code(&in->reject, in->code);
    in->reject.field = FIELDS[in->field];
    in->reject.interval = in->interval;
    in->reject.line = in->line;
    reject_place(in, in->row, in->bad);
    skip_record(in, in->span.at);
    return LSE_REJECT;
}

/* Counts on to the end, so that the report can say how many there were. */
static enum lse_rc
refuse_too_many(struct lse *in)
{
    uint32_t line = in->line;

    for (; !at_end(in); skip_line(in))
        in->records += is_row_one(in);
    return refuse_file(in, FEED_TOO_MANY, line);
}

/* Is this LSE at all?  Looks at the beginning. */
static enum lse_rc
begin(struct lse *in)
{
    const char *p;
    size_t n;

    in->begun = true;
    fill(in);
    n = (size_t)(in->span.end - in->span.at);
    if (n >= 3 && memcmp(in->span.at, "\xef\xbb\xbf", 3) == 0) {
        in->byte_order = true;
        in->span.at += 3;
        n -= 3;
    }
    p = in->span.at;
    if (n == 0)
        return refuse_file(in, FEED_NO_RECORD, 0);
    if (n >= 2 &&
        (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0 ||
         (p[0] == '\0') != (p[1] == '\0')))
        return refuse_file(in, FEED_UTF16, 0);
    if (memchr(p, '\n', n) == NULL && memchr(p, '\r', n) != NULL)
        return refuse_file(in, FEED_CR_ALONE, 0);
    while (*p == '\r' || *p == '\n')
        p++;
    if (p == in->span.end)
        return refuse_file(in, FEED_NO_RECORD, 0);
    if (in->span.end - p < 9 || p[8] != ',' || (!is_header(p) && !is_detail(p)))
        return refuse_file(in, FEED_NOT_LSE, 0);
    return LSE_END;
}

static void
skip_empty_lines(struct lse *in)
{
    for (;;) {
        const char *p = in->span.at;

        if (at_end(in))
            return;
        if (*p == '\r' && p[1] == '\n')
            p++;
        if (*p != '\n')
            return;
        in->span.at = p + 1;
        in->line++;
        fill(in);
    }
}

enum lse_rc
feed_lse_next(struct lse *in, struct lse_record *r)
{
    const char *p;

    if (in->over)
        return LSE_END;
    if (!in->begun && begin(in) == LSE_REFUSED)
        return LSE_REFUSED;
    fill(in);
    skip_empty_lines(in);
    if (at_end(in)) {
        in->over = true;
        return LSE_END;
    }
    if (in->records == LSE_MOST_RECORDS)
        return refuse_too_many(in);
    in->records++;
    in->row = in->span.at;
    in->interval = 0;
    r->line = in->line;
    r->esiid_n = 0;
    memset(r->field, 0, sizeof r->field);
    r->d.point_id = 0;
    r->d.day = DAY_NONE;
    r->d.channel = 0;
    r->d.seconds = 900;
    r->d.origin = 'M';
    p = lse_read_headers(in, in->span.at, r);
    if (p != NULL && in->soon != NULL)
        in->soon(in->arg, r);
    if (p != NULL)
        p = in->details(in, p, r);
    if (p == NULL)
        return reject_next(in, r);
    in->span.at = p;
    return LSE_RECORD;
}
