/* SPDX-License-Identifier: Apache-2.0 */
/* The table of hostile LSE files (lse_hostile.txt), made into texts. */
#ifndef MH_TESTS_HOSTILE_H
#define MH_TESTS_HOSTILE_H

#include <stdbool.h>

#include "server/base/buf.h"

struct hostile {
    char name[80];
    long row;         /* of lse_hostile.txt */
    struct buf text;  /* the file, LSE_PAD readable bytes behind it */
    int loads;        /* records that must load */
    char expect[400]; /* "02 M51 6 energy of interval 1\n…" */
    bool twice;       /* a case of code 05, which only the store finds */
};

/* Calls fn for each row with a fresh text.  Returns the number of rows, 0 when
 * a file cannot be read or a row is wrong (said on standard error). */
int hostile_each(void (*fn)(void *arg, struct hostile *h), void *arg);

#endif
