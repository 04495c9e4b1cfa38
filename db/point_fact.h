/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the registry says of points, for bulk loads: the TDSP, the REP of a
 * day, whether a meter is in service.  Points are fetched by the thousand and
 * kept, 12 bytes each; several REPs, one who left, several meters or one that
 * was removed take 2 more and 6 a term of a REP, 4 and 4 a span of service.
 * Days are good from 1900-01-01 to 2079-06-04.
 */
#ifndef MH_DB_POINT_FACT_H
#define MH_DB_POINT_FACT_H

#include "db/db.h"

struct point_facts;

struct point_fact {
    const char *tdsp;      /* DUNS, NULL: not known */
    const char *rep;       /* DUNS, NULL: none on that day */
    uint16_t tdsp_n;       /* number of that name here, 0: none */
    uint16_t rep_n;        /* the same of the REP */
    int32_t installed_day; /* of the first meter, DAY_NONE: not known */
    bool in_service;       /* a meter hangs and has begun to send */
    bool solar;
};

/* Facts of points from `base` on, as they are without what load `without` said
 * (0: with all of it). */
struct point_facts *point_facts_new(int64_t base, int64_t without);
/* What takes more memory than that many bytes lies in files without a name, in
 * the folder of that path, which stays the caller's. */
void point_facts_spill(struct point_facts *f, const char *beside, size_t most);
void point_facts_free(struct point_facts *f);
/* Fetches those of the n points (ids ascending) that are not here yet. */
enum db_rc point_facts_fetch(struct point_facts *f, struct db *db,
                             const int64_t *ids, size_t n);
/* Fetches those of the n points (ids ascending), also what is here of them. */
enum db_rc point_facts_again(struct point_facts *f, struct db *db,
                             const int64_t *ids, size_t n);
/* Fetches the points from … to, of which none is here. */
enum db_rc point_facts_fetch_range(struct point_facts *f, struct db *db,
                                   int64_t from, int64_t to);
/* Most of what is kept is of points that were fetched again since. */
bool point_facts_waste(const struct point_facts *f);
/* Of a point that was fetched, on that day. */
void point_facts_get(const struct point_facts *f, int64_t id, int32_t day,
                     struct point_fact *fact);

/* Days on which something of a point changes. */
struct point_days {
    int32_t *at;
    size_t n, size;
};
/* Adds those of a point that was fetched, in any order, some twice. */
void point_facts_days(const struct point_facts *f, int64_t id,
                      struct point_days *to);

#endif
