/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords: what is taken (OWASP ASVS 4.0.3, 2.1: length and a list of
 * common ones, no rules of composition) and how they rest (Argon2id).
 */
#ifndef MH_ACCOUNT_PASSWORD_H
#define MH_ACCOUNT_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "db/account.h"
#include "server/base/fault.h"

#define PASSWORD_LEAST 12 /* characters, not bytes */
#define PASSWORD_MOST  128
#define PASSWORD_BYTES 512 /* the most that PASSWORD_MOST characters take */

enum password_rc {
    PASSWORD_OK,
    PASSWORD_SHORT,
    PASSWORD_LONG,
    PASSWORD_TEXT,   /* not UTF-8, or a control character */
    PASSWORD_COMMON, /* on the list, or a pattern that guessers try first */
    PASSWORD_NAME,   /* holds the log-in name */
};

enum password_rc password_check(const char *password, const char *login);
/* "account.password_short" …, for tr(). */
const char *password_reason(enum password_rc rc);

/*
 * Hashing takes 64 MiB for about a seventh of a second.  At most `slots` run at
 * once and at most `queue` wait; more get FAULT_BUSY at once, so that a flood
 * exhausts neither memory nor the worker threads.
 */
void password_slots_set(int slots, int queue);

enum fault password_hash(const char *password, char hash[ACCOUNT_HASH]);
/* An empty hash takes as long as a real one and never matches.  *old: the
 * hash is right but weaker than today's, hash it anew. */
enum fault
password_verify(const char *hash, const char *password, bool *same, bool *old);

#endif
