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

#define CSV_FIELDS 64

struct csv_reader {
    const char *at, *end;    /* unread bytes */
    long line;               /* line that the newest record began on */
    size_t n;                /* fields of the newest record */
    const char *field[CSV_FIELDS]; /* NUL-ended, in `text` */
    struct buf text;
};

void csv_init(struct csv_reader *r, const void *bytes, size_t n);
enum csv_rc { CSV_RECORD, CSV_END, CSV_QUOTE, CSV_MANY, CSV_NUL, CSV_LONG };
/* LF or CRLF, quotes, an initial UTF-8 BOM; empty lines are passed over. */
enum csv_rc csv_next(struct csv_reader *r);
void csv_clear(struct csv_reader *r);

#endif
