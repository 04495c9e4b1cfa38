/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the request line and the headers before anything else. */
#include <string.h>
#include <strings.h>

#include "server/base/str.h"
#include "server/http/strict.h"

struct count {
    int headers, host, length, encoding;
    const char *host_value, *length_value, *encoding_value;
    bool bad;
};

static bool
is_token(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!str_is_alnum(text + i, 1) &&
            (!text[i] || !strchr("!#$%&'*+-.^_`|~", text[i])))
            return false;
    }
    return n > 0;
}

static bool
is_field_value(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static enum MHD_Result
count_header(void *arg, enum MHD_ValueKind kind, const char *name,
             size_t name_size, const char *value, size_t value_size)
{
    struct count *c = arg;

    (void)kind;
    c->headers++;
    if (!is_token(name, name_size) || !is_field_value(value, value_size))
        c->bad = true;
    if (strcasecmp(name, "Host") == 0) {
        c->host++;
        c->host_value = value;
    } else if (strcasecmp(name, "Content-Length") == 0) {
        c->length++;
        c->length_value = value;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        c->encoding++;
        c->encoding_value = value;
    }
    return MHD_YES;
}

/* A name, an IPv4 or bracketed IPv6 address, perhaps a port. */
static bool
host_plain(const char *host)
{
    size_t n = strlen(host);

    if (n == 0 || n > 300)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!str_is_alnum(host + i, 1) && !strchr("-._:[]", host[i]))
            return false;
    }
    return true;
}

static bool
framing_plain(const struct count *c, bool http11, struct strict *s)
{
    int64_t length = 0;

    if (c->length > 1 || c->encoding > 1 || (c->length && c->encoding))
        return false;
    if (c->encoding &&
        (!http11 || strcasecmp(c->encoding_value, "chunked") != 0))
        return false;
    if (c->length && !str_to_i64(c->length_value, &length))
        return false;
    s->has_length = c->length > 0;
    s->length = (uint64_t)length;
    s->has_body = c->encoding > 0 || length > 0;
    return true;
}

/*
 * libmicrohttpd ends the target at the first NUL byte, so "/a\0b" would be
 * served as "/a".  In 0.9 the version stands in the same line right behind the
 * target's end; anything between the two is what was cut off.  1.0 refuses
 * such requests by itself and promises no such layout.
 */
static bool
target_whole(const struct exchange *x, const char *version)
{
    if (MHD_VERSION >= 0x01000000)
        return true;
    return version == x->target + x->target_size + 1;
}

enum fault
strict_check(struct exchange *x, const char *version, struct strict *s)
{
    struct count c = {0};
    bool http11 = str_eq(version, "HTTP/1.1");

    if (!http11 && !str_eq(version, "HTTP/1.0"))
        return FAULT_BAD_REQUEST;
    if (x->target_size > URI_MOST)
        return FAULT_HEADERS_LARGE;
    MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, count_header, &c);
    if (c.headers > HEADERS_MOST)
        return FAULT_HEADERS_LARGE;
    if (c.bad || !is_token(x->method, strlen(x->method)) ||
        !target_whole(x, version))
        return FAULT_BAD_REQUEST;
    if (c.host > 1 || (http11 && c.host != 1) ||
        (c.host && !host_plain(c.host_value)))
        return FAULT_BAD_REQUEST;
    if (!framing_plain(&c, http11, s))
        return FAULT_BAD_REQUEST;
    if (s->has_body &&
        (str_eq(x->method, "GET") || str_eq(x->method, "HEAD")))
        return FAULT_BAD_REQUEST;
    return FAULT_NONE;
}
