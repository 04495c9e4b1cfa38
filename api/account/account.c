/* SPDX-License-Identifier: Apache-2.0 */
/* Making accounts and changing them, each change in the audit log. */
#include "api/account/account.h"

#include <string.h>

#include "db/audit.h"
#include "db/rc.h"
#include "server/base/str.h"

static enum fault
audit(struct db *db, const struct login_by *by, const char *act, int64_t object,
      const char *detail)
{
    struct audit_event e = {.at_utc = by->now_utc,
                            .act = act,
                            .account_id = by->account_id,
                            .peer = by->peer,
                            .object_id = object,
                            .detail = by->peer ? detail : "command line"};

    return db_fault(db, db_audit_add(db, &e), "account");
}

/* Folds the login, checks the fields and hashes the password. */
static enum fault
prepare(struct account *a, const char *password, const struct login_by *by,
        enum account_rc *why, enum password_rc *rule)
{
    char login[ACCOUNT_LOGIN];

    *rule = PASSWORD_OK;
    if (!login_name_fold(login, a->login)) {
        *why = ACCOUNT_LOGIN_FORM;
        return FAULT_BAD_FIELD;
    }
    memcpy(a->login, login, sizeof login);
    if (!a->name[0] || !str_is_text(a->name, strlen(a->name), false)) {
        *why = ACCOUNT_NAME_FORM;
        return FAULT_BAD_FIELD;
    }
    *rule = password_check(password, a->login);
    if (*rule != PASSWORD_OK) {
        *why = ACCOUNT_PASSWORD;
        return FAULT_BAD_FIELD;
    }
    *why = ACCOUNT_OK;
    a->created_utc = a->password_utc = by->now_utc;
    return password_hash(password, a->password);
}

enum fault
account_add(struct db *db, struct account *a, const char *password,
            const struct login_by *by, enum account_rc *why,
            enum password_rc *rule)
{
    enum fault f = prepare(a, password, by, why, rule);
    enum db_rc rc;

    if (f != FAULT_NONE)
        return f;
    rc = db_account_add(db, a);
    if (rc == DB_NONE) {
        *why = ACCOUNT_LOGIN_TAKEN;
        return FAULT_BAD_FIELD;
    }
    f = db_fault(db, rc, "account");
    return f ? f : audit(db, by, "user_add", a->id, a->role);
}

enum fault
account_add_first(struct db *db, struct account *a, const char *token,
                  const char *password, const struct login_by *by,
                  enum account_rc *why, enum password_rc *rule)
{
    char hash[SHA256_HEX];
    bool taken = false;
    enum fault f = prepare(a, password, by, why, rule);
    enum db_rc rc;

    if (f != FAULT_NONE)
        return f;
    login_token_hash(token, hash);
    rc = db_account_add_first(db, hash, a, &taken);
    if (rc == DB_NONE) {
        *why = taken ? ACCOUNT_LOGIN_TAKEN : ACCOUNT_TOKEN;
        return FAULT_BAD_FIELD;
    }
    f = db_fault(db, rc, "account");
    return f ? f : audit(db, by, "first_admin", a->id, NULL);
}

/* What changes at an account ends its sessions at the same moment: a program
 * that dies in between must not leave them alive. */
struct change {
    int64_t id, keep, now_utc;
    const char *password; /* its hash */
    bool locked;
};

static enum db_rc
password_tx(struct db *db, void *arg)
{
    const struct change *c = arg;
    enum db_rc rc = db_account_put_password(db, c->id, c->password, c->now_utc);

    if (rc == DB_OK)
        rc = db_session_del_all(db, c->id, c->keep);
    return rc == DB_OK ? db_device_del_all(db, c->id) : rc;
}

static enum db_rc
locked_tx(struct db *db, void *arg)
{
    const struct change *c = arg;
    enum db_rc rc = db_account_put_locked(db, c->id, c->locked);

    return rc == DB_OK && c->locked ? db_session_del_all(db, c->id, 0) : rc;
}

enum fault
account_password_set(struct db *db, const struct account *a,
                     const char *password, int64_t keep,
                     const struct login_by *by, enum password_rc *rule)
{
    char hash[ACCOUNT_HASH];
    struct change c = {
        .id = a->id, .keep = keep, .now_utc = by->now_utc, .password = hash};
    enum fault f;

    *rule = password_check(password, a->login);
    if (*rule != PASSWORD_OK)
        return FAULT_BAD_FIELD;
    if ((f = password_hash(password, hash)) != FAULT_NONE ||
        (f = db_fault(db, db_tx(db, DB_ACCOUNT, password_tx, &c), "account")))
        return f;
    return audit(db, by, "password", a->id, NULL);
}

enum fault
account_locked_set(struct db *db, const struct account *a, bool locked,
                   const struct login_by *by)
{
    struct change c = {.id = a->id, .locked = locked};
    enum fault f =
        db_fault(db, db_tx(db, DB_ACCOUNT, locked_tx, &c), "account");

    if (f != FAULT_NONE)
        return f;
    return audit(db, by, locked ? "user_lock" : "user_unlock", a->id, NULL);
}

enum db_rc
account_first_token(struct db *db, int64_t now, char token[FIRST_ADMIN_TOKEN])
{
    char hash[SHA256_HEX];
    enum db_rc rc = db_account_has_admin(db);

    token[0] = '\0';
    if (rc != DB_NONE)
        return rc == DB_OK ? DB_NONE : rc;
    random_token(token, 15);
    login_token_hash(token, hash);
    return db_account_token_put(db, hash, now);
}
