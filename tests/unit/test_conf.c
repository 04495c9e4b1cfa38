/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "server/base/conf.h"
#include "server/base/file.h"

static char path[300];

static bool
read_text(struct conf *c, const char *text, char why[512])
{
    assert_true(file_write(path, text, strlen(text), 0600));
    why[0] = '\0';
    return conf_read(c, path, why);
}

static void
defaults(void **state)
{
    struct conf c;

    (void)state;
    conf_init(&c);
    assert_int_equal(c.port, 8443);
    assert_string_equal(c.default_zone, "America/Chicago");
    assert_string_equal(c.accepted_receivers, "183529049");
    assert_false(c.demo);
}

static void
reads_a_file(void **state)
{
    struct conf c;
    char why[512];

    (void)state;
    conf_init(&c);
    assert_true(read_text(&c,
                          "# a comment\n\n  port = 9443  # why not\r\n"
                          "demo=yes\nprofile =2010\n"
                          "store = postgres:dbname=x user=y#1\n"
                          "public_url = \"https://a.example/ # b\"\n"
                          "pgp_keys =\ninbox = /a=b",
                          why));
    assert_int_equal(c.port, 9443);
    assert_true(c.demo);
    assert_string_equal(c.profile, "2010");
    assert_string_equal(c.store, "postgres:dbname=x user=y#1");
    assert_string_equal(c.public_url, "https://a.example/ # b");
    assert_string_equal(c.pgp_keys, "");
    assert_string_equal(c.inbox, "/a=b");
}

struct refusal {
    const char *text, *why; /* `why` behind the path */
};

static const struct refusal REFUSALS[] = {
    {"port = 70000\n",
     ":1: port: \"70000\" is not a whole number from 0 to 65535"},
    {"\n\nport = -1\n",
     ":3: port: \"-1\" is not a whole number from 0 to 65535"},
    {"port =\n", ":1: port: \"\" is not a whole number from 0 to 65535"},
    {"workers = 0\n", ":1: workers: \"0\" is not a whole number from 1 to 256"},
    {"demo = maybe\n", ":1: demo: \"maybe\" is neither yes nor no"},
    {"colour = red\n", ":1: colour: no such setting"},
    {"port 8443\n", ":1: port 8443: no = after the name"},
    {"inbox = \"a\n", ":1: inbox: the quote is not closed"},
    {"site_name = a\"b #c\"\n",
     ":1: site_name: a value cannot hold both \" and #"},
    {"inbox = a\x01\n", ":1: inbox: control characters or not UTF-8"},
    {"inbox = a\xff\n", ":1: inbox: control characters or not UTF-8"},
};

static void
refusals_name_file_line_and_setting(void **state)
{
    struct conf c;
    char why[512];

    (void)state;
    for (size_t i = 0; i < COUNT(REFUSALS); i++) {
        conf_init(&c);
        assert_false(read_text(&c, REFUSALS[i].text, why));
        assert_memory_equal(why, path, strlen(path));
        assert_string_equal(why + strlen(path), REFUSALS[i].why);
    }
}

static void
bad_files(void **state)
{
    struct conf c;
    char why[512], text[700];

    (void)state;
    conf_init(&c);
    assert_false(conf_read(&c, "/nonexistent/x.conf", why));
    assert_string_equal(why, "/nonexistent/x.conf: No such file or directory");
    assert_true(file_write(path, "port = 1\0\n", 10, 0600));
    assert_false(conf_read(&c, path, why));
    assert_non_null(strstr(why, "NUL"));
    memset(text, 'a', sizeof text);
    memcpy(text, "inbox = ", 8);
    text[sizeof text - 1] = '\0';
    assert_false(read_text(&c, text, why));
    assert_non_null(strstr(why, "inbox: longer than 511 bytes"));
}

static void
environment_wins_over_the_file(void **state)
{
    struct conf c;
    char why[512];

    (void)state;
    conf_init(&c);
    setenv("MH_WORKERS", "7", 1);
    setenv("DATA_DIR", "/one", 1);
    setenv("PORT", "1234", 1);
    assert_true(conf_env(&c, why));
    assert_int_equal(c.workers, 7);
    assert_int_equal(c.port, 1234);
    assert_string_equal(c.data_dir, "/one");
    setenv("MH_PORT", "4321", 1);
    assert_true(conf_env(&c, why));
    assert_int_equal(c.port, 4321);
    setenv("MH_PORT", "x", 1);
    assert_false(conf_env(&c, why));
    assert_string_equal(why, "environment MH_PORT: port: \"x\" is not a whole "
                             "number from 0 to 65535");
    unsetenv("MH_PORT");
    unsetenv("PORT");
    unsetenv("DATA_DIR");
    unsetenv("MH_WORKERS");
}

static void
print_to(const struct conf *c)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    conf_print(f, c);
    assert_int_equal(fclose(f), 0);
}

static void
what_is_printed_reads_back(void **state)
{
    struct conf c, back;
    char why[512];

    (void)state;
    conf_init(&c);
    assert_true(conf_set(&c, "port", "5", why));
    assert_true(conf_set(&c, "demo", "yes", why));
    assert_true(conf_set(&c, "store", "postgres:password=a #b", why));
    print_to(&c);
    conf_init(&back);
    if (!conf_read(&back, path, why))
        fail_msg("%s", why);
    assert_memory_equal(&c, &back, sizeof c);
}

static void
the_sample_changes_nothing(void **state)
{
    struct conf c, sample;
    struct buf b = {0};
    char why[512];

    (void)state;
    print_to(NULL);
    conf_init(&c);
    conf_init(&sample);
    assert_true(conf_read(&sample, path, why));
    assert_memory_equal(&c, &sample, sizeof c);
    assert_true(file_read(path, 100000, &b));
    assert_non_null(strstr(buf_text(&b), "#port = 8443\n"));
    for (char *line = strtok(b.at, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 80);
    buf_clear(&b);
}

static int
set_up(void **state)
{
    scratch_set_up(state);
    snprintf(path, sizeof path, "%s/meterhouse.conf", scratch);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(reads_a_file),
        cmocka_unit_test(refusals_name_file_line_and_setting),
        cmocka_unit_test(bad_files),
        cmocka_unit_test(environment_wins_over_the_file),
        cmocka_unit_test(what_is_printed_reads_back),
        cmocka_unit_test(the_sample_changes_nothing),
    };

    return cmocka_run_group_tests(tests, set_up, scratch_tear_down);
}
