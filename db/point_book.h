/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every point and what the registry says of it, in memory for a bulk load: the
 * map of ESI IDs and the facts, 28 bytes a usual point (point_fact.h); facts of
 * very many lie in a file that the system may write out.  Reading millions from
 * the store takes seconds, so they are kept in a file between loads, and only
 * what changed since is read.
 */
#ifndef MH_DB_POINT_BOOK_H
#define MH_DB_POINT_BOOK_H

#include "db/point.h"
#include "db/point_fact.h"

struct point_book {
    struct point_map *map;
    struct point_facts *facts; /* of all points of the map */
    struct point_change *at;   /* the change that it is up to */
    int64_t kept;              /* the newest point in the file */
    size_t changed;            /* older ones that changed since */
    char path[512];            /* "": no file */
};

/* Bytes of facts in memory; what is more lies beside the file, for the system
 * to write out when memory is short (server/base/spill.h).  Tests have less. */
extern size_t point_facts_most;

/* `path`: the file, which need not be there; NULL: none. */
enum db_rc
point_book_open(struct db *db, const char *path, struct point_book *b);
/* Takes in what changed since. */
enum db_rc point_book_catch_up(struct point_book *b, struct db *db);
/* Takes in what changed since, and writes the file when that will save the next
 * one more than it costs. */
void point_book_keep(struct point_book *b, struct db *db);
void point_book_close(struct point_book *b);

#endif
