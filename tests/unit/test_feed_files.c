/* SPDX-License-Identifier: Apache-2.0 */
/* Names and lists of files that are loaded. */
#include "tests/unit/unit.h"

#include "api/feed/list.h"
#include "api/feed/name.h"
#include "server/base/buf.h"
#include "server/base/file.h"

static void
names_of_the_market(void **state)
{
    static const char *const OTHERS[] = {
        "",
        "a.lse",
        "99999999IntervalData20081227113001123.lse",
        "9999999999IntervalData20081227113001123.lse",
        "999999999intervaldata20081227113001123.lse",
        "999999999IntervalData2008122711300112.lse",
        "999999999IntervalData200812271130011234.lse",
        "999999999IntervalData20081227113001123.csv",
        "999999999IntervalData20081227113001123.lse.csv",
        "x999999999IntervalData20081227113001123.lse",
    };
    struct feed_name n;

    (void)state;
    assert_true(
        feed_name_parse("999999999IntervalData20081227113001123.lse", &n));
    assert_string_equal(n.sender, "999999999");
    assert_int_equal(n.stamp, 20081227113001);
    assert_int_equal(n.counter, 123);
    assert_true(feed_name_parse(
        "1039940674000IntervalData20081227113001000.lse.20081228", &n));
    assert_string_equal(n.sender, "1039940674000");
    assert_int_equal(n.counter, 0);
    for (size_t i = 0; i < COUNT(OTHERS); i++) {
        assert_false(feed_name_parse(OTHERS[i], &n));
        assert_true(n.stamp == 0 && n.counter == 0 && n.sender[0] == '\0');
    }
}

static void
put(const char *folder, const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_true(file_write(path, "x", 1, 0600));
}

static void
folders_in_order(void **state)
{
    static const char *const NAMES[] = {
        "b.lse",         "a.LSE",     "c.lse.zip",
        "d.lse.zip.pgp", "e.lse.asc", "z.csv",
        "y.csv.gpg",     "no.txt",    "no.lse.gz",
        "lse",           ".lse",      ".hidden.lse",
        "sub/a.lse",     "sub/b.csv", "sub/deep/never.lse",
    };
    char folder[256], path[512], why[512];
    struct feed_list l = {.n = 0};
    struct buf said = {0};

    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/sub/deep", folder);
    assert_true(file_make_dir(path, 0700));
    for (size_t i = 0; i < COUNT(NAMES); i++)
        put(folder, NAMES[i]);
    assert_true(feed_list_add(&l, folder, why));
    for (size_t i = 0; i < l.n; i++)
        buf_printf(&said, "%s\n", l.path[i] + strlen(folder) + 1);
    assert_string_equal(buf_text(&said),
                        "sub/b.csv\ny.csv.gpg\nz.csv\na.LSE\nb.lse\n"
                        "c.lse.zip\nd.lse.zip.pgp\ne.lse.asc\nsub/a.lse\n");
    feed_list_clear(&l);
    snprintf(path, sizeof path, "%s/no.txt", folder);
    assert_true(feed_list_add(&l, path, why));
    assert_true(feed_list_add(&l, "-", why));
    assert_int_equal(l.n, 2);
    snprintf(path, sizeof path, "%s/sub/deep/nothing", folder);
    assert_false(feed_list_add(&l, path, why));
    assert_non_null(strstr(why, "No such file"));
    assert_true(file_make_dir(path, 0700));
    assert_false(feed_list_add(&l, path, why));
    assert_non_null(strstr(why, "no file in it"));
    feed_list_clear(&l);
    buf_clear(&said);
    scratch_remove(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_the_market),
        cmocka_unit_test(folders_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
