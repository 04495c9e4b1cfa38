/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "server/base/clock.h"
#include "server/base/log.h"

#define STAMP "2026-11-22T01:02:03Z "

static FILE *caught;
static char text[20000];

/* Standard error goes to a file while the logger writes. */
static const char *
take(void)
{
    size_t n;

    rewind(caught);
    n = fread(text, 1, sizeof text - 1, caught);
    text[n] = '\0';
    assert_int_equal(ftruncate(fileno(caught), 0), 0);
    rewind(caught);
    return text;
}

static void
every_conversion(void **state)
{
    (void)state;
    log_info("load done",
             "file=%s n=%d u=%u l=%ld lu=%lu ll=%lld llu=%llu z=%zu c=%c x=%x "
             "i=%" PRId64 " part=%.3s star=%.*s s=%.3f pct=5%%",
             "a.lse", -5, 5u, -6l, 6ul, -7ll, 7ull, (size_t)8, 'A', 255u,
             INT64_MIN, "abcdef", 2, "xyz", 1.5);
    assert_string_equal(
        take(), STAMP
        "info load done file=a.lse n=-5 u=5 l=-6 lu=6 ll=-7 llu=7 z=8 c=A x=ff "
        "i=-9223372036854775808 part=abc star=xy s=1.500 pct=5%\n");
}

struct value {
    const char *in, *out;
};

static const struct value VALUES[] = {
    {"plain-1.2:/3", "plain-1.2:/3"},
    {"", "\"\""},
    {"two words", "\"two words\""},
    {"a=b", "\"a=b\""},
    {"say \"hi\"", "\"say \\\"hi\\\"\""},
    {"back\\slash", "\"back\\\\slash\""},
    {"a\n2026-11-22T01:02:03Z error forged=1",
     "\"a\\n2026-11-22T01:02:03Z error forged=1\""},
    {"cr\rlf\r\n", "\"cr\\rlf\\r\\n\""},
    {"tab\t", "\"tab\\t\""},
    {"\x1b[2J\x07", "\"\\x1b[2J\\x07\""},
    {"\x7f", "\"\\x7f\""},
    {"a\xc3\xb1o", "\"a\xc3\xb1o\""},
    {"\xc2\x9b", "\"\\xc2\\x9b\""},          /* C1 control CSI */
    {"\xe2\x80\xa8", "\"\\xe2\\x80\\xa8\""}, /* line separator */
    {"\xff\xc3", "\"\\xff\\xc3\""},
    {"%s%n", "%s%n"},
};

static void
values_cannot_break_out(void **state)
{
    char want[300];

    (void)state;
    for (size_t i = 0; i < COUNT(VALUES); i++) {
        log_theirs("bad name", "name=%s next=%d", VALUES[i].in, 1);
        snprintf(want, sizeof want, STAMP "theirs bad name name=%s next=1\n",
                 VALUES[i].out);
        assert_string_equal(take(), want);
    }
    log_info("x", "c=%c", '\n');
    assert_string_equal(take(), STAMP "info x c=\"\\n\"\n");
    log_info("two\nlines", NULL);
    assert_string_equal(take(), STAMP "info two\\nlines\n");
}

static void
no_value_and_long_values(void **state)
{
    const char *volatile none = NULL;
    static char big[10000];

    (void)state;
    log_warn("x", "a=%s", none);
    assert_string_equal(take(), STAMP "warn x a=-\n");
    memset(big, 'b', sizeof big - 1);
    log_warn("x", "a=%s z=%d", big, 9);
    assert_true(strlen(take()) < 5000);
    assert_non_null(strstr(text, "\" z=9\n"));
}

static void
levels(void **state)
{
    (void)state;
    log_debug("quiet", NULL);
    assert_string_equal(take(), "");
    log_init(LOG_ERROR_);
    log_info("quiet", NULL);
    log_theirs("quiet", NULL);
    log_ours("loud", NULL);
    assert_string_equal(take(), STAMP "ours loud\n");
    log_init(LOG_DEBUG_);
    log_debug("heard", NULL);
    assert_string_equal(take(), STAMP "debug heard\n");
    log_init(LOG_INFO_);
}

static void
errno_is_kept(void **state)
{
    (void)state;
    errno = ENOSPC;
    log_ours("disk", "why=%s", strerror(ENOSPC));
    assert_int_equal(errno, ENOSPC);
    take();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_conversion),
        cmocka_unit_test(values_cannot_break_out),
        cmocka_unit_test(no_value_and_long_values),
        cmocka_unit_test(levels),
        cmocka_unit_test(errno_is_kept),
    };
    int kept = dup(STDERR_FILENO), rc;
    int64_t utc;

    caught = tmpfile();
    if (caught == NULL || kept < 0 || !utc_parse("2026-11-22T01:02:03Z", &utc))
        return 1;
    clock_set(utc);
    fcntl(fileno(caught), F_SETFL, O_APPEND);
    cmocka_set_message_output(CM_OUTPUT_STDOUT);
    dup2(fileno(caught), STDERR_FILENO);
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    dup2(kept, STDERR_FILENO);
    close(kept);
    fclose(caught);
    return rc;
}
