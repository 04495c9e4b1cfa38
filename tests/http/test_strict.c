/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests as no honest client writes them, byte by byte over TLS: what could
 * be read in two ways is refused, what dawdles is cut.
 */
#include <unistd.h>

#include "server/base/clock.h"
#include "tests/http/http_case.h"
#include "tests/http/own_app.h"
#include "tests/http/raw.h"

static struct site *site;

struct raw_case {
    const char *name;
    const char *bytes;
    size_t n;    /* 0: strlen */
    int status;  /* of the first answer; 0: cut without an answer */
    bool closes; /* the server ends the connection */
    int answers; /* how many in all; 0: do not count */
};

#define HOST        "Host: localhost\r\n"
#define BYTES(text) text, sizeof(text) - 1

static int
count_answers(const char *text)
{
    int n = 0;

    for (const char *at = text; (at = strstr(at, "HTTP/1.1 ")); at++)
        n++;
    return n;
}

static bool
raw_case_fits(const struct raw_case *c)
{
    struct raw *r = raw_open(site_port(site));
    struct buf got = {0};
    const char *text;
    int status = 0, answers;
    bool closed, good;

    assert_non_null(r);
    raw_send(r, c->bytes, c->n ? c->n : strlen(c->bytes));
    closed = raw_read(r, 5, &got);
    raw_close(r);
    text = buf_text(&got);
    sscanf(text, "HTTP/1.1 %d", &status);
    answers = count_answers(text);
    good = status == c->status && (!c->closes || closed) &&
           (!c->answers || answers == c->answers) && !strstr(text, "smuggled");
    if (!good)
        print_error("%s: status %d, %d answers, %s\n%.600s\n", c->name, status,
                    answers, closed ? "closed" : "open", text);
    buf_clear(&got);
    return good;
}

static void
raw_cases_run(const struct raw_case *cases, size_t n)
{
    size_t bad = 0;

    for (size_t i = 0; i < n; i++)
        bad += !raw_case_fits(&cases[i]);
    if (bad)
        fail_msg("%zu of %zu rows differ", bad, n);
}

static void
test_good_requests(void **state)
{
    static const struct raw_case CASES[] = {
        {"plain", "GET / HTTP/1.1\r\n" HOST "\r\n", 0, 200, false, 1},
        {"HTTP/1.0 closes", "GET / HTTP/1.0\r\n\r\n", 0, 200, true, 1},
        {"blanks around values",
         "GET / HTTP/1.1\r\n" HOST "X:  a \t \r\nY:\r\nCookie: a=b; c\r\n\r\n",
         0, 200, false, 1},
        {"an empty line first", "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 0, 200,
         false, 1},
        {"two in one piece",
         "GET / HTTP/1.1\r\n" HOST "\r\n"
         "GET /item/2 HTTP/1.1\r\n" HOST "\r\n",
         0, 200, false, 2},
        {"four, the third slow",
         "GET / HTTP/1.1\r\n" HOST "\r\n"
         "GET /item/2 HTTP/1.1\r\n" HOST "\r\n"
         "GET /sleep/100 HTTP/1.1\r\n" HOST "\r\n"
         "GET /nope HTTP/1.1\r\n" HOST "\r\n",
         0, 200, false, 4},
        {"chunked body",
         "POST /api/echo HTTP/1.1\r\n" HOST
         "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
         "5\r\n{\"n\":\r\n2\r\n5}\r\n0\r\n\r\n",
         0, 200, false, 1},
        {"expects to be told",
         "POST /api/echo HTTP/1.1\r\n" HOST
         "Content-Type: application/json\r\nExpect: 100-continue\r\n"
         "Content-Length: 2\r\n\r\n{}",
         0, 100, false, 2},
        {"close as asked",
         "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 0, 200, true,
         1},
        {"IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", 0, 200,
         false, 1},
    };

    (void)state;
    raw_cases_run(CASES, COUNT(CASES));
}

/* Every row hides a second request that must never be answered. */
static void
test_smuggling(void **state)
{
#define SECOND "GET /item/smuggled HTTP/1.1\r\n" HOST "\r\n"
    static const struct raw_case CASES[] = {
        {"length and encoding",
         "POST /api/echo HTTP/1.1\r\n" HOST
         "Content-Length: 5\r\nTransfer-Encoding: "
         "chunked\r\n\r\n0\r\n\r\n" SECOND,
         0, 400, true, 1},
        {"two lengths",
         "POST /api/echo HTTP/1.1\r\n" HOST "Content-Length: 0"
         "\r\nContent-Length: 60\r\n\r\n" SECOND,
         0, 400, true, 1},
        {"two equal lengths",
         "POST /api/echo HTTP/1.1\r\n" HOST
         "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" SECOND,
         0, 400, true, 1},
        {"length as a list",
         "POST /api/echo HTTP/1.1\r\n" HOST
         "Content-Length: 2, 2\r\n\r\n{}" SECOND,
         0, 400, true, 0},
        {"length with a sign",
         "POST /api/echo HTTP/1.1\r\n" HOST
         "Content-Length: +2\r\n\r\n{}" SECOND,
         0, 400, true, 0},
        {"length below zero",
         "POST /api/echo HTTP/1.1\r\n" HOST
         "Content-Length: -1\r\n\r\n{}" SECOND,
         0, 400, true, 0},
        {"blank before the colon",
         "POST /api/echo HTTP/1.1\r\n" HOST
         "Content-Length : 60\r\n\r\n" SECOND,
         0, 400, true, 1},
        {"encoding in disguise",
         "POST /api/echo HTTP/1.1\r\n" HOST
         "Transfer-Encoding: xchunked\r\n\r\n" SECOND,
         0, 400, true, 1},
        {"encoding twice",
         "POST /api/echo HTTP/1.1\r\n" HOST
         "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"
         "0\r\n\r\n" SECOND,
         0, 400, true, 1},
        {"encoding on HTTP/1.0",
         "POST /api/echo HTTP/1.0\r\n" HOST
         "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SECOND,
         0, 400, true, 1},
        {"body of a GET",
         "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n"
         "hello" SECOND,
         0, 400, true, 1},
        {"bad chunk size",
         "POST /api/echo HTTP/1.1\r\n" HOST
         "Transfer-Encoding: chunked\r\n\r\nzz\r\n" SECOND,
         0, 400, true, 1},
    };

    (void)state;
    raw_cases_run(CASES, COUNT(CASES));
}

static void
test_request_lines_and_headers(void **state)
{
    static const struct raw_case CASES[] = {
        {"no host", "GET / HTTP/1.1\r\n\r\n", 0, 400, true, 1},
        {"two hosts", "GET / HTTP/1.1\r\n" HOST "Host: evil.example\r\n\r\n", 0,
         400, true, 1},
        {"host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 0, 400,
         true, 1},
        {"host with a person", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 0, 400,
         true, 1},
        {"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0, 400, true, 1},
        {"NUL in the path", BYTES("GET /item/a\0b HTTP/1.1\r\n" HOST "\r\n"),
         400, true, 1},
        {"NUL and a second version",
         BYTES("GET /\0HTTP/1.1 HTTP/1.1\r\n" HOST "\r\n"), 400, true, 1},
        {"NUL in the query",
         BYTES("GET /echo?text=a\0b HTTP/1.1\r\n" HOST "\r\n"), 400, true, 1},
        {"NUL in a header", BYTES("GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"),
         400, true, 1},
        {"NUL in the last header",
         BYTES("GET / HTTP/1.1\r\nX: a\0b\r\n" HOST "Y: a\0\r\n\r\n"), 400,
         true, 1},
        {"NUL and more in place of a CR",
         BYTES("GET / HTTP/1.1\r\nHost: localhost\0x\n\n"), 400, true, 1},
        {"NUL in a name", BYTES("GET / HTTP/1.1\r\n" HOST "X\0Y: a\r\n\r\n"),
         400, true, 1},
        {"bare LF after the request line", "GET / HTTP/1.1\n" HOST "\r\n", 0,
         400, true, 1},
        {"bare LF after a header", "GET / HTTP/1.1\r\nX: a\n" HOST "\r\n", 0,
         400, true, 1},
        {"bare LF at the end", "GET / HTTP/1.1\r\n" HOST "\n", 0, 400, true, 1},
        {"folded line", "GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\nY: c\r\n\r\n",
         0, 400, true, 1},
        {"folded last line", "GET / HTTP/1.1\r\n" HOST "X: a\r\n\tb\r\n\r\n", 0,
         400, true, 1},
        {"no colon", "GET / HTTP/1.1\r\n" HOST "X a\r\n\r\n", 0, 400, true, 1},
        {"raw UTF-8", "GET /item/\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n", 0, 400,
         true, 1},
        {"fragment", "GET /item/1#a HTTP/1.1\r\n" HOST "\r\n", 0, 400, true, 1},
        {"bad escape", "GET /item/%4 HTTP/1.1\r\n" HOST "\r\n", 0, 400, true,
         1},
        {"bad escape digits", "GET /item/%4g HTTP/1.1\r\n" HOST "\r\n", 0, 400,
         true, 1},
        {"escaped slash", "GET /item/a%2Fb HTTP/1.1\r\n" HOST "\r\n", 0, 400,
         true, 1},
        {"escaped NUL", "GET /item/a%00 HTTP/1.1\r\n" HOST "\r\n", 0, 400, true,
         1},
        {"escaped line end", "GET /item/a%0d%0a HTTP/1.1\r\n" HOST "\r\n", 0,
         400, true, 1},
        {"not UTF-8", "GET /item/%ff%fe HTTP/1.1\r\n" HOST "\r\n", 0, 400, true,
         1},
        {"two slashes", "GET //item/1 HTTP/1.1\r\n" HOST "\r\n", 0, 400, true,
         1},
        {"two slashes inside", "GET /item//1 HTTP/1.1\r\n" HOST "\r\n", 0, 400,
         true, 1},
        {"up", "GET /item/../echo HTTP/1.1\r\n" HOST "\r\n", 0, 400, true, 1},
        {"up, escaped", "GET /item/%2e%2e/echo HTTP/1.1\r\n" HOST "\r\n", 0,
         400, true, 1},
        {"another site's address",
         "GET http://evil.example/ HTTP/1.1\r\n" HOST "\r\n", 0, 400, true, 1},
        {"no path", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 0, 400, true, 1},
        {"two blanks", "GET /  HTTP/1.1\r\n" HOST "\r\n", 0, 400, true, 1},
        {"method is no word", "GE(T / HTTP/1.1\r\n" HOST "\r\n", 0, 400, true,
         1},
        {"control byte in a value",
         "GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n", 0, 400, true, 1},
        {"comma in a name", "GET / HTTP/1.1\r\n" HOST "X,Y: a\r\n\r\n", 0, 400,
         true, 1},
        {"unknown version", "GET / HTTP/1.7\r\n" HOST "\r\n", 0, 400, true, 1},
        {"a call to tunnel",
         "CONNECT evil.example:443 HTTP/1.1\r\n" HOST "\r\n", 0, 400, true, 1},
    };

    (void)state;
    raw_cases_run(CASES, COUNT(CASES));
}

/* Lines of headers up to `n` bytes in all, `each` bytes long. */
static void
headers_make(struct buf *to, size_t n, size_t each)
{
    buf_puts(to, "GET /item/1 HTTP/1.1\r\n" HOST);
    for (int i = 0; to->len < n; i++) {
        buf_printf(to, "X-%d: ", i);
        for (size_t k = 0; k < each; k++)
            buf_putc(to, 'x');
        buf_puts(to, "\r\n");
    }
    buf_puts(to, "\r\n");
}

static void
header_size(const char *name, size_t n, size_t each, int status)
{
    struct buf b = {0};
    struct raw_case c = {name, NULL, 0, status, status != 200, 1};

    headers_make(&b, n, each);
    c.bytes = b.at;
    c.n = b.len;
    assert_true(raw_case_fits(&c));
    buf_clear(&b);
}

static void
test_large_headers(void **state)
{
    struct raw_case line = {"long target", NULL, 0, 431, true, 1};
    struct buf b = {0};

    (void)state;
    header_size("20 KiB of headers pass", 20 * 1024, 1000, 200);
    header_size("31 KiB of headers pass", 31 * 1024, 450, 200);
    header_size("33 KiB of headers do not", 33 * 1024, 1000, 431);
    header_size("40 KiB of headers do not", 40 * 1024, 1000, 431);
    header_size("40 KiB of short headers do not", 40 * 1024, 450, 431);
    header_size("50 KiB of headers do not", 50 * 1024, 1000, 431);
    header_size("60 KiB of headers do not", 60 * 1024, 1000, 431);
    header_size("90 short ones pass", 1800, 12, 200);
    header_size("120 short ones do not", 2400, 12, 431);
    buf_puts(&b, "GET /echo?text=");
    while (b.len < 9000)
        buf_putc(&b, 'x');
    buf_puts(&b, " HTTP/1.1\r\n" HOST "\r\n");
    line.bytes = b.at;
    line.n = b.len;
    assert_true(raw_case_fits(&line));
    buf_clear(&b);
}

/* Headers that come in many pieces, on a connection's second request. */
static void
test_pieces(void **state)
{
    struct raw *r = raw_open(site_port(site));
    struct buf b = {0}, got = {0};

    (void)state;
    raw_send(r, BYTES("GET / HTTP/1.1\r\n" HOST "\r\n"));
    raw_read(r, 1, &got);
    got.len = 0;
    headers_make(&b, 25 * 1024, 700);
    for (size_t at = 0; at < b.len; at += 97)
        assert_true(raw_send(r, b.at + at, b.len - at < 97 ? b.len - at : 97));
    assert_false(raw_read(r, 2, &got));
    assert_non_null(strstr(buf_text(&got), "200 OK"));
    raw_close(r);
    buf_clear(&b);
    buf_clear(&got);
}

/* Sends slowly until the server has had enough; seconds that it took. */
static double
dribble(struct raw *r, const char *bytes, double most)
{
    double began = clock_monotonic();
    struct buf got = {0};

    while (clock_monotonic() - began < most) {
        char next = *bytes ? *bytes++ : 'x';

        if (!raw_send(r, &next, 1) || raw_read(r, 0.2, &got))
            break;
    }
    buf_clear(&got);
    return clock_monotonic() - began;
}

static void
cut_between(const char *what, double took, double least, double most)
{
    if (took < least || took > most)
        fail_msg("%s: cut after %.1f s, not %.1f to %.1f", what, took, least,
                 most);
}

/* header_timeout is 1 s here, idle_timeout 30 s. */
static void
test_dawdlers(void **state)
{
    struct buf got = {0};
    struct raw *r;

    (void)state;
    r = raw_open(site_port(site));
    cut_between("request line", dribble(r, "GET /item/aaaaaaaaaaaaaaaa", 8),
                0.8, 4);
    raw_close(r);

    r = raw_open(site_port(site));
    cut_between("headers", dribble(r, "GET / HTTP/1.1\r\nX: a", 8), 0.8, 5);
    raw_close(r);

    /* the second request of a connection */
    r = raw_open(site_port(site));
    raw_send(r, BYTES("GET / HTTP/1.1\r\n" HOST "\r\n"));
    assert_false(raw_read(r, 1, &got));
    assert_non_null(strstr(buf_text(&got), "200 OK"));
    cut_between("second request", dribble(r, "GET /item/aaaaaaaaaaaaaaa", 8),
                0.8, 5);
    raw_close(r);

    r = raw_open(site_port(site));
    raw_send(r, BYTES("POST /large HTTP/1.1\r\n" HOST
                      "Content-Type: application/x-www-form-urlencoded\r\n"
                      "Content-Length: 5000\r\n\r\n"));
    cut_between("body", dribble(r, "text=aaaa", 8), 0.8, 5);
    raw_close(r);
    buf_clear(&got);
}

/* A quiet connection and a slow but honest sender are left alone. */
static void
test_honest_slowness(void **state)
{
    struct buf got = {0};
    struct raw *r = raw_open(site_port(site));

    (void)state;
    raw_send(r, BYTES("GET / HTTP/1.1\r\n" HOST "\r\n"));
    assert_false(raw_read(r, 1, &got));
    got.len = 0;
    sleep(3); /* idle beyond header_timeout */
    raw_send(r, BYTES("GET /sleep/2500 HTTP/1.1\r\n" HOST "\r\n"));
    assert_false(raw_read(r, 6, &got));
    assert_non_null(strstr(buf_text(&got), "hello"));
    raw_close(r);
    buf_clear(&got);
}

/* A sender who announces too much is told so before it sends. */
static void
test_large_body_is_refused_at_once(void **state)
{
    static const struct raw_case CASE = {
        "announced",
        "POST /large HTTP/1.1\r\n" HOST
        "Content-Length: 100000000\r\nExpect: 100-continue\r\n\r\n",
        0,
        413,
        true,
        1};

    (void)state;
    assert_true(raw_case_fits(&CASE));
}

/* One without a length is cut once it is far beyond the limit. */
static void
test_endless_body_is_cut(void **state)
{
    struct raw *r = raw_open(site_port(site));
    struct buf chunk = {0}, got = {0};
    size_t sent = 0;

    (void)state;
    raw_send(r, BYTES("POST /large HTTP/1.1\r\n" HOST
                      "Transfer-Encoding: chunked\r\n\r\n"));
    buf_puts(&chunk, "8000\r\n");
    for (int i = 0; i < 0x8000; i++)
        buf_putc(&chunk, 'x');
    buf_puts(&chunk, "\r\n");
    while (sent < 64 << 20 && raw_send(r, chunk.at, chunk.len))
        sent += chunk.len;
    assert_true(sent < 32 << 20); /* sockets hold some of it */
    raw_read(r, 2, &got);
    raw_close(r);
    buf_clear(&chunk);
    buf_clear(&got);
}

static void
quick(struct conf *conf)
{
    conf->header_timeout = 1;
    conf->idle_timeout = 30;
}

static int
set_up(void **state)
{
    (void)state;
    site = site_start_app(&OWN_APP, quick);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    site_stop(site);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_requests),
        cmocka_unit_test(test_smuggling),
        cmocka_unit_test(test_request_lines_and_headers),
        cmocka_unit_test(test_large_headers),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_dawdlers),
        cmocka_unit_test(test_honest_slowness),
        cmocka_unit_test(test_large_body_is_refused_at_once),
        cmocka_unit_test(test_endless_body_is_cut),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
