/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server itself answers: static files, /healthz and /metrics at once
 * on libmicrohttpd's thread (they must work while every worker is busy), and
 * /language as an ordinary route.
 */
#include "config.h"

#include <string.h>

#include "server/base/str.h"
#include "server/http/call.h"
#include "server/http/exchange.h"
#include "server/http/headers.h"
#include "server/http/url.h"

#define NEXT_MOST 2000

static void
own_number(struct exchange *x, enum metrics_other other)
{
    x->match.number = router_count(x->server->router) + (size_t)other;
}

static void
answer_buf(struct exchange *x, int status, const char *type, struct buf *text)
{
    uint64_t n = text->len;

    x->response = MHD_create_response_from_buffer(text->len, text->at,
                                                  MHD_RESPMEM_MUST_FREE);
    if (!x->response)
        abort(); /* out of memory */
    headers_secure(x->response);
    MHD_add_response_header(x->response, "Content-Type", type);
    MHD_add_response_header(x->response, "Cache-Control", "no-store");
    MHD_add_response_header(x->response, "X-Request-Id", x->id);
    x->status = status;
    atomic_store(&x->bytes, n);
    own_number(x, METRICS_OWN);
}

static bool
answer_health(struct exchange *x)
{
    const struct http_app *app = &x->server->app;
    const char *reason = app->health ? app->health(app->arg) : NULL;
    struct buf text = {0};
    char *json;

    if (!reason && atomic_load(&x->server->stopping))
        reason = "stopping";
    json_t *view = reason ? json_pack("{s:s, s:s}", "status", "not ready",
                                      "reason", reason)
                          : json_pack("{s:s}", "status", "ready");
    json = json_dumps(view, JSON_COMPACT);
    json_decref(view);
    buf_puts(&text, json ? json : "{}");
    buf_putc(&text, '\n');
    free(json);
    answer_buf(x, reason ? 503 : 200, "application/json", &text);
    return true;
}

/* Whether a blank-separated list of addresses names the peer. */
static bool
peer_listed(const char *peers, const char *peer)
{
    size_t n = strlen(peer);

    for (const char *at = peers; *at;) {
        size_t len = strcspn(at, " ");

        if ((len == 1 && *at == '*') || (len == n && strncmp(at, peer, n) == 0))
            return true;
        at += len;
        at += strspn(at, " ");
    }
    return false;
}

static bool
answer_metrics(struct exchange *x)
{
    struct http_server *s = x->server;
    struct buf to = {0};
    size_t waiting, busy;

    if (!peer_listed(s->app.conf->metrics_peers, x->conn->peer))
        return false;
    pool_gauge(s->pool, &waiting, &busy);
    buf_printf(&to,
               "# HELP meterhouse_build_info The program.\n"
               "# TYPE meterhouse_build_info gauge\n"
               "meterhouse_build_info{version=\"%s\"} 1\n",
               PACKAGE_VERSION);
    metrics_value(&to, "meterhouse_http_connections", "gauge",
                  "Open connections.", atomic_load(&s->n_conns));
    metrics_value(&to, "meterhouse_http_active", "gauge",
                  "Requests being answered.", atomic_load(&s->n_active));
    metrics_value(&to, "meterhouse_http_queue", "gauge",
                  "Requests waiting for a worker.", (int64_t)waiting);
    metrics_value(&to, "meterhouse_http_workers_busy", "gauge",
                  "Workers in a handler.", (int64_t)busy);
    metrics_write(s->metrics, &to);
    if (s->app.metrics)
        s->app.metrics(s->app.arg, &to);
    answer_buf(x, 200, "text/plain; version=0.0.4; charset=utf-8", &to);
    return true;
}

static const char *
exchange_header(const struct exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->mhd, MHD_HEADER_KIND, name);
}

static bool
answer_file(struct exchange *x, const char *name)
{
    struct http_server *s = x->server;
    struct files_ask ask = {
        .name = name,
        .version = str_starts(x->query, "v=") ? x->query + 2 : NULL,
        .if_none_match = exchange_header(x, "If-None-Match"),
        .accept_encoding = exchange_header(x, "Accept-Encoding"),
    };
    uint64_t bytes = 0;

    x->response =
        files_answer(atomic_load(&s->files), &ask, &x->status, &bytes);
    if (!x->response)
        return false;
    atomic_store(&x->bytes, bytes);
    x->shared = true;
    own_number(x, METRICS_STATIC);
    return true;
}

bool
builtin_answer(struct exchange *x)
{
    if (!str_eq(x->method, "GET") && !str_eq(x->method, "HEAD"))
        return false;
    if (str_starts(x->path, "/static/"))
        return answer_file(x, x->path + strlen("/static/"));
    if (str_eq(x->path, "/healthz"))
        return answer_health(x);
    if (str_eq(x->path, "/metrics"))
        return answer_metrics(x);
    if (str_eq(x->path, "/favicon.ico") || str_eq(x->path, "/robots.txt"))
        return answer_file(x, x->path + 1);
    return false;
}

/* GET /language?to=es&next=/path, or the same as a form: the choice goes into
 * a cookie, for who is signed in into the profile too, and back to the page. */
static enum fault
language(struct req *r)
{
    const struct http_app *app = &call_of(r)->x->server->app;
    const char *to, *next, *back;
    enum fault f;

    if ((f = req_choice(r, "to", "en es", &to)) != FAULT_NONE ||
        (f = req_text(r, "next", NEXT_MOST, &next)) != FAULT_NONE ||
        (f = req_text(r, "back", NEXT_MOST, &back)) != FAULT_NONE)
        return f;
    if (!next)
        next = back;
    if (app->set_lang && call_of(r)->signed_in && !str_eq(r->method, "GET") &&
        (f = app->set_lang(r->db, r->who, lang_from(to))) != FAULT_NONE)
        return f;
    reply_cookie(r, COOKIE_LANG, to, 365 * 86400);
    return reply_redirect(r, next && url_is_local(next) ? next : "/");
}

/* clang-format off */
const struct route BUILTIN_ROUTES[] = {
    {"GET", "/language", WHO_ANYONE, FACE_PAGE, language, "to next back", 0},
    {"POST", "/language", WHO_ANYONE, FACE_PAGE, language, "to next back", 0},
    {0},
};
/* clang-format on */
