/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer.  An all-zero struct buf is empty and valid. */
#ifndef MH_BASE_BUF_H
#define MH_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
    char *at;    /* the bytes; not ended by NUL unless buf_text was called */
    size_t len;  /* bytes in use */
    size_t size; /* bytes held */
};

void buf_clear(struct buf *b); /* frees */
/* Makes room for n more bytes (aborts when memory is out). */
void buf_room(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_puts(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Decimal digits of an integer, without the cost of printf. */
void buf_int(struct buf *b, int64_t n);
/* Ends the bytes with a NUL that is not counted, and returns them. */
const char *buf_text(struct buf *b);

static inline void
buf_putc(struct buf *b, char c)
{
    if (b->len == b->size)
        buf_room(b, 1);
    b->at[b->len++] = c;
}

#endif
