/* SPDX-License-Identifier: Apache-2.0 */
/* Counts by day, TDSP and REP in memory: a hash table of rows. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "db/coverage_parts.h"
#include "server/base/hash.h"
#include "server/base/str.h"

static uint64_t
mix(uint64_t x)
{
    x *= 0x9e3779b97f4a7c15u;
    return x ^ x >> 29;
}

struct coverage_sum *
coverage_sum_new(void)
{
    return mem_new(sizeof(struct coverage_sum));
}

void
coverage_sum_free(struct coverage_sum *s)
{
    if (s == NULL)
        return;
    free(s->pair);
    free(s->pair_slot);
    free(s->row);
    free(s->slot);
    free(s);
}

void
coverage_sum_reset(struct coverage_sum *s)
{
    s->n = 0;
    if (s->slots > 0)
        memset(s->slot, 0, s->slots * sizeof *s->slot);
    s->last = NULL;
}

/* ---- pairs ----------------------------------------------------------------
 */

static size_t
pair_place(const struct coverage_sum *s, const struct coverage_names *p)
{
    size_t i = hash64(p, sizeof *p) & (s->pair_slots - 1);

    while (s->pair_slot[i] != 0 &&
           memcmp(&s->pair[s->pair_slot[i] - 1], p, sizeof *p) != 0)
        i = (i + 1) & (s->pair_slots - 1);
    return i;
}

static void
pairs_grow(struct coverage_sum *s)
{
    s->pair_slots = s->pair_slots > 0 ? 2 * s->pair_slots : 64;
    s->pair = mem_grow(s->pair, s->pair_slots / 2 * sizeof *s->pair);
    free(s->pair_slot);
    s->pair_slot = mem_new(s->pair_slots * sizeof *s->pair_slot);
    for (size_t i = 0; i < s->pairs; i++)
        s->pair_slot[pair_place(s, &s->pair[i])] = (uint32_t)i + 1;
}

uint32_t
coverage_pair(struct coverage_sum *s, const char *tdsp, const char *rep)
{
    struct coverage_names p = {0};
    size_t i;

    str_copy(p.tdsp, sizeof p.tdsp, tdsp != NULL ? tdsp : "");
    str_copy(p.rep, sizeof p.rep, rep != NULL ? rep : "");
    if (2 * s->pairs + 2 > s->pair_slots)
        pairs_grow(s);
    i = pair_place(s, &p);
    if (s->pair_slot[i] == 0) {
        s->pair[s->pairs++] = p;
        s->pair_slot[i] = (uint32_t)s->pairs;
    }
    return s->pair_slot[i] - 1;
}

/* ---- rows ------------------------------------------------------------------
 */

static size_t
row_place(const struct coverage_sum *s, int32_t day, uint32_t pair)
{
    size_t i = mix((uint64_t)(uint32_t)day << 32 | pair) & (s->slots - 1);

    while (s->slot[i] != 0 && (s->row[s->slot[i] - 1].day != day ||
                               s->row[s->slot[i] - 1].pair != pair))
        i = (i + 1) & (s->slots - 1);
    return i;
}

static void
rows_grow(struct coverage_sum *s)
{
    s->slots = s->slots > 0 ? 2 * s->slots : 256;
    s->row = mem_grow(s->row, s->slots / 2 * sizeof *s->row);
    free(s->slot);
    s->slot = mem_new(s->slots * sizeof *s->slot);
    for (size_t i = 0; i < s->n; i++)
        s->slot[row_place(s, s->row[i].day, s->row[i].pair)] = (uint32_t)i + 1;
}

int64_t *
coverage_at(struct coverage_sum *s, int32_t day, uint32_t pair)
{
    size_t i;

    if (s->last != NULL && s->last->day == day && s->last->pair == pair)
        return s->last->n;
    if (2 * s->n + 2 > s->slots)
        rows_grow(s);
    i = row_place(s, day, pair);
    if (s->slot[i] == 0) {
        s->row[s->n++] = (struct coverage_row){.day = day, .pair = pair};
        s->slot[i] = (uint32_t)s->n;
    }
    s->last = &s->row[s->slot[i] - 1];
    return s->last->n;
}

/* ---- order -----------------------------------------------------------------
 */

static int
by_key(const void *a, const void *b, void *sum)
{
    const struct coverage_sum *s = sum;
    const struct coverage_row *x = a, *y = b;

    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return memcmp(&s->pair[x->pair], &s->pair[y->pair],
                  sizeof(struct coverage_names));
}

void
coverage_sum_sort(struct coverage_sum *s)
{
    if (s->n > 1)
        qsort_r(s->row, s->n, sizeof *s->row, by_key, s);
    if (s->slots > 0)
        memset(s->slot, 0, s->slots * sizeof *s->slot);
    for (size_t i = 0; i < s->n; i++)
        s->slot[row_place(s, s->row[i].day, s->row[i].pair)] = (uint32_t)i + 1;
    s->last = NULL;
}

bool
coverage_row_empty(const struct coverage_row *r)
{
    for (int i = 0; i < COVERAGE_COUNTS; i++)
        if (r->n[i] != 0)
            return false;
    return true;
}
