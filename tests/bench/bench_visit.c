/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody who signs in and looks at a page, over TLS, at a steady pace.
 *
 *   bench_visit URL LOGIN cookie             prints a session's Cookie header
 *   bench_visit URL LOGIN PATH PAGES SIGNS SECONDS
 *       PAGES views of PATH and SIGNS sign-ins a second, for SECONDS or until
 *       SIGTERM; prints a line of each: name, how many, p50, p99 and longest
 *       in ms, and how many failed
 *
 * The password is the first line of standard input.  A request's time counts
 * from the moment at which it was due, so that one that hangs is not the only
 * one to tell of it.  A sign-in's time is that of the POST, with its Argon2;
 * its form is fetched before.
 */
#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/base/buf.h"
#include "server/base/clock.h"

#define MOST 100000

struct visit {
    const char *name, *url, *login, *password;
    char path[512];
    double each, seconds;
    bool signs;
    CURL *curl;
    struct buf body;
    size_t n, failed;
    double took[MOST];
};

static atomic_bool stop;

static void
on_signal(int number)
{
    (void)number;
    atomic_store(&stop, true);
}

static size_t
keep(char *at, size_t size, size_t n, void *arg)
{
    buf_add(arg, at, size * n);
    return size * n;
}

static CURL *
curl_new(struct buf *body)
{
    CURL *c = curl_easy_init();

    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(c, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, body);
    return c;
}

/* The status of a GET, or of a POST with that form; 0 when nothing came. */
static long
ask(struct visit *v, const char *path, const char *form)
{
    char url[1024];
    long status = 0;

    snprintf(url, sizeof url, "%s%s", v->url, path);
    v->body.len = 0;
    curl_easy_setopt(v->curl, CURLOPT_URL, url);
    if (form)
        curl_easy_setopt(v->curl, CURLOPT_COPYPOSTFIELDS, form);
    else
        curl_easy_setopt(v->curl, CURLOPT_HTTPGET, 1L);
    if (curl_easy_perform(v->curl) == CURLE_OK)
        curl_easy_getinfo(v->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* Fetches the form as somebody unknown and fills it in. */
static bool
form_fill(struct visit *v, char form[1024])
{
    static const char before[] = "name=\"csrf\" value=\"";
    const char *token;

    curl_easy_setopt(v->curl, CURLOPT_COOKIELIST, "ALL");
    if (ask(v, "/sign-in", NULL) != 200)
        return false;
    token = strstr(buf_text(&v->body), before);
    if (!token)
        return false;
    token += sizeof before - 1;
    snprintf(form, 1024, "csrf=%.*s&login=%s&password=%s",
             (int)strcspn(token, "\""), token, v->login, v->password);
    return true;
}

static bool
sign_in(struct visit *v)
{
    char form[1024];

    return form_fill(v, form) && ask(v, "/sign-in", form) == 303;
}

static void
wait_until(double when)
{
    double left = when - clock_monotonic();

    while (left > 0 && !atomic_load(&stop)) {
        struct timespec t = {0, (long)((left > 0.05 ? 0.05 : left) * 1e9)};

        nanosleep(&t, NULL);
        left = when - clock_monotonic();
    }
}

static void *
run(void *arg)
{
    struct visit *v = arg;
    double due = clock_monotonic(), end = due + v->seconds;
    char form[1024] = "";

    for (; due < end && v->n < MOST; due += v->each) {
        bool good = !v->signs || form_fill(v, form);

        wait_until(due);
        if (atomic_load(&stop))
            break;
        good = good && ask(v, v->signs ? "/sign-in" : v->path,
                           v->signs ? form : NULL) == (v->signs ? 303 : 200);
        v->failed += !good;
        v->took[v->n++] = clock_monotonic() - due;
    }
    return NULL;
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
print(struct visit *v)
{
    qsort(v->took, v->n, sizeof *v->took, by_size);
    printf("%s %zu %.2f %.2f %.2f %zu\n", v->name, v->n,
           v->n ? v->took[v->n / 2] * 1e3 : 0,
           v->n ? v->took[v->n * 99 / 100] * 1e3 : 0,
           v->n ? v->took[v->n - 1] * 1e3 : 0, v->failed);
}

static int
cookie_print(struct visit *v)
{
    struct curl_slist *all = NULL;

    curl_easy_getinfo(v->curl, CURLINFO_COOKIELIST, &all);
    printf("Cookie: ");
    for (struct curl_slist *c = all; c; c = c->next) {
        /* domain, …, name and value between tabs */
        char *value = strrchr(c->data, '\t'), *name;

        *value++ = '\0';
        name = strrchr(c->data, '\t') + 1;
        printf("%s%s=%s", c == all ? "" : "; ", name, value);
    }
    printf("\n");
    curl_slist_free_all(all);
    return 0;
}

int
main(int argc, char **argv)
{
    static struct visit v[2];
    static char password[200];
    pthread_t thread[2];

    if ((argc != 4 && argc != 7) || !fgets(password, sizeof password, stdin)) {
        fprintf(stderr, "usage: bench_visit URL LOGIN cookie|PATH PAGES SIGNS "
                        "SECONDS <PASSWORD\n");
        return 2;
    }
    password[strcspn(password, "\n")] = '\0';
    signal(SIGTERM, on_signal);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (int i = 0; i < 2; i++) {
        v[i].name = i ? "sign-in" : "page";
        v[i].url = argv[1];
        v[i].login = argv[2];
        v[i].password = password;
        v[i].signs = i;
        v[i].curl = curl_new(&v[i].body);
    }
    if (!sign_in(&v[0])) {
        fprintf(stderr, "bench_visit: %s cannot sign in\n", argv[2]);
        return 3;
    }
    if (argc == 4)
        return cookie_print(&v[0]);
    for (int i = 0; i < 2; i++) {
        snprintf(v[i].path, sizeof v[i].path, "%s", argv[3]);
        v[i].each = 1 / strtod(argv[4 + i], NULL);
        v[i].seconds = strtod(argv[6], NULL);
        pthread_create(&thread[i], NULL, run, &v[i]);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
        print(&v[i]);
    }
    return 0;
}
