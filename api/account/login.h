/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in and out.  A try costs the same and answers the same whether the
 * name exists, is locked or the password is wrong.  Tries are counted by
 * account, by address and by known device: a stranger who fails on somebody's
 * name slows down other strangers, never that person's own browser, and never
 * for longer than an hour (OWASP ASVS 4.0.3, 2.2.1).
 */
#ifndef MH_ACCOUNT_LOGIN_H
#define MH_ACCOUNT_LOGIN_H

#include "db/account.h"
#include "db/session.h"
#include "server/base/conf.h"
#include "server/base/fault.h"

#define LOGIN_TOKEN 68 /* random_token of 32 bytes */

/* Who asks for a change, for the audit log. */
struct login_by {
    int64_t account_id; /* 0: the command line */
    const char *peer;   /* NULL: the command line */
    int64_t now_utc;
};

struct login {
    const char *login, *password;
    const char *peer, *agent;
    const char *device; /* cookie of a known device, or NULL */
    int64_t now_utc;
    /* made by login_begin */
    bool known_device;
    struct account account;
    struct session session;
    char token[LOGIN_TOKEN];      /* the session's cookie */
    char new_device[LOGIN_TOKEN]; /* the device's cookie */
    int64_t wait;                 /* seconds, after FAULT_TOO_MANY */
};

/* FAULT_BAD_LOGIN, FAULT_TOO_MANY, FAULT_BUSY, FAULT_OURS. */
enum fault login_begin(struct db *db, const struct conf *conf, struct login *l);
/* A session for an account that has shown who it is by other means. */
enum fault
login_session_add(struct db *db, const struct conf *conf, struct login *l);
/* The session and account behind a cookie; FAULT_SIGNED_OUT when there is no
 * living one.  Notes that it was seen. */
enum fault login_session_get(struct db *db, const char *token, int64_t now,
                             struct session *s, struct account *a);
/* The password of somebody signed in, asked again before a grave act; the
 * account comes back in l->account. */
enum fault login_again(struct db *db, const struct conf *conf,
                       int64_t account_id, struct login *l);
/* One of that account's; FAULT_NOT_FOUND when it has no such session. */
enum fault
login_session_end(struct db *db, const struct login_by *by, int64_t session_id);
/* All but `keep` (0: all), and every known device. */
enum fault
login_session_end_all(struct db *db, const struct login_by *by, int64_t keep);
/* Counts a try on something that is not an account (the first administrator's
 * token) by address: FAULT_TOO_MANY and *wait when it must not be made yet. */
enum fault login_try_peer(struct db *db, const struct conf *conf,
                          const char *peer, int64_t now, int64_t *wait);
enum fault login_good_peer(struct db *db, const char *peer);

/* Writes the form under which a log-in name is kept (lower case); false when
 * it is not 3 to 64 letters, digits and . _ @ + - */
bool login_name_fold(char to[ACCOUNT_LOGIN], const char *name);
/* SHA-256 of a cookie, as the store keeps it. */
void login_token_hash(const char *token, char hash[SHA256_HEX]);

#endif
