/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate of the browser port: configured files, or one of our own
 * (ECDSA P-256, for localhost and the host of public_url) made at first start
 * and renewed before it ends.  A changed file is taken without a restart;
 * handshakes under way keep the certificate that they began with.
 */
#ifndef MH_HTTP_TLS_H
#define MH_HTTP_TLS_H

#include <gnutls/abstract.h>
#include <stdbool.h>

#include "server/base/conf.h"

struct tls;

struct tls *tls_open(const struct conf *conf, char why[512]);
void tls_close(struct tls *t);
/* Connections to this local port use it. */
void tls_listen(struct tls *t, int port);
bool tls_reload(struct tls *t, char why[512]);
/* Now and then: takes changed files, renews our own certificate. */
void tls_watch(struct tls *t);
/* For MHD_OPTION_HTTPS_CERT_CALLBACK. */
int
tls_retrieve(gnutls_session_t session, const gnutls_datum_t *ca, int cas,
             const gnutls_pk_algorithm_t *algos, int n_algos,
             gnutls_pcert_st **chain, unsigned *length, gnutls_privkey_t *key);

/* Writes a new key and a self-signed certificate for localhost, 127.0.0.1,
 * ::1 and `host` ("" for none), good for `days`. */
bool cert_make(const char *cert_path, const char *key_path, const char *host,
               int days, char why[512]);

#endif
