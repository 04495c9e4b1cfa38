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
#include "tests/store/run_cmd.h"

static void
test_add(void **state)
{
    struct engine *e = cmd_engine(state);
    struct account a;

    cmd_expect(cmd_run(user_add_cmd, "Ana --name Ana --language es",
                       "bluebonnet patio 9\n"),
               CMD_DONE, "user ana added");
    assert_int_equal(db_account_by_login(e->db, "ana", &a), DB_OK);
    assert_string_equal(a.name, "Ana");
    assert_string_equal(a.lang, "es");
    assert_string_equal(a.role, "customer");
    cmd_expect(cmd_run(user_add_cmd, "rep1 --role rep --duns 1111",
                       "bluebonnet patio 9"),
               CMD_DONE, "role rep");
    cmd_expect(cmd_run(user_add_cmd, "ana", "bluebonnet patio 9\n"), CMD_FAILED,
               "such a user already");
    cmd_expect(cmd_run(user_add_cmd, "eva", "password1234\n"), CMD_FAILED,
               "among the first");
    cmd_expect(cmd_run(user_add_cmd, "eva", "short\n"), CMD_FAILED,
               "at least 12 characters");
    cmd_expect(cmd_run(user_add_cmd, "eva", ""), CMD_FAILED, "no password");
    assert_int_equal(db_account_by_login(e->db, "eva", &a), DB_NONE);
}

static void
test_add_words(void **state)
{
    static const char *const wrong[] = {
        "",
        "eva bob",
        "eva --role boss",
        "eva --role operator",
        "eva --role rep",
        "eva --role rep --duns 12x",
        "eva --duns 1111",
        "eva --language fr",
        "eva --pasword x",
        "e",
        "ev\ta",
        "eva --name",
        "eva --password bluebonnet-patio",
    };

    cmd_engine(state);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (cmd_run(user_add_cmd, wrong[i], "bluebonnet patio 9\n") !=
            CMD_USAGE)
            fail_msg("'%s' said: %s", wrong[i], cmd_said);
    }
}

static void
test_change(void **state)
{
    struct engine *e = cmd_engine(state);
    struct account a, b;

    cmd_expect(cmd_run(user_add_cmd, "ana", "bluebonnet patio 9\n"), CMD_DONE,
               "");
    assert_int_equal(db_account_by_login(e->db, "ana", &a), DB_OK);
    cmd_expect(cmd_run(user_passwd_cmd, "ANA", "an entirely new one\n"),
               CMD_DONE, "new password");
    assert_int_equal(db_account_get(e->db, a.id, &b), DB_OK);
    assert_string_not_equal(a.password, b.password);
    cmd_expect(cmd_run(user_passwd_cmd, "ana", "password1234\n"), CMD_FAILED,
               "among the first");
    cmd_expect(cmd_run(user_lock_cmd, "ana", ""), CMD_DONE, "locked");
    assert_int_equal(db_account_get(e->db, a.id, &b), DB_OK);
    assert_true(b.locked);
    cmd_expect(cmd_run(user_list_cmd, "", ""), CMD_DONE, "locked");
    cmd_expect(cmd_run(user_list_cmd, "--json", ""), CMD_DONE,
               "\"locked\": true");
    assert_null(strstr(cmd_said, "argon2"));
    cmd_expect(cmd_run(user_unlock_cmd, "ana", ""), CMD_DONE, "unlocked");
    cmd_expect(cmd_run(user_lock_cmd, "nobody", ""), CMD_FAILED,
               "no user 'nobody'");
    cmd_expect(cmd_run(user_lock_cmd, "", ""), CMD_USAGE,
               "wrong number of words");
    cmd_expect(cmd_run(user_list_cmd, "--all", ""), CMD_USAGE, "--all");
}

static void
test_link(void **state)
{
    struct engine *e = cmd_engine(state);
    struct account_point p;
    int64_t point;
    int32_t day;

    assert_int_equal(
        db_point_intern(e->db, "10443720000000001", "America/Chicago", &point),
        DB_OK);
    cmd_expect(cmd_run(user_add_cmd, "ana", "bluebonnet patio 9\n"), CMD_DONE,
               "");
    cmd_expect(cmd_run(user_link_cmd, "ana 10443720000000001 --label Home", ""),
               CMD_DONE, "meter 1 is 10443720000000001");
    assert_int_equal(db_account_point_get(e->db, 1, 1, &p), DB_OK);
    assert_true(p.point_id == point && p.to_day == DAY_NONE);
    assert_string_equal(p.label, "Home");
    cmd_expect(cmd_run(user_link_cmd, "ana 10443720000000001", ""), CMD_FAILED,
               "has that meter already");
    cmd_expect(cmd_run(user_link_cmd, "ana 999", ""), CMD_FAILED,
               "no ESI ID '999'");
    cmd_expect(cmd_run(user_link_cmd, "bob 10443720000000001", ""), CMD_FAILED,
               "no user 'bob'");
    cmd_expect(
        cmd_run(user_link_cmd, "ana 10443720000000001 --from 2026-02-30", ""),
        CMD_USAGE, "--from and --to are days");
    cmd_expect(cmd_run(user_link_cmd, "ana", ""), CMD_USAGE,
               "wrong number of words");
    cmd_expect(
        cmd_run(user_unlink_cmd, "ana 10443720000000001 --to 2026-05-31", ""),
        CMD_DONE, "until 2026-05-31");
    assert_int_equal(db_account_point_get(e->db, 1, 1, &p), DB_OK);
    assert_true(day_parse("2026-05-31", &day) && p.to_day == day);
    cmd_expect(cmd_run(user_unlink_cmd, "ana 10443720000000001", ""),
               CMD_FAILED, "no right that stands");
    cmd_expect(
        cmd_run(user_link_cmd,
                "ana 10443720000000001 --from 2026-08-01 --to 2026-07-01", ""),
        CMD_USAGE, "in this order");
    cmd_expect(
        cmd_run(user_link_cmd, "ana 10443720000000001 --from 2026-06-01", ""),
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
