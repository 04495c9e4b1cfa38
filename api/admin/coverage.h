/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Completeness as files: CSV and JSON of any length, made piece by piece.
 * What is counted stands in db/coverage.h.
 */
#ifndef MH_ADMIN_COVERAGE_H
#define MH_ADMIN_COVERAGE_H

#include "api/agreement/actor.h"
#include "db/coverage.h"
#include "server/base/buf.h"

enum coverage_format { COVERAGE_CSV, COVERAGE_JSON };
enum coverage_view {
    COVERAGE_BY_PAIR, /* a line a day, TDSP and REP */
    COVERAGE_BY_DAY,  /* a line a day, summed */
};

struct coverage_file {
    enum coverage_format format;
    enum coverage_view view;
    int32_t from, to, next; /* days; the next to be written */
    char tdsp[16], rep[16];
    bool has_tdsp, has_rep; /* else all */
    bool begun, rows;
    struct buf *out;
};

/* May `who` look at counts, or at the meters behind them? */
bool coverage_may_read(const struct actor *who);
bool coverage_may_list(const struct actor *who);

/* Appends the next month of days to `to`; *end after the last.  FORBIDDEN for
 * whoever may not see it. */
enum fault
coverage_file_next(struct coverage_file *f, struct db *db,
                   const struct actor *who, struct buf *to, bool *end);

/* Expected less received. */
static inline int64_t
coverage_missing(const int64_t n[COVERAGE_COUNTS])
{
    return n[COVERAGE_EXPECTED] - n[COVERAGE_RECEIVED];
}

/* Words of kinds: "missing", "estimated" …; COVERAGE_KINDS for no such word. */
const char *coverage_kind_word(enum coverage_kind k);
enum coverage_kind coverage_kind_from(const char *word);

/* The head and a line of the list of meters, for CSV. */
void coverage_meter_head(struct buf *to);
void coverage_meter_line(struct buf *to, int32_t day,
                         const struct coverage_meter *m);

#endif
