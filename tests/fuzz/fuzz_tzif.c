/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the reader of zone files.  What it takes must be a table of rising
 * periods with known types, and every instant must fall into the right one.
 */
#include "server/base/tzif.h"
#include "tests/fuzz/fuzz.h"

static void
look_up(const struct tzif *z, int64_t utc)
{
    int64_t moved = utc;
    size_t k = tzif_find(z, &moved);

    REQUIRE(k < z->n && moved <= utc && moved <= z->last);
    REQUIRE((utc - moved) % TZIF_CYCLE == 0);
    REQUIRE(z->period[k].at <= moved);
    REQUIRE(k + 1 == z->n || z->period[k + 1].at > moved);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct tzif z;

    if (!tzif_parse(bytes, n, &z))
        return 0;
    REQUIRE(z.n >= 1 && z.period[0].at == INT64_MIN);
    REQUIRE(z.types >= 1 && z.types <= TZIF_TYPES);
    for (size_t i = 0; i < z.n; i++) {
        REQUIRE(z.period[i].type < z.types);
        REQUIRE(i == 0 || z.period[i].at > z.period[i - 1].at);
        look_up(&z, z.period[i].at);
        look_up(&z, z.period[i].at - (i > 0));
    }
    for (size_t i = 0; i < z.types; i++)
        REQUIRE(memchr(z.type[i].abbreviation, 0,
                       sizeof z.type[i].abbreviation) != NULL);
    look_up(&z, INT64_MIN);
    look_up(&z, INT64_MAX);
    look_up(&z, 99999999999999);
    tzif_clear(&z);
    return 0;
}
