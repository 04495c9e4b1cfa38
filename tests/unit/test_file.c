/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/file.h"

static const char *
at(const char *name)
{
    static char path[4][512];
    static int next;
    char *p = path[next++ % 4];

    snprintf(p, 512, "%s/%s", scratch, name);
    return p;
}

static void
writes_and_reads(void **state)
{
    static char big[300000];
    struct buf b = {0};
    struct stat st;

    (void)state;
    memset(big, 'x', sizeof big);
    assert_true(file_write(at("a"), big, sizeof big, 0640));
    assert_true(file_write(at("a"), "short", 5, 0600));
    assert_true(file_exists(at("a")));
    assert_false(file_exists(at("a.tmp")));
    buf_puts(&b, "before ");
    assert_true(file_read(at("a"), 5, &b));
    assert_string_equal(buf_text(&b), "before short");
    assert_int_equal(stat(at("a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    buf_clear(&b);
}

static void
refusals_say_why(void **state)
{
    struct buf b = {0};

    (void)state;
    assert_true(file_write(at("b"), "123456", 6, 0600));
    errno = 0;
    assert_false(file_read(at("b"), 5, &b));
    assert_int_equal(errno, EFBIG);
    assert_int_equal(b.len, 0);
    assert_false(file_read(at("none"), 5, &b));
    assert_int_equal(errno, ENOENT);
    assert_false(file_read(scratch, 5, &b));
    assert_int_equal(errno, EISDIR);
    assert_false(file_write(at("no/such"), "x", 1, 0600));
    assert_int_equal(errno, ENOENT);
    buf_clear(&b);
}

static void
a_failed_write_leaves_the_old(void **state)
{
    struct buf b = {0};

    (void)state;
    assert_true(file_make_dir(at("full"), 0755));
    assert_false(file_write(at("full"), "x", 1, 0600)); /* a folder stands */
    assert_false(file_exists(at("full.tmp")));
    assert_true(file_write(at("c"), "old", 3, 0600));
    assert_true(file_make_dir(at("c.tmp"), 0755)); /* in the way */
    assert_false(file_write(at("c"), "new", 3, 0600));
    assert_true(file_read(at("c"), 100, &b));
    assert_string_equal(buf_text(&b), "old");
    buf_clear(&b);
}

static void
folders(void **state)
{
    (void)state;
    assert_true(file_make_dir(at("d/e/f"), 0755));
    assert_true(file_make_dir(at("d/e/f"), 0755));
    assert_true(file_make_dir(at("d/e/f/"), 0755));
    assert_true(file_exists(at("d/e/f")));
    assert_true(file_write(at("plain"), "x", 1, 0600));
    assert_false(file_make_dir(at("plain"), 0755));
    assert_int_equal(errno, ENOTDIR);
    assert_false(file_make_dir(at("plain/g"), 0755));
    assert_false(file_make_dir("", 0755));
    assert_true(file_sync_dir(scratch));
    assert_false(file_sync_dir(at("none")));
}

static void
moves(void **state)
{
    (void)state;
    assert_true(file_make_dir(at("in"), 0755));
    assert_true(file_make_dir(at("done"), 0755));
    assert_true(file_write(at("in/x"), "x", 1, 0600));
    assert_true(file_move(at("in/x"), at("done/x")));
    assert_false(file_exists(at("in/x")));
    assert_true(file_exists(at("done/x")));
    assert_false(file_move(at("in/x"), at("done/x")));
}

static void
removes_all(void **state)
{
    (void)state;
    assert_true(file_make_dir(at("gone/in/it"), 0755));
    assert_true(file_make_dir(at("stays"), 0755));
    assert_true(file_write(at("gone/in/x"), "x", 1, 0600));
    assert_true(file_write(at("stays/x"), "x", 1, 0600));
    assert_int_equal(symlink(at("stays"), at("gone/link")), 0);
    assert_true(file_remove_all(at("gone")));
    assert_false(file_exists(at("gone")));
    assert_true(file_exists(at("stays/x"))); /* links are not followed */
    assert_true(file_remove_all(at("gone")));
    assert_true(file_remove_all(at("stays/x"))); /* a file is as good */
    assert_false(file_exists(at("stays/x")));
    assert_false(file_remove_all("/proc/self/status"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(a_failed_write_leaves_the_old),
        cmocka_unit_test(folders),
        cmocka_unit_test(moves),
        cmocka_unit_test(removes_all),
    };

    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
