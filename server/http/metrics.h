/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters for /metrics, in Prometheus text: requests and their time by route
 * pattern and status.  A pattern, never a path: paths are people's.
 */
#ifndef MH_HTTP_METRICS_H
#define MH_HTTP_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "server/base/buf.h"
#include "server/http/router.h"

struct metrics;

/* Route numbers beyond the router's: answers without a row. */
enum metrics_other {
    METRICS_NO_ROUTE,
    METRICS_STATIC,
    METRICS_OWN,
    METRICS_OTHERS
};

struct metrics *metrics_new(const struct router *router);
void metrics_free(struct metrics *m);
/* `number` of the row, or router_count() + enum metrics_other. */
void metrics_count(struct metrics *m, size_t number, int status, double seconds,
                   uint64_t bytes);
void metrics_write(struct metrics *m, struct buf *to);
/* One sample with its HELP and TYPE lines. */
void metrics_value(struct buf *to, const char *name, const char *type,
                   const char *help, int64_t value);

#endif
