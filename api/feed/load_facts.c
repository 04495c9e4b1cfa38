/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the records of a batch with the registry: REP, TDSP, first meter.
 * What is found is counted and never keeps a record out.
 */
#include "api/feed/load_parts.h"

void
load_facts(struct loader *ld, struct batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        struct batch_record *r = &b->records[i];
        struct point_fact fact;
        uint32_t bits;

        r->extra = true;
        if (!r->registered)
            continue;
        point_facts_get(ld->book.facts, r->point_id, r->day, &fact);
        load_cover_note(b, r, &fact);
        bits = feed_check_registry(b->r.l.sender, b->texts.at + r->rep, r->day,
                                   &fact);
        batch_warn(b, bits);
        b->r.l.n.warned += bits != 0 && !r->warned;
    }
}
