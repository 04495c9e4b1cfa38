/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The market's file name: DUNS, "IntervalData", a stamp, a counter, ".lse".
 * Loading does not depend on it, but a name of that form orders versions; the
 * inbox insists on it.  Source: LSE File Definition v.04.
 */
#ifndef MH_FEED_NAME_H
#define MH_FEED_NAME_H

#include <stdbool.h>
#include <stdint.h>

struct feed_name {
    char sender[16]; /* DUNS, 9 or 13 digits */
    int64_t stamp;   /* YYYYMMDDHHMMSS */
    int32_t counter; /* 0 to 999 */
};

/* True when it is such a name (further endings may follow ".lse", ".csv" may
 * not); else all of *to is zero. */
bool feed_name_parse(const char *name, struct feed_name *to);

/* A file's name is any bytes, but the catalog and reports hold text: turns
 * what is none into question marks. */
void feed_name_show(char *name);

#endif
