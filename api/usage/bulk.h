/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intervals of many points as one stream, of one moment of the store whatever
 * is loaded meanwhile: points ascending by their number in the store, of each
 * its days.  Memory does not grow with what is written; no cursor of the store
 * lives from one piece to the next.
 *
 * Pieces are made by threads with store handles of their own and written in
 * order by the caller's.
 */
#ifndef MH_USAGE_BULK_H
#define MH_USAGE_BULK_H

#include "api/agreement/agreement.h"
#include "api/usage/export.h"

#define BULK_POINTS 1000 /* looked up at a time */

struct bulk_ask {
    const struct actor *who; /* each point within what they may read */
    int32_t from, to;
    enum usage_format format; /* not USAGE_JSON */
    int64_t now_utc;
    int threads; /* that make pieces */
    /* Numbers of points above `after`, ascending, at most `most`; how many
     * were put, or -1 when that failed. */
    int (*points)(void *arg, struct db *db, int64_t after, int64_t *id,
                  int most);
    /* Takes a piece; false stops with FAULT_OURS. */
    bool (*write)(void *arg, const void *bytes, size_t n);
    void *arg;
};

struct bulk_counts {
    int64_t points; /* with readings */
    int64_t days, bytes;
};

/* `why` (512 bytes) says what was in the way. */
enum fault
usage_bulk(struct db *db, const struct conf *conf, const struct bulk_ask *ask,
           struct bulk_counts *n, char why[512]);

#endif
