/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the store: rows of readings (docs/packed-day.md).
 *
 * A day row holds what one load brought for one day of ROW_POINTS neighbouring
 * points, a month row all records of one point in a month: a checksum that also
 * covers the place where the row belongs, a small directory, the records.  What
 * the records of a load have in common (REPs, the front of transaction ids, the
 * lowest stamp) is kept once a load: the source.  Rows of format 1 are read,
 * not written.
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
    bool clock;    /* stamps are times of day: told in seconds */
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

/* False when a name or an id is longer than a reading_day takes, or the stamp
 * is no number of 14 digits. */
bool source_add(struct source *s, const struct frame *f);
/* After the last source_add: chooses how transaction ids are told. */
void source_settle(struct source *s);
/* With REST_NUMBER, after source_settle, once for every record. */
void source_lower(struct source *s, const struct frame *f);
void source_clear(struct source *s);
void source_pack(const struct source *s, struct buf *to);
/* False when the bytes are damaged. */
bool source_unpack(const void *bytes, size_t n, struct source *s);
/* A record's stamp as what it is above the source's, and back. */
uint64_t source_stamp_above(const struct source *s, int64_t stamp);
int64_t source_stamp(const struct source *s, uint64_t above);
/* Index of the frame's names. */
size_t source_names(struct source *s, const struct frame *f);
/* The rest of a record's transaction id; at most SOURCE_MOST bytes, and seven
 * that are not counted. */
#define SOURCE_MOST (BITS_VARINT + 66)
uint8_t *
source_put_rest(const struct source *s, const struct frame *f, uint8_t *to);
/* Names and transaction id of a record, whose index of names was told
 * elsewhere or is ROW_NAMES_OWN. */
bool source_take(const struct source *s, uint64_t names, struct bits_in *in,
                 struct reading_day *d);
/* Past the same. */
bool source_skip(const struct source *s, uint64_t names, struct bits_in *in);

/* ---- rows -----------------------------------------------------------------
 */

enum row_format {
    ROW_OLD = 1, /* a day row in which each record has a checksum */
    ROW_DAY = 2,
    ROW_MONTH = 3,
};

/* Of an entry in a month row's directory. */
#define MONTH_DAYS    0x07u /* since the record before; 7: a varint follows */
#define MONTH_CHANNEL 0x08u /* another one than before: it follows */

/* One row as an engine gives it; its bytes are valid during the call that
 * gives it.  A day row holds what one load brought for one day of a group; a
 * month row holds what all loads brought for days of one point and month. */
struct reading_row {
    bool month;       /* a month row */
    int64_t group;    /* of a day row */
    int64_t load_id;  /* of a day row */
    int64_t point_id; /* of a month row */
    int32_t day;      /* of a month row: no record is of an earlier day */
    int64_t key;      /* the engine's own */
    const uint8_t *data;
    size_t n;
};

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

/* A record in its row. */
struct row_record {
    struct row_key key;
    const uint8_t *at;
    size_t n;
    bool checked;   /* by the row; one of format 1 is not */
    uint64_t stamp; /* from here on only when it is checked: above the
                       source's */
    uint64_t names; /* index, or ROW_NAMES_OWN: in its bytes */
};
#define ROW_NAMES_OWN UINT64_MAX

/* Walks the records of a row. */
struct row_walk {
    struct bits_in directory, further;
    const uint8_t *at, *end; /* records */
    const uint8_t *stamps;   /* a plane */
    struct row_key key;
    int64_t group;
    uint64_t stamp, names;
    uint8_t format, width, points;
    uint8_t only; /* of a day row: the points of its group that are wanted, a
                     bit each; all after row_open */
    unsigned left, taken;
    bool bad; /* the row is damaged */
};

void row_open(struct row_walk *w, const struct reading_row *r);
/* The next record; false at the end and when the row is damaged.  Day rows
 * give points ascending and channels descending, month rows days ascending. */
bool row_next(struct row_walk *w, struct row_record *r);

/* What it says without its values; false when it is damaged. */
bool row_sum(const struct row_record *r, const struct source *s,
             struct reading_sum *sum);
bool row_unpack(const struct row_record *r, const struct source *s,
                struct reading_day *d);

/* Adds a number that stands for the record wherever it lies: the sum over many
 * tells whether they are the same.  False when it is damaged. */
bool
row_digest(const struct row_record *r, const struct source *s, uint64_t *sum);

/* ---- month rows -----------------------------------------------------------
 */

#define MONTH_ROW_MOST 255 /* records */

/* Records of one month row being made, as they will lie in it. */
struct month_row {
    int64_t point_id;
    struct row_key key[MONTH_ROW_MOST];
    uint64_t stamp[MONTH_ROW_MOST];
    size_t at[MONTH_ROW_MOST + 1]; /* in bytes */
    size_t n;
    struct buf bytes;
};

/* Takes one record behind the others: days ascend, points are the same; false
 * when it is damaged or the row is full. */
bool month_row_add(struct month_row *m, const struct row_record *r,
                   const struct source *s);
/* Packs the first n records, which stay, as a row of that day. */
void month_row_pack(const struct month_row *m, size_t n, int32_t day,
                    struct buf *to);
/* Forgets the first n records. */
void month_row_cut(struct month_row *m, size_t n);
void month_row_clear(struct month_row *m);

#endif
