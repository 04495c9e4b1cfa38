/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept: by key, under its stamp, within its bound. */
#include "server/base/cache.h"
#include "tests/unit/unit.h"

static struct buf
text(const char *words)
{
    struct buf b = {0};

    buf_puts(&b, words);
    return b;
}

static void
put(struct cache *c, const char *key, int64_t stamp, const char *words)
{
    struct buf k = text(key), w = text(words);
    struct cache_stamp s = {{stamp, 0, 0}};

    cache_put(c, &k, &s, &w);
    buf_clear(&k);
    buf_clear(&w);
}

/* True when exactly that is kept; NULL: nothing is. */
static bool
has(struct cache *c, const char *key, int64_t stamp, const char *words)
{
    struct buf k = text(key), got = {0};
    struct cache_stamp s = {{stamp, 0, 0}};
    bool found = cache_get(c, &k, &s, &got);
    bool same = found && words && strcmp(buf_text(&got), words) == 0;

    buf_clear(&k);
    buf_clear(&got);
    return words ? same : !found;
}

static void
keys_and_stamps(void **state)
{
    struct cache *c = cache_new(100000);
    struct cache_stats s;

    (void)state;
    assert_true(has(c, "a", 1, NULL));
    put(c, "a", 1, "one");
    put(c, "b", 1, "two");
    assert_true(has(c, "a", 1, "one"));
    assert_true(has(c, "b", 1, "two"));
    put(c, "a", 1, "three");
    assert_true(has(c, "a", 1, "three"));
    assert_true(has(c, "a", 2, NULL)); /* and is forgotten: */
    assert_true(has(c, "a", 1, NULL));
    assert_true(has(c, "b", 1, "two"));
    s = cache_stats(c);
    assert_int_equal(s.hits, 4);
    assert_int_equal(s.misses, 3);
    assert_int_equal(s.entries, 1);
    cache_clear(c);
    s = cache_stats(c);
    assert_int_equal(s.entries, 0);
    assert_int_equal(s.bytes, 0);
    cache_free(c);
    cache_free(NULL);
}

/* The bound holds, and what is used stays. */
static void
bounds(void **state)
{
    struct cache *c = cache_new(20000);
    char words[1001], key[16];

    (void)state;
    memset(words, 'x', 1000);
    words[1000] = '\0';
    put(c, "kept", 1, words);
    for (int i = 0; i < 500; i++) {
        snprintf(key, sizeof key, "%d", i);
        put(c, key, 1, words);
        assert_true(has(c, "kept", 1, words));
        assert_true(cache_stats(c).bytes <= 20000);
    }
    assert_true(has(c, "499", 1, words));
    assert_true(has(c, "0", 1, NULL));
    assert_true(cache_stats(c).entries >= 15);
    cache_free(c);
    c = cache_new(7000); /* an eighth is less than 1,000 */
    put(c, "large", 1, words);
    assert_true(has(c, "large", 1, NULL));
    cache_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_stamps),
        cmocka_unit_test(bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
