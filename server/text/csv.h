/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV by RFC 4180.  Writing guards text that a spreadsheet would run (= + - @
 * TAB NUL at the start) with an apostrophe; numbers are written by the caller
 * with buf_* and never guarded.
 */
#ifndef MH_TEXT_CSV_H
#define MH_TEXT_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "server/base/buf.h"

/* A text field, quoted where needed. */
void csv_text(struct buf *to, const char *text);

#define CSV_FIELDS  64
#define CSV_LONGEST 65536 /* bytes of a record */

struct csv_reader {
    const char *at, *end;          /* unread bytes */
    long line;                     /* line that the newest record began on */
    long next_line;                /* line of *at */
    size_t n;                      /* fields of the newest record */
    const char *field[CSV_FIELDS]; /* NUL-ended, in `text` */
    struct buf text;
};

void csv_init(struct csv_reader *r, const void *bytes, size_t n);
enum csv_rc { CSV_RECORD, CSV_END, CSV_QUOTE, CSV_MANY, CSV_NUL, CSV_LONG };
/* LF or CRLF, quotes, an initial UTF-8 BOM; empty lines are passed over.
 * CSV_QUOTE: a quote that is not closed, or a quote or text where none may be;
 * CSV_MANY: more than CSV_FIELDS; CSV_LONG: more than CSV_LONGEST bytes.  After
 * these `line` names the bad line, n is 0, and the next call goes on with the
 * line behind it. */
enum csv_rc csv_next(struct csv_reader *r);
void csv_clear(struct csv_reader *r);

#endif
