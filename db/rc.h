/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where the store's answer becomes a fault. */
#ifndef MH_DB_RC_H
#define MH_DB_RC_H

#include "db/db.h"
#include "server/base/fault.h"

/* DB_NONE is FAULT_NOT_FOUND; DB_FAIL is logged with what was being done. */
enum fault db_fault(const struct db *db, enum db_rc rc, const char *doing);

#endif
