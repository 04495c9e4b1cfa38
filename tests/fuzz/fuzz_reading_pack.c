/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packed days from wild bytes: as a frame, and as a bare core, which has no
 * checksum to hide behind.  What unpacks must pack and unpack to the same.
 */
#include <stdlib.h>
#include <string.h>

#include "db/reading_pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct reading_day d, again;
    struct reading_sum s;
    uint8_t core[CORE_MOST];

    reading_unpack(bytes, n, &d);
    if (!core_unpack(bytes, n, &d))
        return 0;
    if (!core_sum(bytes, n, &s) || s.n != d.n)
        abort();
    if (!core_unpack(core, core_pack(&d, core), &again) ||
        !reading_same(&d, &again) || memcmp(d.places, again.places, d.n) != 0)
        abort();
    return 0;
}
