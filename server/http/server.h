/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server: libmicrohttpd's epoll threads read and write sockets, a
 * bounded pool of workers runs handlers.  It knows bytes, routes and faults;
 * who a session belongs to is told by the callbacks below.
 */
#ifndef MH_HTTP_SERVER_H
#define MH_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/conf.h"
#include "server/http/route.h"

struct http_app {
    const struct conf *conf;
    const struct route *routes; /* ended by a row with no method */
    const char *templates_dir, *static_dir;
    /* A store handle for one worker thread. */
    struct db *(*open)(void *arg);
    void (*close)(struct db *db);
    /* The actor of a session cookie ("" for none), made in the arena; sets the
     * profile's language when the account has one (-1: none). */
    enum fault (*actor)(struct db *db, struct arena *a, const char *cookie,
                        int64_t now_utc, const struct actor **who,
                        int *profile_lang);
    /* Who asks when nobody could be looked up (refusals under load). */
    const struct actor *nobody;
    bool (*may_enter)(const struct actor *who, enum who gate);
    bool (*signed_in)(const struct actor *who);
    /* Adds what the layout shows of the actor (name, menu) to the view. */
    void (*frame)(const struct req *r, json_t *view);
    /* Keeps the language that a signed-in person chose; may be NULL. */
    enum fault (*set_lang)(struct db *db, const struct actor *who,
                           enum lang lang);
    /* Extra lines for /metrics, may be NULL; must not wait for anything. */
    void (*metrics)(void *arg, struct buf *to);
    /* Readiness for /healthz: NULL when well, else a reason; must not wait. */
    const char *(*health)(void *arg);
    void *arg;
};

struct http_server;
/* Binds and starts; `why` on failure. */
struct http_server *http_start(const struct http_app *app, char why[512]);
int http_port(const struct http_server *s); /* the bound port */
/* Takes changed certificate, templates and static files; what cannot be taken
 * is named in `why` and stays as it was. */
bool http_reload(struct http_server *s, char why[512]);
/* Stops listening, finishes running requests (at most `seconds`), frees.
 * False when a handler would not end: then its memory is left alone and the
 * process should exit. */
bool http_stop(struct http_server *s, double seconds);

#endif
