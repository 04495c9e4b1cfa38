/* SPDX-License-Identifier: Apache-2.0 */
/* What the store answers: the one place where it becomes a fault. */
#ifndef MH_DB_RC_H
#define MH_DB_RC_H

#include "db/db.h"
#include "server/base/fault.h"

/* DB_NONE is FAULT_NOT_FOUND; DB_FAIL is logged with what was being done. */
enum fault db_fault(const struct db *db, enum db_rc rc, const char *doing);

/* db_run for statements that must change something: DB_NONE when they did
 * not. */
enum db_rc
db_run_one(struct db *db, enum db_home home, const char *sql, struct db_ins in);

#endif
