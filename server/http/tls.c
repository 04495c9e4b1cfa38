/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate in force.  A handshake borrows the identity without a count
 * (GnuTLS gives no end-of-handshake call here), so a replaced identity is
 * freed only after RETIRE_SECONDS, far beyond the longest handshake.
 */
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "server/base/arena.h"
#include "server/base/buf.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/log.h"
#include "server/base/str.h"
#include "server/http/tls.h"

#define CHAIN_MOST     8
#define PEM_MOST       (256 * 1024)
#define OWN_DAYS       397
#define RENEW_DAYS     30
#define RETIRE_SECONDS 1200
#define DAY_SECONDS    86400

struct identity {
    struct identity *next;
    gnutls_pcert_st chain[CHAIN_MOST];
    unsigned length;
    gnutls_privkey_t key;
    time_t expires;
    bool names_host; /* of public_url */
    double retired;  /* monotonic */
};

struct stamp { /* of both files, to notice a change */
    struct timespec cert, key;
    ino_t cert_ino, key_ino;
};

struct tls {
    struct tls *next; /* all of the process, by port */
    int port;
    bool own; /* we made it and renew it */
    char cert_path[1024], key_path[1024], host[256];
    struct identity *current, *retired;
    struct stamp stamp;
    pthread_mutex_t reload; /* one reload at a time */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the list, current */
static struct tls *all;

static void
identity_free(struct identity *id)
{
    if (!id)
        return;
    for (unsigned i = 0; i < id->length; i++)
        gnutls_pcert_deinit(&id->chain[i]);
    if (id->key)
        gnutls_privkey_deinit(id->key);
    free(id);
}

static bool
key_fits(const struct identity *id)
{
    unsigned char a[64], b[64];
    size_t na = sizeof a, nb = sizeof b;
    gnutls_pubkey_t public = NULL;
    bool fits;

    fits = gnutls_pubkey_init(&public) == 0 &&
           gnutls_pubkey_import_privkey(public, id->key, 0, 0) == 0 &&
           gnutls_pubkey_get_key_id(public, 0, a, &na) == 0 &&
           gnutls_pubkey_get_key_id(id->chain[0].pubkey, 0, b, &nb) == 0 &&
           na == nb && memcmp(a, b, na) == 0;
    if (public)
        gnutls_pubkey_deinit(public);
    return fits;
}

static void
certificate_look(struct identity *id, const gnutls_datum_t *pem,
                 const char *host)
{
    gnutls_x509_crt_t cert;

    if (gnutls_x509_crt_init(&cert) != 0)
        return;
    if (gnutls_x509_crt_import(cert, pem, GNUTLS_X509_FMT_PEM) == 0) {
        id->expires = gnutls_x509_crt_get_expiration_time(cert);
        id->names_host =
            host[0] == '\0' || gnutls_x509_crt_check_hostname(cert, host) != 0;
    }
    gnutls_x509_crt_deinit(cert);
}

static struct identity *
identity_parse(const struct tls *t, const struct buf *cert,
               const struct buf *key, char why[512])
{
    gnutls_datum_t c = {(unsigned char *)cert->at, (unsigned)cert->len};
    gnutls_datum_t k = {(unsigned char *)key->at, (unsigned)key->len};
    struct identity *id = mem_new(sizeof *id);
    int rc;

    id->length = CHAIN_MOST;
    rc = gnutls_pcert_list_import_x509_raw(id->chain, &id->length, &c,
                                           GNUTLS_X509_FMT_PEM, 0);
    if (rc < 0) {
        id->length = 0;
        snprintf(why, 512, "%.300s: %.100s", t->cert_path, gnutls_strerror(rc));
    } else if ((rc = gnutls_privkey_init(&id->key)) < 0 ||
               (rc = gnutls_privkey_import_x509_raw(
                    id->key, &k, GNUTLS_X509_FMT_PEM, NULL, 0)) < 0) {
        snprintf(why, 512, "%.300s: %.100s", t->key_path, gnutls_strerror(rc));
    } else if (!key_fits(id)) {
        snprintf(why, 512, "%.200s: not the key of %.200s", t->key_path,
                 t->cert_path);
    } else {
        certificate_look(id, &c, t->host);
        return id;
    }
    identity_free(id);
    return NULL;
}

static struct identity *
identity_load(const struct tls *t, char why[512])
{
    struct buf cert = {0}, key = {0};
    struct identity *id = NULL;

    if (!file_read(t->cert_path, PEM_MOST, &cert))
        snprintf(why, 512, "%.300s: %m", t->cert_path);
    else if (!file_read(t->key_path, PEM_MOST, &key))
        snprintf(why, 512, "%.300s: %m", t->key_path);
    else
        id = identity_parse(t, &cert, &key, why);
    if (key.at)
        gnutls_memset(key.at, 0, key.len);
    buf_clear(&key);
    buf_clear(&cert);
    return id;
}

static struct stamp
stamp_get(const struct tls *t)
{
    struct stamp s;
    struct stat st;

    memset(&s, 0, sizeof s);
    if (stat(t->cert_path, &st) == 0) {
        s.cert = st.st_mtim;
        s.cert_ino = st.st_ino;
    }
    if (stat(t->key_path, &st) == 0) {
        s.key = st.st_mtim;
        s.key_ino = st.st_ino;
    }
    return s;
}

/* Host of public_url, for our own certificate. */
static void
host_of(char *to, size_t size, const char *url)
{
    const char *at = strstr(url, "://");
    size_t n;

    to[0] = '\0';
    if (!at)
        return;
    at += 3;
    n = *at == '[' ? strcspn(++at, "]") : strcspn(at, ":/?#");
    str_copyn(to, size, at, n);
}

static bool
paths_set(struct tls *t, const struct conf *conf, char why[512])
{
    char folder[1024];

    host_of(t->host, sizeof t->host, conf->public_url);
    if (conf->certificate[0] || conf->certificate_key[0]) {
        str_copy(t->cert_path, sizeof t->cert_path, conf->certificate);
        str_copy(t->key_path, sizeof t->key_path, conf->certificate_key);
        if (conf->certificate[0] && conf->certificate_key[0])
            return true;
        snprintf(why, 512, "certificate and certificate_key go together");
        return false;
    }
    t->own = true;
    snprintf(folder, sizeof folder, "%s/tls", conf->data_dir);
    snprintf(t->cert_path, sizeof t->cert_path, "%s/tls/cert.pem",
             conf->data_dir);
    snprintf(t->key_path, sizeof t->key_path, "%s/tls/key.pem", conf->data_dir);
    if (file_make_dir(folder, 0700))
        return true;
    snprintf(why, 512, "%.300s: %m", folder);
    return false;
}

static bool
worn_out(const struct identity *id)
{
    return !id->names_host ||
           id->expires < time(NULL) + RENEW_DAYS * DAY_SECONDS;
}

/* The identity of the files; our own is made when absent or worn out. */
static struct identity *
identity_get(struct tls *t, char why[512])
{
    struct identity *id;

    if (t->own && !file_exists(t->cert_path) &&
        !cert_make(t->cert_path, t->key_path, t->host, OWN_DAYS, why))
        return NULL;
    id = identity_load(t, why);
    if (!id || !t->own || !worn_out(id))
        return id;
    identity_free(id);
    log_info("certificate renewed", "file=%s", t->cert_path);
    if (!cert_make(t->cert_path, t->key_path, t->host, OWN_DAYS, why))
        return NULL;
    return identity_load(t, why);
}

struct tls *
tls_open(const struct conf *conf, char why[512])
{
    struct tls *t = mem_new(sizeof *t);

    pthread_mutex_init(&t->reload, NULL);
    if (paths_set(t, conf, why)) {
        t->current = identity_get(t, why);
        t->stamp = stamp_get(t);
    }
    if (t->current)
        return t;
    free(t);
    return NULL;
}

void
tls_listen(struct tls *t, int port)
{
    pthread_mutex_lock(&lock);
    t->port = port;
    t->next = all;
    all = t;
    pthread_mutex_unlock(&lock);
}

void
tls_close(struct tls *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&lock);
    for (struct tls **at = &all; *at; at = &(*at)->next) {
        if (*at == t) {
            *at = t->next;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    while (t->retired) {
        struct identity *next = t->retired->next;

        identity_free(t->retired);
        t->retired = next;
    }
    identity_free(t->current);
    free(t);
}

bool
tls_reload(struct tls *t, char why[512])
{
    struct stamp stamp;
    struct identity *id, *old;

    pthread_mutex_lock(&t->reload);
    stamp = stamp_get(t);
    id = identity_get(t, why);
    pthread_mutex_lock(&lock);
    t->stamp = t->own ? stamp_get(t) : stamp;
    old = t->current;
    if (id) {
        t->current = id;
        old->retired = clock_monotonic();
        old->next = t->retired;
        t->retired = old;
    }
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&t->reload);
    if (id)
        log_info("certificate loaded", "file=%s days_left=%ld", t->cert_path,
                 (long)((id->expires - time(NULL)) / DAY_SECONDS));
    return id != NULL;
}

static void
retired_free(struct tls *t)
{
    double now = clock_monotonic();

    for (struct identity **at = &t->retired; *at;) {
        struct identity *id = *at;

        if (now - id->retired > RETIRE_SECONDS) {
            *at = id->next;
            identity_free(id);
        } else {
            at = &id->next;
        }
    }
}

void
tls_watch(struct tls *t)
{
    struct stamp stamp = stamp_get(t);
    char why[512] = "";
    bool changed, over;

    pthread_mutex_lock(&lock);
    retired_free(t);
    changed = memcmp(&stamp, &t->stamp, sizeof stamp) != 0;
    over = t->own && worn_out(t->current);
    pthread_mutex_unlock(&lock);
    if ((changed || over) && !tls_reload(t, why))
        log_ours("certificate not taken", "reason=%s", why);
}

static int
local_port(int fd)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;

    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0)
        return -1;
    if (a.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
    return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

int
tls_retrieve(gnutls_session_t session, const gnutls_datum_t *ca, int cas,
             const gnutls_pk_algorithm_t *algos, int n_algos,
             gnutls_pcert_st **chain, unsigned *length, gnutls_privkey_t *key)
{
    int port = local_port(gnutls_transport_get_int(session));
    int rc = -1;

    (void)ca, (void)cas, (void)algos, (void)n_algos;
    pthread_mutex_lock(&lock);
    for (struct tls *t = all; t; t = t->next) {
        if (t->port == port) {
            *chain = t->current->chain;
            *length = t->current->length;
            *key = t->current->key;
            rc = 0;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    return rc;
}
