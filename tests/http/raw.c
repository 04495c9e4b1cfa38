/* SPDX-License-Identifier: Apache-2.0 */
/* A GnuTLS client without manners. */
#include "tests/http/raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/base/hash.h"

struct raw {
    int fd;
    gnutls_session_t session;
    gnutls_certificate_credentials_t trust;
};

static int
socket_open(int port, int receive)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port)};
    struct timeval wait = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (receive)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    close(fd);
    return -1;
}

static struct raw *
open_socket(int fd, const char *priority)
{
    struct raw *r = mem_new(sizeof *r);
    int rc = -1;

    r->fd = fd;
    if (r->fd < 0) {
        free(r);
        return NULL;
    }
    gnutls_certificate_allocate_credentials(&r->trust);
    gnutls_init(&r->session, GNUTLS_CLIENT);
    gnutls_priority_set_direct(r->session, priority, NULL);
    gnutls_credentials_set(r->session, GNUTLS_CRD_CERTIFICATE, r->trust);
    gnutls_transport_set_int(r->session, r->fd);
    do
        rc = gnutls_handshake(r->session);
    while (rc == GNUTLS_E_INTERRUPTED);
    if (rc == 0)
        return r;
    raw_close(r);
    return NULL;
}

struct raw *
raw_open(int port)
{
    return raw_open_with(port, "NORMAL");
}

struct raw *
raw_open_with(int port, const char *priority)
{
    return open_socket(socket_open(port, 0), priority);
}

struct raw *
raw_open_narrow(int port)
{
    return open_socket(socket_open(port, 4096), "NORMAL");
}

void
raw_close(struct raw *r)
{
    if (!r)
        return;
    gnutls_deinit(r->session);
    gnutls_certificate_free_credentials(r->trust);
    close(r->fd);
    free(r);
}

void
raw_vanish(struct raw *r)
{
    struct linger now = {.l_onoff = 1};

    setsockopt(r->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    raw_close(r);
}

bool
raw_send(struct raw *r, const void *bytes, size_t n)
{
    const char *at = bytes;

    while (n > 0) {
        ssize_t sent = gnutls_record_send(r->session, at, n);

        if (sent < 0 && sent != GNUTLS_E_INTERRUPTED)
            return false;
        if (sent > 0) {
            at += sent;
            n -= (size_t)sent;
        }
    }
    return true;
}

static bool
readable(struct raw *r, double seconds)
{
    struct pollfd p = {.fd = r->fd, .events = POLLIN};

    return gnutls_record_check_pending(r->session) > 0 ||
           poll(&p, 1, (int)(seconds * 1000)) > 0;
}

bool
raw_read(struct raw *r, double seconds, struct buf *to)
{
    double end = clock_monotonic() + seconds;

    while (clock_monotonic() < end) {
        double left = end - clock_monotonic();
        char bytes[16384];
        ssize_t n;

        if (!readable(r, to->len > 0 && left > 0.25 ? 0.25 : left))
            return false;
        n = gnutls_record_recv(r->session, bytes, sizeof bytes);
        if (n == GNUTLS_E_INTERRUPTED || n == GNUTLS_E_AGAIN)
            continue; /* a session ticket, for one */
        if (n <= 0)
            return true;
        buf_add(to, bytes, (size_t)n);
    }
    return false;
}

size_t
raw_sip(struct raw *r, size_t n)
{
    char bytes[16384];
    ssize_t got;

    if (!readable(r, 0))
        return 0;
    got = gnutls_record_recv(r->session, bytes, n < sizeof bytes ? n : 16384);
    return got > 0 ? (size_t)got : 0;
}

void
raw_certificate(struct raw *r, char hex[65])
{
    unsigned n = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(r->session, &n);

    hex[0] = '\0';
    if (n > 0)
        sha256_hex(hex, chain[0].data, chain[0].size);
}
