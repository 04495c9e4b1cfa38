/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry's statements in bulk: read for a range of points, added under a
 * load, taken back.  One point at a time they are read through db/point.h.
 */
#ifndef MH_DB_REGISTRY_H
#define MH_DB_REGISTRY_H

#include "db/load.h"

/* Texts are borrowed until the next row. */
struct registry_premise {
    int64_t point_id;
    const char *premise, *tdsp, *customer_class, *address, *city, *state, *zip;
    const char *zone;
    bool solar;
};

struct registry_meter {
    int64_t point_id;
    const char *number, *serial, *make;
    int32_t installed_day, provisioned_day, removed_day; /* DAY_NONE: none */
};

struct registry_rep {
    int64_t point_id;
    const char *rep;
    int32_t from_day, to_day; /* DAY_NONE: none */
};

/*
 * What was said of the points first..last, by point and key (a meter's first
 * day and number, a REP's first day), of one key the newest last.
 */
enum db_rc
db_registry_premise_each(struct db *db, int64_t first, int64_t last,
                         bool (*row)(void *arg,
                                     const struct registry_premise *p),
                         void *arg);
enum db_rc
db_registry_meter_each(struct db *db, int64_t first, int64_t last,
                       bool (*row)(void *arg, const struct registry_meter *m),
                       void *arg);
enum db_rc
db_registry_rep_each(struct db *db, int64_t first, int64_t last,
                     bool (*row)(void *arg, const struct registry_rep *r),
                     void *arg);

/* Inside db_tx: adds what `next` gives, under that load. */
enum db_rc
db_registry_premise_add(struct db *db, int64_t load_id,
                        bool (*next)(void *arg, struct registry_premise *p),
                        void *arg);
enum db_rc
db_registry_meter_add(struct db *db, int64_t load_id,
                      bool (*next)(void *arg, struct registry_meter *m),
                      void *arg);
enum db_rc
db_registry_rep_add(struct db *db, int64_t load_id,
                    bool (*next)(void *arg, struct registry_rep *r), void *arg);
/* After all of its statements: marks the points of a load's premises
 * registered, in their zones, and counts what is expected of them. */
enum db_rc db_registry_mark(struct db *db, int64_t load_id);

/* Inside db_tx: takes everything of a load away and the marks with it. */
enum db_rc db_registry_del(struct db *db, int64_t load_id);
/* Is there a newer committed load of that kind and sender? */
enum db_rc db_registry_newer(struct db *db, const struct load *l, bool *newer);

#endif
