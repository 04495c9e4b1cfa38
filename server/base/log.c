/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structured log lines.  The pairs' format is walked here, conversion by
 * conversion, so that no text value reaches the line unescaped: a value cannot
 * start a line, forge a pair or send a terminal an escape.  A line is written
 * with one write(2), so lines of several threads do not mix.
 */
#include "server/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/base/buf.h"
#include "server/base/clock.h"

#define VALUE_MOST 4096 /* bytes of one value; longer ones are cut with … */

static _Atomic int level = LOG_INFO_;

void
log_init(enum log_level least)
{
    atomic_store(&level, (int)least);
}

static bool
is_plain(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return n > 0;
}

/* C1 controls reach terminals as the UTF-8 pairs c2 80 … c2 9f, so every byte
 * past ASCII that is not part of well-formed visible text is escaped. */
static size_t
utf8_visible(const char *p, size_t n)
{
    unsigned char c = (unsigned char)p[0];
    size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

    if (c < 0xc2 || c > 0xf4 || len > n)
        return 0;
    if (c == 0xc2 && (unsigned char)p[1] < 0xa0)
        return 0;
    if (c == 0xe2 && (unsigned char)p[1] == 0x80 && len == 3 &&
        ((unsigned char)p[2] == 0xa8 || (unsigned char)p[2] == 0xa9))
        return 0; /* U+2028, U+2029: line ends to some readers */
    for (size_t i = 1; i < len; i++) {
        if (((unsigned char)p[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

static void
put_escaped(struct buf *b, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        size_t len = c >= 0x80 ? utf8_visible(text + i, n - i) : 0;

        if (len > 0) {
            buf_add(b, text + i, len);
            i += len - 1;
        } else if (c == '"' || c == '\\') {
            buf_putc(b, '\\');
            buf_putc(b, (char)c);
        } else if (c == '\n') {
            buf_puts(b, "\\n");
        } else if (c == '\r') {
            buf_puts(b, "\\r");
        } else if (c == '\t') {
            buf_puts(b, "\\t");
        } else if (c < ' ' || c >= 0x7f) {
            buf_printf(b, "\\x%02x", c);
        } else {
            buf_putc(b, (char)c);
        }
    }
}

static void
put_value(struct buf *b, const char *text, size_t n)
{
    bool cut = n > VALUE_MOST;

    if (cut)
        n = VALUE_MOST;
    if (!cut && is_plain(text, n)) {
        buf_add(b, text, n);
        return;
    }
    buf_putc(b, '"');
    put_escaped(b, text, n);
    if (cut)
        buf_puts(b, "…");
    buf_putc(b, '"');
}

/* One conversion of the format, behind its % sign. */
struct spec {
    int precision; /* -1: none */
    char length;   /* 0, 'l', 'L' for ll, 'z', 'h' */
    char conversion;
};

static const char *
spec_read(const char *f, struct spec *s, va_list *ap)
{
    *s = (struct spec){.precision = -1};
    while (*f != '\0' && strchr("-+ #0123456789", *f) != NULL)
        f++; /* flags and widths mean nothing in a log line */
    if (*f == '.') {
        s->precision = 0;
        if (*++f == '*') {
            s->precision = va_arg(*ap, int);
            f++;
        }
        for (; *f >= '0' && *f <= '9'; f++)
            s->precision = s->precision * 10 + (*f - '0');
    }
    for (; *f == 'l' || *f == 'z' || *f == 'h' || *f == 'j' || *f == 't'; f++)
        s->length = *f == 'l' && s->length == 'l' ? 'L' : *f;
    s->conversion = *f;
    return *f != '\0' ? f + 1 : f;
}

static int64_t
take_signed(const struct spec *s, va_list *ap)
{
    switch (s->length) {
    case 'l':
        return va_arg(*ap, long);
    case 'L':
        return va_arg(*ap, long long);
    case 'j':
        return va_arg(*ap, intmax_t);
    case 'z':
        return va_arg(*ap, ssize_t);
    case 't':
        return va_arg(*ap, ptrdiff_t);
    default:
        return va_arg(*ap, int);
    }
}

static uint64_t
take_unsigned(const struct spec *s, va_list *ap)
{
    switch (s->length) {
    case 'l':
        return va_arg(*ap, unsigned long);
    case 'L':
        return va_arg(*ap, unsigned long long);
    case 'j':
        return va_arg(*ap, uintmax_t);
    case 'z':
    case 't':
        return va_arg(*ap, size_t);
    default:
        return va_arg(*ap, unsigned);
    }
}

static void
put_text(struct buf *b, const struct spec *s, const char *text)
{
    size_t n;

    if (text == NULL) {
        buf_putc(b, '-');
        return;
    }
    n = s->precision >= 0 ? strnlen(text, (size_t)s->precision) : strlen(text);
    put_value(b, text, n);
}

static void
put_spec(struct buf *b, const struct spec *s, va_list *ap)
{
    char c;

    switch (s->conversion) {
    case 's':
        put_text(b, s, va_arg(*ap, const char *));
        break;
    case 'c':
        c = (char)va_arg(*ap, int);
        put_value(b, &c, 1);
        break;
    case 'd':
    case 'i':
        buf_int(b, take_signed(s, ap));
        break;
    case 'u':
        buf_printf(b, "%" PRIu64, take_unsigned(s, ap));
        break;
    case 'x':
    case 'X':
        buf_printf(b, "%" PRIx64, take_unsigned(s, ap));
        break;
    case 'p':
        buf_printf(b, "%p", va_arg(*ap, void *));
        break;
    case 'f':
    case 'g':
    case 'e':
        buf_printf(b, "%.*f", s->precision < 0 ? 6 : s->precision,
                   va_arg(*ap, double));
        break;
    default: /* "%%", or a conversion that log.h does not name */
        buf_putc(b, '%');
        break;
    }
}

static void
put_pairs(struct buf *b, const char *f, va_list *ap)
{
    struct spec s;

    while (*f != '\0') {
        if (*f != '%') {
            buf_putc(b, *f++);
            continue;
        }
        f = spec_read(f + 1, &s, ap);
        put_spec(b, &s, ap);
    }
}

static void
write_line(const struct buf *b)
{
    size_t done = 0;

    while (done < b->len) {
        ssize_t n = write(STDERR_FILENO, b->at + done, b->len - done);

        if (n < 0 && errno != EINTR)
            return; /* nowhere left to say it */
        if (n > 0)
            done += (size_t)n;
    }
}

static void
log_line(enum log_level at, const char *word, const char *event,
         const char *pairs, va_list *ap)
{
    struct buf b = {0};
    char stamp[24];
    int kept = errno;

    if ((int)at < atomic_load_explicit(&level, memory_order_relaxed))
        return;
    buf_puts(&b, utc_format(stamp, clock_now()));
    buf_putc(&b, ' ');
    buf_puts(&b, word);
    buf_putc(&b, ' ');
    put_escaped(&b, event, strlen(event));
    if (pairs != NULL) {
        buf_putc(&b, ' ');
        put_pairs(&b, pairs, ap);
    }
    buf_putc(&b, '\n');
    write_line(&b);
    buf_clear(&b);
    errno = kept;
}

#define LOG_BODY(at, word)                                                     \
    do {                                                                       \
        va_list ap;                                                            \
        va_start(ap, pairs);                                                   \
        log_line(at, word, event, pairs, &ap);                                 \
        va_end(ap);                                                            \
    } while (0)

void
log_debug(const char *event, const char *pairs, ...)
{
    LOG_BODY(LOG_DEBUG_, "debug");
}

void
log_info(const char *event, const char *pairs, ...)
{
    LOG_BODY(LOG_INFO_, "info");
}

void
log_warn(const char *event, const char *pairs, ...)
{
    LOG_BODY(LOG_WARN_, "warn");
}

void
log_ours(const char *event, const char *pairs, ...)
{
    LOG_BODY(LOG_ERROR_, "ours");
}

void
log_theirs(const char *event, const char *pairs, ...)
{
    LOG_BODY(LOG_WARN_, "theirs");
}
