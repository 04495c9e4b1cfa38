/* SPDX-License-Identifier: Apache-2.0 */
/* What every cmocka program includes, and a scratch folder. */
#ifndef MH_TESTS_UNIT_H
#define MH_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Makes an empty folder below $TMPDIR or /tmp. */
static inline void
scratch_make(char to[256])
{
    const char *base = getenv("TMPDIR");

    snprintf(to, 256, "%s/meterhouse-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(to));
}

/* Removes a scratch folder with all that is in it. */
static inline void
scratch_remove(const char *folder)
{
    char command[300];

    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

/* How often a text holds another. */
static inline int
text_count(const char *text, const char *what)
{
    int n = 0;

    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        n++;
    return n;
}

/* The scratch folder of a whole program, for cmocka_run_group_tests. */
static char scratch[256] __attribute__((unused));

static inline int
scratch_set_up(void **state)
{
    (void)state;
    scratch_make(scratch);
    return 0;
}

static inline int
scratch_tear_down(void **state)
{
    (void)state;
    scratch_remove(scratch);
    return 0;
}

#endif
