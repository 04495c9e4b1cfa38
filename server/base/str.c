/* SPDX-License-Identifier: Apache-2.0 */
/* Small helpers over C strings and spans of bytes. */
#include "server/base/str.h"

#include <string.h>

bool
str_copyn(char *to, size_t size, const char *from, size_t n)
{
    if (size == 0)
        return false;
    if (n >= size) {
        to[0] = '\0';
        return false;
    }
    memcpy(to, from, n);
    to[n] = '\0';
    return true;
}

bool
str_copy(char *to, size_t size, const char *from)
{
    return str_copyn(to, size, from, strlen(from));
}

bool
str_eq(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

bool
str_starts(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

bool
str_ends(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && memcmp(text + n - m, end, m) == 0;
}

bool
str_is_digits(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
    }
    return n > 0;
}

bool
str_to_i64(const char *text, int64_t *n)
{
    size_t len = strlen(text);
    int64_t sum = 0;

    if (len > 18 || !str_is_digits(text, len))
        return false;
    for (size_t i = 0; i < len; i++)
        sum = sum * 10 + (text[i] - '0');
    *n = sum;
    return true;
}

bool
str_is_alnum(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = text[i];

        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
            !(c >= 'a' && c <= 'z'))
            return false;
    }
    return n > 0;
}

/*
 * Length of the UTF-8 sequence at p, 0 when it is ill-formed (overlong, a
 * surrogate, past U+10FFFF, cut short).
 */
static size_t
utf8_take(const unsigned char *p, size_t n, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = p[0] < 0x80   ? 1
                 : p[0] < 0xc2 ? 0
                 : p[0] < 0xe0 ? 2
                 : p[0] < 0xf0 ? 3
                 : p[0] < 0xf5 ? 4
                               : 0;

    if (len == 0 || len > n)
        return 0;
    *code = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (p[i] & 0x3f);
    }
    if (*code < least[len] || *code > 0x10ffff ||
        (*code >= 0xd800 && *code <= 0xdfff))
        return 0;
    return len;
}

bool
str_is_text(const char *text, size_t n, bool lines)
{
    const unsigned char *p = (const unsigned char *)text;
    uint32_t code = 0;

    while (n > 0) {
        size_t len = utf8_take(p, n, &code);

        if (len == 0)
            return false;
        if (code < 0x20 && !(lines && (code == '\t' || code == '\n')))
            return false;
        if (code >= 0x7f && code < 0xa0)
            return false;
        p += len;
        n -= len;
    }
    return true;
}

void
str_hex(char *to, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < n; i++) {
        *to++ = "0123456789abcdef"[p[i] >> 4];
        *to++ = "0123456789abcdef"[p[i] & 15];
    }
    *to = '\0';
}

bool
str_same_secret(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    volatile unsigned char differs = n != m;

    /* always as many steps as the first, the caller's, has bytes */
    for (size_t i = 0; i < n; i++)
        differs |= (unsigned char)(a[i] ^ (m > 0 ? b[i % m] : 1));
    return !differs;
}
