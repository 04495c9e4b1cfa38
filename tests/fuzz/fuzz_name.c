/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes names of delivered files: what is taken for a name has its parts in
 * bounds, and any bytes become text that shows as itself.
 */
#include "api/feed/name.h"
#include "server/base/str.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct feed_name f;
    char *name = malloc(n + 1), *shown;

    REQUIRE(name != NULL);
    memcpy(name, n > 0 ? (const char *)bytes : "", n);
    name[n] = '\0';
    if (feed_name_parse(name, &f)) {
        REQUIRE(strlen(f.sender) == 9 || strlen(f.sender) == 13);
        REQUIRE(str_is_digits(f.sender, strlen(f.sender)));
        REQUIRE(f.stamp >= 0 && f.stamp <= 99999999999999); /* 14 digits */
        REQUIRE(f.counter >= 0 && f.counter <= 999);
    }
    feed_name_show(name);
    REQUIRE(strlen(name) <= n);
    shown = strdup(name);
    REQUIRE(shown != NULL);
    feed_name_show(shown);
    REQUIRE(strcmp(shown, name) == 0);
    free(shown);
    free(name);
    return 0;
}
