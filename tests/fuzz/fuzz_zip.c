/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes sources with files that are, or are nearly, zips.  Whatever comes,
 * reading ends, with the reason where it failed, and within the ratio.
 */
#include "config.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/wire/source.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static char block[65536];
    char path[64], why[512] = "";
    int fd = memfd_create("zip", MFD_CLOEXEC);
    struct source *s;
    size_t given = 0;
    ssize_t got;

    REQUIRE(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    s = source_open(path, NULL, why);
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
    close(fd);
    return 0;
}
