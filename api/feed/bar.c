/* SPDX-License-Identifier: Apache-2.0 */
#include "api/feed/bar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 16

static void
left_format(const struct feed_progress *p, double part, char to[32])
{
    double seconds = p->seconds / part * (1 - part) + 0.5;

    if (seconds >= 360000) /* a guess like that is worth nothing */
        return;
    if (seconds < 3600)
        snprintf(to, 32, ", %d:%02d left", (int)seconds / 60,
                 (int)seconds % 60);
    else
        snprintf(to, 32, ", %d h %02d left", (int)seconds / 3600,
                 (int)seconds / 60 % 60);
}

void
feed_bar(const struct feed_progress *p, char to[FEED_BAR])
{
    double part = p->bytes > 0 ? (double)p->bytes_done / (double)p->bytes : 0;
    double rate = p->seconds > 0 ? (double)p->text / 1e6 / p->seconds : 0;
    char bar[WIDTH + 1], left[32] = "";

    part = part < 0 ? 0 : part > 1 ? 1 : part;
    memset(bar, '.', WIDTH);
    memset(bar, '#', (size_t)(part * WIDTH));
    bar[WIDTH] = '\0';
    if (part > 0 && part < 1)
        left_format(p, part, left);
    snprintf(to, FEED_BAR,
             "[%s] %zu of %zu files, %" PRId64 " records, %.0f MB/s%s", bar,
             p->files_done, p->files, p->records, rate, left);
}
