/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes sources with files that are, or are nearly, zips.  Whatever comes,
 * reading ends, with the reason where it failed, and within the ratio.
 */
#include "config.h"

#include "server/wire/source.h"
#include "tests/fuzz/fuzz_file.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static char block[65536];
    char why[512] = "";
    struct source *s;
    size_t given = 0;
    ssize_t got;

    s = source_open(fuzz_file(bytes, n), NULL, why);
    REQUIRE(s != NULL || why[0] != '\0');
    while (s != NULL && (got = source_read(s, block, sizeof block)) != 0) {
        if (got < 0) {
            REQUIRE(source_why(s)[0] != '\0');
            break;
        }
        given += (size_t)got;
    }
    REQUIRE(given <= 200 * (n + 65536) + (1 << 20));
    source_close(s);
    return 0;
}
