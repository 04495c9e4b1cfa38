/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the registry says of points, for bulk loads: the TDSP, the REP of a
 * day, when the first meter came.  Points are fetched by the thousand and
 * kept, 12 bytes each and 12 for each term of a REP.
 */
#ifndef MH_DB_POINT_FACT_H
#define MH_DB_POINT_FACT_H

#include "db/db.h"

struct point_facts;

struct point_fact {
    const char *tdsp;      /* DUNS, NULL: not known */
    const char *rep;       /* DUNS, NULL: none on that day */
    int32_t installed_day; /* of the first meter, DAY_NONE: not known */
};

struct point_facts *point_facts_new(void);
void point_facts_free(struct point_facts *f);
/* Fetches those of the n points (ids ascending) that are not here yet. */
enum db_rc point_facts_fetch(struct point_facts *f, struct db *db,
                             const int64_t *ids, size_t n);
/* Of a point that was fetched, on that day. */
void point_facts_get(const struct point_facts *f, int64_t id, int32_t day,
                     struct point_fact *fact);

#endif
