/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bulk readings: packed meter-days behind one interface, with an engine for
 * SQLite (a file a month) and one for PostgreSQL (partitions a month).
 *
 * Loads only ever add.  Every record of every committed load is kept; for one
 * (point, channel, day) the records are ordered by version (row-four stamp,
 * file stamp, file counter, transaction id), whatever the order of arrival.
 * The highest is current, the others are history.  Neighbours in that order
 * with the same identity (values, statuses, register reads) are one version
 * whose revision stamp is the newest of theirs.  All of this is a pure function
 * of the set of visible records, so files in any order converge.
 */
#ifndef MH_DB_READING_H
#define MH_DB_READING_H

#include "db/db.h"
#include "db/load.h"
#include "server/base/buf.h"
#include "server/base/decimal.h"

#define READING_MOST 100 /* intervals of a 15-minute day of 25 hours */

/* ERCOT's channel numbers (LSE header row one). */
enum reading_channel { CHANNEL_GENERATION = 1, CHANNEL_LOAD = 4 };

/* Status of an interval: 'A' actual, 'E' estimated, 0 missing. */

/* One meter-day as it came in and as it comes out. */
struct reading_day {
    int64_t point_id;
    int32_t day;      /* operating day */
    uint8_t channel;  /* enum reading_channel */
    uint8_t origin;   /* 'M', LSE row four */
    uint16_t n;       /* intervals: 92, 96, 100 */
    uint16_t seconds; /* of an interval: 900 */
    int64_t stamp;    /* row four, YYYYMMDDHHMMSS */
    bool has_reads;   /* register reads below are present */
    struct decimal start_read, stop_read;
    char transaction[65]; /* row three, "" if none */
    char rep[16];         /* DUNS of row thirty, "" if none */
    char mre[16];         /* DUNS of the meter reading entity */
    int64_t value_ukwh[READING_MOST];
    uint8_t places[READING_MOST]; /* digits written after the point */
    uint8_t status[READING_MOST];
};

/* What the store adds to a version. */
struct reading_version {
    int64_t load_id;
    int64_t stamp; /* revision stamp: newest of identical records */
    int64_t file_stamp;
    int32_t file_counter;
    bool current;
    char sender[16]; /* DUNS of the file's sender */
    char file[256];
    int64_t arrived_utc;
};

/* Sum of a current meter-day, read without unpacking its values. */
struct reading_sum {
    int32_t day;
    uint8_t channel;
    uint16_t n, missing, estimated;
    int64_t sum_ukwh;
    int64_t peak_ukwh; /* the largest interval */
    uint16_t peak_at;  /* and its position */
    int64_t stamp;     /* revision stamp */
    bool has_reads;
    struct decimal start_read, stop_read;
};

/* ---- packing (pure, any thread) ------------------------------------------
 * Format 1, described byte by byte in docs/packed-day.md. */
void reading_pack(const struct reading_day *d, struct buf *to);
/* False when the bytes are damaged or of a newer format. */
bool reading_unpack(const void *bytes, size_t n, struct reading_day *d);

/* ---- writing -------------------------------------------------------------
 * One writer at a time (db_writer_lock).  The records of one file: */
struct reading_load;

enum reading_outcome {
    READING_LOADED,    /* first record of its point, channel and day */
    READING_REPLACED,  /* newer than the current one, and different */
    READING_UNCHANGED, /* same identity as a version next to it */
    READING_HISTORIC,  /* older than the current one */
    READING_DUPLICATE, /* the same file holds a newer one: not kept */
};

/* Starts adding under load `l` (which is LOAD_OPEN). */
enum db_rc reading_load_begin(struct db *db, const struct load *l,
                              struct reading_load **rl);
/* Takes one packed record; `tag` comes back with its outcome.  The bytes are
 * copied.  `hash` is hash64 of whatever the caller likes, unused if 0. */
enum db_rc
reading_load_add(struct reading_load *rl, int64_t point_id, int32_t day,
                 int channel, const void *packed, size_t n, uint32_t tag);
/* Sorts, classifies against what is visible, writes and syncs everything;
 * calls `outcome` once per record.  The rows stay invisible until
 * db_load_commit. */
enum db_rc reading_load_write(struct reading_load *rl,
                              void (*outcome)(void *arg, uint32_t tag,
                                              enum reading_outcome o),
                              void *arg);
void reading_load_free(struct reading_load *rl);

/* Inside `outcome`, of the record it is about: what its day was and becomes. */
struct reading_change {
    uint16_t missing, estimated; /* of the record */
    /* Of the version that was current, with READING_REPLACED and _HISTORIC: */
    uint16_t was_missing, was_estimated;
    bool was_replaced; /* there was more than one version already */
};
void
reading_load_change(const struct reading_load *rl, struct reading_change *c);

/* Removes rows of loads that never committed or were unloaded, and ends open
 * loads as rejected; run under the writer lock, by every writer before its
 * first load, after a load that failed, and after db_load_end(LOAD_UNLOADED).
 */
enum db_rc reading_recover(struct db *db, int64_t *rows);

/* ---- reading -------------------------------------------------------------
 * Days ascending, then channel 4 before 1; the structs are reused between
 * calls.  Return false from `row` to stop.  No transaction is open while `row`
 * runs: it may take its time, and may read from the store. */
/* What is to be read of one point. */
struct reading_ask {
    int64_t point_id;
    int32_t from_day, to_day;
    bool history; /* every version of a day, newest first */
    /* The moment that is shown, by db_load_stamp then; NULL: now.  Reads that
     * belong together, in many calls, name the same; DB_BUSY when something
     * was taken back since, so that it cannot be shown any more. */
    const struct load_stamp *at;
};
enum db_rc reading_read(struct db *db, const struct reading_ask *ask,
                        bool (*row)(void *arg, const struct reading_day *d,
                                    const struct reading_version *v),
                        void *arg);
/* The same of several points, ascending, one after another; neighbours in
 * number are read together.  ask->point_id is not looked at. */
enum db_rc reading_read_many(struct db *db, const struct reading_ask *ask,
                             const int64_t *point_id, size_t n,
                             bool (*row)(void *arg, const struct reading_day *d,
                                         const struct reading_version *v),
                             void *arg);
/* Without `history`. */
enum db_rc reading_read_sum(struct db *db, const struct reading_ask *ask,
                            bool (*row)(void *arg, const struct reading_sum *s),
                            void *arg);
/* Days that this thread unpacked so far: sums need none. */
int64_t reading_unpacked(void);
/* As reading_read of now. */
enum db_rc
reading_each(struct db *db, int64_t point_id, int32_t from_day, int32_t to_day,
             bool (*row)(void *arg, const struct reading_day *d,
                         const struct reading_version *v),
             void *arg);
/* The same with history: every version of a day, newest first. */
enum db_rc
reading_each_version(struct db *db, int64_t point_id, int32_t from_day,
                     int32_t to_day,
                     bool (*row)(void *arg, const struct reading_day *d,
                                 const struct reading_version *v),
                     void *arg);
enum db_rc reading_each_sum(struct db *db, int64_t point_id, int32_t from_day,
                            int32_t to_day,
                            bool (*row)(void *arg, const struct reading_sum *s),
                            void *arg);
/* First and last day with a visible record; DB_NONE when there is none. */
enum db_rc
reading_span(struct db *db, int64_t point_id, int32_t *first, int32_t *last);

/* ---- retention -----------------------------------------------------------
 * Days before the floor, which is the first day of a month or 0, cannot be
 * seen; setting it takes effect at once, for calls that begin afterwards.  The
 * functions that write want the writer lock. */
enum db_rc reading_floor_get(struct db *db, int32_t *day);
enum db_rc reading_floor_set(struct db *db, int32_t day);

struct reading_month {
    int32_t month;          /* its first day */
    int64_t records, bytes; /* records: of loads, as the catalog counts */
};
/* Months before a day that have rows, or loads that say so; ascending, in the
 * arena. */
enum db_rc reading_months_before(struct db *db, int32_t day, struct arena *a,
                                 struct reading_month **month, size_t *n);
/* Removes the rows of a month that lies before the floor and what is known of
 * them.  After a failure, or when the program was killed, it may be called
 * again. */
enum db_rc reading_drop(struct db *db, int32_t month);

/* ---- rewriting closed months ----------------------------------------------
 * A day's rows hold eight points each, as they arrived; a month that is over is
 * rewritten so that a point's records lie in one row or a few.  Nothing that
 * can be read changes. */
struct reading_rewritten {
    int64_t records, rows; /* in the rows of the month now */
    int64_t bytes_before, bytes;
};
/* Months that end before a day and were never rewritten, or have many records
 * that came later; ascending, in the arena.  None on an engine that has no such
 * rows. */
enum db_rc reading_compact_due(struct db *db, int32_t before, struct arena *a,
                               int32_t **month, size_t *n);
/* Rewrites one month.  Readers and writers go on meanwhile: the writer lock is
 * waited for (so many seconds) and held only for the exchange, which is one
 * transaction.  DB_BUSY: another program holds the lock or rewrites, or the
 * month was written to: try again.  DB_NONE: the engine has no such rows. */
enum db_rc reading_compact(struct db *db, int32_t month, double lock_seconds,
                           struct reading_rewritten *r);
/* What is there of one point, channel and day, from all its visible records. */
struct reading_cover {
    int64_t point_id;
    int32_t day;
    uint8_t channel;
    uint16_t n, missing, estimated; /* of the current version */
    bool replaced;                  /* there is more than one version */
    int64_t first_utc;              /* when the first of its records came */
};
/* Of the points from … to, some at a time, within these by day, point and
 * channel.  What was given does not hold when the answer is not DB_OK;
 * DB_NONE is a damaged row. */
enum db_rc
reading_each_cover(struct db *db, int64_t from_point, int64_t to_point,
                   int32_t from_day, int32_t to_day,
                   bool (*row)(void *arg, const struct reading_cover *c),
                   void *arg);

/* ---- upkeep -------------------------------------------------------------- */
struct reading_stats {
    int64_t partitions, rows, records, bytes;
    int32_t first_day, last_day;
};
enum db_rc reading_stats(struct db *db, struct reading_stats *s);
/* What there is of each month, oldest first; bytes as they lie on disk. */
enum db_rc
reading_each_month(struct db *db,
                   bool (*row)(void *arg, const struct reading_month *m),
                   void *arg);
/* Decodes everything and checks every invariant; calls `bad` with one plain
 * line per finding. */
enum db_rc reading_check(struct db *db,
                         void (*bad)(void *arg, const char *line), void *arg);

#endif
