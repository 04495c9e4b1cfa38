/* SPDX-License-Identifier: Apache-2.0 */
/* Sign-in and sign-out. */
#include "api/account/account_page.h"

#include "api/account/login.h"
#include "api/agreement/actor.h"
#include "server/base/str.h"
#include "server/http/url.h"

#define DEVICE_LIFE (180 * 86400)

const char *
account_start_path(const char *role)
{
    switch (role_from(role)) {
    case ROLE_CUSTOMER:
        return "/meters";
    case ROLE_ADMIN:
        return "/admin";
    case ROLE_REGULATOR:
        return "/admin/coverage";
    default:
        return "/profile";
    }
}

/* A page of ours to go on to; never an address elsewhere. */
static bool
is_local(const char *path)
{
    return path && url_is_local(path) && !str_starts(path, "/sign-");
}

void
account_cookies(struct req *r, const struct login *l)
{
    reply_cookie(r, "session", l->token, -1);
    reply_cookie(r, "device", l->new_device, DEVICE_LIFE);
}

static enum fault
show(struct req *r, int status, const char *next, const char *login,
     const char *error)
{
    json_t *view = json_pack(
        "{ss ss* ss* ss* s[s]}", "title", tr(r->lang, "account.sign_in"),
        "next", next, "login", login, "error", error, "scripts", "site.js");

    return page_status(r, status, "sign-in.html", view);
}

/* GET /sign-in */
enum fault
account_sign_in_form(struct req *r)
{
    const char *next;
    enum fault f = req_text(r, "next", 2000, &next);

    if (f != FAULT_NONE)
        return f;
    if (r->who->account_id)
        return reply_redirect(
            r, is_local(next) ? next
                              : account_start_path(role_word(r->who->role)));
    return show(r, 200, is_local(next) ? next : NULL, NULL, NULL);
}

char *
account_wait_text(struct req *r, int64_t seconds)
{
    char *n = arena_printf(r->arena, "%ld", (long)seconds);

    reply_header(r, "Retry-After", n);
    if (seconds <= 90)
        return tr_count(r->arena, r->lang, "account.wait_seconds",
                        (long)seconds);
    return tr_count(r->arena, r->lang, "account.wait_minutes",
                    (long)(seconds + 59) / 60);
}

/* A browser that signs in again leaves its old session behind. */
static void
end_old(struct req *r)
{
    struct login_by by = {r->who->account_id, r->peer, r->now_utc};

    if (r->who->account_id)
        login_session_end(r->db, &by, r->who->session_id);
}

/* POST /sign-in */
enum fault
account_sign_in(struct req *r)
{
    struct login l = {.peer = r->peer,
                      .now_utc = r->now_utc,
                      .agent = req_header(r, "User-Agent"),
                      .device = req_cookie(r, "device")};
    const char *next;
    enum fault f;

    if ((f = req_text(r, "next", 2000, &next)) != FAULT_NONE ||
        (f = req_text(r, "login", 200, &l.login)) != FAULT_NONE ||
        (f = req_text(r, "password", PASSWORD_FIELD, &l.password)))
        return f;
    if (!is_local(next))
        next = NULL;
    if (!account_given(l.login) || !account_given(l.password))
        return show(r, 400, next, l.login,
                    tr(r->lang, "account.sign_in_empty"));
    f = login_begin(r->db, r->conf, &l);
    if (f == FAULT_BAD_LOGIN)
        return show(r, 401, next, l.login, tr(r->lang, "account.bad_login"));
    if (f == FAULT_TOO_MANY)
        return show(r, 429, next, l.login, account_wait_text(r, l.wait));
    if (f != FAULT_NONE)
        return f;
    end_old(r);
    account_cookies(r, &l);
    return reply_redirect(r, next ? next : account_start_path(l.account.role));
}

/* POST /sign-out */
enum fault
account_sign_out(struct req *r)
{
    struct login_by by = {r->who->account_id, r->peer, r->now_utc};
    enum fault f = FAULT_NONE;

    if (r->who->account_id)
        f = login_session_end(r->db, &by, r->who->session_id);
    if (f != FAULT_NONE && f != FAULT_NOT_FOUND)
        return f;
    reply_cookie(r, "session", "", 0);
    return reply_redirect(r, "/");
}
