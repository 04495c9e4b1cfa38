/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in: what is counted, what is compared, and in which order. */
#include "api/account/login.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "api/account/password.h"
#include "db/audit.h"
#include "db/rc.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define AGENT_MOST 120 /* bytes kept of a User-Agent */
/* Seconds between notes that a session was seen. */
#define SEEN_EVERY(s) ((s)->idle_seconds < 240 ? (s)->idle_seconds / 4 : 60)

bool
login_name_fold(char to[ACCOUNT_LOGIN], const char *name)
{
    size_t n = strlen(name);

    if (n < 3 || n >= ACCOUNT_LOGIN)
        return false;
    for (size_t i = 0; i <= n; i++) {
        char c = name[i];

        if (c && !str_is_alnum(&c, 1) && !strchr("._@+-", c))
            return false;
        to[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return true;
}

void
login_token_hash(const char *token, char hash[SHA256_HEX])
{
    sha256_hex(hash, token, strlen(token));
}

/* ---- what a try is counted on --------------------------------------------*/

static void
key_of(char key[SHA256_HEX], const char *kind, const char *value)
{
    struct sha256 *h = sha256_new();

    sha256_add(h, kind, strlen(kind) + 1);
    sha256_add(h, value, strlen(value));
    sha256_end(h, key);
}

/* One household has one IPv4 address or one IPv6 /64. */
static void
peer_key(char key[SHA256_HEX], const char *peer)
{
    unsigned char at[16];
    char net[33];

    if (inet_pton(AF_INET6, peer, at) != 1) {
        key_of(key, "peer", peer);
        return;
    }
    str_hex(net, at, 8);
    if (memcmp(at, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0)
        str_hex(net, at + 12, 4);
    key_of(key, "peer", net);
}

enum fault
login_try_peer(struct db *db, const struct conf *conf, const char *peer,
               int64_t now, int64_t *wait)
{
    struct throttle t = {
        .free = 10, .wait_most = 60, .hour_most = conf->login_failures};
    char key[SHA256_HEX];
    enum db_rc rc;

    peer_key(key, peer);
    rc = db_login_try(db, key, &t, now, wait);
    return rc == DB_NONE ? FAULT_TOO_MANY : db_fault(db, rc, "sign-in");
}

enum fault
login_good_peer(struct db *db, const char *peer)
{
    char key[SHA256_HEX];

    peer_key(key, peer);
    return db_fault(db, db_login_take_back(db, key), "sign-in");
}

/* Whether the browser signed in to that account before; `key` is what this
 * try is counted on: the device, or the name for everybody else. */
static enum fault
login_key(struct db *db, struct login *l, const char *name,
          char key[SHA256_HEX])
{
    char hash[SHA256_HEX];
    enum db_rc rc;

    key_of(key, "account", name);
    if (!l->device || !l->device[0])
        return FAULT_NONE;
    login_token_hash(l->device, hash);
    rc = db_device_get(db, hash, l->account.id);
    l->known_device = rc == DB_OK;
    if (l->known_device)
        key_of(key, "device", hash);
    return rc == DB_NONE ? FAULT_NONE : db_fault(db, rc, "sign-in");
}

/* ---- signing in ----------------------------------------------------------*/

static enum fault
audit(struct db *db, const struct login *l, const char *act, const char *detail)
{
    struct audit_event e = {.at_utc = l->now_utc,
                            .act = act,
                            .account_id = l->account.id,
                            .peer = l->peer,
                            .detail = detail};

    return db_fault(db, db_audit_add(db, &e), "sign-in");
}

/* Loads the account, or leaves it empty for a name that nobody has. */
static enum fault
account_find(struct db *db, struct login *l, const char *name)
{
    enum db_rc rc = db_account_by_login(db, name, &l->account);

    if (rc != DB_OK)
        memset(&l->account, 0, sizeof l->account);
    return rc == DB_NONE ? FAULT_NONE : db_fault(db, rc, "sign-in");
}

static enum fault
refuse(struct db *db, struct login *l)
{
    const char *why = !l->account.id      ? "unknown"
                      : l->account.locked ? "locked"
                                          : "password";
    enum fault f = audit(db, l, "sign_in_failed", why);

    memset(&l->account, 0, sizeof l->account);
    return f ? f : FAULT_BAD_LOGIN;
}

/* Stronger settings since the hash was made: hash anew while we can. */
static void
rehash(struct db *db, struct login *l)
{
    char hash[ACCOUNT_HASH];

    if (password_hash(l->password, hash) == FAULT_NONE)
        db_account_rehash(db, l->account.id, l->account.password, hash);
}

static enum fault
device_put(struct db *db, struct login *l)
{
    char hash[SHA256_HEX];

    if (!l->known_device ||
        !str_copy(l->new_device, sizeof l->new_device, l->device))
        random_token(l->new_device, 32);
    login_token_hash(l->new_device, hash);
    return db_fault(db, db_device_put(db, hash, l->account.id, l->now_utc),
                    "sign-in");
}

/* Its first AGENT_MOST bytes, without half a letter at the end. */
static void
agent_take(struct session *s, const char *agent)
{
    size_t n = strlen(agent);

    if (!str_is_text(agent, n, false))
        return;
    n = n < AGENT_MOST ? n : AGENT_MOST;
    while (!str_is_text(agent, n, false))
        n--;
    str_copyn(s->agent, sizeof s->agent, agent, n);
}

enum fault
login_session_add(struct db *db, const struct conf *conf, struct login *l)
{
    char hash[SHA256_HEX];
    struct session *s = &l->session;
    enum fault f;

    *s = (struct session){.account_id = l->account.id,
                          .created_utc = l->now_utc,
                          .seen_utc = l->now_utc,
                          .ends_utc = l->now_utc + conf->session_life,
                          .idle_seconds = conf->session_idle};
    snprintf(s->peer, sizeof s->peer, "%s", l->peer ? l->peer : "");
    if (l->agent)
        agent_take(s, l->agent);
    random_token(l->token, 32);
    login_token_hash(l->token, hash);
    if ((f = device_put(db, l)) != FAULT_NONE ||
        (f = db_fault(db, db_session_add(db, hash, s), "sign-in")))
        return f;
    return audit(db, l, "sign_in", NULL);
}

/* Counts the try; FAULT_TOO_MANY when it must not be made yet. */
static enum fault
count_try(struct db *db, const struct conf *conf, struct login *l,
          const char *key)
{
    struct throttle t = {
        .free = 5, .wait_most = 30, .hour_most = conf->login_failures};
    enum fault f = login_try_peer(db, conf, l->peer, l->now_utc, &l->wait);
    enum db_rc rc;

    if (f != FAULT_NONE)
        return f;
    rc = db_login_try(db, key, &t, l->now_utc, &l->wait);
    return rc == DB_NONE ? FAULT_TOO_MANY : db_fault(db, rc, "sign-in");
}

/* Counts the try, then compares.  FAULT_BAD_LOGIN without a record. */
static enum fault
prove(struct db *db, const struct conf *conf, struct login *l, const char *key,
      bool *old)
{
    bool same;
    enum fault f = count_try(db, conf, l, key), g;

    if (f == FAULT_TOO_MANY)
        log_theirs("sign-in slowed down", "peer=%s wait=%ld", l->peer,
                   (long)l->wait);
    if (f != FAULT_NONE)
        return f;
    f = password_verify(l->account.password, l->password, &same, old);
    if (f == FAULT_NONE && (!same || l->account.locked))
        return FAULT_BAD_LOGIN;
    /* It was right, or nothing was tried. */
    if (f == FAULT_NONE)
        f = db_fault(db, db_login_forget(db, key), "sign-in");
    else
        db_login_take_back(db, key);
    g = login_good_peer(db, l->peer);
    return f ? f : g;
}

enum fault
login_begin(struct db *db, const struct conf *conf, struct login *l)
{
    char name[ACCOUNT_LOGIN] = "", key[SHA256_HEX];
    bool old;
    enum fault f;

    if (!login_name_fold(name, l->login))
        str_copy(name, sizeof name, "?"); /* nobody has that name */
    if ((f = account_find(db, l, name)) != FAULT_NONE ||
        (f = login_key(db, l, name, key)) != FAULT_NONE)
        return f;
    f = prove(db, conf, l, key, &old);
    if (f == FAULT_BAD_LOGIN)
        return refuse(db, l);
    if (f != FAULT_NONE)
        return f;
    if (old)
        rehash(db, l);
    return login_session_add(db, conf, l);
}

enum fault
login_again(struct db *db, const struct conf *conf, int64_t account_id,
            struct login *l)
{
    char key[SHA256_HEX];
    bool old;
    enum fault f =
        db_fault(db, db_account_get(db, account_id, &l->account), "sign-in");

    if (f != FAULT_NONE)
        return f;
    key_of(key, "again", l->account.login); /* they are in: not a stranger's */
    f = prove(db, conf, l, key, &old);
    return f == FAULT_BAD_LOGIN ? refuse(db, l) : f;
}

/* ---- sessions ------------------------------------------------------------*/

enum fault
login_session_get(struct db *db, const char *token, int64_t now,
                  struct session *s, struct account *a)
{
    char hash[SHA256_HEX];
    enum db_rc rc;

    if (!token || !token[0] || strlen(token) >= LOGIN_TOKEN)
        return FAULT_SIGNED_OUT;
    login_token_hash(token, hash);
    rc = db_session_get(db, hash, now, s);
    if (rc == DB_OK)
        rc = db_account_get(db, s->account_id, a);
    if (rc == DB_NONE || (rc == DB_OK && a->locked))
        return FAULT_SIGNED_OUT;
    if (rc == DB_OK && now - s->seen_utc >= SEEN_EVERY(s))
        db_session_seen(db, s->id, now); /* the next request tries again */
    return db_fault(db, rc, "sign-in");
}

enum fault
login_session_end(struct db *db, const struct login_by *by, int64_t session_id)
{
    struct audit_event e = {.at_utc = by->now_utc,
                            .act = "sign_out",
                            .account_id = by->account_id,
                            .peer = by->peer};
    enum fault f = db_fault(db, db_session_del(db, by->account_id, session_id),
                            "sign-out");

    return f ? f : db_fault(db, db_audit_add(db, &e), "sign-out");
}

enum fault
login_session_end_all(struct db *db, const struct login_by *by, int64_t keep)
{
    struct audit_event e = {.at_utc = by->now_utc,
                            .act = "sign_out_all",
                            .account_id = by->account_id,
                            .peer = by->peer};
    enum fault f =
        db_fault(db, db_session_del_all(db, by->account_id, keep), "sign-out");

    if (f == FAULT_NONE)
        f = db_fault(db, db_device_del_all(db, by->account_id), "sign-out");
    return f ? f : db_fault(db, db_audit_add(db, &e), "sign-out");
}
