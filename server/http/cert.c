/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the self-signed certificate that a first start begins with. */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/base/file.h"
#include "server/base/hash.h"
#include "server/base/str.h"
#include "server/http/tls.h"

#define DAY_SECONDS 86400

static int
add_address(gnutls_x509_crt_t cert, const char *text)
{
    unsigned char bytes[16];
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;

    if (inet_pton(family, text, bytes) != 1)
        return GNUTLS_E_INVALID_REQUEST;
    return gnutls_x509_crt_set_subject_alt_name(
        cert, GNUTLS_SAN_IPADDRESS, bytes, family == AF_INET6 ? 16 : 4,
        GNUTLS_FSAN_APPEND);
}

static int
add_name(gnutls_x509_crt_t cert, const char *text)
{
    return gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, text,
                                                (unsigned)strlen(text),
                                                GNUTLS_FSAN_APPEND);
}

static int
add_names(gnutls_x509_crt_t cert, const char *host)
{
    int rc = add_name(cert, "localhost");

    if (rc == 0)
        rc = add_address(cert, "127.0.0.1");
    if (rc == 0)
        rc = add_address(cert, "::1");
    if (rc != 0 || host[0] == '\0' || str_eq(host, "localhost"))
        return rc;
    rc = add_address(cert, host);
    return rc == GNUTLS_E_INVALID_REQUEST ? add_name(cert, host) : rc;
}

static int
fill(gnutls_x509_crt_t cert, gnutls_x509_privkey_t key, const char *host,
     int days)
{
    unsigned char serial[16];
    const char *name = host[0] ? host : "localhost";
    time_t now = time(NULL);
    int rc;

    random_bytes(serial, sizeof serial);
    serial[0] = (unsigned char)((serial[0] & 0x3f) | 0x40); /* positive */
    if ((rc = gnutls_x509_crt_set_version(cert, 3)) != 0 ||
        (rc = gnutls_x509_crt_set_serial(cert, serial, sizeof serial)) != 0 ||
        (rc = gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME,
                                            0, name, (unsigned)strlen(name))) !=
            0 ||
        (rc = gnutls_x509_crt_set_activation_time(cert, now - 3600)) != 0 ||
        (rc = gnutls_x509_crt_set_expiration_time(
             cert, now + (time_t)days * DAY_SECONDS)) != 0 ||
        (rc = add_names(cert, host)) != 0 ||
        (rc = gnutls_x509_crt_set_basic_constraints(cert, 0, -1)) != 0 ||
        (rc = gnutls_x509_crt_set_key_usage(
             cert, GNUTLS_KEY_DIGITAL_SIGNATURE)) != 0 ||
        (rc = gnutls_x509_crt_set_key_purpose_oid(
             cert, GNUTLS_KP_TLS_WWW_SERVER, 0)) != 0 ||
        (rc = gnutls_x509_crt_set_key(cert, key)) != 0)
        return rc;
    return gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0);
}

static bool
write_pair(gnutls_x509_crt_t cert, gnutls_x509_privkey_t key,
           const char *cert_path, const char *key_path, char why[512])
{
    gnutls_datum_t pem_key = {0}, pem_cert = {0};
    bool done = false;

    if (gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem_key) == 0 &&
        gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem_cert) == 0) {
        /* An end in between leaves a key alone, for which the next start makes
         * a certificate, and never a key beside the certificate of another. */
        done = (unlink(cert_path) == 0 || errno == ENOENT) &&
               file_write(key_path, pem_key.data, pem_key.size, 0600) &&
               file_write(cert_path, pem_cert.data, pem_cert.size, 0644);
        if (!done)
            snprintf(why, 512, "%s: %m", cert_path);
    }
    if (pem_key.data)
        gnutls_memset(pem_key.data, 0, pem_key.size);
    gnutls_free(pem_key.data);
    gnutls_free(pem_cert.data);
    return done;
}

bool
cert_make(const char *cert_path, const char *key_path, const char *host,
          int days, char why[512])
{
    gnutls_x509_privkey_t key = NULL;
    gnutls_x509_crt_t cert = NULL;
    bool done = false;
    int rc;

    if ((rc = gnutls_x509_privkey_init(&key)) == 0 &&
        (rc = gnutls_x509_crt_init(&cert)) == 0 &&
        (rc = gnutls_x509_privkey_generate(
             key, GNUTLS_PK_ECDSA,
             GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0)) == 0 &&
        (rc = fill(cert, key, host, days)) == 0)
        done = write_pair(cert, key, cert_path, key_path, why);
    if (rc != 0)
        snprintf(why, 512, "cannot make a certificate: %s",
                 gnutls_strerror(rc));
    if (cert)
        gnutls_x509_crt_deinit(cert);
    if (key)
        gnutls_x509_privkey_deinit(key);
    return done;
}
