/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "server/base/arena.h"
#include "server/base/buf.h"

static void
arena_gives_zeroed_aligned_memory(void **state)
{
    struct arena a = {0};

    (void)state;
    for (size_t size = 0; size < 5000; size += 7) {
        unsigned char *p = arena_alloc(&a, size);

        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
    }
    arena_clear(&a);
    assert_int_equal(a.total, 0);
    arena_clear(&a);
}

static void
arena_reset_keeps_one_block_and_zeroes_again(void **state)
{
    struct arena a;
    size_t held;

    (void)state;
    arena_init(&a);
    arena_reset(&a);
    for (int i = 0; i < 100; i++)
        memset(arena_alloc(&a, 1000), 0xee, 1000);
    arena_reset(&a);
    held = a.total;
    assert_true(held >= 1000);
    for (int i = 0; i < 1000; i++) {
        unsigned char *p = arena_alloc(&a, 500);

        assert_int_equal(p[0] | p[499], 0);
        memset(p, 1, 500);
        arena_reset(&a);
    }
    assert_int_equal(a.total, held);
    arena_clear(&a);
}

static void
arena_try_refuses_what_cannot_be(void **state)
{
    struct arena a = {0};

    (void)state;
    assert_null(arena_try(&a, SIZE_MAX));
    assert_null(arena_try(&a, PTRDIFF_MAX - 64));
    assert_non_null(arena_try(&a, 10));
    assert_non_null(arena_try(&a, 10000000));
    arena_clear(&a);
}

static void
arena_text(void **state)
{
    struct arena a = {0};
    char *big = arena_printf(&a, "%0*d", 9000, 7);

    (void)state;
    assert_int_equal(strlen(big), 9000);
    assert_string_equal(arena_dup(&a, "meter"), "meter");
    assert_string_equal(arena_dupn(&a, "meter", 3), "met");
    assert_string_equal(arena_dupn(&a, NULL, 0), "");
    assert_string_equal(arena_printf(&a, "%s-%d", "x", 5), "x-5");
    arena_clear(&a);
}

static void
buf_grows(void **state)
{
    struct buf b = {0};

    (void)state;
    assert_string_equal(buf_text(&b), "");
    for (int i = 0; i < 100000; i++)
        buf_putc(&b, (char)('a' + i % 26));
    assert_int_equal(b.len, 100000);
    assert_int_equal(strlen(buf_text(&b)), 100000);
    assert_int_equal(b.at[99999], 'a' + 99999 % 26);
    buf_clear(&b);
    assert_int_equal(b.size, 0);
}

static void
buf_writes_integers(void **state)
{
    static const int64_t all[] = {0,  1,   -1,          9,         10,
                                  99, 100, 12345678901, INT64_MAX, INT64_MIN};
    struct buf b = {0};
    char want[32];

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        b.len = 0;
        buf_int(&b, all[i]);
        snprintf(want, sizeof want, "%lld", (long long)all[i]);
        assert_string_equal(buf_text(&b), want);
    }
    buf_clear(&b);
}

static void
buf_printf_of_any_length(void **state)
{
    struct buf b = {0};

    (void)state;
    for (int n = 0; n < 600; n++) {
        b.len = 0;
        buf_printf(&b, "%*s", n, "");
        assert_int_equal(b.len, n);
        buf_printf(&b, "%s", "tail");
        assert_string_equal(buf_text(&b) + n, "tail");
    }
    buf_clear(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(arena_reset_keeps_one_block_and_zeroes_again),
        cmocka_unit_test(arena_try_refuses_what_cannot_be),
        cmocka_unit_test(arena_text),
        cmocka_unit_test(buf_grows),
        cmocka_unit_test(buf_writes_integers),
        cmocka_unit_test(buf_printf_of_any_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
