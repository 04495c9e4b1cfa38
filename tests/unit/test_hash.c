/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "server/base/hash.h"
#include "server/base/str.h"

static void
sha256_known_answers(void **state)
{
    char hex[SHA256_HEX];
    struct sha256 *h = sha256_new();

    (void)state;
    sha256_hex(hex, "", 0);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb924"
                             "27ae41e4649b934ca495991b7852b855");
    for (int i = 0; i < 1000; i++)
        sha256_add(h, "aaaaaaaaaa", 10);
    for (int i = 0; i < 99; i++) {
        for (int k = 0; k < 1000; k++)
            sha256_add(h, "aaaaaaaaaa", 10);
    }
    sha256_end(h, hex); /* a million a's, FIPS 180 */
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67"
                             "f1809a48a497200e046d39ccc7112cd0");
}

/* The definition, bit by bit, as the oracle of both fast ways. */
static uint32_t
crc_by_definition(const unsigned char *p, size_t n)
{
    uint32_t c = ~0u;

    while (n-- > 0) {
        c ^= *p++;
        for (int i = 0; i < 8; i++)
            c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
    }
    return ~c;
}

static void
crc32c_is_castagnoli(void **state)
{
    unsigned char zeros[32] = {0};
    unsigned char bytes[300];

    (void)state;
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283); /* check value */
    assert_int_equal(crc32c(0, zeros, 32), 0x8a9136aa);      /* RFC 3720 */
    assert_int_equal(crc32c(0, "", 0), 0);
    random_bytes(bytes, sizeof bytes);
    for (size_t n = 0; n < sizeof bytes; n++) {
        uint32_t whole = crc_by_definition(bytes, n);

        assert_int_equal(crc32c(0, bytes, n), whole);
        assert_int_equal(
            crc32c(crc32c(0, bytes, n / 3), bytes + n / 3, n - n / 3), whole);
    }
}

static void
hash64_spreads(void **state)
{
    static unsigned char seen[1 << 16];
    unsigned char text[40] = {0};
    int filled = 0;

    (void)state;
    assert_int_equal(hash64("esiid", 5), hash64("esiid", 5));
    for (size_t n = 0; n < sizeof text; n++) /* length counts */
        assert_int_not_equal(hash64(text, n), hash64(text, n + 1));
    for (size_t i = 0; i < sizeof text; i++) { /* every byte counts */
        uint64_t before = hash64(text, sizeof text);

        text[i] ^= 1;
        assert_int_not_equal(hash64(text, sizeof text), before);
        text[i] ^= 1;
    }
    /* 65,536 neighbouring ESI IDs over as many slots: 63.2 % are hit */
    for (int i = 0; i < 1 << 16; i++) {
        char esiid[24];
        int n = snprintf(esiid, sizeof esiid, "104437200000%05d", i);

        seen[hash64(esiid, (size_t)n) & 0xffff] = 1;
    }
    for (int i = 0; i < 1 << 16; i++)
        filled += seen[i];
    assert_in_range(filled, 40900, 42000);
}

static void
tokens(void **state)
{
    char a[2 * 32 + 2], b[2 * 32 + 2];

    (void)state;
    random_token(a, 32);
    random_token(b, 32);
    assert_int_equal(strlen(a), 43);
    assert_string_not_equal(a, b);
    assert_int_equal(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
                               "uvwxyz0123456789-_"),
                     43);
    random_token(a, 1);
    assert_int_equal(strlen(a), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_known_answers),
        cmocka_unit_test(crc32c_is_castagnoli),
        cmocka_unit_test(hash64_spreads),
        cmocka_unit_test(tokens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
