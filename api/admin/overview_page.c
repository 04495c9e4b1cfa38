/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The administrators' first page: what runs, what came, what there is.  Each
 * part fills its own key of the view; a new part is a row of PARTS and a block
 * of templates/admin/overview.html, a single fact is a line of facts_add.
 */
#include "config.h"

#include <string.h>
#include <sys/statvfs.h>

#include "api/admin/admin_page.h"
#include "api/admin/admin_words_page.h"
#include "db/job.h"
#include "db/load_run.h"
#include "db/rc.h"
#include "db/store.h"
#include "db/upkeep.h"
#include "server/base/str.h"

#define NEWEST_LOADS 10
#define NEWEST_JOBS  20
#define NEWEST_DAYS  7
#define UPDATES_MOST 120 /* reloads of themselves, then somebody must ask */
#define UPDATE_EVERY 5   /* seconds */

/* A list being filled. */
struct part {
    struct req *r;
    json_t *list;
};

/* ---- loads that run --------------------------------------------------------
 */

struct running {
    struct part part;
    struct load_run row;
};

static bool
run_row(void *arg)
{
    struct running *w = arg;
    struct req *r = w->part.r;
    const struct load_run *l = &w->row;
    int64_t percent = l->bytes > 0 ? l->bytes_done * 100 / l->bytes : 0;
    json_t *v = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I}", "process", l->process, "source",
        tr(r->lang, strcmp(l->source, "inbox") == 0 ? "admin.run.inbox"
                                                    : "admin.run.command"),
        "files",
        tr_fill(r->arena, r->lang, "admin.run.files", "done",
                admin_number(r, l->files_done), "all",
                admin_number(r, l->files), NULL),
        "records", admin_number(r, l->records), "rate",
        tr_fill(r->arena, r->lang, "admin.run.rate", "records",
                admin_number(r, l->rate), "bytes",
                admin_bytes(r, l->ms > 0 ? l->text * 1000 / l->ms : 0), NULL),
        "percent", (json_int_t)percent);

    if (l->left_seconds >= 0)
        admin_set(v, "left", admin_seconds(r, l->left_seconds));
    json_array_append_new(w->part.list, v);
    return true;
}

static enum db_rc
running_add(struct req *r, json_t *view)
{
    struct running w = {.part = {r, json_array()}};
    enum db_rc rc = db_load_run_each(r->db, r->now_utc, &w.row, run_row, &w);

    json_object_set_new(view, "running", w.part.list);
    return rc;
}

/* ---- loads -----------------------------------------------------------------
 */

static const char *
state_key(enum load_state s)
{
    static const char *const KEYS[] = {
        "", "admin.load.open", "admin.load.committed", "admin.load.unloaded",
        "admin.load.rejected"};

    return KEYS[s];
}

struct loads {
    struct part part;
    struct load row;
};

static bool
load_row(void *arg)
{
    struct loads *w = arg;
    struct req *r = w->part.r;
    const struct load *l = &w->row;

    json_array_append_new(
        w->part.list,
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "href",
                  arena_printf(r->arena, "/admin/loads/%lld", (long long)l->id),
                  "name", l->name, "kind", l->kind, "sender", l->sender, "when",
                  admin_instant(r, l->started_utc), "state",
                  tr(r->lang, state_key(l->state)), "read",
                  admin_number(r, l->n.read), "replaced",
                  admin_number(r, l->n.replaced), "rejected",
                  admin_number(r, l->n.rejected), "bad",
                  (int)(l->state == LOAD_REJECTED || l->n.rejected > 0)));
    return true;
}

static enum db_rc
loads_add(struct req *r, json_t *view)
{
    struct loads w = {.part = {r, json_array()}};
    enum db_rc rc = db_load_each(r->db, NEWEST_LOADS, &w.row, load_row, &w);

    json_object_set_new(view, "loads", w.part.list);
    return rc;
}

/* ---- the newest days -------------------------------------------------------
 */

static bool
day_row(void *arg, const struct coverage *c)
{
    struct part *p = arg;
    struct req *r = p->r;
    char iso[11];

    json_array_insert_new(
        p->list, 0,
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "href",
                  arena_printf(r->arena, "/admin/coverage/day?day=%s",
                               day_format(iso, c->day)),
                  "day", lang_date(r->arena, r->lang, c->day, DATE_WEEKDAY),
                  "share", admin_share(r, c->n), "level", admin_level(c->n),
                  "missing", admin_number(r, coverage_missing(c->n)),
                  "estimated", admin_number(r, c->n[COVERAGE_ESTIMATED]),
                  "stale", (int)c->stale));
    return true;
}

static enum db_rc
days_add(struct req *r, json_t *view)
{
    struct part p = {r, json_array()};
    int32_t today = admin_today(r);
    struct coverage_ask ask = {.from = today - NEWEST_DAYS, .to = today - 1};
    enum db_rc rc = coverage_each_day(r->db, &ask, day_row, &p);

    json_object_set_new(view, "days", p.list);
    return rc;
}

/* ---- the store by month ----------------------------------------------------
 */

struct sizes {
    struct part part;
    int64_t records, bytes, largest;
};

static bool
month_row(void *arg, const struct reading_month *m)
{
    struct sizes *s = arg;
    struct req *r = s->part.r;

    s->records += m->records;
    s->bytes += m->bytes;
    s->largest = m->bytes > s->largest ? m->bytes : s->largest;
    json_array_insert_new(
        s->part.list, 0,
        json_pack("{s:s, s:s, s:s, s:s}", "month",
                  lang_date(r->arena, r->lang, m->month, DATE_MONTH), "records",
                  admin_number(r, m->records), "bytes",
                  admin_bytes(r, m->bytes), "each",
                  m->records > 0 ? admin_number(r, m->bytes / m->records)
                                 : "–"));
    return true;
}

static enum db_rc
months_add(struct req *r, json_t *view)
{
    struct sizes s = {.part = {r, json_array()}};
    enum db_rc rc = reading_each_month(r->db, month_row, &s);

    json_object_set_new(view, "months", s.part.list);
    admin_set(view, "months_records", admin_number(r, s.records));
    admin_set(view, "months_bytes", admin_bytes(r, s.bytes));
    return rc;
}

/* ---- jobs ------------------------------------------------------------------
 */

struct jobs {
    struct part part;
    struct job_row row;
};

static const char *
job_state(const struct req *r, const struct job_row *j)
{
    if (j->ended_utc > 0)
        return tr(r->lang, j->failed ? "admin.job.failed" : "admin.job.done");
    if (j->owner[0] != '\0' && j->lease_utc > r->now_utc)
        return tr(r->lang, "admin.job.running");
    return tr(r->lang,
              j->attempts > 0 ? "admin.job.again" : "admin.job.waiting");
}

static bool
job_list_row(void *arg)
{
    struct jobs *w = arg;
    struct req *r = w->part.r;
    const struct job_row *j = &w->row;

    json_array_append_new(
        w->part.list,
        json_pack(
            "{s:s, s:s, s:s, s:s, s:s, s:b}", "kind", j->kind, "key", j->key,
            "state", job_state(r, j), "when",
            admin_instant(r, j->ended_utc > 0 ? j->ended_utc : j->due_utc),
            "note", j->note, "bad",
            (int)(j->failed || (j->ended_utc == 0 && j->attempts > 1))));
    return true;
}

static enum db_rc
jobs_add(struct req *r, json_t *view)
{
    struct jobs w = {.part = {r, json_array()}};
    enum db_rc rc = db_job_each(r->db, NEWEST_JOBS, &w.row, job_list_row, &w);

    json_object_set_new(view, "jobs", w.part.list);
    return rc;
}

/* ---- facts -----------------------------------------------------------------
 */

static void
fact(struct req *r, json_t *list, const char *key, const char *value)
{
    json_array_append_new(list, json_pack("{s:s, s:s}", "label",
                                          tr(r->lang, key), "value", value));
}

static const char *
when_or_never(const struct req *r, int64_t utc)
{
    return utc > 0 ? admin_instant(r, utc) : tr(r->lang, "admin.fact.never");
}

static enum db_rc
upkeep_facts(struct req *r, json_t *list)
{
    struct upkeep u;
    enum db_rc rc = db_upkeep_get(r->db, &u);

    if (rc != DB_OK)
        return rc;
    fact(r, list, "admin.fact.backup", when_or_never(r, u.backup_utc));
    fact(r, list, "admin.fact.scrub", when_or_never(r, u.done_utc));
    fact(r, list, "admin.fact.damage",
         u.findings > 0 ? admin_number(r, u.findings)
                        : tr(r->lang, "admin.fact.no_damage"));
    return DB_OK;
}

/* One line each; parts of the product add theirs here. */
static enum db_rc
facts_add(struct req *r, json_t *view)
{
    json_t *list = json_array();
    struct coverage_todo todo;
    struct statvfs disk;
    enum db_rc rc = coverage_todo_get(r->db, &todo);

    json_object_set_new(view, "facts", list);
    fact(r, list, "admin.fact.version", PACKAGE_STRING);
    fact(r, list, "admin.fact.engine",
         db_engine(r->db) == DB_SQLITE ? "SQLite" : "PostgreSQL");
    if (statvfs(r->conf->data_dir, &disk) == 0)
        fact(r, list, "admin.fact.disk",
             admin_bytes(r, (int64_t)disk.f_bavail * (int64_t)disk.f_frsize));
    if (rc == DB_OK)
        fact(r, list, "admin.fact.count",
             todo.days > 0 || todo.steps
                 ? tr_count(r->arena, r->lang, "admin.fact.count_days",
                            (long)todo.days)
                 : tr(r->lang, "admin.fact.count_none"));
    return rc == DB_OK ? upkeep_facts(r, list) : rc;
}

/* ---- the page --------------------------------------------------------------
 */

static enum db_rc (*const PARTS[])(struct req *r, json_t *view) = {
    running_add, days_add, loads_add, facts_add, months_add, jobs_add,
};

/* The page asks for itself again as long as somebody wants that, and not for
 * ever: each time keeps the session alive. */
static enum fault
updates(struct req *r, json_t *view)
{
    int64_t n;
    enum fault f = req_i64(r, "update", 0, UPDATES_MOST, 0, &n);

    if (f != FAULT_NONE)
        return f;
    if (n > 0) {
        reply_header(r, "Refresh",
                     arena_printf(r->arena, "%d; url=/admin?update=%lld",
                                  UPDATE_EVERY, (long long)n - 1));
        json_object_set_new(view, "updating", json_true());
    }
    admin_set(view, "update_href",
              arena_printf(r->arena, "/admin?update=%d", UPDATES_MOST));
    return FAULT_NONE;
}

/* GET /admin?update=N */
enum fault
admin_overview_page(struct req *r)
{
    json_t *view = json_pack("{s:s, s:[s]}", "title",
                             tr(r->lang, "admin.title"), "styles", "admin.css");
    enum fault f = updates(r, view);

    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS && f == FAULT_NONE; i++)
        f = db_fault(r->db, PARTS[i](r, view), "overview");
    if (f == FAULT_NONE)
        return page(r, "admin/overview.html", view);
    json_decref(view);
    return f;
}

/* ---- one load --------------------------------------------------------------
 */

static void
load_count(struct req *r, json_t *list, const char *key, int64_t n)
{
    json_array_append_new(list,
                          json_pack("{s:s, s:s}", "label", tr(r->lang, key),
                                    "value", admin_number(r, n)));
}

static json_t *
load_counts(struct req *r, const struct load *l)
{
    json_t *list = json_array();

    load_count(r, list, "admin.load.read", l->n.read);
    load_count(r, list, "admin.load.loaded", l->n.loaded);
    load_count(r, list, "admin.load.replaced", l->n.replaced);
    load_count(r, list, "admin.load.unchanged", l->n.unchanged);
    load_count(r, list, "admin.load.historic", l->n.historic);
    load_count(r, list, "admin.load.refused", l->n.rejected);
    load_count(r, list, "admin.load.warned", l->n.warned);
    return list;
}

static json_t *
load_facts(struct req *r, const struct load *l)
{
    json_t *list = json_array();

    fact(r, list, "admin.load.state", tr(r->lang, state_key(l->state)));
    fact(r, list, "admin.load.kind", l->kind);
    fact(r, list, "admin.load.sender", admin_duns(r, l->sender));
    fact(r, list, "admin.load.began", admin_instant(r, l->started_utc));
    fact(r, list, "admin.load.ended", admin_instant(r, l->ended_utc));
    fact(r, list, "admin.load.bytes", admin_bytes(r, l->bytes));
    fact(r, list, "admin.load.digest", l->digest);
    return list;
}

/* GET /admin/loads/{} */
enum fault
admin_load_page(struct req *r)
{
    struct load l;
    int64_t id;
    enum fault f;

    if (!str_to_i64(r->path_arg, &id))
        return FAULT_NOT_FOUND;
    f = db_fault(r->db, db_load_get(r->db, id, &l), "load");
    if (f != FAULT_NONE)
        return f;
    return page(
        r, "admin/load.html",
        json_pack(
            "{s:s, s:[s], s:s, s:o, s:o, s:b}", "title",
            tr_fill(r->arena, r->lang, "admin.load.title", "id",
                    arena_printf(r->arena, "%lld", (long long)l.id), NULL),
            "styles", "admin.css", "name", l.name, "facts", load_facts(r, &l),
            "counts", load_counts(r, &l), "rejects", (int)(l.n.rejected > 0)));
}
