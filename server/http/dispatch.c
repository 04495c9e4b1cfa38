/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a routed request to an answer: who asks, may they enter, is the form
 * ours, which parameters are there, what does the handler say.  A row that
 * does not say who may enter is closed.
 */
#include <string.h>

#include "server/base/log.h"
#include "server/base/str.h"
#include "server/http/call.h"
#include "server/http/headers.h"

struct skin *
skin_hold(struct http_server *s)
{
    struct skin *skin;

    pthread_mutex_lock(&s->skin_lock);
    skin = s->skin;
    atomic_fetch_add(&skin->users, 1);
    pthread_mutex_unlock(&s->skin_lock);
    return skin;
}

static const char *
cookie_or_none(struct call *c, const char *name)
{
    const char *value = req_cookie(&c->r, name);

    return value ? value : "";
}

static enum lang
lang_asked(struct call *c)
{
    const char *cookie = req_cookie(&c->r, COOKIE_LANG);
    const char *accept = req_header(&c->r, "Accept-Language");

    if (cookie)
        return lang_from(cookie);
    return accept ? lang_accept(accept) : LANG_EN;
}

static void
call_open(struct call *c, struct exchange *x, struct arena *arena,
          struct db *db)
{
    struct http_server *s = x->server;

    *c = (struct call){.x = x};
    c->r = (struct req){
        .route = x->match.route,
        .method = x->method,
        .path = x->path ? x->path : "/",
        .path_arg = x->match.args > 0 ? x->match.arg[0] : NULL,
        .path_arg2 = x->match.args > 1 ? x->match.arg[1] : NULL,
        .who = s->app.nobody,
        .now_utc = clock_now(),
        .peer = x->conn->peer,
        .id = x->id,
        .arena = arena,
        .db = db,
        .conf = s->app.conf,
    };
    reply_init(c);
    c->skin = skin_hold(s);
    c->session = cookie_or_none(c, COOKIE_SESSION);
    c->form_cookie = cookie_or_none(c, COOKIE_FORM);
    c->r.lang = lang_asked(c);
}

static void
call_close(struct call *c)
{
    reply_finish(c);
    c->x->response = c->reply.response;
    c->x->status = c->reply.status;
    atomic_store(&c->x->bytes, c->reply.bytes);
    json_decref(c->body);
    skin_drop(c->skin);
}

static enum fault
call_who(struct call *c)
{
    const struct http_app *app = &c->x->server->app;
    int profile = -1;
    enum fault f = app->actor(c->r.db, c->r.arena, c->session, c->r.now_utc,
                              &c->r.who, &profile);

    if (f != FAULT_NONE) {
        c->r.who = app->nobody;
        return f;
    }
    c->signed_in = app->signed_in(c->r.who);
    if (profile >= 0 && profile < LANG_COUNT)
        c->r.lang = (enum lang)profile;
    return FAULT_NONE;
}

static enum fault
call_gate(struct call *c)
{
    enum who gate = c->r.route->who;

    if (gate == WHO_NOBODY)
        return FAULT_NOT_FOUND;
    if (gate == WHO_ANYONE || c->x->server->app.may_enter(c->r.who, gate))
        return FAULT_NONE;
    return c->signed_in ? FAULT_FORBIDDEN : FAULT_SIGNED_OUT;
}

static enum fault
call_run(struct call *c)
{
    enum fault f;

    if ((f = call_who(c)) != FAULT_NONE)
        return f;
    if (!c->r.route)
        return c->x->match.fault;
    if ((f = call_gate(c)) != FAULT_NONE ||
        (f = params_read(c)) != FAULT_NONE || (f = csrf_check(c)) != FAULT_NONE)
        return f;
    f = c->r.route->fn(&c->r);
    if (f == FAULT_NONE && !c->reply.response) {
        log_ours("not answered", "id=%s path=%s", c->r.id, c->r.path);
        return FAULT_OURS;
    }
    return f;
}

void
dispatch(struct exchange *x, struct pool_worker *w)
{
    struct call c;
    enum fault f;

    call_open(&c, x, &w->arena, w->db);
    f = atomic_load(&x->server->aborting) ? FAULT_BUSY : call_run(&c);
    if (f != FAULT_NONE)
        fault_reply(&c, f);
    call_close(&c);
}

void
dispatch_refusal(struct exchange *x, enum fault f, const char *retry_after)
{
    struct arena arena = {0};
    struct call c;

    call_open(&c, x, &arena, NULL);
    if (retry_after)
        reply_header(&c.r, "Retry-After", retry_after);
    fault_reply(&c, f);
    call_close(&c);
    arena_clear(&arena);
}
