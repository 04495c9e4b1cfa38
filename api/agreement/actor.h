/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is asking.  Every function in api/ that reads customer data takes a
 * const struct actor * first and asks agreement_may_read.
 */
#ifndef MH_AGREEMENT_ACTOR_H
#define MH_AGREEMENT_ACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "db/db.h"
#include "server/base/arena.h"
#include "server/base/fault.h"
#include "server/text/catalog.h"

enum role {
    ROLE_NOBODY = 0,
    ROLE_CUSTOMER,
    ROLE_REP,
    ROLE_TDSP,
    ROLE_HELPDESK,
    ROLE_REGULATOR,
    ROLE_ADMIN,
    ROLE_OPERATOR, /* the command line: whoever can read the store */
};

struct actor {
    enum role role;
    int64_t account_id; /* 0 for nobody and the operator */
    int64_t session_id;
    const char *user; /* log-in name */
    const char *name; /* how the page greets them */
    const char *duns; /* of a REP or TDSP, else "" */
};

extern const struct actor ACTOR_NOBODY;
extern const struct actor ACTOR_OPERATOR;

/* The word under which a role is kept ("customer", "rep" …), and back;
 * ROLE_NOBODY for a word that names no account's role. */
const char *role_word(enum role role);
enum role role_from(const char *word);

/* The actor of a session cookie, made in the arena: ACTOR_NOBODY for "" and
 * for a session that has ended.  *profile_lang: an enum lang, or -1 when the
 * account has not chosen. */
enum fault
actor_load(struct db *db, struct arena *a, const char *cookie, int64_t now_utc,
           const struct actor **who, int *profile_lang);
/* Keeps the language that an account chose. */
enum fault
actor_lang_set(struct db *db, const struct actor *who, enum lang lang);

#endif
