/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV by RFC 4180.  The reader copies a record into one buffer with a NUL
 * behind each field, so that a field is a plain C string; a NUL in the input
 * is therefore an error and never a silent end.
 */
#include "server/text/csv.h"

#include <string.h>

void
csv_text(struct buf *to, const char *text)
{
    bool guard = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
    bool quote = strpbrk(text, ",\"\r\n") != NULL;

    if (quote)
        buf_putc(to, '"');
    if (guard)
        buf_putc(to, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            buf_putc(to, '"');
        buf_putc(to, *text);
    }
    if (quote)
        buf_putc(to, '"');
}

void
csv_init(struct csv_reader *r, const void *bytes, size_t n)
{
    memset(r, 0, sizeof *r);
    r->at = bytes;
    r->end = r->at + n;
    r->next_line = 1;
    if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        r->at += 3;
}

/* Length of the line end at p: 1, 2 or 0 when there is none. */
static size_t
line_end(const struct csv_reader *r, const char *p)
{
    if (*p == '\n')
        return 1;
    return *p == '\r' && r->end - p > 1 && p[1] == '\n' ? 2 : 0;
}

static void
pass_empty_lines(struct csv_reader *r)
{
    size_t n;

    while (r->at < r->end && (n = line_end(r, r->at)) > 0) {
        r->at += n;
        r->next_line++;
    }
}

/* A quoted field: the text behind its opening quote up to the closing one. */
static enum csv_rc
read_quoted(struct csv_reader *r, const char **p)
{
    const char *s = *p;

    for (;; s++) {
        if (s == r->end)
            return CSV_QUOTE;
        if (*s == '"' && (++s == r->end || *s != '"'))
            break;
        if (*s == '\0')
            return CSV_NUL;
        if (*s == '\n')
            r->next_line++;
        if (r->text.len == CSV_LONGEST)
            return CSV_LONG;
        buf_putc(&r->text, *s);
    }
    *p = s;
    return s == r->end || *s == ',' || line_end(r, s) > 0 ? CSV_RECORD
                                                          : CSV_QUOTE;
}

static enum csv_rc
read_plain(struct csv_reader *r, const char **p)
{
    const char *s = *p;

    for (; s < r->end && *s != ',' && line_end(r, s) == 0; s++) {
        if (*s == '\0' || *s == '"')
            return *s == '"' ? CSV_QUOTE : CSV_NUL;
        if (r->text.len == CSV_LONGEST)
            return CSV_LONG;
        buf_putc(&r->text, *s);
    }
    *p = s;
    return CSV_RECORD;
}

/* Reads fields from *p to behind the line end; `start` gets where each begins
 * in the text buffer, which may still move. */
static enum csv_rc
read_fields(struct csv_reader *r, const char **p, size_t start[CSV_FIELDS])
{
    for (;;) {
        enum csv_rc rc;

        if (r->n == CSV_FIELDS)
            return CSV_MANY;
        start[r->n++] = r->text.len;
        if (*p < r->end && **p == '"') {
            ++*p;
            rc = read_quoted(r, p);
        } else {
            rc = read_plain(r, p);
        }
        if (rc != CSV_RECORD)
            return rc;
        buf_putc(&r->text, '\0');
        if (*p == r->end)
            return CSV_RECORD;
        if (**p != ',') {
            *p += line_end(r, *p);
            r->next_line++;
            return CSV_RECORD;
        }
        ++*p;
    }
}

/* Goes on behind the first line of a bad record. */
static void
pass_bad_line(struct csv_reader *r)
{
    const char *end = memchr(r->at, '\n', (size_t)(r->end - r->at));

    r->at = end != NULL ? end + 1 : r->end;
    r->next_line = r->line + 1;
    r->n = 0;
}

enum csv_rc
csv_next(struct csv_reader *r)
{
    size_t start[CSV_FIELDS];
    const char *p;
    enum csv_rc rc;

    pass_empty_lines(r);
    r->n = 0;
    r->text.len = 0;
    r->line = r->next_line;
    if (r->at == r->end)
        return CSV_END;
    p = r->at;
    rc = read_fields(r, &p, start);
    if (rc != CSV_RECORD) {
        pass_bad_line(r);
        return rc;
    }
    r->at = p;
    for (size_t i = 0; i < r->n; i++)
        r->field[i] = r->text.at + start[i];
    return CSV_RECORD;
}

void
csv_clear(struct csv_reader *r)
{
    buf_clear(&r->text);
    memset(r, 0, sizeof *r);
}
