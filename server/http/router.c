/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes, cut into segments once at start and sorted by their number of
 * segments, so that a request is compared with a handful of rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/arena.h"
#include "server/base/str.h"
#include "server/http/router.h"

#define SEGMENTS 12

struct segment {
    const char *text;
    size_t n;
    bool any; /* {} */
};

struct row {
    const struct route *route;
    struct segment segment[SEGMENTS];
    int segments, args;
    size_t order; /* as it was given */
};

struct router {
    struct row *rows;
    size_t n;
    size_t first[SEGMENTS + 2]; /* rows of k segments start at first[k] */
};

/* Cuts "/a/b" into its segments; "/" has one, empty.  -1 for too many. */
static int
path_cut(const char *path, struct segment segment[SEGMENTS])
{
    int n = 0;

    while (*path == '/') {
        size_t len = strcspn(++path, "/");

        if (n == SEGMENTS)
            return -1;
        segment[n++] =
            (struct segment){path, len, len == 2 && !strncmp(path, "{}", 2)};
        path += len;
    }
    return n;
}

static const char *
row_fault(const struct row *row)
{
    if (row->segments <= 0)
        return "has no segments or too many";
    if (row->args > ROUTER_ARGS)
        return "has more than two {}";
    if (!row->route->fn)
        return "has no function";
    return NULL;
}

static bool
same_shape(const struct row *a, const struct row *b)
{
    if (a->segments != b->segments ||
        !str_eq(a->route->method, b->route->method))
        return false;
    for (int i = 0; i < a->segments; i++) {
        const struct segment *x = &a->segment[i], *y = &b->segment[i];

        if (x->any != y->any || x->n != y->n ||
            (!x->any && memcmp(x->text, y->text, x->n) != 0))
            return false;
    }
    return true;
}

/* The check of one new row against those before it. */
static bool
row_check(const struct router *r, const struct row *row, char why[512])
{
    const char *fault = row_fault(row);

    for (size_t i = 0; !fault && i < r->n; i++) {
        if (same_shape(&r->rows[i], row))
            fault = "stands twice";
    }
    if (fault)
        snprintf(why, 512, "route %s %s %s", row->route->method,
                 row->route->path, fault);
    return !fault;
}

static int
by_segments(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    if (x->segments != y->segments)
        return x->segments - y->segments;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void
rows_index(struct router *r)
{
    size_t at = 0;

    qsort(r->rows, r->n, sizeof *r->rows, by_segments);
    for (int k = 0; k <= SEGMENTS + 1; k++) {
        while (at < r->n && r->rows[at].segments < k)
            at++;
        r->first[k] = at;
    }
}

struct router *
router_new(const struct route *const tables[], size_t n, char why[512])
{
    struct router *r = mem_new(sizeof *r);
    size_t most = 0;

    for (size_t i = 0; i < n; i++) {
        for (const struct route *at = tables[i]; at->method; at++)
            most++;
    }
    r->rows = mem_new((most + 1) * sizeof *r->rows);
    for (size_t i = 0; i < n; i++) {
        for (const struct route *at = tables[i]; at->method; at++) {
            struct row *row = &r->rows[r->n];

            *row = (struct row){.route = at, .order = r->n};
            row->segments = path_cut(at->path, row->segment);
            for (int k = 0; k < row->segments; k++)
                row->args += row->segment[k].any;
            if (!row_check(r, row, why)) {
                router_free(r);
                return NULL;
            }
            r->n++;
        }
    }
    rows_index(r);
    return r;
}

void
router_free(struct router *r)
{
    if (!r)
        return;
    free(r->rows);
    free(r);
}

static bool
row_fits(const struct row *row, const struct segment *path)
{
    for (int i = 0; i < row->segments; i++) {
        const struct segment *s = &row->segment[i];

        if (s->any) {
            if (path[i].n == 0 || path[i].n >= ROUTER_ARG_SIZE)
                return false;
        } else if (s->n != path[i].n ||
                   memcmp(s->text, path[i].text, s->n) != 0) {
            return false;
        }
    }
    return true;
}

/* Of two rows that fit one path, the one with a literal first. */
static bool
row_beats(const struct row *row, const struct row *best)
{
    if (!best)
        return true;
    for (int i = 0; i < row->segments; i++) {
        if (row->segment[i].any != best->segment[i].any)
            return best->segment[i].any;
    }
    return false;
}

static void
allow_add(struct router_match *m, const char *method)
{
    size_t n = strlen(m->allow);

    snprintf(m->allow + n, sizeof m->allow - n, "%s%s", n ? ", " : "", method);
}

static void
match_args(struct router_match *m, const struct row *row,
           const struct segment *path)
{
    m->args = 0;
    for (int i = 0; i < row->segments; i++) {
        if (row->segment[i].any)
            str_copyn(m->arg[m->args++], ROUTER_ARG_SIZE, path[i].text,
                      path[i].n);
    }
}

void
router_find(const struct router *r, const char *method, const char *path,
            struct router_match *m)
{
    const char *wanted = str_eq(method, "HEAD") ? "GET" : method;
    struct segment segment[SEGMENTS];
    int segments = path_cut(path, segment);
    const struct row *best = NULL;

    m->route = NULL;
    m->fault = FAULT_NOT_FOUND;
    m->number = r->n; /* METRICS_NO_ROUTE */
    m->allow[0] = '\0';
    if (segments <= 0)
        return;
    for (size_t i = r->first[segments]; i < r->first[segments + 1]; i++) {
        const struct row *row = &r->rows[i];

        if (!row_fits(row, segment))
            continue;
        allow_add(m, row->route->method);
        if (str_eq(row->route->method, "GET"))
            allow_add(m, "HEAD");
        if (str_eq(row->route->method, wanted) && row_beats(row, best))
            best = row;
    }
    if (!best) {
        m->fault = m->allow[0] ? FAULT_BAD_METHOD : FAULT_NOT_FOUND;
        return;
    }
    m->route = best->route;
    m->fault = FAULT_NONE;
    m->number = (size_t)(best - r->rows);
    match_args(m, best, segment);
}

size_t
router_count(const struct router *r)
{
    return r->n;
}

const struct route *
router_row(const struct router *r, size_t number)
{
    return number < r->n ? r->rows[number].route : NULL;
}
