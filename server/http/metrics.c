/* SPDX-License-Identifier: Apache-2.0 */
/* Counters: relaxed atomics, summed only when somebody reads them. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/arena.h"
#include "server/http/metrics.h"

/* Statuses that we send; the last entry takes any other. */
static const int STATUSES[] = {200, 204, 206, 303, 304, 400, 401, 403, 404, 405,
                               409, 413, 415, 429, 431, 500, 503, 507, 0};
#define N_STATUSES (sizeof STATUSES / sizeof *STATUSES)

/* Upper bounds of the histogram in microseconds. */
static const int64_t BOUNDS_US[] = {500,     1000,    2500,    5000,   10000,
                                    25000,   50000,   100000,  250000, 500000,
                                    1000000, 2500000, 10000000};
#define N_BOUNDS (sizeof BOUNDS_US / sizeof *BOUNDS_US)

struct counters {
    _Atomic uint64_t status[N_STATUSES];
    _Atomic uint64_t bucket[N_BOUNDS + 1];
    _Atomic uint64_t micros;
    _Atomic uint64_t bytes;
};

struct metrics {
    const struct router *router;
    size_t n;
    struct counters counters[];
};

struct metrics *
metrics_new(const struct router *router)
{
    size_t n = router_count(router) + METRICS_OTHERS;
    size_t size = sizeof(struct metrics) + n * sizeof(struct counters);
    struct metrics *m = mem_new(size);

    m->router = router;
    m->n = n;
    return m;
}

void
metrics_free(struct metrics *m)
{
    free(m);
}

static void
add(_Atomic uint64_t *to, uint64_t n)
{
    atomic_fetch_add_explicit(to, n, memory_order_relaxed);
}

static uint64_t
get(const _Atomic uint64_t *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

void
metrics_count(struct metrics *m, size_t number, int status, double seconds,
              uint64_t bytes)
{
    struct counters *c = &m->counters[number < m->n ? number : m->n - 1];
    int64_t us = seconds > 0 ? (int64_t)(seconds * 1e6) : 0;
    size_t s = 0, b = 0;

    while (s < N_STATUSES - 1 && STATUSES[s] != status)
        s++;
    while (b < N_BOUNDS && us > BOUNDS_US[b])
        b++;
    add(&c->status[s], 1);
    add(&c->bucket[b], 1);
    add(&c->micros, (uint64_t)us);
    add(&c->bytes, bytes);
}

static const char *
pattern_of(const struct metrics *m, size_t i, const char **method)
{
    static const char *const others[] = {"none", "/static/", "own"};
    const struct route *row = router_row(m->router, i);

    *method = row ? row->method : "";
    return row ? row->path : others[i - router_count(m->router)];
}

static bool
unused(const struct counters *c)
{
    for (size_t s = 0; s < N_STATUSES; s++) {
        if (get(&c->status[s]))
            return false;
    }
    return true;
}

static void
write_requests(const struct metrics *m, struct buf *to)
{
    buf_puts(to, "# HELP meterhouse_http_requests_total Requests answered.\n"
                 "# TYPE meterhouse_http_requests_total counter\n");
    for (size_t i = 0; i < m->n; i++) {
        const char *method, *path = pattern_of(m, i, &method);

        for (size_t s = 0; s < N_STATUSES; s++) {
            uint64_t n = get(&m->counters[i].status[s]);

            if (n)
                buf_printf(to,
                           "meterhouse_http_requests_total{method=\"%s\","
                           "route=\"%s\",status=\"%d\"} %llu\n",
                           method, path, STATUSES[s], (unsigned long long)n);
        }
    }
}

static void
write_times(const struct metrics *m, size_t i, struct buf *to)
{
    static const char name[] = "meterhouse_http_request_seconds";
    const struct counters *c = &m->counters[i];
    const char *method, *path = pattern_of(m, i, &method);
    unsigned long long sum = 0;

    for (size_t b = 0; b <= N_BOUNDS; b++) {
        sum += get(&c->bucket[b]);
        if (b < N_BOUNDS)
            buf_printf(to,
                       "%s_bucket{method=\"%s\",route=\"%s\",le=\"%g\"} "
                       "%llu\n",
                       name, method, path, (double)BOUNDS_US[b] / 1e6, sum);
        else
            buf_printf(to,
                       "%s_bucket{method=\"%s\",route=\"%s\",le=\"+Inf\"} "
                       "%llu\n",
                       name, method, path, sum);
    }
    buf_printf(to, "%s_sum{method=\"%s\",route=\"%s\"} %.6f\n", name, method,
               path, (double)get(&c->micros) / 1e6);
    buf_printf(to, "%s_count{method=\"%s\",route=\"%s\"} %llu\n", name, method,
               path, sum);
}

void
metrics_write(struct metrics *m, struct buf *to)
{
    uint64_t bytes = 0;

    write_requests(m, to);
    buf_puts(to, "# HELP meterhouse_http_request_seconds Time from the "
                 "headers to the last byte.\n"
                 "# TYPE meterhouse_http_request_seconds histogram\n");
    for (size_t i = 0; i < m->n; i++) {
        bytes += get(&m->counters[i].bytes);
        if (!unused(&m->counters[i]))
            write_times(m, i, to);
    }
    metrics_value(to, "meterhouse_http_sent_bytes_total", "counter",
                  "Bytes of answer bodies.", (int64_t)bytes);
}

void
metrics_value(struct buf *to, const char *name, const char *type,
              const char *help, int64_t value)
{
    buf_printf(to, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name,
               type, name, (long long)value);
}
