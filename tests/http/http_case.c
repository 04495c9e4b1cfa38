/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of requests against a running server, through libcurl. */
#include "config.h"

#include "tests/http/http_case.h"

#include <curl/curl.h>
#include <strings.h>

#include "api/serve.h"
#include "server/base/arena.h"
#include "server/base/file.h"
#include "server/base/log.h"
#include "server/base/str.h"
#include "server/text/catalog.h"

#define PEOPLE 16

struct person {
    char as[32];
    CURL *curl;
};

struct site {
    char folder[256];
    struct conf conf;
    struct serve *serve;        /* the product, or … */
    struct http_server *server; /* … the test's own */
    int port;
    struct person people[PEOPLE];
    size_t n_people;
};

const char *
site_top(void)
{
    const char *top = getenv("MH_TOP");

    if (!top)
        top = getenv("srcdir");
    return top ? top : ".";
}

static struct site *
site_new(void (*tune)(struct conf *conf))
{
    struct site *s = mem_new(sizeof *s);

    log_init(getenv("MH_TEST_LOG") ? LOG_DEBUG_ : LOG_ERROR_);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    scratch_make(s->folder);
    conf_init(&s->conf);
    snprintf(s->conf.data_dir, sizeof s->conf.data_dir, "%s/data", s->folder);
    snprintf(s->conf.templates_dir, sizeof s->conf.templates_dir,
             "%s/templates", site_top());
    snprintf(s->conf.static_dir, sizeof s->conf.static_dir, "%s/static",
             site_top());
    s->conf.port = 0;
    s->conf.requests_per_second = 0;
    if (tune)
        tune(&s->conf);
    return s;
}

struct site *
site_start(void (*tune)(struct conf *conf))
{
    struct site *s = site_new(tune);
    char why[512] = "";

    s->serve = serve_start(&s->conf, why);
    if (!s->serve)
        fail_msg("%s", why);
    s->port = serve_port(s->serve);
    return s;
}

struct site *
site_start_app(const struct http_app *given, void (*tune)(struct conf *conf))
{
    struct site *s = site_new(tune);
    struct http_app app = *given;
    char why[512] = "";

    app.conf = &s->conf;
    app.templates_dir = s->conf.templates_dir;
    app.static_dir = s->conf.static_dir;
    if (!file_make_dir(s->conf.data_dir, 0700) ||
        !catalog_open(app.templates_dir, why))
        fail_msg("%s", why);
    s->server = http_start(&app, why);
    if (!s->server)
        fail_msg("%s", why);
    s->port = http_port(s->server);
    return s;
}

bool
site_halt(struct site *s, double seconds)
{
    bool good = s->serve ? serve_stop(s->serve, seconds)
                         : http_stop(s->server, seconds);

    if (s->server)
        catalog_close();
    s->serve = NULL;
    s->server = NULL;
    return good;
}

void
site_stop(struct site *s)
{
    for (size_t i = 0; i < s->n_people; i++)
        curl_easy_cleanup(s->people[i].curl);
    if (s->serve || s->server)
        assert_true(site_halt(s, 10));
    scratch_remove(s->folder);
    free(s);
}

const struct conf *
site_conf(const struct site *s)
{
    return &s->conf;
}

int
site_port(const struct site *s)
{
    return s->port;
}

struct http_server *
site_server(struct site *s)
{
    return s->server;
}

/* A person's handle keeps cookies and connection; nobody's begins anew. */
static CURL *
person_curl(struct site *s, const char *as)
{
    struct person *p;
    char path[600];

    for (size_t i = 0; i < s->n_people; i++) {
        if (str_eq(s->people[i].as, as ? as : ""))
            return s->people[i].curl;
    }
    assert_true(s->n_people < PEOPLE);
    p = &s->people[s->n_people++];
    str_copy(p->as, sizeof p->as, as ? as : "");
    p->curl = curl_easy_init();
    snprintf(path, sizeof path, "%s/tls/cert.pem", s->conf.data_dir);
    curl_easy_setopt(p->curl, CURLOPT_CAINFO, path);
    curl_easy_setopt(p->curl, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(p->curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(p->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(p->curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(p->curl, CURLOPT_PROXY, "");
    return p->curl;
}

static size_t
take(char *bytes, size_t one, size_t n, void *to)
{
    buf_add(to, bytes, one * n);
    return one * n;
}

static struct curl_slist *
headers_of(const struct http_case *c)
{
    struct curl_slist *list = NULL;

    for (const char *at = c->send; at && *at;) {
        size_t n = strcspn(at, "\n");
        char line[1024];

        assert_true(str_copyn(line, sizeof line, at, n));
        list = curl_slist_append(list, line);
        at += n + (at[n] == '\n');
    }
    if (c->body && c->body[0] == '{')
        list = curl_slist_append(list, "Content-Type: application/json");
    return list;
}

static void
ask(struct site *s, const struct http_case *c, struct http_got *got)
{
    CURL *curl = person_curl(s, c->as);
    struct curl_slist *list = headers_of(c);
    char url[4096];
    long status = 0;

    *got = (struct http_got){0};
    snprintf(url, sizeof url, "https://localhost:%d%s", s->port, c->path);
    if (!c->as)
        curl_easy_setopt(curl, CURLOPT_COOKIELIST, "ALL");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &got->body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &got->head);
    curl_easy_setopt(curl, CURLOPT_NOBODY, str_eq(c->method, "HEAD") ? 1L : 0L);
    if (!str_eq(c->method, "HEAD"))
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    if (c->body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(c->body));
        curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, c->body);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, c->method);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    got->status = (int)status;
    curl_slist_free_all(list);
}

/* The token of the person's forms, out of a page that has one. */
static void
token_get(struct site *s, const char *as, char token[128])
{
    static const char mark[] = "name=\"csrf\" value=\"";
    struct http_got got;
    const char *at;

    ask(s, &(struct http_case){"GET", "/no-such-page", .as = as}, &got);
    at = strstr(buf_text(&got.body), mark);
    if (!at)
        fail_msg("no form token on the page of %s", as ? as : "nobody");
    at += sizeof mark - 1;
    assert_true(str_copyn(token, 128, at, strcspn(at, "\"")));
    http_got_clear(&got);
}

static bool
wants_token(const struct http_case *c)
{
    return c->body && !str_eq(c->method, "GET") && c->body[0] != '{' &&
           !c->no_token;
}

void
http_ask(struct site *s, const struct http_case *c, struct http_got *got)
{
    struct http_case with = *c;
    struct buf body = {0};
    char token[128];
    const char *location;

    if (wants_token(c)) {
        if (!c->as) /* the token's cookie must live for two requests */
            with.as = "visitor";
        token_get(s, with.as, token);
        buf_printf(&body, "%s%scsrf=%s", c->body, *c->body ? "&" : "", token);
        with.body = buf_text(&body);
    }
    ask(s, &with, got);
    buf_clear(&body);
    if (wants_token(c) && !c->as)
        curl_easy_setopt(person_curl(s, "visitor"), CURLOPT_COOKIELIST, "ALL");
    location = http_got_header(got, "Location");
    if (location)
        str_copy(got->location, sizeof got->location, location);
}

void
http_got_clear(struct http_got *got)
{
    buf_clear(&got->head);
    buf_clear(&got->body);
}

const char *
http_got_header(struct http_got *got, const char *name)
{
    static char value[4096];
    size_t n = strlen(name);

    for (const char *at = buf_text(&got->head); *at;) {
        size_t len = strcspn(at, "\r\n");

        if (len > n && at[n] == ':' && strncasecmp(at, name, n) == 0) {
            at += n + 1;
            at += strspn(at, " \t");
            str_copyn(value, sizeof value, at, strcspn(at, "\r\n"));
            return value;
        }
        at += len;
        at += strspn(at, "\r\n");
    }
    return NULL;
}

void
site_cookie(struct site *s, const char *as, const char *name, const char *value)
{
    char line[1024];

    snprintf(line, sizeof line, "localhost\tFALSE\t/\tTRUE\t0\t__Host-%s\t%s",
             name, value);
    curl_easy_setopt(person_curl(s, as), CURLOPT_COOKIELIST, line);
}

void
site_sign_in(struct site *s, const char *as, const char *login,
             const char *password)
{
    struct http_got got;
    struct buf body = {0};
    char *l = curl_easy_escape(NULL, login, 0);
    char *p = curl_easy_escape(NULL, password, 0);

    buf_printf(&body, "login=%s&password=%s", l, p);
    http_ask(s,
             &(struct http_case){"POST", "/sign-in", .as = as,
                                 .body = buf_text(&body)},
             &got);
    if (got.status != 303)
        fail_msg("%s could not sign in: %d %s", login, got.status,
                 buf_text(&got.body));
    http_got_clear(&got);
    buf_clear(&body);
    curl_free(l);
    curl_free(p);
}

/* ---- rows ---------------------------------------------------------------- */

static bool
complain(const struct http_case *c, size_t i, const char *what,
         const char *want, struct http_got *got)
{
    print_error("row %zu, %s %s as %s: %s: %s\n%s%.3000s\n", i, c->method,
                c->path, c->as ? c->as : "nobody", what, want,
                buf_text(&got->head), buf_text(&got->body));
    return false;
}

/* "Name: part" must be there, "Name=value" exactly, "!Name" not at all. */
static bool
header_fits(struct http_got *got, const char *line)
{
    size_t n = strcspn(line, ":=");
    const char *value, *wanted = line + n + 1;
    char name[128];

    if (line[0] == '!')
        return !http_got_header(got, line + 1);
    assert_true(line[n] && str_copyn(name, sizeof name, line, n));
    value = http_got_header(got, name);
    if (line[n] == '=')
        return str_eq(value, wanted);
    return value && strstr(value, wanted + strspn(wanted, " "));
}

static bool
text_fits(struct http_got *got, const char *line)
{
    const char *text = buf_text(&got->body);

    return line[0] == '!' ? !strstr(text, line + 1)
                          : strstr(text, line) != NULL;
}

static bool
lines_fit(const struct http_case *c, size_t i, const char *lines,
          bool (*fits)(struct http_got *got, const char *line),
          struct http_got *got)
{
    for (const char *at = lines; at && *at;) {
        size_t n = strcspn(at, "\n");
        char line[2048];

        assert_true(str_copyn(line, sizeof line, at, n));
        if (!fits(got, line))
            return complain(c, i, "expected", line, got);
        at += n + (at[n] == '\n');
    }
    return true;
}

static bool
golden_fits(const struct http_case *c, size_t i, struct http_got *got)
{
    struct buf want = {0};
    char path[1024];
    bool same;

    if (!c->golden)
        return true;
    snprintf(path, sizeof path, "%s/tests/golden/%s", site_top(), c->golden);
    if (str_eq(getenv("MH_GOLDEN"), "write"))
        return file_write(path, got->body.at, got->body.len, 0644);
    if (!file_read(path, 64 << 20, &want))
        return complain(c, i, "no golden file", path, got);
    same = want.len == got->body.len &&
           (want.len == 0 || memcmp(want.at, got->body.at, want.len) == 0);
    buf_clear(&want);
    return same || complain(c, i, "differs from", path, got);
}

static bool
case_fits(const struct http_case *c, size_t i, struct http_got *got)
{
    char want[32];

    snprintf(want, sizeof want, "%d", c->status);
    if (got->status != c->status)
        return complain(c, i, "expected status", want, got);
    return lines_fit(c, i, c->header, header_fits, got) &&
           lines_fit(c, i, c->has, text_fits, got) && golden_fits(c, i, got);
}

void
http_cases_run(struct site *s, const struct http_case *cases, size_t n)
{
    size_t bad = 0;

    for (size_t i = 0; i < n; i++) {
        struct http_got got;

        http_ask(s, &cases[i], &got);
        bad += !case_fits(&cases[i], i, &got);
        http_got_clear(&got);
    }
    if (bad)
        fail_msg("%zu of %zu rows differ", bad, n);
}
