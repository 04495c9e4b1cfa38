/* SPDX-License-Identifier: Apache-2.0 */
/* What the administrators' pages write alike: numbers, shares, instants. */
#ifndef MH_ADMIN_ADMIN_WORDS_PAGE_H
#define MH_ADMIN_ADMIN_WORDS_PAGE_H

#include "api/admin/coverage.h"
#include "server/http/req.h"

void admin_set(json_t *v, const char *key, const char *text);
/* 1,234,567 */
char *admin_number(const struct req *r, int64_t n);
/* 12.3 MB */
char *admin_bytes(const struct req *r, int64_t n);
/* Nov 2, 2026, 14:05 in the installation's zone; "" for 0. */
char *admin_instant(const struct req *r, int64_t utc);
/* Today in the installation's zone. */
int32_t admin_today(const struct req *r);
/* 1:05 h, 3:20 min, as people read a rest of time. */
char *admin_seconds(const struct req *r, int64_t seconds);

/* How much of what is expected came: 99.9 %, never rounded up to 100. */
char *admin_share(const struct req *r, const int64_t n[COVERAGE_COUNTS]);
/* The same in whole per cent. */
int64_t admin_percent(const int64_t n[COVERAGE_COUNTS]);
/* The word of its colour: "full", "high", "fair", "low", "zero", "none". */
const char *admin_level(const int64_t n[COVERAGE_COUNTS]);

/* TDSP and REP of a request: all when absent, nobody for "none". */
struct admin_whose {
    bool has_tdsp, has_rep;
    char tdsp[16], rep[16];
};
enum fault admin_whose_read(struct req *r, struct admin_whose *w);
struct coverage_ask
admin_ask(const struct admin_whose *w, int32_t from, int32_t to);
/* "&tdsp=…&rep=…" of what was chosen, for links. */
char *admin_whose_query(const struct req *r, const struct admin_whose *w);
/* A DUNS number, or the word for nobody. */
const char *admin_duns(const struct req *r, const char *duns);

#endif
