/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inbox from arrival to report, on both engines, with the market's own
 * example record under new names and dates.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "api/feed/inbox.h"
#include "api/feed/inbox_job.h"
#include "api/jobs.h"
#include "db/load.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/str.h"
#include "tests/store/engines.h"

#define DUNS  "957877905"
#define NAME1 DUNS "IntervalData20260106061500001.lse"
#define NAME2 DUNS "IntervalData20260107061500002.lse"

static struct conf conf;
static char inbox[512]; /* the folder */

/* ---- files -----------------------------------------------------------------
 */

/* One record of a day of January 2026, 96 intervals. */
static void
record(struct buf *to, int day, const char *sender)
{
    buf_printf(to,
               "00000001,10443720000000001,4,202601%02d000000,"
               "202601%02d235900,Y,N\r\n"
               "00000002,0,0,1,,1,,900,01,1,-1,0.0,0.0,CST\r\n"
               "00000003,T%d\r\n"
               "00000004,202601%02d061833,M\r\n"
               "00000030,ATTRIBUTE_VALUE_PAIRS,MRE=%s,Sender=%s,"
               "Receiver=183529049,REP=111111111\r\n",
               day, day, day, day + 1, sender, sender);
    for (int i = 0; i < 24; i++)
        buf_printf(to, "%d,0.%d,A,,0.25,A,,0.5,E,,1,A,,\r\n", 10000000 + i,
                   i + 1);
}

static const char *
at(const char *name)
{
    static char path[4][1024];
    static int next;

    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", inbox, name);
    return path[next];
}

static void
put(const char *name, const struct buf *text)
{
    assert_true(file_write(at(name), text->at, text->len, 0660));
}

static void
put_day(const char *name, int day, const char *sender)
{
    struct buf b = {0};

    record(&b, day, sender);
    put(name, &b);
    buf_clear(&b);
}

/* Says that a file is complete. */
static void
mark(const char *name)
{
    char path[600];

    snprintf(path, sizeof path, "%s.done", at(name));
    assert_true(file_write(path, "", 0, 0660));
}

/* Makes a file look as if it had rested; its change time cannot be set, so a
 * test that needs this waits. */
static bool
has(const char *name)
{
    struct stat st;

    return lstat(at(name), &st) == 0;
}

/* Whether a report in the inbox holds a line that begins so. */
static bool
reports(const char *name, const char *line)
{
    struct buf b = {0};
    char want[300];
    bool found;

    if (!file_read(at(name), 1000000, &b))
        return false;
    snprintf(want, sizeof want, "\n%s", line);
    found = strstr(buf_text(&b), want) != NULL;
    if (!found)
        print_message("%s\n", b.at);
    buf_clear(&b);
    return found;
}

/* ---- running ----------------------------------------------------------------
 */

static struct db *
open_store(void *arg)
{
    struct engine *e = arg;
    struct db *db = NULL;
    char why[512];

    if (db_open(e->store, DB_WRITE, &db, why) != DB_OK)
        fail_msg("%s", why);
    return db;
}

static struct runner_tally
run(struct engine *e)
{
    struct runner_app app = {.conf = &conf,
                             .kinds = JOBS,
                             .threads = 1,
                             .open = open_store,
                             .close = db_close,
                             .arg = e};
    struct runner_tally t;
    char why[512];

    clock_set(clock_now() + 60); /* the watch is due again */
    if (!runner_until_idle(&app, &t, why))
        fail_msg("%s", why);
    return t;
}

static struct engine *
begin(void **state)
{
    struct engine *e = engine_of(state);
    int64_t now;

    assert_true(utc_parse("2026-02-01T12:00:00Z", &now));
    clock_set(now);
    conf_init(&conf);
    str_copy(conf.data_dir, sizeof conf.data_dir, e->folder);
    snprintf(inbox, sizeof inbox, "%s/inbox", e->folder);
    assert_true(file_make_dir(at(DUNS), 0770));
    return e;
}

static bool
stop_row(void *arg)
{
    int *n = arg;

    ++*n;
    return true;
}

static int
loads(struct engine *e)
{
    struct load l;
    int n = 0;

    db_load_each(e->db, 100, &l, stop_row, &n);
    return n;
}

/* ---- the tests
 * ----------------------------------------------------------------- */

static void
test_a_file_goes_to_done(void **state)
{
    struct engine *e = begin(state);
    struct runner_tally t;

    put_day(DUNS "/" NAME1, 5, DUNS);
    mark(DUNS "/" NAME1);
    t = run(e);
    assert_int_equal(t.later + t.failed, 0);
    assert_false(has(DUNS "/" NAME1));
    assert_false(has(DUNS "/" NAME1 ".done"));
    assert_true(has(DUNS "/done/" NAME1));
    assert_true(
        reports(DUNS "/done/" NAME1 ".activity.csv", "COUNT,,,,,,,loaded,1\n"));
    assert_int_equal(loads(e), 1);
}

/* The same file again is known.  Under a later name, which orders versions, it
 * is a load that changes nothing. */
static void
test_a_file_seen_twice_is_known(void **state)
{
    static const char *const names[] = {NAME1, NAME2, NAME1};
    struct engine *e = begin(state);
    char path[300];

    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, DUNS "/%s", names[i]);
        put_day(path, 5, DUNS);
        mark(path);
        run(e);
    }
    assert_true(reports(DUNS "/done/" NAME1 ".activity.csv",
                        "FILE,,,,,,,state,loaded\n"));
    assert_true(reports(DUNS "/done/" NAME2 ".activity.csv",
                        "COUNT,,,,,,,unchanged,1\n"));
    assert_true(has(DUNS "/done/" NAME1 ".2"));
    assert_true(reports(DUNS "/done/" NAME1 ".2.activity.csv",
                        "FILE,,,,,,,state,known\n"));
    assert_int_equal(loads(e), 2);
}

static const char *const BAD_NAMES[] = {
    "x.lse",
    DUNS "IntervalData2026010606150000.lse",  /* counter of two digits */
    DUNS "IntervalData20260106061500001.txt", /* no .lse */
    DUNS "IntervalData20261306061500001.lse", /* month 13 */
    DUNS "IntervalData20260106241500001.lse", /* hour 24 */
    DUNS "MeterData20260106061500001.lse",    /* another report */
    DUNS "IntervalData20260106061500001.lse.csv",
    "95787790IntervalData20260106061500001.lse",  /* DUNS of eight digits */
    "123456789IntervalData20260106061500001.lse", /* another's DUNS */
};

static void
test_names_are_checked(void **state)
{
    struct engine *e = begin(state);
    char name[300];
    size_t n = sizeof BAD_NAMES / sizeof BAD_NAMES[0];

    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, DUNS "/%s", BAD_NAMES[i]);
        put_day(name, 5, DUNS);
        mark(name);
    }
    run(e);
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, DUNS "/rejected/%s", BAD_NAMES[i]);
        if (!has(name))
            fail_msg("%s was not rejected", BAD_NAMES[i]);
        snprintf(name, sizeof name, DUNS "/rejected/%s.activity.csv",
                 BAD_NAMES[i]);
        assert_true(reports(name, "REJECT,,,,,F2,M09,file name,"));
    }
    assert_int_equal(loads(e), 0);
}

static void
test_the_folder_says_who_sent_it(void **state)
{
    struct engine *e = begin(state);

    put_day(DUNS "/" NAME1, 5, "123456789"); /* name says DUNS, row 30 not */
    mark(DUNS "/" NAME1);
    run(e);
    assert_true(reports(has(DUNS "/done/" NAME1)
                            ? DUNS "/done/" NAME1 ".activity.csv"
                            : DUNS "/rejected/" NAME1 ".activity.csv",
                        "REJECT,"));
    assert_true(reports(has(DUNS "/done/" NAME1)
                            ? DUNS "/done/" NAME1 ".activity.csv"
                            : DUNS "/rejected/" NAME1 ".activity.csv",
                        "COUNT,,,,,,,loaded,0\n"));
}

/* A TDSP states its own points only. */
static void
test_registry_files_come_from_their_tdsp(void **state)
{
    struct engine *e = begin(state);
    struct buf b = {0};

    buf_puts(&b, "ESIID,TDSP,METER,INSTALLED\n"
                 "10443720000000001," DUNS ",M1,2024-01-01\n");
    put(DUNS "/registry.csv", &b);
    mark(DUNS "/registry.csv");
    b.len = 0;
    buf_puts(&b, "ESIID,TDSP,METER,INSTALLED\n"
                 "10443720000000002,123456789,M2,2024-01-01\n");
    put(DUNS "/others.csv", &b);
    mark(DUNS "/others.csv");
    buf_clear(&b);
    run(e);
    assert_true(reports(DUNS "/done/registry.csv.activity.csv",
                        "COUNT,,,,,,,loaded,1\n"));
    assert_true(reports(DUNS "/done/others.csv.activity.csv",
                        "COUNT,,,,,,,rejected,1\n"));
    assert_true(reports(DUNS "/done/others.csv.activity.csv", "REJECT,2,"));
}

static void
test_a_ruin_is_rejected(void **state)
{
    struct engine *e = begin(state);
    struct buf b = {0};

    buf_puts(&b, "this is no meter data\n");
    put(DUNS "/notes.txt", &b);
    mark(DUNS "/notes.txt");
    b.len = 0;
    buf_puts(&b, "PK\003\004 and then nothing");
    put(DUNS "/" NAME1 ".zip", &b);
    mark(DUNS "/" NAME1 ".zip");
    run(e);
    assert_true(has(DUNS "/rejected/notes.txt"));
    assert_true(has(DUNS "/rejected/" NAME1 ".zip"));
    assert_true(reports(DUNS "/rejected/" NAME1 ".zip.activity.csv",
                        "FILE,,,,,,,state,refused\n"));
    buf_clear(&b);
}

/* Incomplete files, links and strange folders are left where they are. */
static void
test_what_is_left_alone(void **state)
{
    static const char *const alone[] = {
        DUNS "/.hidden",        DUNS "/" NAME1 ".tmp",
        DUNS "/" NAME1 ".part", DUNS "/" NAME1 ".filepart",
        DUNS "/young",          "12345/" NAME1,
        "nobody/" NAME1,
    };
    struct engine *e = begin(state);

    assert_true(file_make_dir(at("12345"), 0770));
    assert_true(file_make_dir(at("nobody"), 0770));
    assert_true(file_make_dir(at(DUNS "/folder"), 0770));
    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++)
        put_day(alone[i], 5, DUNS);
    mark("nobody/" NAME1);
    mark(DUNS "/.hidden");
    assert_int_equal(symlink("/etc/passwd", at(DUNS "/" NAME2)), 0);
    mark(DUNS "/" NAME2);
    run(e);
    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++) {
        if (!has(alone[i]))
            fail_msg("%s was taken", alone[i]);
    }
    assert_true(has(DUNS "/" NAME2));
    assert_int_equal(loads(e), 0);
}

/* A link that took the place of a file just before it was moved. */
static void
test_a_link_among_taken_files(void **state)
{
    struct engine *e = begin(state);

    put_day("elsewhere", 5, DUNS);
    assert_true(file_make_dir(at(".work/" DUNS), 0770));
    assert_int_equal(symlink(at("elsewhere"), at(".work/" DUNS "/" NAME2)), 0);
    put_day(".work/" DUNS "/" NAME1, 6, DUNS);
    run(e);
    assert_true(has(DUNS "/done/" NAME1));
    assert_true(has(".work/" DUNS "/" NAME2));
    assert_int_equal(loads(e), 1);
}

/* A file without .done: not while somebody writes to it, then yes. */
static void
test_a_file_that_was_renamed_in(void **state)
{
    struct engine *e = begin(state);
    struct buf b = {0};
    int fd;

    record(&b, 5, DUNS);
    fd = open(at(DUNS "/" NAME1), O_WRONLY | O_CREAT, 0660);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, b.at, 300), 300); /* an upload that stalls */
    put(DUNS "/upload.tmp", &b);
    assert_int_equal(rename(at(DUNS "/upload.tmp"), at(DUNS "/" NAME2)), 0);
    run(e);
    assert_true(has(DUNS "/" NAME2)); /* too young */
    sleep(INBOX_REST + 1);
    run(e);
    assert_true(has(DUNS "/done/" NAME2));
    assert_true(has(DUNS "/" NAME1)); /* still open, however old */
    assert_int_equal(write(fd, b.at + 300, b.len - 300), b.len - 300);
    close(fd);
    sleep(INBOX_REST + 1);
    run(e);
    assert_true(has(DUNS "/done/" NAME1));
    assert_int_equal(loads(e), 2);
    buf_clear(&b);
}

/* A sender's folder may hold links where our folders should be. */
static void
test_links_lead_nowhere(void **state)
{
    struct engine *e = begin(state);
    struct runner_tally t;

    assert_true(file_make_dir(at("elsewhere"), 0770));
    assert_int_equal(symlink(at("elsewhere"), at(DUNS "/done")), 0);
    put_day(DUNS "/" NAME1, 5, DUNS);
    mark(DUNS "/" NAME1);
    t = run(e);
    assert_int_equal(t.later, 1);
    assert_false(has("elsewhere/" NAME1));
    assert_true(has(DUNS "/" NAME1)); /* nothing was taken */
    assert_int_equal(unlink(at(DUNS "/done")), 0);
    run(e);
    assert_true(has(DUNS "/done/" NAME1));
}

/* A step that died after the load and before the move. */
static void
test_what_a_dead_step_left(void **state)
{
    struct engine *e = begin(state);

    put_day(DUNS "/" NAME1, 5, DUNS);
    mark(DUNS "/" NAME1);
    run(e);
    assert_int_equal(
        rename(at(DUNS "/done/" NAME1), at(".work/" DUNS "/" NAME1)), 0);
    run(e);
    assert_true(has(DUNS "/done/" NAME1));
    assert_int_equal(loads(e), 1);
}

static void
test_many_files_in_steps(void **state)
{
    struct engine *e = begin(state);
    char name[100];
    struct load l;
    int n = 0;

    for (int i = 1; i <= 70; i++) {
        snprintf(name, sizeof name,
                 DUNS "/" DUNS "IntervalData20260106061500%03d.lse", i);
        put_day(name, i % 25 + 1, DUNS);
        mark(name);
    }
    run(e);
    for (int i = 1; i <= 70; i++) {
        snprintf(name, sizeof name,
                 DUNS "/done/" DUNS "IntervalData20260106061500%03d.lse", i);
        n += has(name);
    }
    assert_int_equal(n, 70);
    assert_int_equal(loads(e), 70);
    assert_int_equal(db_load_get(e->db, 1, &l), DB_OK);
    assert_string_equal(l.sender, DUNS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_a_file_goes_to_done),
        ENGINE_TESTS(test_a_file_seen_twice_is_known),
        ENGINE_TESTS(test_names_are_checked),
        ENGINE_TESTS(test_the_folder_says_who_sent_it),
        ENGINE_TESTS(test_registry_files_come_from_their_tdsp),
        ENGINE_TESTS(test_a_ruin_is_rejected),
        ENGINE_TESTS(test_what_is_left_alone),
        ENGINE_TESTS(test_a_link_among_taken_files),
        {"test_a_file_that_was_renamed_in", test_a_file_that_was_renamed_in,
         engine_set_up_sqlite, engine_tear_down, NULL}, /* it sleeps */
        ENGINE_TESTS(test_links_lead_nowhere),
        ENGINE_TESTS(test_what_a_dead_step_left),
        ENGINE_TESTS(test_many_files_in_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
