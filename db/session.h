/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions, and what slows a guesser down: failures counted by the hour and
 * devices that are known.  The store holds hashes of tokens, never a token.
 */
#ifndef MH_DB_SESSION_H
#define MH_DB_SESSION_H

#include "db/db.h"

struct session {
    int64_t id;
    int64_t account_id;
    int64_t created_utc, seen_utc;
    int64_t ends_utc;     /* whatever happens */
    int64_t idle_seconds; /* unseen that long, it ends as well */
    char peer[64];        /* address it was begun from */
    char agent[160];      /* start of its User-Agent */
};

/* Gives it the next id. */
enum db_rc
db_session_add(struct db *db, const char *token_hash, struct session *s);
/* The session of a token that lives at `now`; DB_NONE otherwise. */
enum db_rc db_session_get(struct db *db, const char *token_hash, int64_t now,
                          struct session *s);
enum db_rc db_session_seen(struct db *db, int64_t id, int64_t utc);
/* Living ones of an account, the newest first. */
enum db_rc
db_session_each(struct db *db, int64_t account_id, int64_t now,
                struct session *s, bool (*row)(void *arg), void *arg);
/* One of that account's; DB_NONE when it has no such session. */
enum db_rc db_session_del(struct db *db, int64_t account_id, int64_t id);
/* All of an account but `keep` (0: all). */
enum db_rc db_session_del_all(struct db *db, int64_t account_id, int64_t keep);
/* Removes what ended before `now`, with failures and devices grown old. */
enum db_rc db_session_purge(struct db *db, int64_t now);

/* ---- failures by the hour ------------------------------------------------*/
/* What one try may cost: `free` failures without a wait, then 1, 2, 4 …
 * seconds up to `wait_most`; `hour_most` in an hour. */
struct throttle {
    int64_t free, wait_most, hour_most;
};

/* Counts a try before it is made, so that a crowd of tries at once is counted
 * too.  DB_NONE: not now; *wait says for how many seconds. */
enum db_rc db_login_try(struct db *db, const char *key,
                        const struct throttle *t, int64_t now, int64_t *wait);
/* The try was good: everything counted on the key is forgotten. */
enum db_rc db_login_forget(struct db *db, const char *key);
/* The try was good, but others share the key: only that one is taken back. */
enum db_rc db_login_take_back(struct db *db, const char *key);

/* ---- known devices -------------------------------------------------------*/
enum db_rc db_device_put(struct db *db, const char *token_hash,
                         int64_t account_id, int64_t now);
enum db_rc
db_device_get(struct db *db, const char *token_hash, int64_t account_id);
enum db_rc db_device_del_all(struct db *db, int64_t account_id);

#endif
