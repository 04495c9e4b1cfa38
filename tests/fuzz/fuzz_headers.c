/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the checks of a request's line and headers, and the reading of
 * cookies.  The fuzzer takes libmicrohttpd's place and mends what version 0.9
 * mends: ends at NUL bytes, bare LF, folded lines, blanks.  Whatever is let
 * through must have been well-formed as it came, by a second, slower reading.
 */
#include "config.h"

#include <ctype.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdio.h>
#include <strings.h>

#include "server/base/str.h"
#include "server/http/call.h"
#include "server/http/strict.h"
#include "tests/fuzz/fuzz.h"

#define MOST 200 /* headers */

/* A request as libmicrohttpd would keep it. */
static struct {
    char *bytes;
    char *method, *target, *version;
    struct {
        const char *name, *value;
    } header[MOST];
    size_t n, size;
    struct arena arena;
} got;

/* ---- in place of libmicrohttpd --------------------------------------------
 */

int
MHD_get_connection_values_n(struct MHD_Connection *connection,
                            enum MHD_ValueKind kind, MHD_KeyValueIteratorN each,
                            void *arg)
{
    (void)connection;
    for (size_t i = 0; i < got.n; i++)
        each(arg, kind, got.header[i].name, strlen(got.header[i].name),
             got.header[i].value, strlen(got.header[i].value));
    return (int)got.n;
}

const char *
MHD_lookup_connection_value(struct MHD_Connection *connection,
                            enum MHD_ValueKind kind, const char *key)
{
    (void)connection;
    (void)kind;
    for (size_t i = 0; i < got.n; i++) {
        if (strcasecmp(got.header[i].name, key) == 0)
            return got.header[i].value;
    }
    return NULL;
}

const union MHD_ConnectionInfo *
MHD_get_connection_info(struct MHD_Connection *connection,
                        enum MHD_ConnectionInfoType type, ...)
{
    static union MHD_ConnectionInfo info;

    (void)connection;
    (void)type;
    info.header_size = got.size;
    return &info;
}

/* The next line, without its end, which becomes NUL; NULL when it has none. */
static char *
line_take(char **at, char *end)
{
    char *line = *at, *lf = memchr(line, '\n', (size_t)(end - line));

    if (!lf)
        return NULL;
    *at = lf + 1;
    *lf = '\0';
    if (lf > line && lf[-1] == '\r')
        lf[-1] = '\0';
    return line;
}

static char *
word_take(char **at)
{
    char *word = *at, *blank = strchr(word, ' ');

    if (!blank)
        return NULL;
    *blank = '\0';
    for (*at = blank + 1; **at == ' '; (*at)++)
        continue;
    return word;
}

/* False where it would refuse the request by itself, or wait for more. */
static bool
head_take(size_t n)
{
    char *at = got.bytes, *end = got.bytes + n, *line = line_take(&at, end);

    got.n = 0;
    if (!line || !(got.method = word_take(&line)) ||
        !(got.target = word_take(&line)))
        return false;
    got.version = line;
    while ((line = line_take(&at, end)) && line[0]) {
        char *colon = strchr(line, ':');

        /* folded: the header is put together elsewhere */
        if ((line[0] == ' ' || line[0] == '\t') && got.n > 0) {
            got.header[got.n - 1].name =
                arena_dup(&got.arena, got.header[got.n - 1].name);
            continue;
        }
        if (!colon || got.n == MOST)
            return false;
        *colon++ = '\0';
        got.header[got.n].name = line;
        got.header[got.n++].value = colon + strspn(colon, " \t");
    }
    got.size = (size_t)(at - got.bytes);
    return line != NULL;
}

/* ---- the second reading ----------------------------------------------------
 */

struct seen {
    int host, length, encoding, cookies;
};

static bool
is(const char *name, size_t n, const char *wanted)
{
    return n == strlen(wanted) && strncasecmp(name, wanted, n) == 0;
}

/* A header line without its end. */
static void
line_check(const char *line, size_t n, struct seen *s)
{
    const char *colon = memchr(line, ':', n);
    size_t name;

    REQUIRE(colon && colon > line);
    name = (size_t)(colon - line);
    for (size_t i = 0; i < name; i++)
        REQUIRE(isalnum((unsigned char)line[i]) ||
                strchr("!#$%&'*+-.^_`|~", line[i]));
    for (size_t i = 0; i < n; i++)
        REQUIRE(line[i] == '\t' || (unsigned char)line[i] >= ' ');
    s->host += is(line, name, "Host");
    s->length += is(line, name, "Content-Length");
    s->encoding += is(line, name, "Transfer-Encoding");
    s->cookies += is(line, name, "Cookie");
}

/* NULs that stand where CR and LF should leave the same in memory: they cannot
 * be told apart, and are the one thing that is let through. */
static void
ends_mend(char *raw)
{
    char *end = raw + got.size;
    bool ends = got.size >= 4;

    for (char *lf = raw; (lf = memchr(lf, '\n', (size_t)(end - lf))); lf++) {
        if (lf > raw && lf[-1] == '\0')
            lf[-1] = '\r';
    }
    for (int i = 1; i <= 4 && ends; i++)
        ends = end[-i] == '\0' || end[-i] == '\r' || end[-i] == '\n';
    if (ends)
        memcpy(end - 4, "\r\n\r\n", 4);
}

static void
head_check(const char *raw, const struct strict *strict, struct seen *s)
{
    const char *at = raw, *end = raw + got.size, *cr;

    for (int line = 0; at < end; line++) {
        cr = memchr(at, '\r', (size_t)(end - at));
        REQUIRE(cr && cr + 1 < end && cr[1] == '\n');
        REQUIRE(!memchr(at, '\n', (size_t)(cr - at)));
        REQUIRE(!memchr(at, '\0', (size_t)(cr - at)));
        if (line > 0 && cr > at)
            line_check(at, (size_t)(cr - at), s);
        REQUIRE(cr > at || cr + 2 == end);
        at = cr + 2;
    }
    REQUIRE(s->host < 2 && s->length < 2 && s->encoding < 2);
    REQUIRE(!s->length || !s->encoding);
    REQUIRE(strict->has_length == (s->length > 0));
    REQUIRE(!s->encoding || strict->has_body);
}

/* ---- cookies ---------------------------------------------------------------
 */

/* How often the header gives that cookie; *value is the last. */
static int
cookies_count(const char *header, const char *full, char *value, size_t size)
{
    char *copy = strdup(header), *rest = copy, *one;
    int n = 0;

    while ((one = strsep(&rest, ";"))) {
        one += strspn(one, " \t");
        if (strncmp(one, full, strlen(full)) != 0 || !one[strlen(full)])
            continue;
        if (strlen(one + strlen(full)) >= size)
            continue; /* too long to be one of ours */
        str_copy(value, size, one + strlen(full));
        n++;
    }
    free(copy);
    return n;
}

static void
cookie_check(struct call *c)
{
    const char *header = req_header(&c->r, "Cookie");
    const char *cookie = req_cookie(&c->r, "session");
    char value[512] = "";
    int n = header
                ? cookies_count(header, "__Host-session=", value, sizeof value)
                : 0;

    REQUIRE((n == 1) == (cookie != NULL));
    REQUIRE(n != 1 || strcmp(cookie, value) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct exchange x = {.query = ""};
    struct call c = {.x = &x, .r.arena = &got.arena};
    struct strict strict = {0};
    struct seen seen = {0};
    char *raw = malloc(n + 1);

    memcpy(raw, bytes, n);
    got.bytes = malloc(n + 1);
    memcpy(got.bytes, bytes, n);
    got.bytes[n] = '\0';
    if (head_take(n)) {
        x.method = got.method;
        x.target = got.target;
        x.target_size = strlen(got.target);
        x.raw = strdup(got.target);
        if (strict_check(&x, got.version, &strict) == FAULT_NONE) {
            ends_mend(raw);
            head_check(raw, &strict, &seen);
        }
        cookie_check(&c);
        free(x.raw);
    }
    arena_clear(&got.arena);
    free(got.bytes);
    free(raw);
    return 0;
}
