/* SPDX-License-Identifier: Apache-2.0 */
/* meterhouse user …: what it takes, says and leaves in the store. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/account/account.h"
#include "api/account/user_cmd.h"
#include "db/agreement.h"
#include "db/point.h"
#include "server/base/clock.h"
#include "tests/store/engines.h"

#define WORDS 12

static struct conf conf;
static char said[4096];

/* Runs a command with words parted by blanks; `said` is all that it wrote. */
static enum cmd_rc
run(enum cmd_rc (*fn)(struct cmd *c), const char *words, const char *input)
{
    char text[512], *argv[WORDS], *save = NULL, path[600];
    char *out = NULL;
    size_t size = 0;
    struct cmd c = {.conf = &conf, .argv = argv};
    FILE *stream;
    enum cmd_rc rc;

    snprintf(text, sizeof text, "%s", words);
    for (char *w = strtok_r(text, " ", &save); w && c.argc < WORDS;
         w = strtok_r(NULL, " ", &save))
        argv[c.argc++] = w;
    snprintf(path, sizeof path, "%s/input", conf.data_dir);
    stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(input, stream);
    fclose(stream);
    assert_non_null(freopen(path, "r", stdin));
    stream = open_memstream(&out, &size);
    assert_non_null(stream);
    c.out = c.err = stream;
    rc = fn(&c);
    fclose(stream);
    snprintf(said, sizeof said, "%s", out);
    free(out);
    return rc;
}

static void
expect(enum cmd_rc rc, enum cmd_rc wanted, const char *part)
{
    if (rc != wanted || !strstr(said, part))
        fail_msg("exit code %d, said: %s", rc, said);
}

static struct engine *
begin(void **state)
{
    struct engine *e = engine_of(state);

    conf_init(&conf);
    snprintf(conf.store, sizeof conf.store, "%s", e->store);
    snprintf(conf.data_dir, sizeof conf.data_dir, "%s", e->folder);
    return e;
}

static void
test_add(void **state)
{
    struct engine *e = begin(state);
    struct account a;

    expect(run(user_add_cmd, "Ana --name Ana --language es",
               "bluebonnet patio 9\n"), CMD_DONE, "user ana added");
    assert_int_equal(db_account_by_login(e->db, "ana", &a), DB_OK);
    assert_string_equal(a.name, "Ana");
    assert_string_equal(a.lang, "es");
    assert_string_equal(a.role, "customer");
    expect(run(user_add_cmd, "rep1 --role rep --duns 1111",
               "bluebonnet patio 9"), CMD_DONE, "role rep");
    expect(run(user_add_cmd, "ana", "bluebonnet patio 9\n"), CMD_FAILED,
           "such a user already");
    expect(run(user_add_cmd, "eva", "password1234\n"), CMD_FAILED,
           "among the first");
    expect(run(user_add_cmd, "eva", "short\n"), CMD_FAILED,
           "at least 12 characters");
    expect(run(user_add_cmd, "eva", ""), CMD_FAILED, "no password");
    assert_int_equal(db_account_by_login(e->db, "eva", &a), DB_NONE);
}

static void
test_add_words(void **state)
{
    static const char *const wrong[] = {
        "", "eva bob", "eva --role boss", "eva --role operator",
        "eva --role rep", "eva --role rep --duns 12x", "eva --duns 1111",
        "eva --language fr", "eva --pasword x", "e", "ev\ta",
        "eva --name", "eva --password bluebonnet-patio",
    };

    begin(state);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (run(user_add_cmd, wrong[i], "bluebonnet patio 9\n") != CMD_USAGE)
            fail_msg("'%s' said: %s", wrong[i], said);
    }
}

static void
test_change(void **state)
{
    struct engine *e = begin(state);
    struct account a, b;

    expect(run(user_add_cmd, "ana", "bluebonnet patio 9\n"), CMD_DONE, "");
    assert_int_equal(db_account_by_login(e->db, "ana", &a), DB_OK);
    expect(run(user_passwd_cmd, "ANA", "an entirely new one\n"), CMD_DONE,
           "new password");
    assert_int_equal(db_account_get(e->db, a.id, &b), DB_OK);
    assert_string_not_equal(a.password, b.password);
    expect(run(user_passwd_cmd, "ana", "password1234\n"), CMD_FAILED,
           "among the first");
    expect(run(user_lock_cmd, "ana", ""), CMD_DONE, "locked");
    assert_int_equal(db_account_get(e->db, a.id, &b), DB_OK);
    assert_true(b.locked);
    expect(run(user_list_cmd, "", ""), CMD_DONE, "locked");
    expect(run(user_list_cmd, "--json", ""), CMD_DONE, "\"locked\": true");
    assert_null(strstr(said, "argon2"));
    expect(run(user_unlock_cmd, "ana", ""), CMD_DONE, "unlocked");
    expect(run(user_lock_cmd, "nobody", ""), CMD_FAILED, "no user 'nobody'");
    expect(run(user_lock_cmd, "", ""), CMD_USAGE, "wrong number of words");
    expect(run(user_list_cmd, "--all", ""), CMD_USAGE, "--all");
}

static void
test_link(void **state)
{
    struct engine *e = begin(state);
    struct account_point p;
    int64_t point;
    int32_t day;

    assert_int_equal(db_point_intern(e->db, "10443720000000001",
                                     "America/Chicago", &point), DB_OK);
    expect(run(user_add_cmd, "ana", "bluebonnet patio 9\n"), CMD_DONE, "");
    expect(run(user_link_cmd, "ana 10443720000000001 --label Home", ""),
           CMD_DONE, "meter 1 is 10443720000000001");
    assert_int_equal(db_account_point_get(e->db, 1, 1, &p), DB_OK);
    assert_true(p.point_id == point && p.to_day == DAY_NONE);
    assert_string_equal(p.label, "Home");
    expect(run(user_link_cmd, "ana 10443720000000001", ""), CMD_FAILED,
           "has that meter already");
    expect(run(user_link_cmd, "ana 999", ""), CMD_FAILED, "no ESI ID '999'");
    expect(run(user_link_cmd, "bob 10443720000000001", ""), CMD_FAILED,
           "no user 'bob'");
    expect(run(user_link_cmd, "ana 10443720000000001 --from 2026-02-30", ""),
           CMD_USAGE, "--from and --to are days");
    expect(run(user_link_cmd, "ana", ""), CMD_USAGE, "wrong number of words");
    expect(run(user_unlink_cmd, "ana 10443720000000001 --to 2026-05-31", ""),
           CMD_DONE, "until 2026-05-31");
    assert_int_equal(db_account_point_get(e->db, 1, 1, &p), DB_OK);
    assert_true(day_parse("2026-05-31", &day) && p.to_day == day);
    expect(run(user_unlink_cmd, "ana 10443720000000001", ""), CMD_FAILED,
           "no right that stands");
    expect(run(user_link_cmd,
               "ana 10443720000000001 --from 2026-08-01 --to 2026-07-01", ""),
           CMD_USAGE, "in this order");
    expect(run(user_link_cmd, "ana 10443720000000001 --from 2026-06-01", ""),
           CMD_DONE, "meter 2");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_add),
        ENGINE_TESTS(test_add_words),
        ENGINE_TESTS(test_change),
        ENGINE_TESTS(test_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
