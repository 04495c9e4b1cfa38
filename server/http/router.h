/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the row of the route table that a method and a path mean. */
#ifndef MH_HTTP_ROUTER_H
#define MH_HTTP_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "server/http/route.h"

#define ROUTER_ARGS     2   /* {} of a path */
#define ROUTER_ARG_SIZE 128 /* longest segment that {} matches, with NUL */

struct router;

struct router_match {
    const struct route *route; /* NULL when none */
    size_t number;             /* of the row, for metrics */
    enum fault fault;          /* NOT_FOUND or BAD_METHOD where none */
    char allow[64];            /* methods of the path */
    int args;
    char arg[ROUTER_ARGS][ROUTER_ARG_SIZE];
};

/* Takes the rows of several tables (each ended by a row with no method).
 * NULL with the reason in `why` for a bad or double row. */
struct router *
router_new(const struct route *const tables[], size_t n, char why[512]);
void router_free(struct router *r);
/* A literal segment wins over {}; HEAD finds the row of GET. */
void router_find(const struct router *r, const char *method, const char *path,
                 struct router_match *m);
size_t router_count(const struct router *r);
const struct route *router_row(const struct router *r, size_t number);

#endif
