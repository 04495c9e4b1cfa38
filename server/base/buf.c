/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer; room doubles, so adding is cheap on the whole. */
#include "server/base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/base/arena.h"

#define FIRST 256

void
buf_clear(struct buf *b)
{
    free(b->at);
    *b = (struct buf){0};
}

void
buf_room(struct buf *b, size_t n)
{
    size_t size = b->size ? b->size : FIRST;

    if (n <= b->size - b->len)
        return;
    if (n > PTRDIFF_MAX - b->len)
        size = SIZE_MAX; /* more than exists: mem_grow aborts */
    while (size - b->len < n)
        size *= 2;
    b->at = mem_grow(b->at, size);
    b->size = size;
}

void
buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (n == 0)
        return;
    buf_room(b, n);
    memcpy(b->at + b->len, bytes, n);
    b->len += n;
}

void
buf_puts(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void
buf_printf(struct buf *b, const char *format, ...)
{
    va_list ap;
    int n;

    buf_room(b, 64);
    va_start(ap, format);
    n = vsnprintf(b->at + b->len, b->size - b->len, format, ap);
    va_end(ap);
    if (n < 0)
        return;
    if ((size_t)n >= b->size - b->len) {
        buf_room(b, (size_t)n + 1);
        va_start(ap, format);
        vsnprintf(b->at + b->len, b->size - b->len, format, ap);
        va_end(ap);
    }
    b->len += (size_t)n;
}

void
buf_int(struct buf *b, int64_t n)
{
    char digits[24];
    char *p = digits + sizeof digits;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (n < 0)
        *--p = '-';
    buf_add(b, p, (size_t)(digits + sizeof digits - p));
}

const char *
buf_text(struct buf *b)
{
    buf_room(b, 1);
    b->at[b->len] = '\0';
    return b->at;
}
