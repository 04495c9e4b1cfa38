/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meters behind a count of a day.  They are asked for by POST, so that no
 * ESI ID stands in an address, and every look is audited.
 */
#include <stdlib.h>
#include <string.h>

#include "api/admin/admin_page.h"
#include "api/admin/admin_words_page.h"
#include "db/audit.h"
#include "db/rc.h"
#include "server/base/str.h"

#define PAGE_ROWS   100
#define LOOK_POINTS 262144 /* of a page, so that it answers in time */
#define FILE_POINTS 65536  /* of a piece */

struct pick {
    int32_t day;
    enum coverage_kind kind;
    struct admin_whose whose;
    int64_t after; /* point */
    const char *word;
};

static bool
is_word(const char *text, size_t n, const char *word)
{
    return n == strlen(word) && memcmp(text, word, n) == 0;
}

/* A number of 9 or 13 digits, "none" or "all". */
static bool
pick_duns(const char *text, size_t n, bool *has, char to[16])
{
    *has = !is_word(text, n, "all");
    if (*has && is_word(text, n, "none"))
        n = 0;
    else if (*has && (!(n == 9 || n == 13) || !str_is_digits(text, n)))
        return false;
    return str_copyn(to, 16, text, *has ? n : 0);
}

/* "missing 957877905 100000007" */
static enum fault
pick_read(struct req *r, struct pick *p)
{
    const char *tdsp, *rep;
    char kind[16];
    enum fault f;

    *p = (struct pick){.after = -1};
    if ((f = req_day(r, "day", DAY_NONE, &p->day)) != FAULT_NONE ||
        (f = req_text(r, "pick", 60, &p->word)) != FAULT_NONE ||
        (f = req_i64(r, "after", -1, INT64_MAX, -1, &p->after)) != FAULT_NONE)
        return f;
    if (p->day == DAY_NONE || p->word == NULL)
        return FAULT_BAD_REQUEST;
    tdsp = strchr(p->word, ' ');
    rep = tdsp != NULL ? strchr(tdsp + 1, ' ') : NULL;
    if (rep == NULL || tdsp - p->word >= (ptrdiff_t)sizeof kind)
        return FAULT_BAD_REQUEST;
    str_copyn(kind, sizeof kind, p->word, (size_t)(tdsp - p->word));
    p->kind = coverage_kind_from(kind);
    tdsp++;
    rep++;
    if (!pick_duns(tdsp, (size_t)(rep - 1 - tdsp), &p->whose.has_tdsp,
                   p->whose.tdsp) ||
        !pick_duns(rep, strlen(rep), &p->whose.has_rep, p->whose.rep))
        return req_bad(r, FAULT_BAD_FIELD, "pick", "admin.cover.bad_duns",
                       NULL);
    return p->kind == COVERAGE_KINDS ? FAULT_BAD_REQUEST : FAULT_NONE;
}

static enum fault
audit(struct req *r, const struct pick *p, const char *act)
{
    char day[11];
    struct audit_event e = {
        .at_utc = r->now_utc,
        .act = act,
        .account_id = r->who->account_id,
        .peer = r->peer,
        .detail = arena_printf(
            r->arena, "day=%s kind=%s tdsp=%s rep=%s after=%lld",
            day_format(day, p->day), coverage_kind_word(p->kind),
            p->whose.has_tdsp ? p->whose.tdsp : "all",
            p->whose.has_rep ? p->whose.rep : "all", (long long)p->after)};

    return db_fault(r->db, db_audit_add(r->db, &e), "audit");
}

/* ---- the page --------------------------------------------------------------
 */

struct rows {
    struct req *r;
    json_t *list;
};

static char *
detail(const struct req *r, const struct coverage_meter *m)
{
    if (m->first_utc == 0)
        return arena_dup(r->arena, tr(r->lang, "admin.cover.nothing_came"));
    return tr_fill(r->arena, r->lang, "admin.cover.came", "when",
                   admin_instant(r, m->first_utc), "estimated",
                   admin_number(r, m->estimated), "missing",
                   admin_number(r, m->missing), "intervals",
                   admin_number(r, m->intervals), NULL);
}

static bool
take_meter(void *arg, const struct coverage_meter *m)
{
    struct rows *w = arg;
    struct req *r = w->r;

    json_array_append_new(
        w->list,
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "esiid", m->esiid, "channel",
                  tr(r->lang, m->channel == CHANNEL_LOAD
                                  ? "admin.cover.consumption"
                                  : "admin.cover.generation"),
                  "tdsp", admin_duns(r, m->tdsp), "rep", admin_duns(r, m->rep),
                  "detail", detail(r, m)));
    return json_array_size(w->list) < PAGE_ROWS;
}

static json_t *
meters_view(struct req *r, const struct pick *p, json_t *rows, int64_t next)
{
    char iso[11];
    const char *back = arena_printf(r->arena, "/admin/coverage/day?day=%s",
                                    day_format(iso, p->day));
    const char *kind = tr(r->lang, arena_printf(r->arena, "admin.cover.list_%s",
                                                coverage_kind_word(p->kind)));
    json_t *view = json_pack(
        "{s:s, s:s, s:s, s:[s], s:O, s:s, s:s, s:s, s:s}", "title",
        arena_printf(r->arena, "%s · %s", kind,
                     lang_date(r->arena, r->lang, p->day, DATE_SHORT)),
        "heading", kind, "when",
        lang_date(r->arena, r->lang, p->day, DATE_LONG), "styles", "admin.css",
        "rows", rows, "form_of", back, "back_to", back, "day", iso, "pick",
        p->word);

    if (p->whose.has_tdsp)
        admin_set(view, "tdsp", admin_duns(r, p->whose.tdsp));
    if (p->whose.has_rep)
        admin_set(view, "rep", admin_duns(r, p->whose.rep));
    if (json_array_size(rows) == 0)
        json_object_set_new(view, "nothing", json_true());
    if (next > 0)
        json_object_set_new(view, "next", json_integer(next));
    return view;
}

/* POST /admin/coverage/meters: day, pick, after */
enum fault
admin_coverage_meters(struct req *r)
{
    struct rows w = {.r = r};
    struct coverage_ask ask;
    struct pick p;
    int64_t next = 0;
    json_t *view;
    enum fault f = pick_read(r, &p);

    if (f == FAULT_NONE && !coverage_may_list(r->who))
        f = FAULT_FORBIDDEN;
    if (f == FAULT_NONE)
        f = audit(r, &p, "coverage_list");
    if (f != FAULT_NONE)
        return f;
    ask = admin_ask(&p.whose, p.day, p.day);
    w.list = json_array();
    f = db_fault(r->db,
                 coverage_each_meter(r->db, &ask, p.kind, p.after, LOOK_POINTS,
                                     &next, take_meter, &w),
                 "coverage meters");
    view = f == FAULT_NONE ? meters_view(r, &p, w.list, next) : NULL;
    json_decref(w.list);
    return f != FAULT_NONE ? f : page(r, "admin/coverage-meters.html", view);
}

/* ---- the file --------------------------------------------------------------
 */

struct stream {
    struct pick pick;
    bool begun;
    struct buf *to;
};

static bool
put_meter(void *arg, const struct coverage_meter *m)
{
    struct stream *s = arg;

    coverage_meter_line(s->to, s->pick.day, m);
    return true;
}

static enum stream_rc
more(void *state, struct db *db, struct buf *to)
{
    struct stream *s = state;
    struct coverage_ask ask =
        admin_ask(&s->pick.whose, s->pick.day, s->pick.day);
    int64_t next = 0;

    if (!s->begun)
        coverage_meter_head(to);
    s->begun = true;
    s->to = to;
    if (coverage_each_meter(db, &ask, s->pick.kind, s->pick.after, FILE_POINTS,
                            &next, put_meter, s) != DB_OK)
        return STREAM_FAIL;
    s->pick.after = next;
    return next > 0 ? STREAM_MORE : STREAM_END;
}

/* POST /admin/coverage/meters/file: day, pick */
enum fault
admin_meters_file(struct req *r)
{
    struct stream *s;
    struct pick p;
    char day[11];
    enum fault f = pick_read(r, &p);

    if (f == FAULT_NONE && !coverage_may_list(r->who))
        f = FAULT_FORBIDDEN;
    if (f == FAULT_NONE)
        f = audit(r, &p, "coverage_file");
    if (f != FAULT_NONE)
        return f;
    s = mem_new(sizeof *s);
    s->pick = p;
    s->pick.word = NULL;
    reply_file_name(r, arena_printf(r->arena, "meters-%s-%s.csv",
                                    coverage_kind_word(p.kind),
                                    day_format(day, p.day)));
    return reply_stream(r, "text/csv; charset=utf-8", more, free, s);
}
