/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of pages and programs' answers are tables, run against a real server
 * on a free port:
 *
 *   static const struct http_case CASES[] = {
 *       {"GET", "/meters/1/day?day=2022-03-13", .as = "ana", .status = 200,
 *        .header = "Content-Type: text/html", .has = "<svg\n!10443720"},
 *       {"POST", "/sign-out", .as = "ana", .body = "", .status = 303,
 *        .header = "Location: /"},
 *   };
 *
 *   static int                          the program's group setup
 *   set_up(void **state)
 *   {
 *       struct site *s = site_start(NULL);
 *
 *       … account_add(…) on s->conf's store …
 *       site_sign_in(s, "ana", "ana@example.org", "a long pass phrase");
 *       *state = s;
 *       return 0;
 *   }
 *
 *   http_cases_run(s, CASES, COUNT(CASES));  every row, then the failures
 *
 * Add $(HTTP_CASE) to the test's SOURCES and $(CURL_LIBS) to its LDADD.
 */
#ifndef MH_TESTS_HTTP_CASE_H
#define MH_TESTS_HTTP_CASE_H

#include "server/base/buf.h"
#include "server/base/conf.h"
#include "server/http/server.h"
#include "tests/unit/unit.h"

struct site;

/* The whole product with an empty store; `tune` may change settings first. */
struct site *site_start(void (*tune)(struct conf *conf));
/* A server of the test's own routes and people; folders, configuration and
 * what is missing of store and frame are filled in. */
struct site *
site_start_app(const struct http_app *app, void (*tune)(struct conf *conf));
void site_stop(struct site *s);
const struct conf *site_conf(const struct site *s);
int site_port(const struct site *s);
struct http_server *site_server(struct site *s);
/* Stops the server but keeps the site; what http_stop said. */
bool site_halt(struct site *s, double seconds);

/* The top of the source tree. */
const char *site_top(void);

/* Signs somebody in through the sign-in page; rows name them with `as`. */
void site_sign_in(struct site *s, const char *as, const char *login,
                  const char *password);
/* The same by a session cookie that the test made. */
void site_cookie(struct site *s, const char *as, const char *name,
                 const char *value);

struct http_case {
    const char *method, *path;
    const char *as;   /* who asks; NULL: somebody new, without cookies */
    const char *body; /* a form, sent with its token; JSON when it begins
                         with { */
    bool no_token;    /* send the form as it is */
    int status;
    const char *header; /* lines "Name: part of the value", "Name=value" or
                           "!Name" */
    const char *has;    /* lines that the body holds, or with ! does not */
    const char *golden; /* the body equals this file below tests/golden
                           (MH_GOLDEN=write writes it) */
    const char *send;   /* lines "Name: value" to send as well */
};

struct http_got {
    int status; /* 0: no answer */
    struct buf head, body;
    char location[1024];
};

/* Asks once; got_clear afterwards. */
void http_ask(struct site *s, const struct http_case *c, struct http_got *got);
void http_got_clear(struct http_got *got);
/* The value of a header of the answer, NULL when absent; borrowed until the
 * next call. */
const char *http_got_header(struct http_got *got, const char *name);
/* Asks and checks every row; fails at the end, naming each row that differs. */
void http_cases_run(struct site *s, const struct http_case *cases, size_t n);

#endif
