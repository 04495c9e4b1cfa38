/* SPDX-License-Identifier: Apache-2.0 */
/* The profile: who one is, language, password, sessions. */
#include "api/account/account_page.h"

#include "api/account/account.h"
#include "api/account/agent.h"
#include "api/agreement/actor.h"
#include "db/rc.h"
#include "server/base/str.h"

/* ---- the view ------------------------------------------------------------*/

/* "just now", "5 minutes ago", "3 hours ago", "2 days ago" */
static char *
ago(const struct req *r, int64_t utc)
{
    int64_t seconds = r->now_utc - utc;

    if (seconds < 120)
        return arena_dup(r->arena, tr(r->lang, "account.ago_now"));
    if (seconds < 2 * 3600)
        return tr_count(r->arena, r->lang, "account.ago_minutes",
                        (long)(seconds / 60));
    if (seconds < 2 * 86400)
        return tr_count(r->arena, r->lang, "account.ago_hours",
                        (long)(seconds / 3600));
    return tr_count(r->arena, r->lang, "account.ago_days",
                    (long)(seconds / 86400));
}

static char *
device_name(const struct req *r, const char *user_agent)
{
    const char *browser = agent_browser(user_agent);
    const char *system = agent_system(user_agent);
    const char *unknown = tr(r->lang, "account.device_unknown");

    if (!browser || !system)
        return arena_dup(r->arena, browser  ? browser
                                   : system ? system
                                            : unknown);
    return tr_fill(r->arena, r->lang, "account.device", "browser", browser,
                   "system", system, NULL);
}

struct session_list {
    const struct req *r;
    struct session row;
    json_t *list;
    size_t others;
};

static bool
session_row(void *arg)
{
    struct session_list *l = arg;
    const struct session *s = &l->row;
    bool mine = s->id == l->r->who->session_id;
    const char *device;

    l->others += !mine;
    device = device_name(l->r, s->agent);
    json_array_append_new(
        l->list,
        json_pack("{sI ss ss ss ss ss sb}", "id", (json_int_t)s->id, "device",
                  device, "end",
                  tr_fill(l->r->arena, l->r->lang, "account.session_end_of",
                          "device", device, NULL),
                  "peer", s->peer, "began", ago(l->r, s->created_utc), "seen",
                  ago(l->r, s->seen_utc), "mine", mine));
    return true;
}

static json_t *
choice(const char *code, const char *name, const char *chosen)
{
    return json_pack("{ss ss sb}", "code", code, "name", name, "chosen",
                     str_eq(code, chosen));
}

static enum fault
show(struct req *r, int status, const char *done, const char *error)
{
    struct session_list l = {.r = r, .list = json_array()};
    struct account a;
    const char *lang;
    char role_key[64];
    json_t *view;
    enum db_rc rc = db_account_get(r->db, r->who->account_id, &a);

    if (rc == DB_OK)
        rc = db_session_each(r->db, a.id, r->now_utc, &l.row, session_row, &l);
    if (rc != DB_OK) {
        json_decref(l.list);
        return db_fault(r->db, rc, "profile");
    }
    lang = a.lang[0] ? a.lang : "auto";
    snprintf(role_key, sizeof role_key, "account.role_%s", a.role);
    view = json_pack("{ss ss ss ss ss ss ss* ss* so sb s[ooo] s[s]}", "title",
                     tr(r->lang, "account.profile"), "form_of", "/profile",
                     "name", a.name, "login", a.login, "role",
                     tr(r->lang, role_key), "password_set",
                     tr_fill(r->arena, r->lang, "account.password_set", "ago",
                             ago(r, a.password_utc), NULL),
                     "done", done ? tr(r->lang, done) : NULL, "error", error,
                     "sessions", l.list, "others", l.others > 0, "languages",
                     choice("auto", tr(r->lang, "account.language_auto"), lang),
                     choice("en", "English", lang),
                     choice("es", "Español", lang), "scripts", "site.js");
    return page_status(r, status, "profile.html", view);
}

/* GET /profile */
enum fault
account_profile(struct req *r)
{
    const char *done;
    enum fault f =
        req_choice(r, "done", "- password language session sessions", &done);
    char *key;

    if (f != FAULT_NONE)
        return f;
    key = arena_printf(r->arena, "account.done_%s", done);
    return show(r, 200, str_eq(done, "-") ? NULL : key, NULL);
}

/* ---- changes -------------------------------------------------------------*/

/* POST /profile/language */
enum fault
account_lang(struct req *r)
{
    const char *lang;
    enum fault f = req_choice(r, "lang", "auto en es", &lang);

    if (f != FAULT_NONE)
        return f;
    f = db_fault(r->db,
                 db_account_put_lang(r->db, r->who->account_id,
                                     str_eq(lang, "auto") ? "" : lang),
                 "profile");
    return f ? f : reply_redirect(r, "/profile?done=language");
}

/* POST /profile/password */
enum fault
account_password(struct req *r)
{
    struct login l = {.peer = r->peer, .now_utc = r->now_utc};
    struct login_by by = {r->who->account_id, r->peer, r->now_utc};
    const char *fresh;
    enum password_rc rule;
    enum fault f;

    if ((f = req_text(r, "password", PASSWORD_FIELD, &l.password)) ||
        (f = req_text(r, "new_password", PASSWORD_FIELD, &fresh)))
        return f;
    if (!account_given(l.password) || !account_given(fresh))
        return show(r, 400, NULL, tr(r->lang, "account.password_empty"));
    f = login_again(r->db, r->conf, r->who->account_id, &l);
    if (f == FAULT_BAD_LOGIN)
        return show(r, 400, NULL, tr(r->lang, "account.password_wrong"));
    if (f == FAULT_TOO_MANY)
        return show(r, 429, NULL, account_wait_text(r, l.wait));
    if (f != FAULT_NONE)
        return f;
    f = account_password_set(r->db, &l.account, fresh, r->who->session_id, &by,
                             &rule);
    if (f == FAULT_BAD_FIELD)
        return show(r, 400, NULL, tr(r->lang, password_reason(rule)));
    return f ? f : reply_redirect(r, "/profile?done=password");
}

/* POST /profile/session */
enum fault
account_session_end(struct req *r)
{
    struct login_by by = {r->who->account_id, r->peer, r->now_utc};
    int64_t id;
    enum fault f = req_i64(r, "session", 1, INT64_MAX, 0, &id);

    if (f == FAULT_NONE)
        f = login_session_end(r->db, &by, id);
    return f ? f : reply_redirect(r, "/profile?done=session");
}

/* POST /profile/sessions */
enum fault
account_sessions_end(struct req *r)
{
    struct login_by by = {r->who->account_id, r->peer, r->now_utc};
    enum fault f = login_session_end_all(r->db, &by, r->who->session_id);

    return f ? f : reply_redirect(r, "/profile?done=sessions");
}
