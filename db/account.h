/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts: the people who sign in.  Everything here lives in DB_ACCOUNT. */
#ifndef MH_DB_ACCOUNT_H
#define MH_DB_ACCOUNT_H

#include "db/db.h"
#include "server/base/hash.h"

#define ACCOUNT_LOGIN 65
#define ACCOUNT_HASH  128 /* crypto_pwhash_STRBYTES */

struct account {
    int64_t id;
    char login[ACCOUNT_LOGIN];   /* lower case */
    char name[128];              /* how the pages greet them */
    char role[16];               /* a word of role_word() */
    char duns[16];               /* of a REP or TDSP, else "" */
    char lang[8];                /* "en", "es" or "": not chosen */
    char password[ACCOUNT_HASH]; /* Argon2id; "" lets nobody in */
    bool locked;
    int64_t created_utc;
    int64_t password_utc; /* when the password was last set */
};

/* Gives it the next id.  DB_NONE: the login is taken. */
enum db_rc db_account_add(struct db *db, struct account *a);
enum db_rc db_account_get(struct db *db, int64_t id, struct account *a);
enum db_rc
db_account_by_login(struct db *db, const char *login, struct account *a);
/* By login. */
enum db_rc db_account_each(struct db *db, struct account *a,
                           bool (*row)(void *arg), void *arg);
/* A new password by choice; db_account_rehash keeps password_utc. */
enum db_rc db_account_put_password(struct db *db, int64_t id, const char *hash,
                                   int64_t utc);
/* Replaces `old` only where it still stands. */
enum db_rc
db_account_rehash(struct db *db, int64_t id, const char *old, const char *hash);
enum db_rc db_account_put_lang(struct db *db, int64_t id, const char *lang);
enum db_rc db_account_put_locked(struct db *db, int64_t id, bool locked);

/* ---- the first administrator ---------------------------------------------
 * DB_OK when some account has the role "admin". */
enum db_rc db_account_has_admin(struct db *db);
/* Remembers the hash of the one token that is good; replaces an older one. */
enum db_rc db_account_token_put(struct db *db, const char *hash, int64_t utc);
/* Uses the token up and adds the account in one transaction.  DB_NONE: wrong
 * token, or there is an administrator; *taken: the login is another's. */
enum db_rc db_account_add_first(struct db *db, const char *hash,
                                struct account *a, bool *taken);

#endif
