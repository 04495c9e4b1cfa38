/* SPDX-License-Identifier: Apache-2.0 */
/* The public home page and the page of the first administrator. */
#include "api/account/account_page.h"

#include "api/account/account.h"
#include "api/account/demo.h"
#include "api/agreement/actor.h"
#include "db/rc.h"
#include "server/base/str.h"

/* GET / */
enum fault
account_home(struct req *r)
{
    json_t *rows = r->conf->demo ? account_demo_list(r->conf, r->lang) : NULL;
    json_t *view =
        json_pack("{ss s[s]}", "title", tr(r->lang, "home.title_bar"),
                  "scripts", "site.js");

    if (r->who->account_id)
        json_object_set_new(
            view, "start",
            json_string(account_start_path(role_word(r->who->role))));
    if (rows)
        json_object_set_new(view, "demo", json_pack("{so}", "rows", rows));
    return page(r, "home.html", view);
}

/* ---- the first administrator ---------------------------------------------*/

struct first_entry {
    const char *token, *login, *name, *password;
};

static enum fault
show(struct req *r, int status, const struct first_entry *e, const char *error)
{
    json_t *view = json_pack("{ss ss* ss* ss* ss* s[s]}", "title",
                             tr(r->lang, "account.first_title"), "token",
                             e->token, "login", e->login, "name", e->name,
                             "error", error, "scripts", "site.js");

    return page_status(r, status, "first-admin.html", view);
}

/* The page exists until there is an administrator. */
static enum fault
still_open(struct req *r)
{
    enum db_rc rc = db_account_has_admin(r->db);

    if (rc == DB_NONE)
        return FAULT_NONE;
    return rc == DB_OK ? FAULT_NOT_FOUND : db_fault(r->db, rc, "first admin");
}

/* GET /first-admin */
enum fault
account_first_form(struct req *r)
{
    enum fault f = still_open(r);

    return f ? f : show(r, 200, &(struct first_entry){0}, NULL);
}

static enum fault
first_entry_read(struct req *r, struct first_entry *e)
{
    enum fault f;

    if ((f = req_text(r, "token", 100, &e->token)) != FAULT_NONE ||
        (f = req_text(r, "login", 200, &e->login)) != FAULT_NONE ||
        (f = req_text(r, "name", 120, &e->name)) != FAULT_NONE ||
        (f = req_text(r, "password", PASSWORD_FIELD, &e->password)))
        return f;
    return FAULT_NONE;
}

static const char *
reason(enum account_rc why, enum password_rc rule)
{
    switch (why) {
    case ACCOUNT_LOGIN_FORM:
        return "account.login_form";
    case ACCOUNT_LOGIN_TAKEN:
        return "account.login_taken";
    case ACCOUNT_NAME_FORM:
        return "account.name_form";
    case ACCOUNT_PASSWORD:
        return password_reason(rule);
    case ACCOUNT_TOKEN:
        return "account.first_token_wrong";
    case ACCOUNT_OK:
        break;
    }
    return "";
}

static enum fault
first_sign_in(struct req *r, const struct account *a)
{
    struct login l = {.account = *a,
                      .peer = r->peer,
                      .now_utc = r->now_utc,
                      .agent = req_header(r, "User-Agent")};
    enum fault f = login_session_add(r->db, r->conf, &l);

    if (f != FAULT_NONE)
        return f;
    account_cookies(r, &l);
    return reply_redirect(r, "/profile");
}

/* POST /first-admin */
enum fault
account_first(struct req *r)
{
    struct first_entry e = {0};
    struct account a = {.role = "admin"};
    struct login_by by = {0, r->peer, r->now_utc};
    enum account_rc why = ACCOUNT_OK;
    enum password_rc rule;
    int64_t wait;
    enum fault f;

    if ((f = still_open(r)) != FAULT_NONE ||
        (f = first_entry_read(r, &e)) != FAULT_NONE)
        return f;
    if (!account_given(e.token) || !account_given(e.login) ||
        !account_given(e.name) || !account_given(e.password))
        return show(r, 400, &e, tr(r->lang, "account.first_empty"));
    f = login_try_peer(r->db, r->conf, r->peer, r->now_utc, &wait);
    if (f == FAULT_TOO_MANY)
        return show(r, 429, &e, account_wait_text(r, wait));
    if (f != FAULT_NONE)
        return f;
    if (!str_copy(a.login, sizeof a.login, e.login))
        why = ACCOUNT_LOGIN_FORM;
    else if (!str_copy(a.name, sizeof a.name, e.name))
        why = ACCOUNT_NAME_FORM;
    else
        f = account_add_first(r->db, &a, e.token, e.password, &by, &why, &rule);
    if (why != ACCOUNT_OK)
        return show(r, 400, &e, tr(r->lang, reason(why, rule)));
    return f ? f : first_sign_in(r, &a);
}
