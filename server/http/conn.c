/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections, and the janitor's thread.  Deadlines by phase:
 *   fresh   handshake and first headers within header_timeout
 *   head    from the target on, the headers within header_timeout
 *   body    1 KiB a second after a grace of header_timeout
 *   idle    libmicrohttpd's idle_timeout; but once bytes of a next request
 *           have begun to come, header_timeout again
 *   busy    ours to answer: no deadline.  A reader that stalls is cut by
 *           libmicrohttpd's idle_timeout: a socket takes more only when a third
 *           of its buffer is free, so sipping does not count as reading
 */
#include "config.h"

#include "server/http/conn.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "server/base/log.h"
#include "server/base/str.h"

#define TICK_NS       250000000L
#define BODY_RATE     1024.0
#define WATCH_SECONDS 5.0

static void
peer_name(struct conn *c, const struct sockaddr *a)
{
    if (a && a->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)a)->sin_addr, c->peer,
                  sizeof c->peer);
    } else if (a && a->sa_family == AF_INET6) {
        const struct in6_addr *in6 =
            &((const struct sockaddr_in6 *)a)->sin6_addr;

        if (IN6_IS_ADDR_V4MAPPED(in6))
            inet_ntop(AF_INET, in6->s6_addr + 12, c->peer, sizeof c->peer);
        else
            inet_ntop(AF_INET6, in6, c->peer, sizeof c->peer);
    }
    limit_key_of(c->limit_key, sizeof c->limit_key, c->peer);
}

static void
conn_add(struct http_server *s, struct MHD_Connection *mhd, void **context)
{
    struct conn *c = mem_new(sizeof *c);

    c->server = s;
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)
                ->connect_fd;
    peer_name(c,
              MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
                  ->client_addr);
    conn_phase(c, CONN_FRESH);
    *context = c;
    atomic_fetch_add(&s->n_conns, 1);
    pthread_mutex_lock(&s->conns_lock);
    c->next = s->conns;
    if (c->next)
        c->next->prev = c;
    s->conns = c;
    pthread_mutex_unlock(&s->conns_lock);
}

/* Called before the socket closes, so the janitor never holds a stale one. */
static void
conn_del(struct http_server *s, struct conn *c)
{
    pthread_mutex_lock(&s->conns_lock);
    if (c->prev)
        c->prev->next = c->next;
    else
        s->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    pthread_mutex_unlock(&s->conns_lock);
    atomic_fetch_sub(&s->n_conns, 1);
    free(c);
}

void
conn_notify(void *server, struct MHD_Connection *mhd, void **context,
            enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        conn_add(server, mhd, context);
    } else if (*context) {
        conn_del(server, *context);
        *context = NULL;
    }
}

struct conn *
conn_of(struct MHD_Connection *mhd)
{
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
        ->socket_context;
}

void
conn_phase(struct conn *c, enum conn_phase phase)
{
    atomic_store_explicit(&c->since, clock_monotonic(), memory_order_relaxed);
    atomic_store_explicit(&c->phase, (int)phase, memory_order_release);
}

bool
conn_gone(const struct conn *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};

    return poll(&p, 1, 0) > 0 &&
           (p.revents & (POLLRDHUP | POLLERR | POLLHUP | POLLNVAL));
}

static uint64_t
tcp_received(int fd)
{
    struct tcp_info info = {0};
    socklen_t n = sizeof info;

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) != 0)
        return 0;
    return info.tcpi_bytes_received;
}

/* Seconds that bytes of a next request have been coming in on an idle
 * connection; 0 while it is quiet. */
static double
idle_dribble(struct conn *c, double since, double now)
{
    uint64_t bytes = tcp_received(c->fd);

    if (c->quiet_phase < since || c->quiet_phase > since) { /* first look */
        c->quiet_phase = since;
        c->quiet_bytes = bytes;
        c->quiet_since = 0;
    }
    if (bytes == c->quiet_bytes)
        return 0;
    if (c->quiet_since <= 0)
        c->quiet_since = now;
    return now - c->quiet_since;
}

static bool
overdue(struct conn *c, double now)
{
    double most = (double)c->server->app.conf->header_timeout;
    int phase = atomic_load_explicit(&c->phase, memory_order_acquire);
    double since = atomic_load_explicit(&c->since, memory_order_relaxed);

    switch ((enum conn_phase)phase) {
    case CONN_FRESH:
    case CONN_HEAD:
        return now - since > most;
    case CONN_BODY:
        return now - since >
               most + (double)atomic_load(&c->received) / BODY_RATE;
    case CONN_IDLE:
        return idle_dribble(c, since, now) > most;
    case CONN_BUSY:
        return false;
    }
    return false;
}

static void
conn_cut(struct conn *c)
{
    int phase = atomic_load(&c->phase);

    c->cut = true;
    shutdown(c->fd, SHUT_RDWR);
    if (phase == CONN_FRESH) /* browsers open some in reserve */
        log_debug("connection unused", "peer=%s", c->peer);
    else
        log_theirs("connection too slow", "peer=%s phase=%d", c->peer, phase);
}

static void
conns_check(struct http_server *s)
{
    double now = clock_monotonic();

    pthread_mutex_lock(&s->conns_lock);
    for (struct conn *c = s->conns; c; c = c->next) {
        if (!c->cut && overdue(c, now))
            conn_cut(c);
    }
    pthread_mutex_unlock(&s->conns_lock);
}

static void *
janitor_run(void *arg)
{
    struct http_server *s = arg;
    double watched = clock_monotonic();

    for (;;) {
        struct timespec until;
        bool ends;

        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += TICK_NS;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_mutex_lock(&s->conns_lock);
        if (!s->janitor_ends)
            pthread_cond_timedwait(&s->janitor_wake, &s->conns_lock, &until);
        ends = s->janitor_ends;
        pthread_mutex_unlock(&s->conns_lock);
        if (ends)
            return NULL;
        conns_check(s);
        if (clock_monotonic() - watched > WATCH_SECONDS) {
            tls_watch(s->tls);
            watched = clock_monotonic();
        }
    }
}

bool
janitor_start(struct http_server *s)
{
    s->janitor_runs = pthread_create(&s->janitor, NULL, janitor_run, s) == 0;
    return s->janitor_runs;
}

void
janitor_stop(struct http_server *s)
{
    if (!s->janitor_runs)
        return;
    pthread_mutex_lock(&s->conns_lock);
    s->janitor_ends = true;
    pthread_cond_signal(&s->janitor_wake);
    pthread_mutex_unlock(&s->conns_lock);
    pthread_join(s->janitor, NULL);
    s->janitor_runs = false;
}
