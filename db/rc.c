/* SPDX-License-Identifier: Apache-2.0 */
/* The store's answers as faults. */
#include "db/rc.h"

#include <string.h>

#include "server/base/log.h"

/* As SQLite says it, and as PostgreSQL does. */
static bool
is_full(const char *error)
{
    return strstr(error, "database or disk is full") ||
           strstr(error, "the disk is full") ||
           strstr(error, "No space left on device");
}

/* A disk that failed, or a PostgreSQL server that only follows another. */
static bool
is_read_only(const char *error)
{
    return strstr(error, "Read-only file system") ||
           strstr(error, "in a read-only transaction");
}

static enum fault
fault_of(const char *error)
{
    if (is_full(error))
        return FAULT_DISK_FULL;
    return is_read_only(error) ? FAULT_READ_ONLY : FAULT_OURS;
}

enum fault
db_fault(const struct db *db, enum db_rc rc, const char *doing)
{
    switch (rc) {
    case DB_OK:
        return FAULT_NONE;
    case DB_NONE:
        return FAULT_NOT_FOUND;
    case DB_BUSY:
        return FAULT_BUSY;
    case DB_AWAY: /* the breaker has logged it */
        return FAULT_AWAY;
    case DB_FAIL:
        break;
    }
    log_ours("store", "doing=%s error=%s", doing, db_error(db));
    return fault_of(db_error(db));
}

enum db_rc
db_run_one(struct db *db, enum db_home home, const char *sql, struct db_ins in)
{
    int64_t changed = 0;
    enum db_rc rc = db_run(db, home, sql, in, &changed);

    return rc == DB_OK && changed == 0 ? DB_NONE : rc;
}
