/* SPDX-License-Identifier: Apache-2.0 */
/* Which passwords are taken, and how they rest. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "api/account/password.h"

struct row {
    enum password_rc rc;
    const char *password;
};

static void
test_rule(void **state)
{
    static const struct row rows[] = {
        {PASSWORD_SHORT, ""},
        {PASSWORD_SHORT, "elevenchars"},
        {PASSWORD_SHORT, "😀😁😂"},
        {PASSWORD_OK, "bluebonnetpatio"},
        {PASSWORD_OK, "  spaces in and around  "},
        {PASSWORD_OK, "correct horse battery"},
        {PASSWORD_OK, "kx82hs71ppqz"},
        {PASSWORD_OK, "ñandú, cigüeña y garza"},
        {PASSWORD_OK, "电表读数很好看啊朋友你说"},
        {PASSWORD_TEXT, "bad bytes \xff\xfe here"},
        {PASSWORD_TEXT, "a bell \a inside it"},
        /* common as they are, or nearly */
        {PASSWORD_COMMON, "password1234"},
        {PASSWORD_COMMON, "Password1234"},
        {PASSWORD_COMMON, "P@ssw0rd!!!!"},
        {PASSWORD_COMMON, "!!!iloveyou!!!"},
        {PASSWORD_COMMON, "contraseña2026"},
        {PASSWORD_COMMON, "Jennifer1987!"},
        {PASSWORD_COMMON, "meterhouse2026"},
        {PASSWORD_COMMON, "passwordpassword"},
        /* patterns */
        {PASSWORD_COMMON, "aaaaaaaaaaaaaaa"},
        {PASSWORD_COMMON, "abababababababab"},
        {PASSWORD_COMMON, "abcdefghijklmnop"},
        {PASSWORD_COMMON, "123456789012"},
        {PASSWORD_COMMON, "qwertyuiopas"},
        {PASSWORD_COMMON, "zyxwvutsrqponml"},
        /* holds the name */
        {PASSWORD_NAME, "maria.lopez in town"},
        {PASSWORD_NAME, "xx MARIA.LOPEZ xx"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum password_rc rc =
            password_check(rows[i].password, "maria.lopez@example.com");

        if (rc != rows[i].rc)
            fail_msg("'%s': %d, not %d", rows[i].password, rc, rows[i].rc);
    }
}

/* Length counts characters; 128 of them pass in the longest encoding. */
static void
test_length(void **state)
{
    char text[PASSWORD_BYTES + 8] = "";

    (void)state;
    for (int i = 0; i < 128; i++) {
        char four[5] = "\xf0\x9f\x98\x80";

        four[3] = (char)(0x80 + i % 61);
        strcat(text, four);
    }
    assert_int_equal(password_check(text, NULL), PASSWORD_OK);
    strcat(text, "x");
    assert_int_equal(password_check(text, NULL), PASSWORD_LONG);
    memset(text, 0, sizeof text);
    for (int i = 0; i < 129; i++)
        text[i] = (char)('a' + (i * 7 + i / 5) % 26);
    assert_int_equal(password_check(text, NULL), PASSWORD_LONG);
    text[128] = '\0';
    assert_int_equal(password_check(text, NULL), PASSWORD_OK);
}

static void
test_reasons(void **state)
{
    (void)state;
    for (int rc = PASSWORD_SHORT; rc <= PASSWORD_NAME; rc++)
        assert_non_null(
            strstr(password_reason((enum password_rc)rc), "account.password_"));
}

static void
test_hash(void **state)
{
    char one[ACCOUNT_HASH], two[ACCOUNT_HASH];
    bool same, old;

    (void)state;
    assert_int_equal(password_hash("correct horse battery", one), FAULT_NONE);
    assert_int_equal(password_hash("correct horse battery", two), FAULT_NONE);
    assert_int_equal(strncmp(one, "$argon2id$v=19$m=65536,", 23), 0);
    assert_string_not_equal(one, two); /* a salt each */
    assert_int_equal(password_verify(one, "correct horse battery", &same, &old),
                     FAULT_NONE);
    assert_true(same && !old);
    assert_int_equal(password_verify(one, "correct horse batterz", &same, &old),
                     FAULT_NONE);
    assert_false(same || old);
}

static void
test_weaker_hash_is_old(void **state)
{
    char hash[ACCOUNT_HASH] = "";
    bool same, old;

    (void)state;
    assert_true(sodium_init() >= 0);
    assert_int_equal(crypto_pwhash_str(hash, "correct horse", 13,
                                       crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                       crypto_pwhash_MEMLIMIT_INTERACTIVE),
                     0);
    assert_int_equal(password_verify(hash, "correct horse", &same, &old),
                     FAULT_NONE);
    assert_true(same && old);
}

static void
test_no_hash_lets_nobody_in(void **state)
{
    bool same, old;

    (void)state;
    assert_int_equal(password_verify("", "", &same, &old), FAULT_NONE);
    assert_false(same);
    assert_int_equal(password_verify("", "correct horse", &same, &old),
                     FAULT_NONE);
    assert_false(same);
}

static void *
hash_one(void *arg)
{
    char hash[ACCOUNT_HASH];

    *(enum fault *)arg = password_hash("correct horse battery", hash);
    return NULL;
}

/* One slot and no queue: of a crowd at once, most are told to come back. */
static void
test_crowd_is_refused(void **state)
{
    enum { CROWD = 6 };
    pthread_t threads[CROWD];
    enum fault faults[CROWD];
    int done = 0, busy = 0;

    (void)state;
    password_slots_set(1, 0);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, hash_one, &faults[i]), 0);
    for (int i = 0; i < CROWD; i++) {
        pthread_join(threads[i], NULL);
        done += faults[i] == FAULT_NONE;
        busy += faults[i] == FAULT_BUSY;
    }
    password_slots_set(2, 8);
    assert_int_equal(done + busy, CROWD);
    assert_true(done >= 1 && busy >= 1);
    assert_int_equal((hash_one(&faults[0]), faults[0]), FAULT_NONE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_weaker_hash_is_old),
        cmocka_unit_test(test_no_hash_lets_nobody_in),
        cmocka_unit_test(test_crowd_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
