/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of every page, and the gate that the route rows name. */
#include "api/account/frame_page.h"

#include <string.h>

#include "api/agreement/actor.h"
#include "server/base/str.h"

bool
account_signed_in(const struct actor *who)
{
    return who->account_id != 0;
}

bool
account_may_enter(const struct actor *who, enum who gate)
{
    switch (gate) {
    case WHO_NOBODY:
        return false;
    case WHO_ANYONE:
        return true;
    case WHO_SIGNED_IN:
        return account_signed_in(who);
    case WHO_CUSTOMER:
        return who->role == ROLE_CUSTOMER || who->role == ROLE_ADMIN;
    case WHO_RETAILER:
        return who->role == ROLE_REP;
    case WHO_UTILITY:
        return who->role == ROLE_TDSP;
    case WHO_HELPDESK:
        return who->role == ROLE_HELPDESK;
    case WHO_REGULATOR:
        return who->role == ROLE_REGULATOR;
    case WHO_OVERSEER:
        return who->role == ROLE_REGULATOR || who->role == ROLE_ADMIN;
    case WHO_ADMIN:
        return who->role == ROLE_ADMIN;
    }
    return false;
}

struct menu_row {
    const char *path, *words;
    enum who gate;
};

static bool
below(const char *path, const char *above)
{
    size_t n = strlen(above);

    return str_starts(path, above) && (path[n] == '\0' || path[n] == '/');
}

static json_t *
menu(const struct req *r)
{
    static const struct menu_row rows[] = {
        {"/admin", "layout.menu_admin", WHO_ADMIN},
        {"/admin/coverage", "layout.menu_coverage", WHO_OVERSEER},
        {"/meters", "layout.menu_meters", WHO_CUSTOMER},
        {"/profile", "layout.menu_profile", WHO_SIGNED_IN},
    };
    json_t *list = json_array();
    const struct menu_row *current = NULL; /* the longest that is above */

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (below(r->path, rows[i].path) &&
            (current == NULL || strlen(rows[i].path) > strlen(current->path)))
            current = &rows[i];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (account_may_enter(r->who, rows[i].gate))
            json_array_append_new(list,
                                  json_pack("{ss ss sb}", "href", rows[i].path,
                                            "text", tr(r->lang, rows[i].words),
                                            "current", &rows[i] == current));
    }
    return list;
}

/* The help line: a number to call has its digits for the link. */
static json_t *
help_line(const struct req *r)
{
    const struct conf *c = r->conf;
    json_t *help;
    char *digits;
    size_t n = 0;

    if (!c->help_phone[0] && !c->help_email[0])
        return NULL;
    help = json_object();
    digits = arena_alloc(r->arena, strlen(c->help_phone) + 1);
    for (const char *p = c->help_phone; *p; p++) {
        if (str_is_digits(p, 1) || *p == '+')
            digits[n++] = *p;
    }
    if (n) {
        json_object_set_new(help, "phone", json_string(c->help_phone));
        json_object_set_new(help, "phone_href", json_string(digits));
    }
    if (c->help_email[0])
        json_object_set_new(help, "email", json_string(c->help_email));
    return help;
}

void
account_frame(const struct req *r, json_t *view)
{
    json_t *site = json_pack("{ss}", "name", r->conf->site_name);
    json_t *help = help_line(r);

    if (help)
        json_object_set_new(site, "help", help);
    json_object_set_new(view, "site", site);
    if (json_object_get(view, "form_of")) /* shown by a POST: its own page */
        json_object_set(view, "back", json_object_get(view, "form_of"));
    if (!account_signed_in(r->who))
        return;
    json_object_set_new(view, "user",
                        json_pack("{ss sI}", "name", r->who->name, "idle",
                                  (json_int_t)r->conf->session_idle));
    json_object_set_new(view, "menu", menu(r));
}
