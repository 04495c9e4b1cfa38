/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the records of a batch with the registry: REP, TDSP, first meter.
 * What is found is counted and never keeps a record out, so it costs one look
 * at the points of a file, on the parsing thread and its own handle.
 */
#include <stdlib.h>

#include "api/feed/load_parts.h"
#include "server/base/log.h"

static int
ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The registered points of a batch, each once; free() them. */
static int64_t *
registered_points(const struct batch *b, size_t *n)
{
    int64_t *ids = mem_new((b->n + 1) * sizeof *ids);
    size_t all = 0, once = 0;

    for (size_t i = 0; i < b->n; i++)
        if (b->records[i].registered)
            ids[all++] = b->records[i].point_id;
    qsort(ids, all, sizeof *ids, ascending);
    for (size_t i = 0; i < all; i++)
        if (once == 0 || ids[once - 1] != ids[i])
            ids[once++] = ids[i];
    *n = once;
    return ids;
}

static enum db_rc
fetch(struct loader *ld, const int64_t *ids, size_t n, char why[512])
{
    enum db_rc rc = DB_OK;

    if (ld->facts_db == NULL)
        rc = db_open(db_store(ld->db), DB_READ, &ld->facts_db, why);
    if (rc != DB_OK)
        return rc;
    if (ld->facts == NULL)
        ld->facts = point_facts_new(0, 0);
    rc = point_facts_fetch(ld->facts, ld->facts_db, ids, n);
    if (rc != DB_OK)
        snprintf(why, 512, "%s", db_error(ld->facts_db));
    return rc;
}

void
load_facts(struct loader *ld, struct batch *b)
{
    char why[512] = "";
    size_t n;
    int64_t *ids = registered_points(b, &n);

    if (n > 0 && fetch(ld, ids, n, why) != DB_OK) {
        log_ours("records not compared with the registry", "file=%s why=%s",
                 b->r.l.name, why);
        b->covered = false;
    }
    free(ids);
    for (size_t i = 0; b->covered && i < b->n; i++) {
        struct batch_record *r = &b->records[i];
        struct point_fact fact;
        uint32_t bits;

        r->extra = true;
        if (!r->registered)
            continue;
        point_facts_get(ld->facts, r->point_id, r->day, &fact);
        load_cover_note(b, r, &fact);
        bits = feed_check_registry(b->r.l.sender, b->texts.at + r->rep, r->day,
                                   &fact);
        batch_warn(b, bits);
        b->r.l.n.warned += bits != 0 && !r->warned;
    }
}

void
load_facts_forget(struct loader *ld)
{
    point_facts_free(ld->facts);
    ld->facts = NULL;
}
