/* SPDX-License-Identifier: Apache-2.0 */
/* Digests ahead of the reader: each is the file's own, and a file that is not
 * what it was when it was digested is found out. */
#include <unistd.h>

#include "tests/unit/unit.h"

#include "api/feed/load_parts.h"
#include "server/base/file.h"
#include "server/base/sha256_lanes.h"

#define FILES 40

static char paths[FILES][300];
static const char *path[FILES];
static int64_t size[FILES];
static struct buf text[FILES];

/* Sizes at which blocks, padding and pieces end, and some of any size. */
static size_t
file_size(int i)
{
    static const size_t SIZES[] = {
        1,     55,    56,    63,     64,    65,     119,     128,
        65535, 65536, 65537, 131072, 65591, 131127, 1048576, 1048577};

    return (size_t)i < COUNT(SIZES) ? SIZES[i] : (size_t)(i * 7919 * 13);
}

static void
files_make(struct loader *ld)
{
    for (int i = 0; i < FILES; i++) {
        size_t n = file_size(i);

        snprintf(paths[i], sizeof paths[i], "%s/%d", scratch, i);
        path[i] = paths[i];
        text[i].len = 0;
        for (size_t k = 0; k < n; k++)
            buf_putc(&text[i], (char)('a' + (k * 31 + (size_t)i) % 23));
        assert_true(file_write(path[i], text[i].at, n, 0600));
        size[i] = (int64_t)n;
    }
    *ld = (struct loader){.paths = path, .n = FILES, .size = size};
}

static char why[512]; /* it was not */

/* Waits for the digest, as after reading this text. */
static bool
file_get(struct loader *ld, int i, const struct buf *read, char hex[SHA256_HEX])
{
    static struct batch b;
    bool ok;

    b = (struct batch){.file = (size_t)i, .ahead = true};
    b.check = load_digest_check(0, read->at, read->len);
    ok = load_digest_get(ld, &b, why);
    memcpy(hex, b.r.l.sha256, SHA256_HEX);
    return ok;
}

static void
digests_are_the_files_own(void **state)
{
    char hex[SHA256_HEX], want[SHA256_HEX];
    struct loader ld;

    (void)state;
    files_make(&ld);
    ld.digests = load_digest_start(&ld);
    if (!ld.digests)
        skip(); /* one text alone is as fast here */
    assert_true(load_digest_claim(ld.digests, 0, true));
    for (int i = 1; i < FILES; i++) {
        assert_true(file_get(&ld, i, &text[i], hex));
        sha256_hex(want, text[i].at, text[i].len);
        assert_string_equal(hex, want);
        /* the reader comes by: it is not to do it again */
        assert_false(load_digest_claim(ld.digests, (size_t)i, true));
    }
    load_digest_stop(ld.digests);
}

static void
finds_a_changed_file_out(void **state)
{
    char hex[SHA256_HEX];
    struct loader ld;
    struct buf other = {0};

    (void)state;
    files_make(&ld);
    ld.digests = load_digest_start(&ld);
    if (!ld.digests)
        skip();
    buf_add(&other, text[5].at, text[5].len);
    other.at[other.len - 1] ^= 1;
    assert_false(file_get(&ld, 5, &other, hex));
    assert_string_equal(why, "the file was changed while it was loaded");
    buf_putc(&other, '\n');
    assert_false(file_get(&ld, 5, &other, hex));
    assert_true(file_get(&ld, 5, &text[5], hex));
    buf_clear(&other);
    load_digest_stop(ld.digests);
}

/* One that cannot be read again was not changed: it is said what failed. */
static void
tells_what_cannot_be_read(void **state)
{
    char hex[SHA256_HEX];
    struct loader ld;

    (void)state;
    files_make(&ld);
    assert_int_equal(unlink(path[5]), 0);
    ld.digests = load_digest_start(&ld);
    if (!ld.digests)
        skip();
    assert_false(file_get(&ld, 5, &text[5], hex));
    assert_non_null(strstr(why, "could not be read a second time"));
    assert_non_null(strstr(why, "No such file or directory"));
    load_digest_stop(ld.digests);
}

/* Standard input, folders, empty and far too long files are not touched. */
static void
leaves_others_to_the_reader(void **state)
{
    struct loader ld;

    (void)state;
    files_make(&ld);
    path[3] = "-";
    size[4] = 0;
    size[5] = INT64_MAX;
    ld.digests = load_digest_start(&ld);
    if (!ld.digests)
        skip();
    for (size_t i = 3; i < 6; i++)
        assert_true(load_digest_claim(ld.digests, i, true));
    /* what is wrapped is digested unwrapped */
    for (size_t i = 6; i < FILES; i++)
        assert_true(load_digest_claim(ld.digests, i, false));
    load_digest_stop(ld.digests);
}

static void
stops_at_any_time(void **state)
{
    struct loader ld;

    (void)state;
    files_make(&ld);
    for (int i = 0; i < 20; i++)
        load_digest_stop(load_digest_start(&ld));
    for (int i = 0; i < FILES; i++)
        buf_clear(&text[i]);
}

/* ---- the lanes --------------------------------------------------------------
 */

/* Texts of lengths of their own in all lanes, against OpenSSL. */
static void
lanes_are_sha256(void **state)
{
    enum { MOST = 40 * SHA256_BLOCK };
    static uint8_t bytes[SHA256_LANES][MOST + SHA256_PAD];
    const uint8_t *at[SHA256_LANES];
    char hex[SHA256_HEX], want[SHA256_LANES][SHA256_HEX];
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
                sha256_hex(want[i], bytes[i], size_i);
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
                        sha256_lanes_end(&s, i, hex);
                        assert_string_equal(hex, want[i]);
                    }
            }
        }
    }
    if (!ways)
        skip();
}

static void
pieces_hash_alike(void **state)
{
    char bytes[1000];
    uint64_t h;

    (void)state;
    random_bytes(bytes, sizeof bytes);
    for (size_t n = 0; n < sizeof bytes; n++) {
        h = hash64_piece(7, bytes, n);
        assert_true(h == hash64_piece(7, bytes, n));
        assert_true(h != hash64_piece(8, bytes, n));
        if (!n)
            continue;
        for (size_t bit = 0; bit < 8 * n; bit += 1 + n) {
            bytes[bit / 8] ^= (char)(1 << bit % 8);
            assert_true(h != hash64_piece(7, bytes, n));
            bytes[bit / 8] ^= (char)(1 << bit % 8);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lanes_are_sha256),
        cmocka_unit_test(pieces_hash_alike),
        cmocka_unit_test(digests_are_the_files_own),
        cmocka_unit_test(finds_a_changed_file_out),
        cmocka_unit_test(tells_what_cannot_be_read),
        cmocka_unit_test(leaves_others_to_the_reader),
        cmocka_unit_test(stops_at_any_time),
    };

    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
