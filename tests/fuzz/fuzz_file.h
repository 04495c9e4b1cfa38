/* SPDX-License-Identifier: Apache-2.0 */
/* For fuzzers of what is read from a file by its path. */
#ifndef MH_TESTS_FUZZ_FILE_H
#define MH_TESTS_FUZZ_FILE_H

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

/* A file in memory that holds these bytes until the next call; opening one
 * anew for each input is what would take the time. */
static const char *
fuzz_file(const void *bytes, size_t n)
{
    static char path[64];
    static int fd = -1;

    if (fd < 0) {
        fd = memfd_create("input", MFD_CLOEXEC);
        REQUIRE(fd >= 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    REQUIRE(pwrite(fd, bytes, n, 0) == (ssize_t)n &&
            ftruncate(fd, (off_t)n) == 0);
    return path;
}

#endif
