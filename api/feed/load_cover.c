/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Completeness while loading: the parsing thread knows from the registry for
 * whom a record counts, the writer learns what its day was before; so what a
 * file adds is known when it is committed.
 */
#include "api/feed/load_parts.h"
#include "server/base/log.h"

enum db_rc
load_cover_open(struct loader *ld)
{
    enum db_rc rc = coverage_rule_set(ld->db, (int32_t)ld->conf->due_hours,
                                      ld->conf->default_zone);

    return rc == DB_OK ? coverage_rule_get(ld->db, &ld->rule) : rc;
}

void
load_cover_reset(struct batch *b)
{
    if (b->cover == NULL)
        b->cover = coverage_sum_new();
    coverage_sum_reset(b->cover);
    b->pair_known = false;
}

void
load_cover_note(struct batch *b, struct batch_record *r,
                const struct point_fact *fact)
{
    bool expected =
        fact->in_service && (r->channel == CHANNEL_LOAD ||
                             (r->channel == CHANNEL_GENERATION && fact->solar));

    r->extra = !expected;
    if (!expected)
        return;
    if (!b->pair_known || b->pair_tdsp != fact->tdsp_n ||
        b->pair_rep != fact->rep_n) {
        b->pair = coverage_pair(b->cover, fact->tdsp, fact->rep);
        b->pair_tdsp = fact->tdsp_n;
        b->pair_rep = fact->rep_n;
        b->pair_known = true;
    }
    r->pair = b->pair;
}

/* Of a meter-day that is expected. */
static void
add_change(struct batch *b, const struct batch_record *r,
           enum reading_outcome o, const struct reading_change *c)
{
    int64_t *n = coverage_at(b->cover, r->day, r->pair);
    bool loaded = o == READING_LOADED;

    if (!loaded)
        n[COVERAGE_REPLACED] += !c->was_replaced;
    if (o == READING_HISTORIC)
        return;
    if (loaded) {
        n[COVERAGE_RECEIVED]++;
        n[COVERAGE_LATE] +=
            b->r.l.started_utc > coverage_due_utc(&b->due, r->day);
    }
    n[COVERAGE_ESTIMATED] += (c->estimated > 0) - (c->was_estimated > 0);
    n[COVERAGE_INTERVALS] += c->estimated - c->was_estimated;
    n[COVERAGE_PARTIAL] += (c->missing > 0) - (c->was_missing > 0);
}

void
load_cover_take(struct batch *b, const struct batch_record *r,
                enum reading_outcome o)
{
    struct reading_change c;

    if (o != READING_LOADED && o != READING_REPLACED && o != READING_HISTORIC)
        return;
    if (!r->extra) {
        reading_load_change(b->rl, &c);
        add_change(b, r, o, &c);
    } else if (o == READING_LOADED) {
        coverage_at(b->cover, r->day,
                    coverage_pair(b->cover, "", ""))[COVERAGE_EXTRA]++;
    }
}
