/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log: who did what, in hash chains, one a writing process.  Every
 * record carries the hash of the one before, a chain the newest hash of the
 * chain before it, so that a changed, missing or added record shows.  People
 * and addresses stand in it under random names (audit_name); erasing a person
 * erases the name, not the chain.
 */
#ifndef MH_DB_AUDIT_H
#define MH_DB_AUDIT_H

#include "db/db.h"
#include "server/base/hash.h"

struct audit_event {
    int64_t at_utc;
    const char *act;    /* "sign_in", "user_lock": a fixed word */
    int64_t account_id; /* who acted, 0 for nobody known */
    const char *peer;   /* address, or NULL */
    int64_t object_id;  /* account that was acted upon, 0 for none */
    const char *detail; /* no personal data; NULL for none */
};

/* One record as it stands; who, peer and object are pseudonyms or "". */
struct audit_record {
    int64_t chain, n, at_utc;
    char act[32], who[33], peer[33], object[33], detail[256];
    char hash[SHA256_HEX];
};

/* Returns when the record is on disk; records of several threads that come
 * together share one commit. */
enum db_rc db_audit_add(struct db *db, const struct audit_event *e);
/* Newest first, at most `most` rows. */
enum db_rc db_audit_each(struct db *db, int64_t most, struct audit_record *a,
                         bool (*row)(void *arg), void *arg);
/* The pseudonym of an account or an address ("account" or "peer"), DB_NONE
 * when it has none; `to` holds 33 bytes. */
enum db_rc db_audit_name_get(struct db *db, const char *kind, const char *value,
                             char to[33]);
/* From now on nobody can tell who that was. */
enum db_rc
db_audit_name_del(struct db *db, const char *kind, const char *value);
/* Where a check of the chains stands. */
struct audit_cursor {
    int64_t chain; /* the chain that was looked at last */
    int64_t n;     /* its record that was; -1: the chain is done with */
    char hash[SHA256_HEX];
    bool ended; /* no chain is left */
};
#define AUDIT_CURSOR_START ((struct audit_cursor){.n = -1})

/* Goes on from a cursor, at most `most` records; adds those that it read to
 * *records. */
enum db_rc
db_audit_check_some(struct db *db, struct audit_cursor *at, int64_t most,
                    int64_t *records, void (*bad)(void *arg, const char *line),
                    void *arg);
/* Recomputes every chain; calls `bad` with one plain line per finding. */
enum db_rc db_audit_check(struct db *db, int64_t *records,
                          void (*bad)(void *arg, const char *line), void *arg);

#endif
