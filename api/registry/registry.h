/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meter registry: which points there are, which meter hung where and which
 * REP served whom, over time (docs/registry.md).
 *
 * A row of the file makes up to three statements: of the premise, of a meter
 * from its first day on, of a REP from its first day on.  Statements are kept
 * under the load that made them; the newest load's holds, the others are
 * history.  A statement that is in force already is not kept again, so a file
 * that says nothing new changes nothing.
 */
#ifndef MH_REGISTRY_REGISTRY_H
#define MH_REGISTRY_REGISTRY_H

#include "api/registry/table.h"
#include "db/db.h"
#include "db/load.h"
#include "db/point.h"

/* Does a file that begins so hold a registry? */
bool registry_check(const char *text, size_t n);

/*
 * Takes a whole file in as one load, under the writer lock.  The caller fills
 * l->name, digest and bytes, and l->sender when the file comes from that TDSP,
 * which may not speak of another's points; kind, sender, counts, id and state
 * come back.
 *
 * Of a row's statements, if one differs from what is known the row counts as
 * replaced, else if one is new as loaded, else as unchanged.
 *
 * DB_OK: committed, maybe with rejects.  DB_NONE: the file as a whole was
 * refused, rejects->at[0] says why and the catalog has no row for it.  Else
 * db_error says why, and nothing of the file is in the store.
 */
enum db_rc
registry_load(struct db *db, const void *text, size_t n,
              const char *default_zone, const struct point_map *known,
              struct load *l, struct table_rejects *rejects);

/*
 * Takes a committed registry load back: what it said is gone, what it had
 * replaced holds again.  Only the newest registry load of a sender can be
 * (DB_NONE otherwise), since later ones leave out what it has said already.
 */
enum db_rc registry_unload(struct db *db, struct load *l);

#endif
