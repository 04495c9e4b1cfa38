/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Service points and what the registry says of them over time.  A point is
 * (market, ESI ID) under a dense number; meters and REPs are dated relations.
 */
#ifndef MH_DB_POINT_H
#define MH_DB_POINT_H

#include "db/db.h"

struct point {
    int64_t id;
    char esiid[65];
    bool registered;         /* the registry knows it */
    char zone[40];           /* "America/Chicago" */
    char tdsp[16];           /* DUNS */
    char customer_class[16]; /* "residential", "business" */
    bool solar;
    char address[160], city[64], state[8], zip[16];
};

/* A meter on a point; dates are inclusive, removed_day is DAY_NONE while it
 * hangs; provisioned_day may be DAY_NONE.  Of two meters of a point each ends
 * the day before the next begins, or on that day where the registry says so. */
struct point_meter {
    char number[32], serial[32], make[32];
    int32_t installed_day, provisioned_day, removed_day;
};

/* REP of record on a point from from_day to to_day (DAY_NONE: still). */
struct point_rep {
    char rep[16]; /* DUNS */
    int32_t from_day, to_day;
};

enum db_rc db_point_get(struct db *db, const char *esiid, struct point *p);
/* The number alone, of one of many. */
enum db_rc db_point_id(struct db *db, const char *esiid, int64_t *id);
enum db_rc db_point_by_id(struct db *db, int64_t id, struct point *p);
/* DB_NONE where there is no point of that number. */
enum db_rc db_point_there(struct db *db, int64_t id);
/* The point of that ESI ID, made (unregistered, default zone) when new. */
enum db_rc db_point_intern(struct db *db, const char *esiid, const char *zone,
                           int64_t *id);
/* Numbers of points above `after`, ascending, at most `most`: all of them, or
 * those of which the registry ever named that REP. */
enum db_rc
db_point_after(struct db *db, const char *rep, int64_t after, int64_t most,
               int64_t *id, bool (*row)(void *arg), void *arg);
/* What the registry's loads said of the addresses of at most so many points,
 * in any order: the highest load's holds. */
#define POINT_ADDRESSES 40
struct point_address {
    int64_t id, load_id;
    char address[160];
};
enum db_rc db_point_address_each(struct db *db, const int64_t *id, size_t n,
                                 struct point_address *a,
                                 bool (*row)(void *arg), void *arg);
enum db_rc db_point_meter_each(struct db *db, int64_t id, struct point_meter *m,
                               bool (*row)(void *arg), void *arg);
enum db_rc db_point_rep_each(struct db *db, int64_t id, struct point_rep *r,
                             bool (*row)(void *arg), void *arg);

/* ---- every known ESI ID in memory, for bulk loads -------------------------
 * 16 bytes a point.  `registered` and the zone are as they were when the point
 * was taken in: db/point_book.h keeps them up with the registry. */
struct point_map;
struct point_known {
    int64_t id;
    bool registered;
    uint8_t zone; /* index for point_map_zone */
};
enum db_rc point_map_open(struct db *db, struct point_map **m);
/*
 * One for points that come to be above those of `m`, which stays as it is and
 * in whose zones theirs are counted; it finds those of both.
 */
struct point_map *point_map_above(const struct point_map *m);
/* That one will be looked up in a moment: brings its place near. */
void point_map_soon(const struct point_map *m, const char *esiid, size_t n);
bool point_map_find(const struct point_map *m, const char *esiid, size_t n,
                    struct point_known *k);
const char *point_map_zone(const struct point_map *m, uint8_t zone);
/* Registers new unregistered points in bulk, in the store and in the map. */
enum db_rc point_map_add(struct point_map *m, struct db *db, size_t n,
                         const char *const *esiid, const char *zone);
/* Takes in the points that were added since. */
enum db_rc point_map_catch_up(struct point_map *m, struct db *db);
/* Takes in again what a registry load says of its points. */
enum db_rc point_map_again(struct point_map *m, struct db *db, int64_t load_id);
/* The highest number it has. */
int64_t point_map_newest(const struct point_map *m);
/* Memory that it takes. */
size_t point_map_bytes(const struct point_map *m);
void point_map_close(struct point_map *m);

#endif
