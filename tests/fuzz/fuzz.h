/* SPDX-License-Identifier: Apache-2.0 */
/* What every fuzzer includes: a check that always counts, and its entry. */
#ifndef MH_TESTS_FUZZ_H
#define MH_TESTS_FUZZ_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(what)                                                          \
    do {                                                                       \
        if (!(what))                                                           \
            abort();                                                           \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#endif
