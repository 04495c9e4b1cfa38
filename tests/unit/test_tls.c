/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates: made, kept, renewed, refused. */
#include <gnutls/x509.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/base/buf.h"
#include "server/base/file.h"
#include "server/base/log.h"
#include "server/base/str.h"
#include "server/http/tls.h"
#include "tests/unit/unit.h"

struct place {
    char folder[256];
    char cert[300], key[300];
    struct conf conf;
};

static void
place_make(struct place *p)
{
    log_init(LOG_ERROR_);
    scratch_make(p->folder);
    conf_init(&p->conf);
    str_copy(p->conf.data_dir, sizeof p->conf.data_dir, p->folder);
    snprintf(p->cert, sizeof p->cert, "%s/tls/cert.pem", p->folder);
    snprintf(p->key, sizeof p->key, "%s/tls/key.pem", p->folder);
}

static void
open_and_close(struct place *p)
{
    char why[512] = "";
    struct tls *t = tls_open(&p->conf, why);

    if (!t)
        fail_msg("%s", why);
    tls_close(t);
}

static void
refused(struct place *p, const char *reason)
{
    char why[512] = "";

    assert_null(tls_open(&p->conf, why));
    if (!strstr(why, reason))
        fail_msg("%s, not %s", why, reason);
}

/* Whether the certificate in the file names the host; its days, its text. */
static bool
cert_look(const char *path, const char *host, long *days, struct buf *pem)
{
    gnutls_datum_t d;
    gnutls_x509_crt_t cert;
    bool names;

    pem->len = 0;
    assert_true(file_read(path, 65536, pem));
    d = (gnutls_datum_t){(unsigned char *)pem->at, (unsigned)pem->len};
    gnutls_x509_crt_init(&cert);
    assert_int_equal(gnutls_x509_crt_import(cert, &d, GNUTLS_X509_FMT_PEM), 0);
    names = gnutls_x509_crt_check_hostname(cert, host) != 0;
    *days =
        (long)(gnutls_x509_crt_get_expiration_time(cert) - time(NULL)) / 86400;
    assert_int_equal(gnutls_x509_crt_get_pk_algorithm(cert, NULL),
                     GNUTLS_PK_ECDSA);
    gnutls_x509_crt_deinit(cert);
    return names;
}

static void
test_first_start(void **state)
{
    static const char *const NAMES[] = {"localhost", "127.0.0.1", "::1"};
    struct place p;
    struct buf first = {0}, second = {0};
    struct stat st;
    long days;

    (void)state;
    place_make(&p);
    open_and_close(&p);
    for (size_t i = 0; i < COUNT(NAMES); i++)
        assert_true(cert_look(p.cert, NAMES[i], &days, &first));
    assert_false(cert_look(p.cert, "meter.example", &days, &first));
    assert_true(days > 300 && days < 398);
    assert_true(stat(p.key, &st) == 0 && (st.st_mode & 0777) == 0600);
    open_and_close(&p); /* the second start keeps it */
    cert_look(p.cert, "localhost", &days, &second);
    assert_string_equal(buf_text(&first), buf_text(&second));
    buf_clear(&first);
    buf_clear(&second);
    scratch_remove(p.folder);
}

static void
test_renewed_when_worn_out(void **state)
{
    struct place p;
    struct buf pem = {0};
    char why[512];
    long days;

    (void)state;
    place_make(&p);
    open_and_close(&p);
    assert_true(cert_make(p.cert, p.key, "", 20, why));
    cert_look(p.cert, "localhost", &days, &pem);
    assert_true(days < 21);
    open_and_close(&p);
    cert_look(p.cert, "localhost", &days, &pem);
    assert_true(days > 300);
    str_copy(p.conf.public_url, sizeof p.conf.public_url,
             "https://meter.example:8443/");
    open_and_close(&p);
    assert_true(cert_look(p.cert, "meter.example", &days, &pem));
    assert_true(cert_look(p.cert, "localhost", &days, &pem));
    str_copy(p.conf.public_url, sizeof p.conf.public_url,
             "https://[2001:db8::7]/");
    open_and_close(&p);
    assert_true(cert_look(p.cert, "2001:db8::7", &days, &pem));
    buf_clear(&pem);
    scratch_remove(p.folder);
}

/* A renewal that ends between its two files: the next start mends it. */
static void
test_renewal_cut_short(void **state)
{
    struct place p;
    char why[512], in_the_way[320];

    (void)state;
    place_make(&p);
    open_and_close(&p);
    assert_true(cert_make(p.cert, p.key, "", 20, why));
    snprintf(in_the_way, sizeof in_the_way, "%s.tmp", p.cert);
    assert_int_equal(mkdir(in_the_way, 0700), 0);
    refused(&p, "cert.pem");
    assert_int_equal(rmdir(in_the_way), 0);
    open_and_close(&p);
    scratch_remove(p.folder);
}

/* Somebody else's certificate is used as it is, and never written. */
static void
test_given_files(void **state)
{
    struct place p;
    struct buf pem = {0};
    char why[512], other_cert[300], other_key[300];
    long days;

    (void)state;
    place_make(&p);
    snprintf(other_cert, sizeof other_cert, "%s/a.pem", p.folder);
    snprintf(other_key, sizeof other_key, "%s/b.pem", p.folder);
    assert_true(cert_make(other_cert, other_key, "", 5, why));
    str_copy(p.conf.certificate, sizeof p.conf.certificate, other_cert);
    refused(&p, "go together");
    str_copy(p.conf.certificate_key, sizeof p.conf.certificate_key, other_key);
    open_and_close(&p);
    cert_look(other_cert, "localhost", &days, &pem);
    assert_true(days < 6);
    assert_false(file_exists(p.cert));

    assert_true(file_write(other_key, "junk", 4, 0600));
    refused(&p, "b.pem");
    assert_true(cert_make(other_cert, other_key, "", 5, why));
    str_copy(p.conf.certificate_key, sizeof p.conf.certificate_key, other_cert);
    refused(&p, "a.pem");
    str_copy(p.conf.certificate_key, sizeof p.conf.certificate_key, "/none");
    refused(&p, "/none: No such file");
    buf_clear(&pem);
    scratch_remove(p.folder);
}

static void
test_key_of_another(void **state)
{
    struct place p;
    char why[512], spare[300];

    (void)state;
    place_make(&p);
    open_and_close(&p);
    snprintf(spare, sizeof spare, "%s/spare.pem", p.folder);
    assert_true(cert_make(spare, p.key, "", 100, why)); /* only the key */
    refused(&p, "not the key of");
    scratch_remove(p.folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_start),
        cmocka_unit_test(test_renewed_when_worn_out),
        cmocka_unit_test(test_renewal_cut_short),
        cmocka_unit_test(test_given_files),
        cmocka_unit_test(test_key_of_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
