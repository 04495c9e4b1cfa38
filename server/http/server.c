/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts, reloads and stops the server.  We bind the socket ourselves: the
 * reason for a failure can be told, and port 0 finds a free one.
 */
#include "server/http/server.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/base/hash.h"
#include "server/base/log.h"
#include "server/base/str.h"
#include "server/http/conn.h"
#include "server/http/exchange.h"
#include "server/text/template.h"

#define BACKLOG 511
/* Request line, headers and what libmicrohttpd notes of them, and room for an
 * answer's headers, so that too many are answered and not cut off. */
#define MEMORY_PER_CONN (56 * 1024)
#define PRIORITIES                                                             \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

static int
listen_try(const struct addrinfo *a)
{
    int fd =
        socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1, no = 0;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (a->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* `*` is every address, IPv4 and IPv6. */
static int
listen_open(const struct conf *conf, char why[512])
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    const char *host = str_eq(conf->listen, "*") ? "::" : conf->listen;
    struct addrinfo *list;
    char port[16];
    int fd = -1, rc;

    snprintf(port, sizeof port, "%lld", (long long)conf->port);
    rc = getaddrinfo(host, port, &hints, &list);
    if (rc != 0) {
        snprintf(why, 512, "listen = %.200s: %s", conf->listen,
                 gai_strerror(rc));
        return -1;
    }
    for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
        fd = listen_try(a);
    if (fd < 0)
        snprintf(why, 512, "cannot listen on %.200s port %s: %m", conf->listen,
                 port);
    freeaddrinfo(list);
    return fd;
}

static int
port_of(int fd)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;

    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0)
        return 0;
    return ntohs(a.ss_family == AF_INET6
                     ? ((struct sockaddr_in6 *)&a)->sin6_port
                     : ((struct sockaddr_in *)&a)->sin_port);
}

/* Escapes are decoded by url.c, strictly; libmicrohttpd must leave them. */
static size_t
unescape_nothing(void *cls, struct MHD_Connection *mhd, char *text)
{
    (void)cls, (void)mhd;
    return strlen(text);
}

static void
mhd_log(void *cls, const char *format, va_list ap)
{
    char text[512];
    size_t n;

    (void)cls;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    vsnprintf(text, sizeof text, format, ap);
#pragma GCC diagnostic pop
    n = strlen(text);
    if (n > 0 && text[n - 1] == '\n')
        text[n - 1] = '\0';
    log_debug("libmicrohttpd", "text=%s", text);
}

/* The connection limit is dealt out to the threads, so a few more are let in
 * than libmicrohttpd's own division would. */
static unsigned
connection_limit(const struct conf *conf)
{
    return (unsigned)(conf->connections + conf->http_threads);
}

static bool
daemon_start(struct http_server *s, char why[512])
{
    const struct conf *conf = s->app.conf;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, s->fd, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, connection_limit(conf), NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, conf->connections_per_ip, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, conf->idle_timeout, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_PER_CONN, NULL},
        {MHD_OPTION_THREAD_POOL_SIZE,
         conf->http_threads > 1 ? conf->http_threads : 0, NULL},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, PRIORITIES},
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)tls_retrieve},
        {MHD_OPTION_END, 0, NULL},
    };

    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
            MHD_USE_ERROR_LOG | MHD_USE_TLS,
        0, NULL, NULL, exchange_answer, s, MHD_OPTION_EXTERNAL_LOGGER, mhd_log,
        s, MHD_OPTION_NOTIFY_COMPLETED, exchange_end, s,
        MHD_OPTION_NOTIFY_CONNECTION, conn_notify, s,
        MHD_OPTION_URI_LOG_CALLBACK, exchange_target, s,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape_nothing, s, MHD_OPTION_ARRAY,
        options, MHD_OPTION_END);
    if (!s->daemon)
        snprintf(why, 512, "libmicrohttpd would not start on port %d", s->port);
    return s->daemon != NULL;
}

/* ---- templates in force ------------------------------------------------- */

static struct skin *
skin_open(const char *dir, char why[512])
{
    struct templates *templates = templates_open(dir, why);
    struct skin *skin;

    if (!templates)
        return NULL;
    skin = mem_new(sizeof *skin);
    skin->templates = templates;
    atomic_init(&skin->users, 1);
    return skin;
}

void
skin_drop(struct skin *skin)
{
    if (!skin || atomic_fetch_sub(&skin->users, 1) > 1)
        return;
    templates_close(skin->templates);
    free(skin);
}

static bool
skin_reload(struct http_server *s, char why[512])
{
    struct skin *new = skin_open(s->app.templates_dir, why), *old;

    if (!new)
        return false;
    pthread_mutex_lock(&s->skin_lock);
    old = s->skin;
    s->skin = new;
    pthread_mutex_unlock(&s->skin_lock);
    skin_drop(old);
    return true;
}

/* Answers hold the bytes of the old files, which therefore stay until the
 * end; equal files are not taken again, so this does not grow by itself. */
static bool
files_reload(struct http_server *s, char why[512])
{
    struct files *new = files_open(s->app.static_dir, why), *old;

    if (!new)
        return false;
    old = atomic_load(&s->files);
    if (str_eq(files_version(new), files_version(old))) {
        files_close(new);
        return true;
    }
    files_keep(new, old);
    atomic_store(&s->files, new);
    return true;
}

bool
http_reload(struct http_server *s, char why[512])
{
    return tls_reload(s->tls, why) && skin_reload(s, why) &&
           files_reload(s, why);
}

/* ---- start and stop ------------------------------------------------------ */

static void
locks_init(struct http_server *s)
{
    pthread_mutex_init(&s->skin_lock, NULL);
    pthread_mutex_init(&s->conns_lock, NULL);
    pthread_cond_init(&s->janitor_wake, NULL);
}

static void
server_free(struct http_server *s)
{
    tls_close(s->tls);
    router_free(s->router);
    metrics_free(s->metrics);
    limit_free(s->per_address);
    files_close(s->files);
    skin_drop(s->skin);
    pthread_mutex_destroy(&s->skin_lock);
    pthread_mutex_destroy(&s->conns_lock);
    pthread_cond_destroy(&s->janitor_wake);
    free(s);
}

/* Everything that needs no socket and no thread. */
static bool
parts_open(struct http_server *s, char why[512])
{
    const struct route *const tables[] = {BUILTIN_ROUTES, s->app.routes};
    const struct conf *conf = s->app.conf;

    random_bytes(&s->boot_id, sizeof s->boot_id);
    str_copy(s->origin, sizeof s->origin, conf->public_url);
    for (size_t n = strlen(s->origin); n && s->origin[n - 1] == '/'; n--)
        s->origin[n - 1] = '\0';
    s->router = router_new(tables, 2, why);
    if (!s->router)
        return false;
    s->metrics = metrics_new(s->router);
    if (conf->requests_per_second > 0)
        s->per_address = limit_new((double)conf->requests_per_second,
                                   (double)conf->requests_burst, 65536);
    s->skin = skin_open(s->app.templates_dir, why);
    atomic_store(&s->files,
                 s->skin ? files_open(s->app.static_dir, why) : NULL);
    s->tls = atomic_load(&s->files) ? tls_open(conf, why) : NULL;
    return s->tls != NULL;
}

/* Who asks PostgreSQL waits for it most of the time. */
static size_t
jobs_at_once(const struct conf *conf)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    if (strncmp(conf->store, "postgres:", 9) == 0)
        return (size_t)conf->workers;
    return n > 2 ? (size_t)n : 2;
}

static bool
threads_start(struct http_server *s, char why[512])
{
    const struct conf *conf = s->app.conf;

    s->fd = listen_open(conf, why);
    if (s->fd < 0)
        return false;
    s->port = port_of(s->fd);
    tls_listen(s->tls, s->port);
    s->pool =
        pool_start((size_t)conf->workers, (size_t)conf->queue,
                   jobs_at_once(conf), s->app.open, s->app.close, s->app.arg);
    if (!s->pool) {
        snprintf(why, 512, "a worker could not open the store");
        close(s->fd);
        return false;
    }
    if (daemon_start(s, why) && janitor_start(s))
        return true;
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    else
        close(s->fd);
    if (pool_end(s->pool, 60))
        pool_free(s->pool);
    return false;
}

struct http_server *
http_start(const struct http_app *app, char why[512])
{
    struct http_server *s = mem_new(sizeof *s);

    s->app = *app;
    locks_init(s);
    if (parts_open(s, why) && threads_start(s, why))
        return s;
    server_free(s);
    return NULL;
}

int
http_port(const struct http_server *s)
{
    return s->port;
}

/* Waits until no request is under way, at most until `end`. */
static void
drain(struct http_server *s, double end)
{
    while (atomic_load(&s->n_active) > 0 && clock_monotonic() < end)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

bool
http_stop(struct http_server *s, double seconds)
{
    double end = clock_monotonic() + seconds;
    int fd;

    atomic_store(&s->stopping, true);
    fd = MHD_quiesce_daemon(s->daemon);
    if (fd >= 0)
        close(fd);
    drain(s, end);
    atomic_store(&s->aborting, true);
    janitor_stop(s);
    drain(s, clock_monotonic() + 1); /* what aborting sets free */
    if (!pool_end(s->pool, 2))
        return false;
    MHD_stop_daemon(s->daemon);
    pool_free(s->pool);
    server_free(s);
    return true;
}
