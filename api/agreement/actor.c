/* SPDX-License-Identifier: Apache-2.0 */
/* Roles, and who stands behind a session cookie. */
#include "api/agreement/actor.h"

#include "api/account/login.h"
#include "db/rc.h"
#include "server/base/str.h"

const struct actor ACTOR_NOBODY = {
    .role = ROLE_NOBODY, .user = "", .name = "", .duns = ""};
const struct actor ACTOR_OPERATOR = {
    .role = ROLE_OPERATOR, .user = "operator", .name = "operator", .duns = ""};

static const char *const WORDS[] = {
    [ROLE_CUSTOMER] = "customer",   [ROLE_REP] = "rep",
    [ROLE_TDSP] = "tdsp",           [ROLE_HELPDESK] = "helpdesk",
    [ROLE_REGULATOR] = "regulator", [ROLE_ADMIN] = "admin",
};
#define WORDS_N (sizeof WORDS / sizeof *WORDS)

const char *
role_word(enum role role)
{
    return role < WORDS_N && WORDS[role] ? WORDS[role] : "";
}

enum role
role_from(const char *word)
{
    for (size_t i = 0; i < WORDS_N; i++) {
        if (WORDS[i] && str_eq(WORDS[i], word))
            return (enum role)i;
    }
    return ROLE_NOBODY;
}

enum fault
actor_load(struct db *db, struct arena *a, const char *cookie, int64_t now_utc,
           const struct actor **who, int *profile_lang)
{
    struct account account;
    struct session session;
    struct actor *actor;
    enum fault f;

    *who = &ACTOR_NOBODY;
    *profile_lang = -1;
    db_begin(db); /* a request reads this first */
    f = login_session_get(db, cookie, now_utc, &session, &account);
    if (f != FAULT_NONE)
        return f == FAULT_SIGNED_OUT ? FAULT_NONE : f;
    actor = ARENA_NEW(a, struct actor);
    *actor = (struct actor){.role = role_from(account.role),
                            .account_id = account.id,
                            .session_id = session.id,
                            .user = arena_dup(a, account.login),
                            .name = arena_dup(a, account.name),
                            .duns = arena_dup(a, account.duns)};
    if (account.lang[0])
        *profile_lang = (int)lang_from(account.lang);
    *who = actor;
    return FAULT_NONE;
}

enum fault
actor_lang_set(struct db *db, const struct actor *who, enum lang lang)
{
    return db_fault(db,
                    db_account_put_lang(db, who->account_id, lang_code(lang)),
                    "language");
}
