/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts: making them, their passwords, the first administrator. */
#ifndef MH_ACCOUNT_ACCOUNT_H
#define MH_ACCOUNT_ACCOUNT_H

#include "api/account/login.h"
#include "api/account/password.h"
#include "db/account.h"
#include "server/base/fault.h"

/* What of a new account is wrong. */
enum account_rc {
    ACCOUNT_OK,
    ACCOUNT_LOGIN_FORM, /* not a log-in name */
    ACCOUNT_LOGIN_TAKEN,
    ACCOUNT_NAME_FORM,
    ACCOUNT_PASSWORD, /* *password says why */
    ACCOUNT_TOKEN,    /* not the first administrator's token */
};

/* Adds an account from its login, name, role, duns and lang.  FAULT_BAD_FIELD
 * and *why, or FAULT_BUSY, FAULT_OURS. */
enum fault account_add(struct db *db, struct account *a, const char *password,
                       const struct login_by *by, enum account_rc *why,
                       enum password_rc *rule);
/* The same for the first administrator, against the token printed at start. */
enum fault
account_add_first(struct db *db, struct account *a, const char *token,
                  const char *password, const struct login_by *by,
                  enum account_rc *why, enum password_rc *rule);
/* Ends every session but `keep` and forgets the account's devices. */
enum fault
account_password_set(struct db *db, const struct account *a,
                     const char *password, int64_t keep,
                     const struct login_by *by, enum password_rc *rule);
enum fault account_locked_set(struct db *db, const struct account *a,
                              bool locked, const struct login_by *by);

#define FIRST_ADMIN_TOKEN 34
/* A new token where there is no administrator yet (to be printed once);
 * DB_NONE and "" where there is. */
enum db_rc
account_first_token(struct db *db, int64_t now, char token[FIRST_ADMIN_TOKEN]);

#endif
