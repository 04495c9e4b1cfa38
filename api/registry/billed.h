/* SPDX-License-Identifier: Apache-2.0 */
/* Monthly billed usage, taken in from files (docs/billed.md). */
#ifndef MH_REGISTRY_BILLED_H
#define MH_REGISTRY_BILLED_H

#include "api/registry/table.h"
#include "db/db.h"
#include "db/load.h"
#include "db/point.h"

/* Does a file that begins so hold billed usage? */
bool billed_check(const char *text, size_t n);

/*
 * Takes a whole file in as one load, under the writer lock.  The caller fills
 * l->name, digest, bytes and sender; kind, counts, id and state come back.
 * Answers as registry_load does.
 */
enum db_rc billed_load(struct db *db, const void *text, size_t n,
                       const char *default_zone, const struct point_map *known,
                       struct load *l, struct table_rejects *rejects);

/* Takes a committed load of billed usage back; DB_NONE when it is not one. */
enum db_rc billed_unload(struct db *db, struct load *l);

#endif
