/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request on libmicrohttpd's thread, which must never wait: the first
 * call checks it, later calls take the body, the last hands it to the pool;
 * when a worker is done the connection wakes and the answer is sent.
 *
 * An answer in the first call makes libmicrohttpd close the connection (a
 * body may follow that nobody reads), so only what must end there does.
 */
#include "server/http/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/log.h"
#include "server/base/str.h"
#include "server/http/conn.h"
#include "server/http/headers.h"
#include "server/http/strict.h"
#include "server/http/url.h"

/* A body without a length may run on this far past its limit, so that the
 * sender gets to read the refusal; then the connection is cut. */
#define BODY_SLACK (1024 * 1024)
#define PATIENCE   1.0 /* seconds in the queue before we look who waits */

/* Nobody is there any more to hear what a worker would say. */
static bool
waited_in_vain(const struct exchange *x)
{
    return clock_monotonic() - x->start > PATIENCE && conn_gone(x->conn);
}

static void
run_on_worker(struct pool_job *job, struct pool_worker *w)
{
    struct exchange *x = (struct exchange *)job;

    if (waited_in_vain(x))
        dispatch_refusal(x, FAULT_BUSY, NULL);
    else
        dispatch(x, w);
    x->state = EXCHANGE_READY;
    MHD_resume_connection(x->mhd);
}

void *
exchange_target(void *server, const char *target, struct MHD_Connection *mhd)
{
    struct conn *conn = conn_of(mhd);
    struct exchange *x = &conn->exchange;

    *x = (struct exchange){.job.run = run_on_worker,
                           .server = server,
                           .conn = conn,
                           .mhd = mhd,
                           .target = target,
                           .target_size = strlen(target),
                           .raw = mem_dup(target),
                           .query = ""};
    x->match.number = router_count(conn->server->router) + METRICS_NO_ROUTE;
    conn_phase(conn, CONN_HEAD);
    return x;
}

static void
id_make(struct exchange *x)
{
    snprintf(x->id, sizeof x->id, "%08x-%08x", x->server->boot_id,
             atomic_fetch_add(&x->server->next_id, 1));
}

/* Target, path and row. */
static enum fault
target_read(struct exchange *x)
{
    char *question = strchr(x->raw, '?');

    x->query = question ? question + 1 : "";
    if (question)
        *question = '\0';
    x->path = mem_new(strlen(x->raw) + 1);
    if (!url_path_decode(x->path, x->raw, strlen(x->raw))) {
        free(x->path);
        x->path = NULL;
        return FAULT_BAD_REQUEST;
    }
    router_find(x->server->router, x->method, x->path, &x->match);
    x->body_most = x->match.route && x->match.route->body_most
                       ? x->match.route->body_most
                       : BODY_MOST_DEFAULT;
    return FAULT_NONE;
}

/* Everything that can be said before the body; a fault ends the connection. */
static enum fault
exchange_begin(struct exchange *x, const char *version)
{
    struct strict strict = {0};
    enum fault f = strict_check(x, version, &strict);

    if (f == FAULT_NONE)
        f = target_read(x);
    if (f != FAULT_NONE)
        return f;
    if (strict.has_length && strict.length > x->body_most)
        return FAULT_TOO_LARGE;
    conn_phase(x->conn, strict.has_body ? CONN_BODY : CONN_BUSY);
    return FAULT_NONE;
}

static enum MHD_Result
answer_queue(struct exchange *x, bool close)
{
    struct MHD_Response *response = x->response;
    enum MHD_Result rc;

    x->response = NULL;
    conn_phase(x->conn, CONN_BUSY);
    if (!x->shared && (close || atomic_load(&x->server->stopping)))
        MHD_add_response_header(response, "Connection", "close");
    rc = MHD_queue_response(x->mhd, (unsigned)x->status, response);
    if (!x->shared)
        MHD_destroy_response(response);
    return rc;
}

static enum MHD_Result
refuse(struct exchange *x, enum fault f, const char *retry_after, bool close)
{
    dispatch_refusal(x, f, retry_after);
    return answer_queue(x, close);
}

static enum MHD_Result
body_take(struct exchange *x, const char *data, size_t *size)
{
    size_t n = *size;

    *size = 0;
    atomic_fetch_add(&x->conn->received, n);
    if (x->body.len + n <= x->body_most) {
        buf_add(&x->body, data, n);
        return MHD_YES;
    }
    x->refusal = FAULT_TOO_LARGE;
    return atomic_load(&x->conn->received) > x->body_most + BODY_SLACK
               ? MHD_NO
               : MHD_YES;
}

static enum MHD_Result
answer_options(struct exchange *x)
{
    char allow[96];

    x->response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (!x->response)
        return MHD_NO;
    snprintf(allow, sizeof allow, "%s, OPTIONS", x->match.allow);
    MHD_add_response_header(x->response, "Allow", allow);
    headers_secure(x->response);
    x->status = 204;
    return answer_queue(x, false);
}

static enum MHD_Result
hand_over(struct exchange *x)
{
    x->state = EXCHANGE_WAITING;
    MHD_suspend_connection(x->mhd);
    if (!pool_add(x->server->pool, &x->job)) {
        dispatch_refusal(x, FAULT_BUSY, NULL);
        x->state = EXCHANGE_READY;
        MHD_resume_connection(x->mhd);
    }
    return MHD_YES;
}

/* The request is complete. */
static enum MHD_Result
exchange_proceed(struct exchange *x)
{
    int retry_after = 0;
    char text[16];

    if (x->refusal != FAULT_NONE)
        return refuse(x, x->refusal, NULL, true);
    if (x->server->per_address &&
        !limit_take(x->server->per_address, x->conn->limit_key, &retry_after)) {
        snprintf(text, sizeof text, "%d", retry_after);
        return refuse(x, FAULT_TOO_MANY, text, false);
    }
    if (builtin_answer(x))
        return answer_queue(x, false);
    if (x->match.fault == FAULT_BAD_METHOD && str_eq(x->method, "OPTIONS"))
        return answer_options(x);
    return hand_over(x); /* without a row too: its page knows who asks */
}

enum MHD_Result
exchange_answer(void *server, struct MHD_Connection *mhd, const char *url,
                const char *method, const char *version, const char *data,
                size_t *size, void **exchange)
{
    struct exchange *x = *exchange;
    enum fault f;

    (void)server, (void)mhd, (void)url;
    switch (x->state) {
    case EXCHANGE_NEW:
        x->state = EXCHANGE_BODY;
        x->method = method;
        x->start = clock_monotonic();
        atomic_store(&x->conn->received, 0);
        id_make(x);
        atomic_fetch_add(&x->server->n_active, 1);
        f = exchange_begin(x, version);
        return f ? refuse(x, f, NULL, true) : MHD_YES;
    case EXCHANGE_BODY:
        return *size ? body_take(x, data, size) : exchange_proceed(x);
    case EXCHANGE_READY:
        return answer_queue(x, false);
    default:
        return MHD_YES;
    }
}

static void
exchange_log(const struct exchange *x, double seconds,
             enum MHD_RequestTerminationCode why)
{
    const struct route *route = x->match.route;

    log_info("request",
             "id=%s peer=%s method=%s path=%.300s route=%s status=%d "
             "bytes=%llu ms=%.1f end=%s",
             x->id, x->conn->peer, x->method, x->path ? x->path : "?",
             route ? route->path : "", x->status,
             (unsigned long long)atomic_load(&x->bytes), seconds * 1000,
             why == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "whole" : "cut");
}

void
exchange_end(void *server, struct MHD_Connection *mhd, void **exchange,
             enum MHD_RequestTerminationCode why)
{
    struct http_server *s = server;
    struct exchange *x = *exchange;

    (void)mhd;
    *exchange = NULL;
    if (!x)
        return;
    if (x->state != EXCHANGE_NEW) {
        double seconds = clock_monotonic() - x->start;

        exchange_log(x, seconds, why);
        metrics_count(s->metrics, x->match.number, x->status, seconds,
                      atomic_load(&x->bytes));
        atomic_fetch_sub(&s->n_active, 1);
    }
    if (x->response && !x->shared)
        MHD_destroy_response(x->response);
    free(x->raw);
    free(x->path);
    buf_clear(&x->body);
    conn_phase(x->conn, CONN_IDLE);
}
