/* SPDX-License-Identifier: Apache-2.0 */
/* Paths and forms as they stand on the wire, decoded strictly. */
#include <string.h>

#include "server/base/str.h"
#include "server/http/url.h"

#define LOCAL_MOST 2000

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte of the escape at `at`, or -1 when it is not one. */
static int
escape_byte(const char *at, const char *end)
{
    int high, low;

    if (end - at < 3)
        return -1;
    high = hex_digit(at[1]);
    low = hex_digit(at[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool
segments_plain(const char *path)
{
    for (const char *at = path; *at == '/';) {
        size_t n = strcspn(++at, "/");

        if (n == 0 && *at == '/')
            return false;
        if ((n == 1 && at[0] == '.') ||
            (n == 2 && at[0] == '.' && at[1] == '.'))
            return false;
        at += n;
    }
    return true;
}

bool
url_path_decode(char *to, const char *raw, size_t n)
{
    const char *end = raw + n;
    char *out = to;

    if (n == 0 || raw[0] != '/')
        return false;
    for (const char *at = raw; at < end; at++) {
        int byte = (unsigned char)*at;

        if (byte == '%') {
            byte = escape_byte(at, end);
            if (byte <= 0 || byte == '/' || byte == '\\')
                return false;
            at += 2;
        }
        *out++ = (char)byte;
    }
    *out = '\0';
    return str_is_text(to, (size_t)(out - to), false) && !strchr(to, '\\') &&
           segments_plain(to);
}

bool
url_form_decode(char *text, size_t *n)
{
    const char *end = text + *n;
    char *out = text;

    for (const char *at = text; at < end; at++) {
        int byte = (unsigned char)*at;

        if (byte == '+') {
            byte = ' ';
        } else if (byte == '%') {
            byte = escape_byte(at, end);
            if (byte <= 0)
                return false;
            at += 2;
        }
        if (byte == '\r') /* forms send CRLF; one line end is enough */
            continue;
        *out++ = (char)byte;
    }
    *n = (size_t)(out - text);
    return str_is_text(text, *n, true);
}

void
url_encode(struct buf *to, const char *text, bool path)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (str_is_alnum(text, 1) || strchr("-._~", c) || (path && c == '/')) {
            buf_putc(to, (char)c);
        } else {
            buf_putc(to, '%');
            buf_putc(to, digits[c >> 4]);
            buf_putc(to, digits[c & 15]);
        }
    }
}

bool
url_is_local(const char *path)
{
    size_t n = strlen(path);

    if (n == 0 || n > LOCAL_MOST || path[0] != '/' || path[1] == '/')
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)path[i];

        if (c <= ' ' || c >= 0x7f || c == '\\' || c == '"' || c == '<' ||
            c == '>')
            return false;
    }
    return true;
}
