/* SPDX-License-Identifier: Apache-2.0 */
/* meterhouse load and unload: what files did, for people and as JSON. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "api/feed/bar.h"
#include "api/feed/list.h"
#include "api/feed/load.h"
#include "api/feed/load_cmd.h"
#include "api/feed/name.h"
#include "api/feed/report.h"
#include "api/feed/watch.h"
#include "server/base/file.h"
#include "server/base/str.h"

#define SHOWN_REJECTS 10
#define WAIT_SECONDS  600 /* for a server of readings */

struct loading {
    struct cmd *c;
    bool json, verbose, bar, bar_shown;
    struct feed_watch *watch;
    const char *report;
    size_t files, rejected_files, failed_files;
    int64_t rejects;
    struct load_counts sum;
    int64_t bytes;
    double seconds;
    bool waits; /* for a server; it was said */
};

static double
megabytes_a_second(int64_t bytes, double seconds)
{
    return seconds > 0 ? (double)bytes / 1e6 / seconds : 0;
}

static void
clear_bar(struct loading *l)
{
    if (l->bar_shown)
        fputs("\r\033[K", l->c->err);
    l->bar_shown = false;
}

/* ---- results
 * ------------------------------------------------------------------ */

static const char *
state_text(enum feed_state s)
{
    static const char *const TEXTS[] = {"loaded", "known", "refused", "failed"};

    return TEXTS[s];
}

static json_t *
rounded(double x, double places)
{
    return json_real((double)(int64_t)(x * places + 0.5) / places);
}

static void
print_json(struct loading *l, const struct feed_result *r)
{
    const struct load_counts *n = &r->l.n;
    char *file = mem_dup(r->path);
    json_t *o;

    feed_name_show(file);
    o = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}",
        "file", file, "kind", r->l.kind, "state", state_text(r->state), "load",
        (json_int_t)r->l.id, "records", (json_int_t)n->read, "loaded",
        (json_int_t)n->loaded, "replaced", (json_int_t)n->replaced, "unchanged",
        (json_int_t)n->unchanged, "historic", (json_int_t)n->historic,
        "rejected", (json_int_t)n->rejected, "warned", (json_int_t)n->warned,
        "seconds", rounded(r->seconds, 1e6), "MB/s",
        rounded(megabytes_a_second(r->l.bytes, r->seconds), 1e2));
    free(file);
    if (o == NULL)
        return;
    if (r->state == FEED_FAILED)
        json_object_set_new(o, "why", json_string(r->why));
    json_dumpf(o, l->c->out, JSON_COMPACT | JSON_REAL_PRECISION(6));
    fputc('\n', l->c->out);
    fflush(l->c->out);
    json_decref(o);
}

static void
print_counts(FILE *to, const struct load_counts *n)
{
    fprintf(to,
            "%" PRId64 " read: %" PRId64 " loaded, %" PRId64
            " replaced, %" PRId64 " unchanged, %" PRId64 " historic, %" PRId64
            " rejected",
            n->read, n->loaded, n->replaced, n->unchanged, n->historic,
            n->rejected);
}

static void
print_warnings(struct loading *l, const struct feed_result *r)
{
    for (int w = 0; w < FEED_WARNING_COUNT; w++)
        if (r->warnings[w] > 0)
            fprintf(l->c->out, "    %s: %" PRId64 " times: %s\n",
                    feed_warning_ours((enum feed_warning)w), r->warnings[w],
                    feed_warning_text((enum feed_warning)w));
}

static void
print_text(struct loading *l, const struct feed_result *r)
{
    FILE *to = l->c->out;

    fprintf(to, "%s: ", r->path);
    switch (r->state) {
    case FEED_FAILED:
        fprintf(to, "failed: %s\n", r->why);
        return;
    case FEED_REFUSED:
        fprintf(to, "refused");
        if (r->l.n.read > 0)
            fprintf(to, ", %" PRId64 " records", r->l.n.read);
        fputc('\n', to);
        return;
    case FEED_KNOWN:
        fprintf(to, "is in the store as load %" PRId64 "; ", r->l.id);
        break;
    case FEED_LOADED:
        fprintf(to, "%s, load %" PRId64 "; ", r->l.kind, r->l.id);
        break;
    }
    print_counts(to, &r->l.n);
    fprintf(to, "; %.2f s, %.0f MB/s\n", r->seconds,
            megabytes_a_second(r->l.bytes, r->seconds));
    print_warnings(l, r);
}

static void
print_rejects(struct loading *l, const struct feed_result *r)
{
    size_t most = l->verbose ? r->n_rejects : SHOWN_REJECTS;
    struct buf text = {0};

    for (size_t i = 0; i < r->n_rejects && i < most; i++) {
        text.len = 0;
        feed_reject_print(&r->rejects[i], r->path, &text);
        fputs(buf_text(&text), l->c->err);
    }
    if (r->n_rejects > most)
        fprintf(l->c->err,
                "%s: %zu more rejects; --verbose shows them, --report DIR "
                "writes them\n",
                r->path, r->n_rejects - most);
    buf_clear(&text);
}

static void
add_up(struct loading *l, const struct feed_result *r)
{
    const struct load_counts *n = &r->l.n;

    l->files++;
    l->rejected_files += r->state == FEED_REFUSED;
    l->failed_files += r->state == FEED_FAILED;
    l->rejects += n->rejected;
    l->sum.read += n->read;
    l->sum.loaded += n->loaded;
    l->sum.replaced += n->replaced;
    l->sum.unchanged += n->unchanged;
    l->sum.historic += n->historic;
    l->sum.rejected += n->rejected;
    l->bytes += r->l.bytes;
    l->seconds += r->seconds;
}

static bool
file_done(void *arg, const struct feed_result *r)
{
    struct loading *l = arg;
    char why[512];

    clear_bar(l);
    l->waits = false;
    add_up(l, r);
    if (l->json)
        print_json(l, r);
    else
        print_text(l, r);
    print_rejects(l, r);
    if (r->state == FEED_FAILED && l->json)
        fprintf(l->c->err, "meterhouse: %s: %s\n", r->path, r->why);
    if (l->report != NULL && r->state != FEED_FAILED &&
        !feed_report_write(r, l->report, why)) {
        fprintf(l->c->err, "meterhouse: report: %s\n", why);
        l->failed_files++;
    }
    return true;
}

/* ---- the bar
 * ------------------------------------------------------------------ */

static void
show_progress(void *arg, const struct feed_progress *p)
{
    struct loading *l = arg;
    char line[FEED_BAR];

    feed_bar(p, line);
    fprintf(l->c->err, "\r\033[K%s", line);
    fflush(l->c->err);
    l->bar_shown = true;
}

static void
show_waiting(void *arg, const char *why)
{
    struct loading *l = arg;

    if (l->waits)
        return;
    l->waits = true;
    clear_bar(l);
    fprintf(l->c->err, "meterhouse: the load waits: %s\n", why);
}

/* To the terminal, and to whoever watches the store. */
static void
take_progress(void *arg, const struct feed_progress *p)
{
    struct loading *l = arg;

    feed_watch_progress(l->watch, p);
    if (l->bar)
        show_progress(l, p);
}

/* ---- load
 * --------------------------------------------------------------------- */

static bool
list_words(struct cmd *c, struct feed_list *list)
{
    char why[512];

    for (int i = 0; i < c->argc; i++)
        if (!feed_list_add(list, c->argv[i], why)) {
            fprintf(c->err, "meterhouse: %s\n", why);
            return false;
        }
    return true;
}

static void
print_sum(struct loading *l)
{
    if (l->json || l->files < 2)
        return;
    fprintf(l->c->out, "%zu files, ", l->files);
    print_counts(l->c->out, &l->sum);
    fprintf(l->c->out, "; %.2f s, %.0f records/s, %.0f MB/s\n", l->seconds,
            l->seconds > 0 ? (double)l->sum.read / l->seconds : 0,
            megabytes_a_second(l->bytes, l->seconds));
}

static enum cmd_rc
load_list(struct loading *l, const struct feed_list *list)
{
    struct feed_options o = {.progress = take_progress,
                             .progress_arg = l,
                             .wait_seconds = WAIT_SECONDS,
                             .waits = show_waiting};
    struct db *db = cmd_store(l->c, DB_CREATE);
    bool ok;

    if (db == NULL)
        return CMD_FAILED;
    l->watch = feed_watch_open(db_store(db), "command");
    feed_stand_aside(false);
    ok = feed_load_files(db, l->c->conf, &o, list->n, list->path, file_done, l);
    feed_watch_close(l->watch);
    clear_bar(l);
    db_checkpoint(db);
    db_close(db);
    print_sum(l);
    if (!ok || l->failed_files > 0)
        return CMD_FAILED;
    return l->rejects > 0 || l->rejected_files > 0 ? CMD_REJECTS : CMD_DONE;
}

enum cmd_rc
load_cmd(struct cmd *c)
{
    struct loading l = {.c = c};
    struct feed_list list = {.n = 0};
    bool progress = cmd_flag(c, "progress");
    enum cmd_rc rc;

    l.bar = progress && isatty(fileno(c->err));
    l.json = cmd_flag(c, "json");
    l.verbose = cmd_flag(c, "verbose");
    l.report = cmd_option(c, "report");
    if (!cmd_no_more_options(c))
        return CMD_USAGE;
    if (c->argc == 0) {
        fputs("meterhouse: load wants files or folders, or - for standard "
              "input\n",
              c->err);
        return CMD_USAGE;
    }
    if (l.report != NULL && !file_make_dir(l.report, 0750)) {
        fprintf(c->err, "meterhouse: --report %s: %s\n", l.report,
                strerror(errno));
        return CMD_FAILED;
    }
    if (list_words(c, &list))
        rc = load_list(&l, &list);
    else
        rc = CMD_FAILED;
    feed_list_clear(&list);
    return rc;
}

/* ---- unload
 * ------------------------------------------------------------------- */

enum cmd_rc
unload_cmd(struct cmd *c)
{
    struct load l;
    char why[512];
    struct db *db;
    int64_t id;
    enum feed_unload u;

    if (!cmd_no_more_options(c))
        return CMD_USAGE;
    if (c->argc != 1 || !str_to_i64(c->argv[0], &id)) {
        fputs("meterhouse: unload wants the number of one load\n", c->err);
        return CMD_USAGE;
    }
    db = cmd_store(c, DB_WRITE);
    if (db == NULL)
        return CMD_FAILED;
    u = feed_unload(db, id, 60, &l, why);
    db_close(db);
    if (u == UNLOAD_DONE) {
        fprintf(c->out,
                "load %" PRId64 " of %s is undone: %" PRId64 " records\n", id,
                l.name, l.n.read - l.n.rejected);
        return CMD_DONE;
    }
    if (u == UNLOAD_NONE)
        fprintf(c->err, "meterhouse: there is no load %" PRId64 "\n", id);
    else if (u == UNLOAD_NOT_COMMITTED)
        fprintf(c->err, "meterhouse: load %" PRId64 " is not in force\n", id);
    else if (u == UNLOAD_NOT_NEWEST)
        fprintf(c->err,
                "meterhouse: a newer registry file of %s stands on load "
                "%" PRId64 "; unload that one first\n",
                l.sender, id);
    else
        fprintf(c->err, "meterhouse: unload: %s\n", why);
    return CMD_FAILED;
}
