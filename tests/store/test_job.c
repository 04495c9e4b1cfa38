/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs and their runner on both engines, under a stopped clock. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/base/clock.h"
#include "server/base/str.h"
#include "server/job/runner.h"
#include "tests/store/engines.h"

#define T0 1800000000

static enum db_rc
add(struct db *db, const char *kind, const char *key, int64_t due)
{
    struct job_row j = {.due_utc = due};

    str_copy(j.kind, sizeof j.kind, kind);
    str_copy(j.key, sizeof j.key, key);
    str_copy(j.argument, sizeof j.argument, "what");
    return db_job_add(db, &j, clock_now());
}

/* ---- rows -----------------------------------------------------------------
 */

static void
test_the_same_work_waits_once(void **state)
{
    struct engine *e = engine_of(state);
    struct job_row j;

    clock_set(T0);
    assert_int_equal(add(e->db, "k", "a", 5), DB_OK);
    assert_int_equal(add(e->db, "k", "a", 6), DB_NONE);
    assert_int_equal(add(e->db, "k", "b", 6), DB_OK);
    assert_int_equal(add(e->db, "l", "a", 6), DB_OK);
    assert_int_equal(db_job_find(e->db, "k", "a", &j), DB_OK);
    assert_true(j.due_utc == 5 && j.made_utc == T0 && j.attempts == 0 &&
                j.ended_utc == 0 && !j.failed);
    assert_string_equal(j.argument, "what");
    assert_int_equal(db_job_claim(e->db, j.id, "me", T0, T0 + 9), DB_OK);
    assert_int_equal(db_job_end(e->db, "me", T0, &j), DB_OK);
    assert_int_equal(db_job_find(e->db, "k", "a", &j), DB_NONE);
    assert_int_equal(add(e->db, "k", "a", 7), DB_OK); /* and again */
}

static void
test_one_holds_the_lease(void **state)
{
    struct engine *e = engine_of(state);
    struct job_row j;

    clock_set(T0);
    assert_int_equal(add(e->db, "k", "", 0), DB_OK);
    assert_int_equal(db_job_get_due(e->db, "k", T0, T0, &j), DB_OK);
    assert_int_equal(db_job_claim(e->db, j.id, "a", T0, T0 + 60), DB_OK);
    assert_int_equal(db_job_claim(e->db, j.id, "b", T0, T0 + 60), DB_NONE);
    assert_int_equal(db_job_get_due(e->db, "k", T0, T0, &j), DB_NONE);
    assert_int_equal(db_job_move(e->db, j.id, T0, 1), DB_NONE);
    assert_int_equal(db_job_renew(e->db, j.id, "b", T0 + 90), DB_NONE);
    assert_int_equal(db_job_renew(e->db, j.id, "a", T0 + 90), DB_OK);
    assert_int_equal(db_job_claim(e->db, j.id, "b", T0 + 89, T0 + 150),
                     DB_NONE);
    /* a fell silent: b takes over, and a's word counts no more */
    assert_int_equal(db_job_claim(e->db, j.id, "b", T0 + 90, T0 + 150), DB_OK);
    assert_int_equal(db_job_renew(e->db, j.id, "a", T0 + 99), DB_NONE);
    assert_int_equal(db_job_end(e->db, "a", T0, &j), DB_NONE);
    assert_int_equal(db_job_again(e->db, "a", &j), DB_NONE);
    assert_int_equal(db_job_get(e->db, j.id, &j), DB_OK);
    assert_int_equal(j.attempts, 2);
    assert_string_equal(j.owner, "b");
    str_copy(j.note, sizeof j.note, "well");
    assert_int_equal(db_job_end(e->db, "b", T0 + 100, &j), DB_OK);
    assert_int_equal(db_job_end(e->db, "b", T0 + 101, &j), DB_NONE);
    assert_int_equal(db_job_get(e->db, j.id, &j), DB_OK);
    assert_true(j.ended_utc == T0 + 100 && j.owner[0] == '\0');
    assert_string_equal(j.note, "well");
}

struct listing {
    struct job_row row;
    char keys[64];
};

static bool
list_row(void *arg)
{
    struct listing *l = arg;

    size_t n = strlen(l->keys);

    snprintf(l->keys + n, sizeof l->keys - n, "%.8s", l->row.key);
    return true;
}

static void
test_order_and_purge(void **state)
{
    struct engine *e = engine_of(state);
    struct listing l = {.keys = ""};
    struct job_row j;
    int64_t count = -1;

    clock_set(T0);
    add(e->db, "k", "c", 30);
    add(e->db, "k", "a", 10);
    add(e->db, "k", "b", 20);
    add(e->db, "k", "d", T0 + 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_job_get_due(e->db, "k", T0, T0, &j), DB_OK);
        assert_int_equal(db_job_claim(e->db, j.id, "me", T0, T0 + 9), DB_OK);
        assert_int_equal(db_job_end(e->db, "me", T0 + i, &j), DB_OK);
    }
    assert_int_equal(db_job_each(e->db, 10, &l.row, list_row, &l), DB_OK);
    assert_string_equal(l.keys, "cdba"); /* open by due, ended newest first */
    assert_int_equal(db_job_purge(e->db, T0 + 1, &count), DB_OK);
    assert_int_equal(count, 1);
    l.keys[0] = '\0';
    assert_int_equal(db_job_each(e->db, 10, &l.row, list_row, &l), DB_OK);
    assert_string_equal(l.keys, "cdb");
    assert_int_equal(db_job_move(e->db, j.id, T0, 1), DB_NONE); /* ended */
    assert_int_equal(db_job_find(e->db, "k", "d", &j), DB_OK);
    assert_int_equal(db_job_move(e->db, j.id, T0, 1), DB_OK);
    assert_int_equal(db_job_get_due(e->db, "k", T0, T0, &j), DB_OK);
    assert_string_equal(j.key, "d");
}

/* ---- the runner -------------------------------------------------------------
 */

static char diary[400]; /* keys in the order in which they ran */
static atomic_int at_work, most_at_work, ran;

static void
note(struct job *j)
{
    snprintf(diary + strlen(diary), sizeof diary - strlen(diary), "%s%lld ",
             j->key, (long long)j->attempt);
    snprintf(j->note, sizeof j->note, "try %lld", (long long)j->attempt);
}

static enum job_rc
do_done(struct job *j)
{
    note(j);
    return JOB_DONE;
}

static enum job_rc
do_later(struct job *j)
{
    note(j);
    return j->attempt < 3 ? JOB_LATER : JOB_DONE;
}

static enum job_rc
do_never(struct job *j)
{
    note(j);
    return JOB_LATER;
}

static enum job_rc
do_fail(struct job *j)
{
    note(j);
    return JOB_FAILED;
}

/* Asks for two more jobs, then has three steps of its own. */
static enum job_rc
do_more(struct job *j)
{
    static int steps;

    note(j);
    add(j->db, "done", "x", 0);
    add(j->db, "done", "y", 0);
    return ++steps % 3 == 0 ? JOB_DONE : JOB_AGAIN;
}

static enum job_rc
do_tick(struct job *j)
{
    note(j);
    strcat(diary, "tick ");
    return JOB_DONE;
}

static const struct job_kind KINDS[] = {
    {"tick", do_tick, "every 60", 60, 3, 0},
    {"done", do_done, NULL, 60, 3, 0},
    {"later", do_later, NULL, 60, 3, 0},
    {"never", do_never, NULL, 60, 2, 0},
    {"fail", do_fail, NULL, 60, 3, 0},
    {"more", do_more, NULL, 60, 3, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};

static struct db *
open_store(void *arg)
{
    struct engine *e = arg;
    struct db *db = NULL;
    char why[512];

    return db_open(e->store, DB_WRITE, &db, why) == DB_OK ? db : NULL;
}

static struct runner_app
app_of(struct engine *e, const struct job_kind *kinds)
{
    diary[0] = '\0';
    return (struct runner_app){.kinds = kinds,
                               .threads = 2,
                               .open = open_store,
                               .close = db_close,
                               .arg = e};
}

static const char *
idle(struct engine *e, const struct job_kind *kinds, struct runner_tally *t)
{
    struct runner_app app = app_of(e, kinds);
    char why[512] = "";

    if (!runner_until_idle(&app, t, why))
        fail_msg("%s", why);
    return diary;
}

static void
test_until_idle(void **state)
{
    struct engine *e = engine_of(state);
    struct runner_tally t;
    struct job_row j;

    clock_set(T0);
    assert_string_equal(idle(e, KINDS, &t), "1 tick ");
    assert_string_equal(idle(e, KINDS, &t), ""); /* not due again yet */
    add(e->db, "more", "m", T0);
    add(e->db, "done", "late", T0 + 1);
    add(e->db, "fail", "f", 1);
    add(e->db, "other", "unknown kind", 0);
    assert_string_equal(idle(e, KINDS, &t), "f1 m1 x1 y1 m1 x1 y1 m1 x1 y1 ");
    assert_true(t.done == 9 && t.failed == 1 && t.later == 0);
    clock_set(T0 + 59);
    assert_string_equal(idle(e, KINDS, &t), "late1 ");
    clock_set(T0 + 200); /* three ticks missed: one makes up for them */
    assert_string_equal(idle(e, KINDS, &t), "1 tick ");
    assert_int_equal(db_job_find(e->db, "tick", "", &j), DB_OK);
    assert_true(j.due_utc == T0 + 260 && j.attempts == 0);
    assert_int_equal(db_job_find(e->db, "other", "unknown kind", &j), DB_OK);
    assert_int_equal(j.attempts, 0);
}

static void
test_tries_come_later_each_time(void **state)
{
    struct engine *e = engine_of(state);
    struct runner_tally t;
    struct job_row j;

    clock_set(T0);
    add(e->db, "later", "l", 0);
    add(e->db, "never", "n", 0);
    assert_string_equal(idle(e, KINDS + 1, &t), "l1 n1 ");
    assert_int_equal(t.later, 2);
    clock_set(T0 + 9);
    assert_string_equal(idle(e, KINDS + 1, &t), "");
    clock_set(T0 + 10);
    assert_string_equal(idle(e, KINDS + 1, &t), "l2 n2 ");
    assert_int_equal(db_job_find(e->db, "never", "n", &j), DB_OK);
    assert_int_equal(j.due_utc, T0 + 30);
    assert_string_equal(j.note, "try 2");
    clock_set(T0 + 30);
    assert_string_equal(idle(e, KINDS + 1, &t), "l3 n3 ");
    assert_true(t.done == 1 && t.failed == 1);
    assert_int_equal(db_job_get(e->db, j.id, &j), DB_OK);
    assert_true(j.failed && j.ended_utc == T0 + 30);
    clock_set(T0 + 90000);
    assert_string_equal(idle(e, KINDS + 1, &t), "");
}

/* A job that kills whoever runs it is not run for ever. */
static void
test_a_deadly_job_is_given_up(void **state)
{
    struct engine *e = engine_of(state);
    struct runner_tally t;
    struct job_row j;

    clock_set(T0);
    add(e->db, "never", "n", 0);
    assert_int_equal(db_job_find(e->db, "never", "n", &j), DB_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            db_job_claim(e->db, j.id, "dead", T0 + 60 * i, T0 + 60 * i + 60),
            DB_OK);
        clock_set(T0 + 60 * i + 59);
        assert_string_equal(idle(e, KINDS + 1, &t), ""); /* leased */
    }
    clock_set(T0 + 180);
    assert_string_equal(idle(e, KINDS + 1, &t), "");
    assert_int_equal(t.failed, 1);
    assert_int_equal(db_job_get(e->db, j.id, &j), DB_OK);
    assert_true(j.failed);
    assert_string_equal(j.note, "given up: begun 3 times");
}

/* ---- threads
 * ------------------------------------------------------------------ */

static enum job_rc
do_slowly(struct job *j)
{
    int now = ++at_work;

    (void)j;
    if (now > most_at_work)
        most_at_work = now;
    usleep(20000);
    at_work--;
    ran++;
    return JOB_DONE;
}

static void
wait_for(atomic_int *n, int want)
{
    for (int i = 0; i < 1000 && *n < want; i++)
        usleep(10000);
    assert_int_equal(*n, want);
}

static void
test_threads_share_the_work(void **state)
{
    static const struct job_kind kinds[] = {
        {"one", do_slowly, NULL, 60, 3, 1},
        {NULL, NULL, NULL, 0, 0, 0},
    };
    static const struct job_kind any[] = {
        {"one", do_slowly, NULL, 60, 3, 0},
        {NULL, NULL, NULL, 0, 0, 0},
    };
    struct engine *e = engine_of(state);
    char key[16], why[512];
    struct runner_app app = app_of(e, kinds);
    struct runner *r;

    clock_set(CLOCK_REAL);
    for (int round = 0; round < 2; round++) {
        app.kinds = round == 0 ? kinds : any;
        ran = most_at_work = 0;
        for (int i = 0; i < 12; i++) {
            snprintf(key, sizeof key, "%d", i);
            assert_int_equal(add(e->db, "one", key, 0), DB_OK);
        }
        r = runner_start(&app, why);
        assert_non_null(r);
        wait_for(&ran, 12);
        assert_int_equal(most_at_work, round == 0 ? 1 : 2);
        add(e->db, "one", "woken", 0);
        runner_wake(r);
        wait_for(&ran, 13);
        assert_true(runner_stop(r, 10));
    }
}

static enum job_rc
do_until_stopped(struct job *j)
{
    ran++;
    while (!job_should_stop(j) && job_is_held(j))
        usleep(10000);
    if (!job_is_held(j))
        strcat(diary, "lost ");
    return JOB_AGAIN;
}

/* A job longer than its lease keeps it; two programs never run it at once. */
static void
test_a_lease_is_kept(void **state)
{
    static const struct job_kind kinds[] = {
        {"long", do_until_stopped, NULL, 2, 3, 0},
        {NULL, NULL, NULL, 0, 0, 0},
    };
    struct engine *e = engine_of(state);
    struct runner_app app = app_of(e, kinds);
    struct runner *a, *b;
    struct job_row j;
    char why[512];

    clock_set(CLOCK_REAL);
    ran = 0;
    add(e->db, "long", "", 0);
    a = runner_start(&app, why);
    b = runner_start(&app, why);
    assert_true(a != NULL && b != NULL);
    wait_for(&ran, 1);
    sleep(4);
    assert_int_equal(ran, 1);
    assert_true(runner_stop(a, 10) && runner_stop(b, 10));
    assert_string_equal(diary, "");
    assert_int_equal(db_job_find(e->db, "long", "", &j), DB_OK);
    assert_true(j.owner[0] == '\0' && j.lease_utc == 0 && j.attempts == 0);
}

/* Clocks that jump free nothing. */
static void
test_a_lease_outlives_the_clock(void **state)
{
    static const struct job_kind kinds[] = {
        {"long", do_until_stopped, NULL, 2, 3, 0},
        {NULL, NULL, NULL, 0, 0, 0},
    };
    struct engine *e = engine_of(state);
    struct runner_app app = app_of(e, kinds);
    struct runner *a, *b;
    char why[512];

    clock_set(T0);
    ran = 0;
    add(e->db, "long", "", 0);
    a = runner_start(&app, why);
    wait_for(&ran, 1);
    clock_set(T0 + 366 * 86400);
    b = runner_start(&app, why);
    assert_true(a != NULL && b != NULL);
    sleep(4);
    clock_set(T0 - 86400);
    sleep(4);
    assert_int_equal(ran, 1);
    assert_true(runner_stop(a, 10) && runner_stop(b, 10));
    assert_string_equal(diary, "");
}

/* Nor does a lease of a clock that was ahead hold a job for ever. */
static void
test_a_silent_holder(void **state)
{
    static const struct job_kind kinds[] = {
        {"done", do_done, NULL, 1, 3, 0},
        {NULL, NULL, NULL, 0, 0, 0},
    };
    struct engine *e = engine_of(state);
    struct runner_app app = app_of(e, kinds);
    struct runner *r;
    struct job_row j;
    char why[512];

    clock_set(T0);
    add(e->db, "done", "x", 0);
    assert_int_equal(db_job_find(e->db, "done", "x", &j), DB_OK);
    assert_int_equal(
        db_job_claim(e->db, j.id, "dead", T0, T0 + INT64_C(3650) * 86400),
        DB_OK);
    r = runner_start(&app, why);
    assert_non_null(r);
    for (int i = 0; i < 100 && j.ended_utc == 0; i++) {
        usleep(100000);
        assert_int_equal(db_job_get(e->db, j.id, &j), DB_OK);
    }
    assert_true(runner_stop(r, 10));
    assert_string_equal(diary, "x2 ");
}

/* What a clock that was ahead put off is done when it is right again. */
static void
test_due_in_no_future(void **state)
{
    struct engine *e = engine_of(state);
    struct runner_tally t;

    clock_set(T0 + 366 * 86400);
    assert_string_equal(idle(e, KINDS, &t), "1 tick ");
    clock_set(T0);
    add(e->db, "done", "soon", T0 + 86400);
    add(e->db, "done", "never", T0 + 366 * 86400);
    assert_string_equal(idle(e, KINDS, &t), "1 tick never1 ");
    clock_set(T0 + 60);
    assert_string_equal(idle(e, KINDS, &t), "1 tick ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_the_same_work_waits_once),
        ENGINE_TESTS(test_one_holds_the_lease),
        ENGINE_TESTS(test_order_and_purge),
        ENGINE_TESTS(test_until_idle),
        ENGINE_TESTS(test_tries_come_later_each_time),
        ENGINE_TESTS(test_a_deadly_job_is_given_up),
        ENGINE_TESTS(test_threads_share_the_work),
        ENGINE_TESTS(test_a_lease_is_kept),
        ENGINE_TESTS(test_a_lease_outlives_the_clock),
        ENGINE_TESTS(test_a_silent_holder),
        ENGINE_TESTS(test_due_in_no_future),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
