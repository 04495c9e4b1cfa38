/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts made as the program makes them. */
#include "tests/http/people.h"

#include "api/account/account.h"
#include "api/commands.h"
#include "server/base/clock.h"

struct db *
people_store(struct site *s)
{
    char store[1024], why[512];
    struct db *db = NULL;

    conf_store(site_conf(s), store, sizeof store);
    assert_int_equal(db_open(store, DB_WRITE, &db, why), DB_OK);
    return db;
}

int64_t
people_add(struct db *db, const char *login, const char *role, const char *duns,
           const char *lang)
{
    struct account a = {.name = "Ana Reyes"};
    struct login_by by = {.now_utc = clock_now()};
    enum account_rc why;
    enum password_rc rule;

    snprintf(a.login, sizeof a.login, "%s", login);
    snprintf(a.role, sizeof a.role, "%s", role);
    snprintf(a.duns, sizeof a.duns, "%s", duns);
    snprintf(a.lang, sizeof a.lang, "%s", lang);
    assert_int_equal(account_add(db, &a, PASSWORD, &by, &why, &rule),
                     FAULT_NONE);
    return a.id;
}
