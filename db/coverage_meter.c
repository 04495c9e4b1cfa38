/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meters behind a count.  Points are gone through as they lie in the
 * store; only those that may be meant are looked up in the registry.
 */
#include <stdlib.h>
#include <string.h>

#include "db/coverage_parts.h"
#include "db/engine.h"
#include "db/point.h"
#include "server/base/str.h"

#define CHUNK 8192 /* points looked at at a time; a multiple of a row's */

static const uint8_t CHANNELS[] = {CHANNEL_LOAD, CHANNEL_GENERATION};
#define N_CHANNELS (sizeof CHANNELS / sizeof *CHANNELS)

struct found {
    struct reading_cover cover;
    bool there;
};

struct look {
    struct db *db;
    const struct coverage_ask *ask;
    enum coverage_kind kind;
    int64_t first;       /* of the chunk */
    struct found *found; /* by point and channel */
    int64_t *id;         /* of points that may be meant, ascending */
    size_t n;
    struct coverage_due due;
    bool (*row)(void *arg, const struct coverage_meter *m);
    void *arg;
    bool stop;
    int64_t last; /* given */
};

static bool
take(void *arg, const struct reading_cover *r)
{
    struct look *l = arg;

    for (size_t k = 0; k < N_CHANNELS; k++)
        if (CHANNELS[k] == r->channel)
            l->found[(size_t)(r->point_id - l->first) * N_CHANNELS + k] =
                (struct found){*r, true};
    return true;
}

/* Is what came of that kind, if it was expected? */
static bool
of_kind(struct look *l, const struct found *f)
{
    const struct reading_cover *r = &f->cover;

    switch (l->kind) {
    case COVERAGE_OF_MISSING:
        return !f->there;
    case COVERAGE_OF_PARTIAL:
        return f->there && r->missing > 0;
    case COVERAGE_OF_ESTIMATED:
        return f->there && r->estimated > 0;
    case COVERAGE_OF_LATE:
        return f->there && r->first_utc > coverage_due_utc(&l->due, r->day);
    case COVERAGE_OF_REPLACED:
        return f->there && r->replaced;
    case COVERAGE_OF_EXTRA:
        return f->there;
    case COVERAGE_KINDS:
        break;
    }
    return false;
}

/* Points of which a channel may be meant. */
static void
choose(struct look *l, int64_t last)
{
    l->n = 0;
    for (int64_t id = l->first; id <= last; id++) {
        const struct found *f = &l->found[(id - l->first) * (int)N_CHANNELS];

        if (of_kind(l, &f[0]) || of_kind(l, &f[1]))
            l->id[l->n++] = id;
    }
}

static bool
meant(const struct look *l, const struct point_fact *fact, int channel)
{
    const struct coverage_ask *a = l->ask;
    bool expected = coverage_expects(fact, channel);

    if (l->kind == COVERAGE_OF_EXTRA)
        return !expected;
    if (!expected)
        return false;
    return (a->tdsp == NULL ||
            strcmp(a->tdsp, fact->tdsp ? fact->tdsp : "") == 0) &&
           (a->rep == NULL || strcmp(a->rep, fact->rep ? fact->rep : "") == 0);
}

static enum db_rc
give_channel(struct look *l, int64_t id, size_t k,
             const struct point_fact *fact)
{
    const struct found *f = &l->found[(size_t)(id - l->first) * N_CHANNELS + k];
    struct coverage_meter m = {.point_id = id, .channel = CHANNELS[k]};
    struct point p;
    enum db_rc rc;

    if (!of_kind(l, f) || !meant(l, fact, CHANNELS[k]))
        return DB_OK;
    rc = db_point_by_id(l->db, id, &p);
    if (rc != DB_OK)
        return rc == DB_NONE ? DB_OK : rc;
    str_copy(m.esiid, sizeof m.esiid, p.esiid);
    str_copy(m.tdsp, sizeof m.tdsp, fact->tdsp ? fact->tdsp : "");
    str_copy(m.rep, sizeof m.rep, fact->rep ? fact->rep : "");
    if (f->there) {
        m.intervals = f->cover.n;
        m.missing = f->cover.missing;
        m.estimated = f->cover.estimated;
        m.first_utc = f->cover.first_utc;
    }
    l->last = id;
    l->stop |= !l->row(l->arg, &m);
    return DB_OK;
}

static enum db_rc
give(struct look *l)
{
    struct point_facts *facts = point_facts_new(l->first, 0);
    enum db_rc rc = point_facts_fetch(facts, l->db, l->id, l->n);

    for (size_t i = 0; i < l->n && rc == DB_OK && !l->stop; i++) {
        struct point_fact fact;

        point_facts_get(facts, l->id[i], l->ask->from, &fact);
        for (size_t k = 0; k < N_CHANNELS && rc == DB_OK; k++)
            rc = give_channel(l, l->id[i], k, &fact);
    }
    point_facts_free(facts);
    return rc;
}

static enum db_rc
look_chunk(struct look *l, int64_t after, int64_t last)
{
    int32_t day = l->ask->from;
    enum db_rc rc;

    memset(l->found, 0, CHUNK * N_CHANNELS * sizeof *l->found);
    rc = reading_each_cover(l->db, l->first, last, day, day, take, l);
    if (rc != DB_OK)
        return rc == DB_NONE ? DB_FAIL : rc;
    choose(l, last);
    while (l->n > 0 && l->id[0] <= after) {
        l->n--;
        l->id++;
    }
    return give(l);
}

static enum db_rc
look_all(struct look *l, int64_t after, int64_t most, int64_t *next)
{
    int64_t highest = 0, *id = mem_new(CHUNK * sizeof *id);
    enum db_rc rc = coverage_points(l->db, &highest);

    l->first = (after + 1) - (after + 1) % CHUNK;
    for (int64_t looked = 0; rc == DB_OK; looked += CHUNK) {
        int64_t last = l->first + CHUNK - 1;

        l->id = id;
        if (l->first > highest)
            break;
        if (looked >= most) {
            *next = l->first - 1;
            break;
        }
        rc = look_chunk(l, after, last < highest ? last : highest);
        if (rc == DB_OK && l->stop) {
            *next = l->last;
            break;
        }
        l->first += CHUNK;
    }
    free(id);
    return rc;
}

enum db_rc
coverage_each_meter(struct db *db, const struct coverage_ask *ask,
                    enum coverage_kind kind, int64_t after, int64_t most,
                    int64_t *next,
                    bool (*row)(void *arg, const struct coverage_meter *m),
                    void *arg)
{
    struct look l = {
        .db = db, .ask = ask, .kind = kind, .row = row, .arg = arg};
    struct coverage_rule rule;
    int32_t floor = 0;
    enum db_rc rc = coverage_rule_get(db, &rule);

    *next = 0;
    if (rc == DB_OK)
        rc = reading_floor_get(db, &floor);
    if (rc != DB_OK || ask->from < floor)
        return rc;
    coverage_due_init(&l.due, &rule);
    l.found = mem_new(CHUNK * N_CHANNELS * sizeof *l.found);
    rc = look_all(&l, after, most, next);
    free(l.found);
    return rc;
}
