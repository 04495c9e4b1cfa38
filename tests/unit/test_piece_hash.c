/* SPDX-License-Identifier: Apache-2.0 */
/* The digest of a text in pieces, in every way, against OpenSSL's SHA-256. */
#include "tests/unit/unit.h"

#include "server/base/buf.h"
#include "server/base/piece_hash.h"
#include "server/base/sha256_lanes.h"

#define ALL (40 * HASH_PIECE)

static uint8_t text[ALL];

/* As the header defines it. */
static void
slowly(char hex[SHA256_HEX], size_t n)
{
    struct buf sums = {0};

    for (size_t at = 0; at < n; at += HASH_PIECE) {
        size_t some = n - at < HASH_PIECE ? n - at : HASH_PIECE;
        uint8_t sum[SHA256_SIZE];

        sha256_bytes(sum, text + at, some);
        buf_add(&sums, sum, sizeof sum);
    }
    sha256_hex(hex, buf_text(&sums), sums.len);
    buf_clear(&sums);
}

/* In calls of up to `pieces` pieces. */
static void
quickly(char hex[SHA256_HEX], size_t n, size_t pieces, bool lanes)
{
    struct piece_hash *h = piece_hash_new();

    piece_hash_way(h, lanes);
    for (size_t at = 0; at < n; at += pieces * HASH_PIECE)
        piece_hash_add(h, text + at,
                       n - at < pieces * HASH_PIECE ? n - at
                                                    : pieces * HASH_PIECE);
    piece_hash_end(h, hex);
}

/* Lengths at which blocks, pieces and lanes end. */
static void
pieces_are_as_defined(void **state)
{
    static const size_t SIZES[] = {0,
                                   1,
                                   55,
                                   56,
                                   64,
                                   HASH_PIECE - 1,
                                   HASH_PIECE,
                                   HASH_PIECE + 1,
                                   2 * HASH_PIECE,
                                   3 * HASH_PIECE + 63,
                                   8 * HASH_PIECE - 1,
                                   8 * HASH_PIECE,
                                   8 * HASH_PIECE + 1,
                                   11 * HASH_PIECE,
                                   19 * HASH_PIECE + 5000,
                                   ALL};
    char want[SHA256_HEX], got[SHA256_HEX];

    (void)state;
    random_bytes(text, sizeof text);
    for (size_t i = 0; i < COUNT(SIZES); i++) {
        slowly(want, SIZES[i]);
        for (size_t pieces = 1; pieces <= 40; pieces += 1 + pieces / 2) {
            quickly(got, SIZES[i], pieces, false);
            assert_string_equal(got, want);
            quickly(got, SIZES[i], pieces, true);
            assert_string_equal(got, want);
        }
    }
}

/* One bit anywhere, or a shorter text, makes another digest. */
static void
differs_in_every_piece(void **state)
{
    char first[SHA256_HEX], other[SHA256_HEX];

    (void)state;
    quickly(first, ALL, 40, true);
    for (size_t at = 0; at < ALL; at += HASH_PIECE / 2 + 1) {
        text[at] ^= 1;
        quickly(other, ALL, 40, true);
        assert_string_not_equal(first, other);
        text[at] ^= 1;
    }
    quickly(other, ALL - 1, 40, true);
    assert_string_not_equal(first, other);
    quickly(other, ALL - HASH_PIECE, 40, true);
    assert_string_not_equal(first, other);
    /* nor is it the plain one */
    sha256_hex(other, text, ALL);
    assert_string_not_equal(first, other);
    quickly(other, ALL, 40, true);
    assert_string_equal(first, other);
}

/* Texts of lengths of their own in all lanes, against OpenSSL. */
static void
lanes_are_sha256(void **state)
{
    enum { MOST = 40 * SHA256_BLOCK };
    static uint8_t bytes[SHA256_LANES][MOST + SHA256_PAD];
    const uint8_t *at[SHA256_LANES];
    uint8_t sum[SHA256_SIZE], want[SHA256_LANES][SHA256_SIZE];
    int ways = 0;

    (void)state;
    for (int w = 0; w < SHA256_WAYS; w++) {
        if (!sha256_way_can((enum sha256_way)w))
            continue;
        ways++;
        for (size_t n = 0; n < MOST; n += 1 + n / 9) {
            struct sha256_lanes s;
            size_t blocks[SHA256_LANES], most = 0;

            for (unsigned i = 0; i < SHA256_LANES; i++) {
                size_t size_i = n * (i + 1) / SHA256_LANES, rest = size_i % 64;

                random_bytes(bytes[i], size_i);
                sha256_bytes(want[i], bytes[i], size_i);
                sha256_lanes_start(&s, i);
                blocks[i] = size_i / 64 +
                            sha256_pad(bytes[i] + size_i - rest, rest, size_i);
                most = blocks[i] > most ? blocks[i] : most;
            }
            for (size_t block = 0; block < most; block++) {
                for (unsigned i = 0; i < SHA256_LANES; i++)
                    at[i] = bytes[i] + (block < blocks[i] ? block : 0) * 64;
                sha256_lanes_add(&s, (enum sha256_way)w, at, 1);
                for (unsigned i = 0; i < SHA256_LANES; i++)
                    if (block + 1 == blocks[i]) {
                        sha256_lanes_end(&s, i, sum);
                        assert_memory_equal(sum, want[i], sizeof sum);
                    }
            }
        }
    }
    if (!ways)
        skip();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lanes_are_sha256),
        cmocka_unit_test(pieces_are_as_defined),
        cmocka_unit_test(differs_in_every_piece),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
