/* SPDX-License-Identifier: Apache-2.0 */
/* What is loaded: one table, one row a kind of file. */
#include <string.h>

#include "api/feed/load_parts.h"
#include "api/registry/billed.h"
#include "api/registry/registry.h"

static bool
lse_check(const char *text, size_t n)
{
    return n >= 9 && text[8] == ',' &&
           (memcmp(text, "000000", 6) == 0 || memcmp(text, "1000", 4) == 0);
}

/* Readings go in two steps, the second of which can be done again. */
static enum db_rc
lse_unload(struct db *db, struct load *l)
{
    int64_t rows;
    enum db_rc rc = db_load_end(db, l, LOAD_UNLOADED);

    return rc == DB_OK ? reading_recover(db, &rows) : rc;
}

/* The first is read as a stream, the others are held whole. */
static const struct feed_kind KINDS[] = {
    {"lse", lse_check, NULL, lse_unload, FEED_WARN_UNREGISTERED},
    {"registry", registry_check, registry_load, registry_unload,
     FEED_WARN_ESIID_LENGTH},
    {"billed", billed_check, billed_load, billed_unload,
     FEED_WARN_UNREGISTERED},
};

const struct feed_kind FEED_UNKNOWN = {.name = "unknown"};

const struct feed_kind *
feed_kind_get(const char *name)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++)
        if (strcmp(KINDS[i].name, name) == 0)
            return &KINDS[i];
    return &FEED_UNKNOWN;
}

const struct feed_kind *
feed_kind_find(const char *text, size_t n)
{
    const char *end = text + n;

    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    while (text < end && (*text == '\r' || *text == '\n'))
        text++;
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++)
        if (KINDS[i].check(text, (size_t)(end - text)))
            return &KINDS[i];
    return &FEED_UNKNOWN;
}

enum db_rc
load_map_again(struct loader *ld)
{
    enum db_rc rc = coverage_rule_get(ld->db, &ld->rule);

    if (rc != DB_OK)
        return rc;
    pthread_rwlock_wrlock(&ld->map_lock);
    rc = point_book_catch_up(&ld->book, ld->db);
    memset(ld->zones, 0, sizeof ld->zones);
    pthread_rwlock_unlock(&ld->map_lock);
    return rc;
}

/* ---- undoing ----------------------------------------------------------------
 */

enum feed_unload
feed_unload(struct db *db, int64_t load_id, double lock_seconds, struct load *l,
            char why[512])
{
    enum feed_unload u = UNLOAD_FAILED;
    enum db_rc rc = db_writer_lock(db, lock_seconds);
    const struct feed_kind *kind;

    if (rc == DB_OK) {
        rc = db_load_get(db, load_id, l);
        kind = rc == DB_OK ? feed_kind_get(l->kind) : NULL;
        if (rc == DB_NONE)
            u = UNLOAD_NONE;
        else if (rc == DB_OK && (l->state != LOAD_COMMITTED || !kind->unload))
            u = UNLOAD_NOT_COMMITTED;
        else if (rc == DB_OK) {
            rc = kind->unload(db, l);
            u = rc == DB_OK     ? UNLOAD_DONE
                : rc == DB_NONE ? UNLOAD_NOT_NEWEST
                                : UNLOAD_FAILED;
        }
        db_writer_unlock(db);
    }
    if (u == UNLOAD_FAILED)
        snprintf(why, 512, "%s", db_error(db));
    return u;
}
