/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the store: the core of a packed day (docs/packed-day.md).
 * A core holds what was measured: intervals, statuses, register reads, and in
 * front of them their sum, peak and counts.  Stamps and names lie outside, in
 * the frame that reading_pack puts around a core, or in the row of the store.
 */
#ifndef MH_DB_READING_PACK_H
#define MH_DB_READING_PACK_H

#include "db/reading.h"

#define PACK_FORMAT 2
/* No core is longer; core_pack may write this many bytes. */
#define CORE_MOST 2048

/* Returns the length. */
size_t core_pack(const struct reading_day *d, uint8_t to[CORE_MOST]);
/* The same bytes the plain way, for any day. */
size_t core_pack_any(const struct reading_day *d, uint8_t to[CORE_MOST]);
/* Fills what a core holds: n, seconds, origin, register reads, intervals. */
bool core_unpack(const uint8_t *core, size_t n, struct reading_day *d);
/* Fills all of a sum but day, channel and stamp; does not touch the values. */
bool core_sum(const uint8_t *core, size_t n, struct reading_sum *s);
/* Same values, statuses and register reads, however the digits were written. */
bool reading_same(const struct reading_day *a, const struct reading_day *b);
/* An order of what two records of equal version hold, for a tie that must not
 * depend on arrival. */
int reading_compare(const struct reading_day *a, const struct reading_day *b);

/* ---- the frame: what reading_pack makes ---------------------------------- */
struct frame {
    int64_t stamp;
    const char *rep, *mre, *transaction; /* not ended by NUL */
    uint8_t rep_n, mre_n, transaction_n;
    const uint8_t *core;
    size_t core_n;
};

/* Opens a frame after its checksum held; the pointers lie inside it. */
bool frame_open(const void *bytes, size_t n, struct frame *f);
/* The same for a frame that was opened before: nothing is checked. */
void frame_view(const void *bytes, size_t n, struct frame *f);

#endif
