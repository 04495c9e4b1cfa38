/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the store: rows of readings, format 1 (docs/packed-day.md).
 *
 * A row holds what one load brought for one day of ROW_POINTS neighbouring
 * points: a small directory, then the records, each with a checksum that also
 * covers the place where it belongs.  What the records of a load have in
 * common (REPs, the front of transaction ids, the lowest stamp) is kept once a
 * load: the source.
 */
#ifndef MH_DB_READING_ROW_H
#define MH_DB_READING_ROW_H

#include "db/reading_bits.h"
#include "db/reading_pack.h"

#define ROW_POINTS   8 /* points of a row: point_id / ROW_POINTS is its group */
#define ROW_CHANNELS 32 /* channels 0 to 31 */

/* ---- the source of a load -------------------------------------------------
 */

enum source_rest {
    REST_NONE,   /* the front is all: ids are equal, or there are none */
    REST_NUMBER, /* so many digits */
    REST_BASE36, /* so many of 0-9 A-Z */
    REST_TEXT,   /* any other */
};

struct source_names {
    char rep[16], mre[16];
};

struct source {
    int64_t stamp; /* the lowest of the load */
    uint8_t front_n;
    char front[65]; /* how every transaction id begins */
    enum source_rest rest;
    uint8_t rest_n;  /* characters of the rest */
    uint64_t lowest; /* REST_NUMBER: the lowest of the load */
    size_t names_n;
    struct source_names *names;
    /* While a load is collected: */
    bool started, uneven; /* a record was seen; ids differ in length */
    uint8_t length;       /* of the first id */
    uint8_t kinds[65];    /* of the characters seen at each place */
    size_t last;          /* names found last */
    size_t slots;         /* of a hash table, a power of two */
    uint32_t *slot;       /* names' index + 1 */
};

/* False when a name or an id is longer than a reading_day takes. */
bool source_add(struct source *s, const struct frame *f);
/* After the last source_add: chooses how transaction ids are told. */
void source_settle(struct source *s);
/* With REST_NUMBER, after source_settle, once for every record. */
void source_lower(struct source *s, const struct frame *f);
void source_clear(struct source *s);
void source_pack(const struct source *s, struct buf *to);
/* False when the bytes are damaged. */
bool source_unpack(const void *bytes, size_t n, struct source *s);
/* A record's stamp, names and transaction id, after the source they need;
 * at most SOURCE_MOST bytes, and seven that are not counted. */
#define SOURCE_MOST (3 * BITS_VARINT + 65)
uint8_t *source_put(struct source *s, const struct frame *f, uint8_t *to);
bool
source_take(const struct source *s, struct bits_in *in, struct reading_day *d);

/* ---- rows -----------------------------------------------------------------
 */

/* Where a record belongs. */
struct row_key {
    int64_t load_id, point_id;
    int32_t day;
    uint8_t channel;
};

struct row_item {
    struct row_key key;
    struct frame frame;
};

static inline int64_t
row_group(int64_t point_id)
{
    return point_id / ROW_POINTS;
}

/* Items of one load, day and group, points ascending, channels descending. */
void row_pack(struct source *s, const struct row_item *item, size_t n,
              struct buf *to);

/* A record in its row, unchecked. */
struct row_record {
    struct row_key key;
    const uint8_t *at;
    size_t n;
};

/* Walks the records of a row. */
struct row_walk {
    struct bits_in directory;
    const uint8_t *at, *end; /* records */
    struct row_key key;
    int64_t group;
    unsigned left;
    bool bad; /* the row is damaged */
};

void row_open(struct row_walk *w, const void *bytes, size_t n, int64_t load_id,
              int64_t group, int32_t day);
/* The next record; false at the end and when the row is damaged. */
bool row_next(struct row_walk *w, struct row_record *r);

/* Its checksum holds: what it says without its values. */
bool row_sum(const struct row_record *r, const struct source *s,
             struct reading_sum *sum);
bool row_unpack(const struct row_record *r, const struct source *s,
                struct reading_day *d);

#endif
