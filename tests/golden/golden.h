/* SPDX-License-Identifier: Apache-2.0 */
/* Where tests find their data, and what of it several of them read. */
#ifndef MH_TESTS_GOLDEN_H
#define MH_TESTS_GOLDEN_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/feed/lse.h"
#include "server/base/clock.h"
#include "server/base/file.h"

/* When the tests of feeds take place: lse_good.lse lies in the past then. */
#define GOLDEN_CLOCK "2026-01-15T12:00:00Z"

/* The top of the source tree. */
static inline const char *
golden_top(void)
{
    const char *top = getenv("MH_TOP");

    if (top == NULL)
        top = getenv("srcdir");
    return top != NULL ? top : ".";
}

/* A path in tests/golden; good until the next call. */
static inline const char *
golden_path(const char *name)
{
    static char path[1024];

    snprintf(path, sizeof path, "%s/tests/golden/%s", golden_top(), name);
    return path;
}

/* A path in the folder of real data, which may not be here. */
static inline const char *
golden_shared(const char *name)
{
    static char path[1024];
    const char *shared = getenv("MH_SHARED");

    if (shared != NULL)
        snprintf(path, sizeof path, "%s/%s", shared, name);
    else
        snprintf(path, sizeof path, "%s/../shared/%s", golden_top(), name);
    return path;
}

/* A whole file with LSE_PAD NULs behind it, for the LSE reader and as text. */
static inline bool
golden_read(struct buf *to, const char *path)
{
    if (!file_read(path, 1 << 26, to))
        return false;
    buf_room(to, LSE_PAD);
    memset(to->at + to->len, 0, LSE_PAD);
    return true;
}

static inline void
golden_clock(void)
{
    int64_t now = 0;

    utc_parse(GOLDEN_CLOCK, &now);
    clock_set(now);
}

#endif
