/* SPDX-License-Identifier: Apache-2.0 */
/* The command: which points, where to, and what came of it. */
#include "api/usage/export_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/usage/bulk.h"
#include "db/point.h"
#include "server/base/file.h"
#include "server/base/str.h"

#define LINE_MOST 256

struct export
{
    struct cmd *c;
    struct bulk_ask ask;
    struct actor rep;
    const char *points, *out; /* options as given */
    bool all;
    int64_t *id; /* of a list, ascending */
    size_t n, at;
    int unknown;     /* ESI IDs of the list */
    char part[1100]; /* the file while it is not whole */
    int fd;
};

/* ---- which points ------------------------------------------------------- */

static bool
list_add(struct export *x, struct db *db, const char *esiid)
{
    int64_t id;
    enum db_rc rc = db_point_id(db, esiid, &id);

    if (rc == DB_NONE) {
        fprintf(x->c->err, "meterhouse: nothing is known of ESI ID %s\n",
                esiid);
        x->unknown++;
        return true;
    }
    if (rc != DB_OK) {
        fprintf(x->c->err, "meterhouse: export: %s\n", db_error(db));
        return false;
    }
    if (x->n % 1024 == 0)
        x->id = mem_grow(x->id, (x->n + 1024) * sizeof *x->id);
    x->id[x->n++] = id;
    return true;
}

static bool
read_list(struct export *x, struct db *db, FILE *in)
{
    char line[LINE_MOST];

    while (fgets(line, sizeof line, in)) {
        size_t n = strcspn(line, ", \t\r\n");

        if (n == 0 || line[0] == '#')
            continue;
        if (n == sizeof line - 1) {
            fprintf(x->c->err, "meterhouse: --points %s: a line is too long\n",
                    x->points);
            return false;
        }
        line[n] = '\0';
        if (!list_add(x, db, line))
            return false;
    }
    return true;
}

static bool
read_file(struct export *x, struct db *db)
{
    bool own = !str_eq(x->points, "-"), good;
    FILE *in = own ? fopen(x->points, "r") : stdin;

    if (!in) {
        fprintf(x->c->err, "meterhouse: %s: %s\n", x->points, strerror(errno));
        return false;
    }
    good = read_list(x, db, in);
    if (own)
        fclose(in);
    return good;
}

static int
by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The list's numbers, each once. */
static bool
list_make(struct export *x, struct db *db)
{
    size_t n = 0;

    for (int i = 0; i < x->c->argc; i++)
        if (!list_add(x, db, x->c->argv[i]))
            return false;
    if (x->points && !read_file(x, db))
        return false;
    if (x->n)
        qsort(x->id, x->n, sizeof *x->id, by_number);
    for (size_t i = 0; i < x->n; i++)
        if (i == 0 || x->id[i] != x->id[n - 1])
            x->id[n++] = x->id[i];
    x->n = n;
    return true;
}

struct page {
    int64_t one, *id;
    int n;
};

static bool
take_id(void *arg)
{
    struct page *p = arg;

    p->id[p->n++] = p->one;
    return true;
}

static int
next_points(void *arg, struct db *db, int64_t after, int64_t *id, int most)
{
    struct export *x = arg;
    struct page p = {.id = id};
    const char *rep = x->all ? NULL : x->rep.duns;
    int n = 0;

    if (x->all || rep) {
        enum db_rc rc =
            db_point_after(db, rep, after, most, &p.one, take_id, &p);

        return rc == DB_OK || rc == DB_NONE ? p.n : -1;
    }
    while (x->at < x->n && n < most)
        id[n++] = x->id[x->at++];
    return n;
}

/* ---- where to ----------------------------------------------------------- */

static bool
write_bytes(void *arg, const void *bytes, size_t n)
{
    struct export *x = arg;
    const char *at = bytes;

    while (n > 0) {
        ssize_t some = write(x->fd, at, n);

        if (some < 0 && errno == EINTR)
            continue;
        if (some <= 0) {
            fprintf(x->c->err, "meterhouse: %s: %s\n",
                    x->out ? x->out : "standard output", strerror(errno));
            return false;
        }
        at += some;
        n -= (size_t)some;
    }
    return true;
}

/* A file gets its name only when it is whole. */
static bool
out_open(struct export *x)
{
    x->fd = fileno(x->c->out);
    if (!x->out) {
        fflush(x->c->out);
        return true;
    }
    snprintf(x->part, sizeof x->part, "%.1024s.part", x->out);
    x->fd = open(x->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (x->fd < 0)
        fprintf(x->c->err, "meterhouse: %s: %s\n", x->part, strerror(errno));
    return x->fd >= 0;
}

static bool
out_close(struct export *x, bool good)
{
    if (!x->out)
        return good;
    if (good && fsync(x->fd) != 0 && errno != EINVAL)
        good = false;
    close(x->fd);
    if (good)
        good = file_move(x->part, x->out);
    if (good)
        return true;
    fprintf(x->c->err, "meterhouse: %s was not written\n", x->out);
    unlink(x->part);
    return false;
}

/* ---- the command -------------------------------------------------------- */

static bool
say_usage(const struct cmd *c, const char *what, const char *why)
{
    fprintf(c->err, "meterhouse: %s: %s\n", what, why);
    return false;
}

static bool
read_day(struct cmd *c, const char *name, int32_t *day)
{
    const char *word = cmd_option(c, name);

    if (word && day_parse(word, day))
        return true;
    return say_usage(c, name, "a date such as 2026-11-22 is needed");
}

static bool
read_format(struct export *x)
{
    const char *word = cmd_option(x->c, "format");

    if ((word && !usage_format_parse(word, &x->ask.format)) ||
        x->ask.format == USAGE_JSON)
        return say_usage(x->c, "--format", "not csv, iso or lse");
    return true;
}

static bool
read_threads(struct export *x)
{
    const char *word = cmd_option(x->c, "threads");
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t n = cores > 1 ? cores : 1;

    if (word && (!str_to_i64(word, &n) || n < 1 || n > 16))
        return say_usage(x->c, "--threads", "not 1 to 16");
    x->ask.threads = (int)(n > 16 ? 16 : n);
    return true;
}

static bool
read_ask(struct export *x)
{
    struct cmd *c = x->c;
    const char *rep = cmd_option(c, "rep");
    int ways;

    x->points = cmd_option(c, "points");
    x->out = cmd_option(c, "out");
    x->all = cmd_flag(c, "all");
    if (!read_day(c, "from", &x->ask.from) || !read_day(c, "to", &x->ask.to) ||
        !read_format(x) || !read_threads(x) || !cmd_no_more_options(c))
        return false;
    if (x->ask.from > x->ask.to)
        return say_usage(c, "export", "--from is after --to");
    ways = (x->points || c->argc > 0) + (rep != NULL) + x->all;
    if (ways != 1)
        return say_usage(c, "export",
                         "name ESI IDs, --points FILE, --rep DUNS or --all");
    if (x->out && str_eq(x->out, "-"))
        x->out = NULL;
    if (rep)
        x->rep = (struct actor){
            .role = ROLE_REP, .user = "operator", .name = rep, .duns = rep};
    x->ask.who = rep ? &x->rep : &ACTOR_OPERATOR;
    return true;
}

static enum cmd_rc
write_export(struct export *x, struct db *db)
{
    struct bulk_counts n;
    char why[512];
    bool good;

    if (!out_open(x))
        return CMD_FAILED;
    good = usage_bulk(db, x->c->conf, &x->ask, &n, why) == FAULT_NONE;
    if (!good && why[0])
        fprintf(x->c->err, "meterhouse: export: %s\n", why);
    if (!out_close(x, good))
        return CMD_FAILED;
    if (x->out)
        fprintf(x->c->err, "%lld points, %lld days, %lld bytes\n",
                (long long)n.points, (long long)n.days, (long long)n.bytes);
    return x->unknown ? CMD_REJECTS : CMD_DONE;
}

enum cmd_rc
export_cmd(struct cmd *c)
{
    struct export x = {.c = c,
                       .ask = {.now_utc = clock_now(),
                               .points = next_points,
                               .write = write_bytes}};
    enum cmd_rc rc = CMD_FAILED;
    struct db *db;

    x.ask.arg = &x;
    if (!read_ask(&x))
        return CMD_USAGE;
    db = cmd_store(c, DB_READ);
    if (!db)
        return CMD_FAILED;
    if (list_make(&x, db))
        rc = write_export(&x, db);
    db_close(db);
    free(x.id);
    return rc;
}
