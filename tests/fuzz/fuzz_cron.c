/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes schedules of jobs: the next time always lies ahead, and within the two
 * days that a clock change can make of one. */
#include "server/job/cron.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    int64_t now = 1700000000, next;
    struct cron c;
    char *text;

    if (n < 4)
        return 0;
    for (int i = 0; i < 4; i++)
        now += (int64_t)bytes[i] << (7 * i);
    text = malloc(n - 3);
    REQUIRE(text != NULL);
    memcpy(text, bytes + 4, n - 4);
    text[n - 4] = '\0';
    if (cron_parse(text, &c)) {
        next = cron_next(&c, now);
        REQUIRE(next > now);
        REQUIRE(c.seconds > 0 ? next <= now + c.seconds
                              : next <= now + 2 * 86400);
        REQUIRE(cron_after(&c, now, now) > now || c.missed == CRON_EACH);
    }
    free(text);
    return 0;
}
