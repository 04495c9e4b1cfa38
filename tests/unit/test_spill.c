/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays that go into a file when they become large, and back when there is no
 * room for it. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>

#include "server/base/spill.h"

#define WORDS 500000

static char beside[300];

/* Grows by steps, and keeps what is in it. */
static void
fill(struct spill *s, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++) {
        uint64_t *at = spill_room(s, (i + 1) * sizeof *at);

        assert_int_equal(at[i], 0);
        at[i] = i * i;
    }
}

static void
holds(const struct spill *s, uint64_t n)
{
    const uint64_t *at = s->at;

    for (uint64_t i = 0; i < n; i++)
        assert_int_equal(at[i], i * i);
    for (uint64_t i = n; i < s->room / sizeof *at; i++)
        assert_int_equal(at[i], 0);
}

static int
files_in(const char *folder)
{
    DIR *dir = opendir(folder);
    int n = 0;

    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void
stays_in_memory(void **state)
{
    struct spill s = {.most = SIZE_MAX, .beside = beside};

    (void)state;
    fill(&s, 0, WORDS);
    assert_int_equal(s.fd, 0);
    holds(&s, WORDS);
    spill_free(&s);
    assert_null(s.at);
}

static void
goes_into_a_file(void **state)
{
    struct spill s = {.most = 1 << 20, .beside = beside};

    (void)state;
    fill(&s, 0, WORDS);
    assert_true(s.fd > 0);
    assert_int_equal(files_in(scratch), 0); /* without a name */
    holds(&s, WORDS);
    spill_free(&s);
    spill_free(&s);
}

static void
has_nowhere_to_go(void **state)
{
    struct spill s = {.most = 1 << 20}, t = {.most = 1 << 20};

    (void)state;
    t.beside = "/no/such/folder/points";
    fill(&s, 0, WORDS);
    fill(&t, 0, WORDS);
    assert_true(s.fd == 0 && t.fd == 0);
    holds(&s, WORDS);
    holds(&t, WORDS);
    spill_free(&s);
    spill_free(&t);
}

/* A file that may grow no further stands for a disk that is full. */
static void
comes_back_from_a_full_disk(void **state)
{
    struct spill s = {.most = 1 << 20, .beside = beside};
    struct rlimit before, little;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    little = (struct rlimit){2 << 20, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    fill(&s, 0, WORDS / 2);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(s.fd, 0);
    holds(&s, WORDS / 2);
    fill(&s, WORDS / 2, WORDS);
    assert_true(s.fd > 0); /* there is room again */
    holds(&s, WORDS);
    spill_free(&s);
}

static int
set_up(void **state)
{
    int rc = scratch_set_up(state);

    snprintf(beside, sizeof beside, "%s/points", scratch);
    return rc;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stays_in_memory),
        cmocka_unit_test(goes_into_a_file),
        cmocka_unit_test(has_nowhere_to_go),
        cmocka_unit_test(comes_back_from_a_full_disk),
    };

    return cmocka_run_group_tests(tests, set_up, scratch_tear_down);
}
