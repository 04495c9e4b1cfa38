/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restoring a store that is in use.
 *
 * SQLite: the file `restore` in the store's folder.  While it has text a
 * restore is under way, or was cut off, and the store answers DB_BUSY; when it
 * is empty its time names the generation of the store's files.  One look at it
 * costs less than a microsecond, so every statement that is not part of
 * something larger begins with one.
 *
 * PostgreSQL: the row of `epoch`, which a connection reads when it is made; a
 * restore cuts all connections (db/pg.c).
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/engine.h"
#include "db/gate.h"
#include "db/reading_home.h"
#include "server/base/str.h"

int64_t
gate_look(const char *folder)
{
    char path[1024];
    struct stat st;

    snprintf(path, sizeof path, "%.1000s/" GATE_FILE, folder);
    if (stat(path, &st) != 0)
        return 0;
    if (st.st_size > 0)
        return GATE_SHUT;
    return st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
}

/* Is something larger under way, which began with a look of its own? */
static bool
is_inside(const struct db *db)
{
    for (enum db_home h = DB_ACCOUNT; h <= DB_MARKET; h++) {
        if (db->home[h]->depth || db->home[h]->active)
            return true;
    }
    return false;
}

/* Takes the handle to the store as it is now. */
static enum db_rc
renew(struct db *db, int64_t generation)
{
    struct db_conn *old[2] = {db->home[DB_ACCOUNT], db->home[DB_MARKET]};
    char why[DB_WHY];

    if (db_homes_open(db, why) != DB_OK) {
        for (enum db_home h = DB_ACCOUNT; h <= DB_MARKET; h++) {
            if (db->home[h] != old[h])
                conn_close(db->home[h]);
            db->home[h] = old[h];
        }
        str_copy(db->error, sizeof db->error, why);
        return DB_BUSY;
    }
    conn_close(old[DB_ACCOUNT]);
    conn_close(old[DB_MARKET]);
    db->reading_stale = true;
    db->generation = generation;
    str_copy(db->error, sizeof db->error,
             "the store was restored meanwhile; try again");
    return DB_BUSY;
}

/* It could only be read when it was opened, and can be written now. */
static bool
is_thawed(const struct db *db)
{
    char path[1024];

    if (!db->home[DB_ACCOUNT]->frozen)
        return false;
    snprintf(path, sizeof path, "%.1000s/account.db", db->place);
    return access(path, W_OK) == 0;
}

enum db_rc
db_gate(struct db *db)
{
    int64_t now;

    if (db->engine != DB_SQLITE || is_inside(db))
        return DB_OK;
    now = gate_look(db->place);
    if (now == db->generation && !is_thawed(db))
        return DB_OK;
    if (now != GATE_SHUT)
        return renew(db, now);
    str_copy(db->error, sizeof db->error, GATE_SHUT_WHY);
    return DB_BUSY;
}

void
db_begin(struct db *db)
{
    int64_t now;

    if (db->engine != DB_SQLITE || is_inside(db))
        return;
    now = gate_look(db->place);
    if (now != GATE_SHUT && (now != db->generation || is_thawed(db)))
        renew(db, now);
}
