/* SPDX-License-Identifier: Apache-2.0 */
/* What all loads come to, and those that run: for /metrics. */
#ifndef MH_DB_LOAD_TALLY_H
#define MH_DB_LOAD_TALLY_H

#include "db/load.h"

struct load_tally {
    int64_t loads[5]; /* by enum load_state */
    int64_t read[5], rejected[5], bytes[5];
    int64_t running, run_records, run_text; /* now, and so far */
    int64_t run_rate;                       /* records a second */
    int64_t run_bytes, run_bytes_done;      /* of files as they lie there */
    int64_t run_left; /* seconds of the one that takes longest; 0: none runs,
                       * -1: not known of any */
};

enum db_rc
db_load_tally_get(struct db *db, int64_t now_utc, struct load_tally *t);

#endif
