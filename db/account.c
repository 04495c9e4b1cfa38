/* SPDX-License-Identifier: Apache-2.0 */
/* The SQL of accounts. */
#include "db/account.h"

#include "db/rc.h"

/* Columns in one order everywhere. */
#define COLUMNS                                                                \
    "id, login, name, role, duns, lang, password, locked, created_utc, "       \
    "password_utc"
#define ACCOUNT_OUT(a)                                                         \
    OUT(out_i64(&(a)->id), out_text((a)->login, sizeof(a)->login),             \
        out_text((a)->name, sizeof(a)->name),                                  \
        out_text((a)->role, sizeof(a)->role),                                  \
        out_text((a)->duns, sizeof(a)->duns),                                  \
        out_text((a)->lang, sizeof(a)->lang),                                  \
        out_text((a)->password, sizeof(a)->password), out_bool(&(a)->locked),  \
        out_i64(&(a)->created_utc), out_i64(&(a)->password_utc))

static enum db_rc
insert(struct db *db, struct account *a)
{
    return db_run_one(db, DB_ACCOUNT,
                      "INSERT INTO account (" COLUMNS ") "
                      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
                      "ON CONFLICT (login) DO NOTHING",
                      IN(in_i64(a->id), in_text(a->login), in_text(a->name),
                         in_text(a->role), in_text(a->duns), in_text(a->lang),
                         in_text(a->password), in_bool(a->locked),
                         in_i64(a->created_utc), in_i64(a->password_utc)));
}

enum db_rc
db_account_add(struct db *db, struct account *a)
{
    enum db_rc rc = db_next_id(db, DB_ACCOUNT, "account", 1, &a->id);

    return rc == DB_OK ? insert(db, a) : rc;
}

enum db_rc
db_account_get(struct db *db, int64_t id, struct account *a)
{
    return db_one(db, DB_ACCOUNT,
                  "SELECT " COLUMNS " FROM account WHERE id = $1",
                  IN(in_i64(id)), ACCOUNT_OUT(a));
}

enum db_rc
db_account_by_login(struct db *db, const char *login, struct account *a)
{
    return db_one(db, DB_ACCOUNT,
                  "SELECT " COLUMNS " FROM account WHERE login = $1",
                  IN(in_text(login)), ACCOUNT_OUT(a));
}

enum db_rc
db_account_each(struct db *db, struct account *a, bool (*row)(void *arg),
                void *arg)
{
    return db_each(db, DB_ACCOUNT,
                   "SELECT " COLUMNS " FROM account ORDER BY login", IN_NONE,
                   ACCOUNT_OUT(a), row, arg);
}

enum db_rc
db_account_put_password(struct db *db, int64_t id, const char *hash,
                        int64_t utc)
{
    return db_run_one(
        db, DB_ACCOUNT,
        "UPDATE account SET password = $2, password_utc = $3 WHERE id = $1",
        IN(in_i64(id), in_text(hash), in_i64(utc)));
}

enum db_rc
db_account_rehash(struct db *db, int64_t id, const char *old, const char *hash)
{
    return db_run(
        db, DB_ACCOUNT,
        "UPDATE account SET password = $3 WHERE id = $1 AND password = $2",
        IN(in_i64(id), in_text(old), in_text(hash)), NULL);
}

enum db_rc
db_account_put_lang(struct db *db, int64_t id, const char *lang)
{
    return db_run_one(db, DB_ACCOUNT,
                      "UPDATE account SET lang = $2 WHERE id = $1",
                      IN(in_i64(id), in_text(lang)));
}

enum db_rc
db_account_put_locked(struct db *db, int64_t id, bool locked)
{
    return db_run_one(db, DB_ACCOUNT,
                      "UPDATE account SET locked = $2 WHERE id = $1",
                      IN(in_i64(id), in_bool(locked)));
}

/* ---- the first administrator ---------------------------------------------*/

enum db_rc
db_account_has_admin(struct db *db)
{
    int64_t id;

    return db_one(
        db, DB_ACCOUNT,
        "SELECT id FROM account WHERE role = 'admin' ORDER BY id LIMIT 1",
        IN_NONE, OUT(out_i64(&id)));
}

enum db_rc
db_account_token_put(struct db *db, const char *hash, int64_t utc)
{
    return db_run(
        db, DB_ACCOUNT,
        "INSERT INTO first_admin (one, token, made_utc) VALUES (1, $1, $2) "
        "ON CONFLICT (one) DO UPDATE SET token = excluded.token, "
        "made_utc = excluded.made_utc",
        IN(in_text(hash), in_i64(utc)), NULL);
}

struct first {
    const char *hash;
    struct account *account;
    bool taken;
};

static enum db_rc
add_first(struct db *db, void *arg)
{
    struct first *f = arg;
    enum db_rc rc;

    rc = db_run_one(db, DB_ACCOUNT, "DELETE FROM first_admin WHERE token = $1",
                    IN(in_text(f->hash)));
    if (rc != DB_OK)
        return rc;
    if ((rc = db_account_has_admin(db)) != DB_NONE)
        return rc == DB_OK ? DB_NONE : rc;
    rc = insert(db, f->account);
    f->taken = rc == DB_NONE;
    return rc;
}

enum db_rc
db_account_add_first(struct db *db, const char *hash, struct account *a,
                     bool *taken)
{
    struct first f = {.hash = hash, .account = a};
    enum db_rc rc = db_next_id(db, DB_ACCOUNT, "account", 1, &a->id);

    if (rc == DB_OK)
        rc = db_tx(db, DB_ACCOUNT, add_first, &f);
    *taken = f.taken;
    return rc;
}
