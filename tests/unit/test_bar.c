/* SPDX-License-Identifier: Apache-2.0 */
/* The line that tells how far loading is. */
#include "api/feed/bar.h"
#include "tests/unit/unit.h"

static const char *
bar(struct feed_progress p)
{
    static char line[FEED_BAR];

    feed_bar(&p, line);
    return line;
}

static void
tells_how_far(void **state)
{
    (void)state;
    assert_string_equal(bar((struct feed_progress){.files = 10, .bytes = 1000}),
                        "[................] 0 of 10 files, 0 records, 0 MB/s");
    assert_string_equal(bar((struct feed_progress){.files = 10,
                                                   .files_done = 2,
                                                   .bytes = 1000,
                                                   .bytes_done = 250,
                                                   .records = 150000,
                                                   .text = 200000000,
                                                   .seconds = 0.5}),
                        "[####............] 2 of 10 files, 150000 records, "
                        "400 MB/s, 0:02 left");
    assert_string_equal(bar((struct feed_progress){.files = 1,
                                                   .files_done = 1,
                                                   .bytes = 1000,
                                                   .bytes_done = 1000,
                                                   .records = 1,
                                                   .text = 1000,
                                                   .seconds = 1}),
                        "[################] 1 of 1 files, 1 records, 0 MB/s");
}

/* Hours, ages, a source without a size, counts that are wrong. */
static void
keeps_to_its_line(void **state)
{
    struct feed_progress p = {
        .files = 2, .bytes = 1000000, .bytes_done = 1000, .seconds = 10};

    (void)state;
    assert_string_equal(bar(p), "[................] 0 of 2 files, 0 records, "
                                "0 MB/s, 2 h 46 left");
    p.seconds = 1e6;
    assert_string_equal(bar(p), "[................] 0 of 2 files, 0 records, "
                                "0 MB/s");
    p.bytes = 0;
    assert_string_equal(bar(p), "[................] 0 of 2 files, 0 records, "
                                "0 MB/s");
    p = (struct feed_progress){.files = SIZE_MAX,
                               .files_done = SIZE_MAX,
                               .bytes = 1,
                               .bytes_done = INT64_MAX,
                               .records = INT64_MAX,
                               .text = INT64_MAX,
                               .seconds = 1e-9};
    assert_int_equal(strlen(bar(p)), FEED_BAR - 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_how_far),
        cmocka_unit_test(keeps_to_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
