/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server under pressure and through its life: long downloads, readers
 * that go away, a full queue, too many requests and connections, a new
 * certificate, and the end while requests run.
 */
#include "config.h"

#include <curl/curl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/str.h"
#include "server/http/tls.h"
#include "tests/http/http_case.h"
#include "tests/http/own_app.h"
#include "tests/http/raw.h"

#define HOST "Host: localhost\r\n"

static void
nap(double seconds)
{
    struct timespec t = {.tv_sec = (time_t)seconds};

    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    nanosleep(&t, NULL);
}

/* Waits until every stream's state was freed. */
static void
streams_settle(void)
{
    for (int i = 0; i < 100; i++) {
        if (atomic_load(&own_streams_made) == atomic_load(&own_streams_freed))
            return;
        nap(0.1);
    }
    assert_int_equal(atomic_load(&own_streams_made),
                     atomic_load(&own_streams_freed));
}

static struct raw *
raw_ask(struct site *s, const char *path)
{
    struct raw *r = raw_open(site_port(s));
    char text[300];

    assert_non_null(r);
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n" HOST "\r\n", path);
    assert_true(raw_send(r, text, strlen(text)));
    return r;
}

/* ---- downloads ------------------------------------------------------------
 */

static long
rss_kib(void)
{
    long pages = 0, skip;
    FILE *f = fopen("/proc/self/statm", "r");

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld %ld", &skip, &pages), 2);
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

struct tally {
    int64_t lines;
    size_t partial; /* bytes of the line under way */
    char line[65];
    bool bad;
    long rss_most;
};

/* Every line holds its own number: none may be lost, doubled or mixed. */
static size_t
tally_take(char *bytes, size_t one, size_t n, void *arg)
{
    struct tally *t = arg;

    for (size_t i = 0; i < one * n; i++) {
        t->line[t->partial++] = bytes[i];
        if (t->partial == 64) {
            t->line[64] = '\0';
            t->bad |=
                strtoll(t->line, NULL, 10) != t->lines++ || t->line[63] != '\n';
            t->partial = 0;
        }
    }
    if (t->lines % 65536 < 300 && rss_kib() > t->rss_most)
        t->rss_most = rss_kib();
    return one * n;
}

static CURLcode
download(struct site *s, const char *path, struct tally *t)
{
    CURL *curl = curl_easy_init();
    char url[300];
    CURLcode rc;

    snprintf(url, sizeof url, "https://localhost:%d%s", site_port(s), path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, tally_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 120L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    rc = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return rc;
}

/* 200 MB, and the process (client included) must not grow by 24 MB. */
static void
test_long_download(void **state)
{
    struct site *s = *state;
    struct tally t = {0}, warm = {0};
    double began;
    long before;

    assert_int_equal(download(s, "/lines/20000", &warm), CURLE_OK);
    before = rss_kib();
    began = clock_monotonic();
    assert_int_equal(download(s, "/lines/3276800", &t), CURLE_OK);
    print_message("# 200 MiB in %.2f s, memory grew by %ld KiB\n",
                  clock_monotonic() - began, t.rss_most - before);
    assert_int_equal(t.lines, 3276800);
    assert_false(t.bad);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(t.rss_most - before < 24 * 1024);
#endif
    streams_settle();
}

static void *
download_thread(void *arg)
{
    struct tally *t = mem_new(sizeof *t);

    if (download(arg, "/lines/100000", t) != CURLE_OK)
        t->bad = true;
    return t;
}

static void
test_downloads_side_by_side(void **state)
{
    pthread_t threads[8];

    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_create(&threads[i], NULL, download_thread, *state);
    for (size_t i = 0; i < COUNT(threads); i++) {
        struct tally *t;

        pthread_join(threads[i], (void **)&t);
        assert_int_equal(t->lines, 100000);
        assert_false(t->bad);
        free(t);
    }
    streams_settle();
}

/* A body that fails half way must not look whole. */
static void
test_broken_download(void **state)
{
    struct tally t = {0};

    assert_int_equal(download(*state, "/broken/100000", &t),
                     CURLE_PARTIAL_FILE);
    assert_true(t.lines > 0 && t.lines <= 3000);
    streams_settle();
}

static void
test_small_downloads(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/lines/1", .status = 200, .has = "0000",
         .header = "Content-Disposition: attachment; filename=\"lines.txt\"\n"
                   "Content-Type: text/plain\nTransfer-Encoding: chunked"},
        {"GET", "/lines/0", .status = 200},
        {"HEAD", "/lines/1000", .status = 200},
        {"GET", "/nothing/5", .status = 200, .has = "found"},
    };

    http_cases_run(*state, CASES, COUNT(CASES));
    streams_settle();
}

/* Readers that leave: before the first byte, in the middle, by reset, or while
 * nothing is being sent at all. */
static void
test_readers_who_leave(void **state)
{
    struct site *s = *state;
    struct buf got = {0};
    struct raw *r;

    raw_vanish(raw_ask(s, "/lines/100000000"));
    raw_close(raw_ask(s, "/lines/100000000"));
    r = raw_ask(s, "/lines/100000000");
    nap(0.3); /* both socket buffers are full by now */
    raw_vanish(r);
    r = raw_ask(s, "/lines/100000000");
    nap(0.3);
    raw_close(r);
    r = raw_ask(s, "/nothing/100000000");
    nap(0.2);
    raw_close(r);
    r = raw_ask(s, "/lines/200");
    raw_read(r, 2, &got);
    raw_close(r);
    buf_clear(&got);
    streams_settle();
}

static void
short_patience(struct conf *conf)
{
    conf->idle_timeout = 2;
}

/* A reader that sips, too slowly to be worth a place but never silent for
 * long, is cut; one that takes its time but reads is not. */
static void
test_slow_readers(void **state)
{
    struct site *s = site_start_app(&OWN_APP, short_patience);
    struct raw *sipper = raw_open_narrow(site_port(s));
    static const char ask[] = "GET /lines/100000000 HTTP/1.1\r\n" HOST "\r\n";
    struct tally t = {0};
    int sips = 0;

    (void)state;
    raw_send(sipper, ask, sizeof ask - 1);
    nap(0.5);
    while (sips < 400 &&
           atomic_load(&own_streams_made) != atomic_load(&own_streams_freed)) {
        raw_sip(sipper, 40);
        nap(0.05);
        sips++;
    }
    if (sips < 20 || sips == 400)
        fail_msg("cut after %d sips", sips);
    raw_close(sipper);
    assert_int_equal(download(s, "/lines/400000", &t), CURLE_OK);
    assert_int_equal(t.lines, 400000);
    streams_settle();
    site_stop(s);
}

/* ---- many at once -----------------------------------------------------------
 */

struct fetch {
    struct site *site;
    const char *path;
    int status;
    bool retry_after, page;
};

static void *
fetch_thread(void *arg)
{
    struct fetch *f = arg;
    struct raw *r = raw_ask(f->site, f->path);
    struct buf got = {0};

    raw_read(r, 15, &got);
    raw_close(r);
    sscanf(buf_text(&got), "HTTP/1.1 %d", &f->status);
    f->retry_after = strstr(got.at, "Retry-After: ") != NULL;
    f->page = strstr(got.at, "<!doctype html>") != NULL;
    buf_clear(&got);
    return NULL;
}

static void
few(struct conf *conf)
{
    conf->workers = 1;
    conf->queue = 2;
}

/* Waits until the one worker is in a handler. */
static void
worker_settle(struct site *s)
{
    bool busy = false;

    for (int i = 0; i < 100 && !busy; i++) {
        struct http_got got;

        nap(0.02);
        http_ask(s, &(struct http_case){"GET", "/metrics", .as = "prometheus"},
                 &got);
        busy = strstr(buf_text(&got.body), "meterhouse_http_workers_busy 1\n");
        http_got_clear(&got);
    }
    assert_true(busy);
}

/* One worker, two places to wait: of eight, three are answered and the rest
 * are told at once to come back, on a page. */
static void
test_full_queue(void **state)
{
    struct site *s = site_start_app(&OWN_APP, few);
    struct fetch f[8];
    pthread_t threads[8];
    int served = 0, refused = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(f); i++) {
        f[i] = (struct fetch){.site = s,
                              .path = i == 0 ? "/sleep/3000" : "/sleep/50"};
        pthread_create(&threads[i], NULL, fetch_thread, &f[i]);
        if (i == 0)
            worker_settle(s);
    }
    nap(0.8);
    /* what needs no worker still works */
    http_cases_run(s, &(struct http_case){"GET", "/healthz", .status = 200}, 1);
    http_cases_run(
        s, &(struct http_case){"GET", "/static/site.css", .status = 200}, 1);
    for (size_t i = 0; i < COUNT(f); i++) {
        pthread_join(threads[i], NULL);
        served += f[i].status == 200;
        if (f[i].status == 503) {
            refused++;
            assert_true(f[i].retry_after && f[i].page);
        }
    }
    assert_int_equal(served + refused, 8);
    assert_int_equal(served, 3);
    http_cases_run(s, &(struct http_case){"GET", "/", .status = 200}, 1);
    site_stop(s);
}

/* Who leaves the queue is not served: its place is free for others. */
static void
test_waiting_in_vain(void **state)
{
    struct site *s = site_start_app(&OWN_APP, few);
    struct raw *busy, *leaver;
    struct fetch last = {.site = s, .path = "/"};
    double began;

    (void)state;
    busy = raw_ask(s, "/sleep/2000");
    worker_settle(s);
    leaver = raw_ask(s, "/sleep/6000");
    nap(0.2);
    raw_close(leaver);
    began = clock_monotonic();
    fetch_thread(&last);
    assert_int_equal(last.status, 200);
    assert_true(clock_monotonic() - began < 4);
    raw_close(busy);
    site_stop(s);
}

static void
stingy(struct conf *conf)
{
    conf->requests_per_second = 1;
    conf->requests_burst = 3;
    conf->connections_per_ip = 5;
}

static void
test_too_many_requests(void **state)
{
    struct site *s = site_start_app(&OWN_APP, stingy);
    struct http_case good = {"GET", "/", .status = 200};
    struct http_case page = {"GET", "/", .status = 429,
                             .header = "Retry-After: 1",
                             .has = "Too many tries"};
    struct http_case json = {"GET", "/api/echo", .status = 429,
                             .header = "Content-Type: application/problem+json",
                             .has = "\"code\":\"too_many\""};

    (void)state;
    for (int i = 0; i < 3; i++)
        http_cases_run(s, &good, 1);
    http_cases_run(s, &page, 1);
    http_cases_run(s, &json, 1);
    nap(1.3);
    http_cases_run(s, &good, 1);
    site_stop(s);
}

static void
test_too_many_connections(void **state)
{
    struct site *s = site_start_app(&OWN_APP, stingy);
    struct raw *r[8];
    int open = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(r); i++) {
        r[i] = raw_open(site_port(s));
        open += r[i] != NULL;
    }
    assert_int_equal(open, 5);
    for (size_t i = 0; i < COUNT(r); i++)
        raw_close(r[i]);
    nap(0.3);
    http_cases_run(s, &(struct http_case){"GET", "/", .status = 200}, 1);
    site_stop(s);
}

/* ---- its life
 * ----------------------------------------------------------------- */

static void
everywhere(struct conf *conf)
{
    str_copy(conf->listen, sizeof conf->listen, "*");
}

static void
certificate_of(struct site *s, char hex[65])
{
    struct raw *r = raw_open(site_port(s));

    assert_non_null(r);
    raw_certificate(r, hex);
    raw_close(r);
}

static void
test_tls_versions(void **state)
{
    static const struct {
        const char *priority;
        bool taken;
    } ROWS[] = {
        {"NORMAL:-VERS-ALL:+VERS-TLS1.3", true},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.2", true},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.1", false},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.0", false},
    };
    struct site *s = site_start_app(&OWN_APP, NULL);

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct raw *r = raw_open_with(site_port(s), ROWS[i].priority);

        if ((r != NULL) != ROWS[i].taken)
            fail_msg("%s: %s", ROWS[i].priority, r ? "taken" : "refused");
        raw_close(r);
    }
    site_stop(s);
}

/* The first start's certificate is good for this machine's own names, and its
 * key is nobody else's to read. */
static void
test_own_certificate(void **state)
{
    static const struct {
        const char *host;
        CURLcode code;
    } ROWS[] = {
        {"localhost", CURLE_OK},
        {"127.0.0.1", CURLE_OK},
        {"127.0.0.2", CURLE_PEER_FAILED_VERIFICATION},
    };
    struct site *s = site_start_app(&OWN_APP, everywhere);
    char cert[600], key[600], url[100];
    struct stat st;

    (void)state;
    snprintf(cert, sizeof cert, "%s/tls/cert.pem", site_conf(s)->data_dir);
    snprintf(key, sizeof key, "%s/tls/key.pem", site_conf(s)->data_dir);
    assert_int_equal(stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        CURL *curl = curl_easy_init();

        snprintf(url, sizeof url, "https://%s:%d/healthz", ROWS[i].host,
                 site_port(s));
        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_CAINFO, cert);
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        assert_int_equal(curl_easy_perform(curl), ROWS[i].code);
        curl_easy_cleanup(curl);
    }
    site_stop(s);
}

static void
test_new_certificate(void **state)
{
    struct site *s = site_start_app(&OWN_APP, NULL);
    struct raw *old = raw_ask(s, "/");
    struct buf got = {0};
    char cert[600], key[600], why[512] = "", one[65], two[65], three[65];

    (void)state;
    raw_read(old, 2, &got);
    certificate_of(s, one);
    snprintf(cert, sizeof cert, "%s/tls/cert.pem", site_conf(s)->data_dir);
    snprintf(key, sizeof key, "%s/tls/key.pem", site_conf(s)->data_dir);

    assert_true(cert_make(cert, key, "meter.example", 100, why));
    assert_true(http_reload(site_server(s), why));
    certificate_of(s, two);
    assert_string_not_equal(one, two);

    /* a change of the files alone is noticed; a broken pair is not taken */
    assert_true(file_write(cert, "nonsense", 8, 0644));
    assert_false(http_reload(site_server(s), why));
    assert_non_null(strstr(why, "cert.pem"));
    certificate_of(s, three);
    assert_string_equal(two, three);
    assert_true(cert_make(cert, key, "", 100, why));
    for (int i = 0; i < 40; i++) {
        certificate_of(s, three);
        if (strcmp(two, three) != 0)
            break;
        nap(0.25);
    }
    assert_string_not_equal(two, three);

    /* a connection from before goes on */
    got.len = 0;
    raw_send(old, "GET / HTTP/1.1\r\n" HOST "\r\n", 35);
    raw_read(old, 2, &got);
    assert_non_null(strstr(buf_text(&got), "200 OK"));
    raw_close(old);
    buf_clear(&got);
    site_stop(s);
}

static void
test_stop_finishes_requests(void **state)
{
    struct site *s = site_start_app(&OWN_APP, NULL);
    struct fetch slow = {.site = s, .path = "/sleep/1500"};
    struct raw *idle = raw_ask(s, "/"), *late;
    struct buf got = {0};
    pthread_t thread;
    double began;

    (void)state;
    raw_read(idle, 2, &got);
    pthread_create(&thread, NULL, fetch_thread, &slow);
    nap(0.4);
    began = clock_monotonic();
    assert_true(site_halt(s, 10));
    assert_true(clock_monotonic() - began < 5);
    pthread_join(thread, NULL);
    assert_int_equal(slow.status, 200);
    late = raw_open(site_port(s));
    assert_null(late);
    raw_close(idle);
    buf_clear(&got);
    site_stop(s);
}

/* Downloads without end and waiting requests do not keep it alive. */
static void
test_stop_is_bounded(void **state)
{
    struct site *s = site_start_app(&OWN_APP, few);
    struct raw *endless = raw_ask(s, "/nothing/100000000");
    struct raw *stuffed = raw_ask(s, "/lines/100000000");
    struct fetch f[3];
    pthread_t threads[3];
    double began;

    (void)state;
    for (size_t i = 0; i < COUNT(f); i++) {
        f[i] = (struct fetch){.site = s, .path = "/sleep/700"};
        pthread_create(&threads[i], NULL, fetch_thread, &f[i]);
    }
    nap(0.3);
    began = clock_monotonic();
    assert_true(site_halt(s, 0.2));
    assert_true(clock_monotonic() - began < 4);
    for (size_t i = 0; i < COUNT(f); i++)
        pthread_join(threads[i], NULL);
    raw_close(endless);
    raw_close(stuffed);
    streams_settle();
    site_stop(s);
}

static int
set_up(void **state)
{
    *state = site_start_app(&OWN_APP, NULL);
    return 0;
}

static int
tear_down(void **state)
{
    site_stop(*state);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_long_download, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_downloads_side_by_side, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_broken_download, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_small_downloads, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_readers_who_leave, set_up,
                                        tear_down),
        cmocka_unit_test(test_slow_readers),
        cmocka_unit_test(test_full_queue),
        cmocka_unit_test(test_waiting_in_vain),
        cmocka_unit_test(test_too_many_requests),
        cmocka_unit_test(test_too_many_connections),
        cmocka_unit_test(test_tls_versions),
        cmocka_unit_test(test_own_certificate),
        cmocka_unit_test(test_new_certificate),
        cmocka_unit_test(test_stop_finishes_requests),
        cmocka_unit_test(test_stop_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
