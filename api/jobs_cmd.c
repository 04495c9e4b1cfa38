/* SPDX-License-Identifier: Apache-2.0 */
/* meterhouse jobs list and jobs run. */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include <jansson.h>

#include "api/jobs.h"
#include "server/base/clock.h"
#include "server/base/str.h"

#define LISTED       200
#define STOP_SECONDS 60

/* ---- list ------------------------------------------------------------------
 */

struct listing {
    struct cmd *c;
    bool json;
    struct job_row row;
};

static const char *
state_text(const struct job_row *r)
{
    if (r->ended_utc > 0)
        return r->failed ? "failed" : "done";
    return r->owner[0] != '\0' && r->lease_utc > clock_now() ? "running"
                                                             : "waiting";
}

static void
row_json(struct listing *l)
{
    const struct job_row *r = &l->row;
    json_t *o = json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:s}", "job",
                          (json_int_t)r->id, "kind", r->kind, "key", r->key,
                          "state", state_text(r), "due", (json_int_t)r->due_utc,
                          "ended", (json_int_t)r->ended_utc, "attempts",
                          (json_int_t)r->attempts, "note", r->note);

    json_dumpf(o, l->c->out, JSON_COMPACT);
    fputc('\n', l->c->out);
    json_decref(o);
}

static bool
list_row(void *arg)
{
    struct listing *l = arg;
    const struct job_row *r = &l->row;
    int64_t when = r->ended_utc > 0 ? r->ended_utc : r->due_utc;
    char text[24];

    if (l->json) {
        row_json(l);
        return true;
    }
    fprintf(l->c->out, "%6" PRId64 "  %-8s %-20s  %-14s %s%s%s\n", r->id,
            state_text(r), when > 0 ? utc_format(text, when) : "at once",
            r->kind, r->key, r->key[0] && r->note[0] ? ": " : "", r->note);
    return true;
}

enum cmd_rc
jobs_list_cmd(struct cmd *c)
{
    struct listing l = {.c = c, .json = cmd_flag(c, "json")};
    struct db *db;
    enum db_rc rc;

    if (!cmd_no_more_options(c) || c->argc > 0)
        return CMD_USAGE;
    db = cmd_store(c, DB_READ);
    if (db == NULL)
        return CMD_FAILED;
    rc = db_job_each(db, LISTED, &l.row, list_row, &l);
    if (rc != DB_OK && rc != DB_NONE)
        fprintf(c->err, "meterhouse: %s\n", db_error(db));
    db_close(db);
    return rc == DB_OK || rc == DB_NONE ? CMD_DONE : CMD_FAILED;
}

/* ---- run -------------------------------------------------------------------
 */

static struct db *
thread_store(void *arg)
{
    return cmd_store(arg, DB_WRITE);
}

static enum cmd_rc
until_idle(struct cmd *c, const struct runner_app *app)
{
    struct runner_tally t;
    char why[512] = "";

    if (!runner_until_idle(app, &t, why)) {
        fprintf(c->err, "meterhouse: %s\n", why);
        return CMD_FAILED;
    }
    fprintf(c->out,
            "%" PRId64 " steps done, %" PRId64 " to be tried again, %" PRId64
            " failed\n",
            t.done, t.later, t.failed);
    return t.later + t.failed > 0 ? CMD_REJECTS : CMD_DONE;
}

static enum cmd_rc
until_stopped(struct cmd *c, const struct runner_app *app)
{
    char why[512] = "";
    struct runner *r;
    sigset_t set;
    int sig;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    r = runner_start(app, why);
    if (r == NULL) {
        fprintf(c->err, "meterhouse: %s\n", why);
        return CMD_FAILED;
    }
    sigwait(&set, &sig);
    return runner_stop(r, STOP_SECONDS) ? CMD_DONE : CMD_FAILED;
}

enum cmd_rc
jobs_run_cmd(struct cmd *c)
{
    struct runner_app app = {.conf = c->conf,
                             .kinds = JOBS,
                             .threads = JOB_THREADS,
                             .open = thread_store,
                             .close = db_close,
                             .arg = c,
                             .clock = db_job_clock};
    bool idle = cmd_flag(c, "until-idle");
    struct db *db;

    if (!cmd_no_more_options(c) || c->argc > 0)
        return CMD_USAGE;
    db = cmd_store(c, DB_CREATE);
    if (db == NULL)
        return CMD_FAILED;
    db_close(db);
    return idle ? until_idle(c, &app) : until_stopped(c, &app);
}
