/* SPDX-License-Identifier: Apache-2.0 */
/* Which account may read which point: rows of DB_ACCOUNT that name points of
 * DB_MARKET by number. */
#ifndef MH_DB_AGREEMENT_H
#define MH_DB_AGREEMENT_H

#include "db/db.h"

struct account_point {
    int64_t account_id;
    int64_t number; /* account-local, from 1, never used twice */
    int64_t point_id;
    char label[64];
    int32_t from_day; /* first day of the right */
    int32_t to_day;   /* last day, DAY_NONE while it stands */
};

/* Gives it the account's next number.  DB_NONE: the account has a right on
 * that point that overlaps these days. */
enum db_rc db_account_point_add(struct db *db, struct account_point *p);
enum db_rc db_account_point_get(struct db *db, int64_t account_id,
                                int64_t number, struct account_point *p);
/* Of an account, by number. */
enum db_rc db_account_point_each(struct db *db, int64_t account_id,
                                 struct account_point *p,
                                 bool (*row)(void *arg), void *arg);
/* The same with number, point and label alone. */
enum db_rc db_account_point_label_each(struct db *db, int64_t account_id,
                                       struct account_point *p,
                                       bool (*row)(void *arg), void *arg);
/* Of an account on one point, the newest right first. */
enum db_rc
db_account_point_on(struct db *db, int64_t account_id, int64_t point_id,
                    struct account_point *p, bool (*row)(void *arg), void *arg);
/* The right's last day; DB_NONE when there is no such right. */
enum db_rc db_account_point_end(struct db *db, int64_t account_id,
                                int64_t number, int32_t to_day);
enum db_rc db_account_point_put_label(struct db *db, int64_t account_id,
                                      int64_t number, const char *label);

#endif
