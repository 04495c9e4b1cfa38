/* SPDX-License-Identifier: Apache-2.0 */
/* Token buckets: bursts, refill, strangers, and memory that is full. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "server/base/clock.h"
#include "server/http/limit.h"
#include "tests/unit/unit.h"

static int
take_many(struct limit *l, const char *key, int n)
{
    int taken = 0, wait;

    for (int i = 0; i < n; i++)
        taken += limit_take(l, key, &wait);
    return taken;
}

static void
test_burst_and_refill(void **state)
{
    struct limit *l = limit_new(20, 5, 100);
    int wait = 0;

    (void)state;
    assert_int_equal(take_many(l, "a", 5), 5);
    assert_false(limit_take(l, "a", &wait));
    assert_int_equal(wait, 1);
    assert_true(limit_take(l, "b", &wait)); /* others are not touched */
    nanosleep(&(struct timespec){.tv_nsec = 120000000}, NULL);
    assert_true(limit_take(l, "a", &wait));
    limit_free(l);
}

static void
test_long_waits_are_told(void **state)
{
    struct limit *slow = limit_new(0.1, 1, 10), *never = limit_new(0, 1, 10);
    int wait = 0;

    (void)state;
    assert_true(limit_take(slow, "a", &wait));
    assert_false(limit_take(slow, "a", &wait));
    assert_int_equal(wait, 10);
    assert_true(limit_take(never, "a", &wait));
    assert_false(limit_take(never, "a", &wait));
    assert_int_equal(wait, 3600);
    limit_free(slow);
    limit_free(never);
}

/* A flood of strangers must not let the one who is watched begin anew, as long
 * as theirs are fuller. */
static void
test_full_memory_forgets_the_fullest(void **state)
{
    struct limit *l = limit_new(0.001, 10, 128);
    char key[32];
    int wait;

    (void)state;
    assert_int_equal(take_many(l, "culprit", 50), 10);
    for (int i = 0; i < 100000; i++) {
        snprintf(key, sizeof key, "stranger %d", i);
        assert_true(limit_take(l, key, &wait));
    }
    assert_false(limit_take(l, "culprit", &wait));
    limit_free(l);
}

static void
test_addresses(void **state)
{
    static const struct {
        const char *address, *key;
    } ROWS[] = {
        {"192.0.2.7", "192.0.2.7"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
        {"2001:db8:1:2::", "2001:db8:1:2::"},
        {"::1", "::"},
        {"::ffff:192.0.2.7", "::ffff:192.0.2.7"},
        {"odd:thing", "odd:thing"},
    };
    char key[64];

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        limit_key_of(key, sizeof key, ROWS[i].address);
        assert_string_equal(key, ROWS[i].key);
    }
}

struct crowd {
    struct limit *limit;
    atomic_int taken;
};

static void *
crowd_run(void *arg)
{
    struct crowd *c = arg;

    atomic_fetch_add(&c->taken, take_many(c->limit, "one", 1000));
    return NULL;
}

static void
test_threads(void **state)
{
    struct crowd c = {.limit = limit_new(0.001, 500, 100)};
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_create(&threads[i], NULL, crowd_run, &c);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&c.taken), 500);
    limit_free(c.limit);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst_and_refill),
        cmocka_unit_test(test_long_waits_are_told),
        cmocka_unit_test(test_full_memory_forgets_the_fullest),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
