/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the HTTP server share; handlers never see it.
 *
 * A request's way: libmicrohttpd reads it on one of its threads (exchange.c),
 * strict.c refuses what could be read in two ways, router.c finds the row.
 * The connection is then suspended and the exchange waits in the pool
 * (pool.c) for a worker, which runs dispatch.c and leaves a response; the
 * connection is resumed and libmicrohttpd's thread sends it.
 */
#ifndef MH_HTTP_HTTP_H
#define MH_HTTP_HTTP_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "server/http/files.h"
#include "server/http/limit.h"
#include "server/http/metrics.h"
#include "server/http/pool.h"
#include "server/http/router.h"
#include "server/http/server.h"
#include "server/http/tls.h"

#define BODY_MOST_DEFAULT (16 * 1024)
#define HEADERS_MOST      100
#define HEADERS_SIZE      (32 * 1024) /* of all header lines */
#define URI_MOST          8192

struct exchange;

/* What a connection is doing; the janitor judges its pace by it. */
enum conn_phase { CONN_FRESH, CONN_IDLE, CONN_HEAD, CONN_BODY, CONN_BUSY };

enum exchange_state {
    EXCHANGE_NEW,
    EXCHANGE_BODY,
    EXCHANGE_WAITING,
    EXCHANGE_READY
};

/* One request and its answer. */
struct exchange {
    struct pool_job job; /* first: its place in the pool's queue */
    struct http_server *server;
    struct conn *conn;
    struct MHD_Connection *mhd;
    enum exchange_state state;
    const char *method;
    const char *target; /* libmicrohttpd's memory, which it cuts */
    size_t target_size; /* … at '?' after telling us */
    char *raw;          /* our copy, as received */
    const char *query;  /* in raw, after '?'; "" for none */
    char *path;         /* decoded */
    struct router_match match;
    struct buf body;
    size_t body_most;
    enum fault refusal;            /* known before a worker runs */
    struct MHD_Response *response; /* made, not yet queued */
    bool shared;                   /* not ours: add and free nothing */
    int status;
    _Atomic uint64_t bytes; /* of the body */
    double start;           /* monotonic */
    char id[24];
};

struct conn {
    struct conn *next, *prev; /* under server->conns_lock */
    struct http_server *server;
    int fd;
    _Atomic int phase;         /* enum conn_phase */
    _Atomic double since;      /* monotonic, when the phase began */
    _Atomic uint64_t received; /* bytes of the body so far */
    double quiet_since;        /* janitor: bytes came after this */
    uint64_t quiet_bytes;      /* janitor: TCP bytes at that time */
    double quiet_phase;        /* janitor: the `since` it looked at */
    bool cut;                  /* janitor: already shut down */
    char peer[INET6_ADDRSTRLEN];
    char limit_key[INET6_ADDRSTRLEN];
    struct exchange exchange;
};

/* The templates in force; old ones live until their last request ends. */
struct skin {
    struct templates *templates;
    atomic_int users;
};

struct http_server {
    struct http_app app;
    struct MHD_Daemon *daemon;
    int fd, port;
    struct tls *tls;
    struct router *router;
    struct pool *pool;
    struct metrics *metrics;
    struct limit *per_address; /* NULL: no limit */
    _Atomic(struct files *) files;
    struct skin *skin;
    pthread_mutex_t skin_lock;
    pthread_mutex_t conns_lock;
    struct conn *conns;
    atomic_int n_conns, n_active;
    atomic_bool stopping; /* answers close their connection */
    atomic_bool aborting; /* time is up: waiting work is refused */
    pthread_t janitor;
    pthread_cond_t janitor_wake;
    bool janitor_runs, janitor_ends;
    atomic_uint next_id;
    uint32_t boot_id;
    char origin[600]; /* "https://host:port" of public_url */
};

struct skin *skin_hold(struct http_server *s);
void skin_drop(struct skin *skin);

/* Runs a routed request on a worker and leaves x->response (dispatch.c). */
void dispatch(struct exchange *x, struct pool_worker *w);
/* Renders a refusal without a store handle, on any thread. */
void
dispatch_refusal(struct exchange *x, enum fault f, const char *retry_after);

#endif
