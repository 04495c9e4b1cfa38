/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes settings files.  Whatever the bytes, the values stay inside their
 * bounds, a refusal says why, and what is printed reads back as the same.
 */
#include "config.h"

#include "server/base/conf.h"
#include "tests/fuzz/fuzz_file.h"

static bool
read_bytes(struct conf *c, const void *bytes, size_t n, char why[512])
{
    conf_init(c);
    return conf_read(c, fuzz_file(bytes, n), why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct conf c, again;
    char why[512] = "", *text = NULL;
    size_t size = 0;
    FILE *to;

    if (!read_bytes(&c, bytes, n, why)) {
        REQUIRE(why[0] != '\0' && strlen(why) < sizeof why);
        return 0;
    }
#define TEXT(name, def, text) REQUIRE(strlen(c.name) < sizeof c.name);
#define INT(name, def, min, max, text)                                         \
    REQUIRE(c.name >= (min) && c.name <= (max));
#define BOOL(name, def, text)
    CONF_TABLE(TEXT, INT, BOOL)
    to = open_memstream(&text, &size);
    REQUIRE(to != NULL);
    conf_print(to, &c);
    fclose(to);
    REQUIRE(read_bytes(&again, text, size, why));
#undef TEXT
#undef INT
#undef BOOL
#define TEXT(name, def, text)          REQUIRE(!strcmp(c.name, again.name));
#define INT(name, def, min, max, text) REQUIRE(c.name == again.name);
#define BOOL(name, def, text)          REQUIRE(c.name == again.name);
    CONF_TABLE(TEXT, INT, BOOL)
    free(text);
    return 0;
}
