/* SPDX-License-Identifier: Apache-2.0 */
/* Routes: which row a path means, and which tables are refused. */
#include "server/http/router.h"
#include "tests/unit/unit.h"

static enum fault
nothing(struct req *r)
{
    (void)r;
    return FAULT_NONE;
}

/* clang-format off */
static const struct route ROWS[] = {
    {"GET", "/", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
    {"GET", "/meters", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
    {"GET", "/meters/{}", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
    {"POST", "/meters/{}", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
    {"GET", "/meters/all", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
    {"GET", "/meters/{}/day", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
    {"GET", "/meters/all/{}", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
    {"GET", "/{}/x/{}", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
    {0},
};
static const struct route MORE[] = {
    {"DELETE", "/meters/{}", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
    {0},
};
/* clang-format on */

struct row {
    const char *method, *path, *pattern; /* NULL: none */
    const char *arg, *arg2;
};

static struct router *
router_of_both(void)
{
    const struct route *const tables[] = {ROWS, MORE};
    char why[512] = "";
    struct router *r = router_new(tables, 2, why);

    assert_non_null(r);
    assert_int_equal(router_count(r), 9);
    return r;
}

static void
test_paths(void **state)
{
    static const struct row CASES[] = {
        {"GET", "/", "/", NULL, NULL},
        {"HEAD", "/", "/", NULL, NULL},
        {"GET", "/meters", "/meters", NULL, NULL},
        {"GET", "/meters/", NULL, NULL, NULL},
        {"GET", "/meters/1", "/meters/{}", "1", NULL},
        {"GET", "/meters/{}", "/meters/{}", "{}", NULL},
        {"DELETE", "/meters/1", "/meters/{}", "1", NULL},
        {"GET", "/meters/all", "/meters/all", NULL, NULL},
        {"POST", "/meters/all", "/meters/{}", "all", NULL},
        {"GET", "/meters/allx", "/meters/{}", "allx", NULL},
        {"GET", "/meters/1/day", "/meters/{}/day", "1", NULL},
        {"GET", "/meters/all/day", "/meters/all/{}", "day", NULL},
        {"GET", "/meters/x/y", "/{}/x/{}", "meters", "y"},
        {"GET", "/a/x/y", "/{}/x/{}", "a", "y"},
        {"GET", "/a/x/", NULL, NULL, NULL},
        {"GET", "//x/y", NULL, NULL, NULL},
        {"GET", "/a/y/x", NULL, NULL, NULL},
        {"GET", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14", NULL, NULL, NULL},
        {"GET", "", NULL, NULL, NULL},
    };
    struct router *r = router_of_both();

    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        const struct row *c = &CASES[i];
        struct router_match m = {0};

        router_find(r, c->method, c->path, &m);
        if ((m.route != NULL) != (c->pattern != NULL))
            fail_msg("%s %s: %s", c->method, c->path,
                     m.route ? m.route->path : "none");
        if (!m.route) {
            assert_int_equal(m.number, router_count(r));
            continue;
        }
        assert_string_equal(m.route->path, c->pattern);
        assert_ptr_equal(router_row(r, m.number), m.route);
        assert_int_equal(m.args, (c->arg != NULL) + (c->arg2 != NULL));
        if (c->arg)
            assert_string_equal(m.arg[0], c->arg);
        if (c->arg2)
            assert_string_equal(m.arg[1], c->arg2);
    }
    router_free(r);
}

static void
test_methods(void **state)
{
    struct router *r = router_of_both();
    struct router_match m;

    (void)state;
    router_find(r, "PATCH", "/meters/1", &m);
    assert_null(m.route);
    assert_int_equal(m.fault, FAULT_BAD_METHOD);
    assert_string_equal(m.allow, "GET, HEAD, POST, DELETE");
    router_find(r, "PATCH", "/nope", &m);
    assert_int_equal(m.fault, FAULT_NOT_FOUND);
    assert_string_equal(m.allow, "");
    router_free(r);
}

static void
test_long_segment(void **state)
{
    struct router *r = router_of_both();
    struct router_match m;
    char path[300] = "/meters/";

    (void)state;
    memset(path + 8, 'a', ROUTER_ARG_SIZE);
    path[8 + ROUTER_ARG_SIZE - 1] = '\0';
    router_find(r, "GET", path, &m);
    assert_non_null(m.route);
    path[8 + ROUTER_ARG_SIZE - 1] = 'a';
    router_find(r, "GET", path, &m);
    assert_null(m.route);
    router_free(r);
}

static void
test_bad_tables(void **state)
{
    static const struct route DOUBLE[] = {
        {"GET", "/meters/{}/day", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
        {0}};
    static const struct route THREE[] = {
        {"GET", "/{}/{}/{}", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0}, {0}};
    static const struct route EMPTY[] = {
        {"GET", "/a", WHO_ANYONE, FACE_PAGE, NULL, NULL, 0}, {0}};
    static const struct route ROOTLESS[] = {
        {"GET", "a", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0}, {0}};
    static const struct {
        const struct route *rows;
        const char *why;
    } CASES[] = {{DOUBLE, "stands twice"},
                 {THREE, "more than two"},
                 {EMPTY, "no function"},
                 {ROOTLESS, "no segments"}};

    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        const struct route *const tables[] = {ROWS, CASES[i].rows};
        char why[512] = "";

        assert_null(router_new(tables, 2, why));
        if (!strstr(why, CASES[i].why))
            fail_msg("%s, not %s", why, CASES[i].why);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_long_segment),
        cmocka_unit_test(test_bad_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
