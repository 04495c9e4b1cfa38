/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of the request line and the headers before anything else.
 *
 * libmicrohttpd 0.9 mends what it should refuse: it ends targets and values at
 * the first NUL byte, joins folded lines, takes a bare LF for CRLF.  None of
 * this can be seen in the strings that it gives; but they lie in the request
 * as it was received, so that a well-formed request leaves exactly CR LF, made
 * NULs, from the end of one value to the name of the next.  Version 1.0 refuses
 * all this by itself and promises no such layout.
 */
#include <string.h>
#include <strings.h>

#include "server/base/str.h"
#include "server/http/strict.h"

#define MENDS (MHD_VERSION < 0x01000000)

struct count {
    const char *next; /* where the next name must begin */
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
    if (MENDS && (name != c->next || name[-1] != '\0'))
        c->bad = true;
    c->next = value + value_size + strlen("\r\n");
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

/* Nothing but graphic characters; a fragment is not sent. */
static bool
target_plain(const struct exchange *x)
{
    const char *target = x->raw;

    for (size_t i = 0; i < x->target_size; i++) {
        if (target[i] <= ' ' || target[i] >= 0x7f || target[i] == '#')
            return false;
    }
    return x->target_size > 0;
}

static size_t
header_size(const struct exchange *x)
{
    return MHD_get_connection_info(x->mhd,
                                   MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)
        ->header_size;
}

/* Counts the headers; false where something was mended. */
static bool
headers_count(const struct exchange *x, const char *version, struct count *c)
{
    c->next = version + strlen(version) + strlen("\r\n");
    MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, count_header, c);
    if (!MENDS)
        return !c->bad;
    return !c->bad && version == x->target + x->target_size + 1 &&
           c->next + strlen("\r\n") == x->method + header_size(x) &&
           memcmp(c->next - 1, "\0\0", 3) == 0;
}

enum fault
strict_check(struct exchange *x, const char *version, struct strict *s)
{
    struct count c = {0};
    bool http11 = str_eq(version, "HTTP/1.1");

    if (!http11 && !str_eq(version, "HTTP/1.0"))
        return FAULT_BAD_REQUEST;
    if (x->target_size > URI_MOST ||
        header_size(x) > HEADERS_SIZE + x->target_size)
        return FAULT_HEADERS_LARGE;
    if (!headers_count(x, version, &c))
        return FAULT_BAD_REQUEST;
    if (c.headers > HEADERS_MOST)
        return FAULT_HEADERS_LARGE;
    if (!is_token(x->method, strlen(x->method)) || !target_plain(x))
        return FAULT_BAD_REQUEST;
    if (c.host > 1 || (http11 && c.host != 1) ||
        (c.host && !host_plain(c.host_value)))
        return FAULT_BAD_REQUEST;
    if (!framing_plain(&c, http11, s))
        return FAULT_BAD_REQUEST;
    if (s->has_body && (str_eq(x->method, "GET") || str_eq(x->method, "HEAD")))
        return FAULT_BAD_REQUEST;
    return FAULT_NONE;
}
