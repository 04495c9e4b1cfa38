/* SPDX-License-Identifier: Apache-2.0 */
/* The store's calls on both engines: values, rows, transactions, locks. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/engine.h"
#include "server/base/clock.h"
#include "server/base/str.h"
#include "tests/store/engines.h"

#define MAKE_THING                                                             \
    "CREATE TABLE thing (id INTEGER PRIMARY KEY, big BIGINT, yes BOOLEAN, "    \
    "words TEXT UNIQUE, bytes BLOB)"

static void
make_thing(struct engine *e)
{
    assert_int_equal(db_run(e->db, DB_MARKET, MAKE_THING, IN_NONE, NULL),
                     DB_OK);
}

static int64_t
count_things(struct db *db)
{
    int64_t n = -1;

    assert_int_equal(db_one(db, DB_MARKET, "SELECT count(*) FROM thing",
                            IN_NONE, OUT(out_i64(&n))),
                     DB_OK);
    return n;
}

static enum db_rc
add_thing(struct db *db, int64_t id, const char *words)
{
    return db_run(db, DB_MARKET,
                  "INSERT INTO thing (id, words) VALUES ($1, $2)",
                  IN(in_i64(id), in_text(words)), NULL);
}

/* ---- values ----------------------------------------------------------------
 */

static void
test_values_come_back(void **state)
{
    struct engine *e = engine_of(state);
    struct arena a = {0};
    static const char BYTES[] = {0, 1, '\\', 'x', (char)0xff, '\n'};
    const char *long_text;
    const void *bytes;
    int64_t big;
    size_t n;
    char words[32];
    bool yes;

    make_thing(e);
    /* Out of order and one of them twice: $n, not the order, decides. */
    assert_int_equal(
        db_run(e->db, DB_MARKET,
               "INSERT INTO thing (bytes, words, yes, big, id) "
               "VALUES ($5, $4, $3, $2 + $1 - $1, $1)",
               IN(in_i64(7), in_i64(INT64_MAX - 7), in_bool(true),
                  in_text("ni\xc3\xb1o\t\\"), in_blob(BYTES, sizeof BYTES)),
               NULL),
        DB_OK);
    assert_int_equal(
        db_one(e->db, DB_MARKET,
               "SELECT big, yes, words, words, bytes FROM thing WHERE id = $1",
               IN(in_i64(7)),
               OUT(out_i64(&big), out_bool(&yes), out_text(words, sizeof words),
                   out_text_arena(&long_text, &a), out_blob(&bytes, &n, &a))),
        DB_OK);
    assert_true(big == INT64_MAX - 7 && yes);
    assert_string_equal(words, "ni\xc3\xb1o\t\\");
    assert_string_equal(long_text, words);
    assert_int_equal(n, sizeof BYTES);
    assert_memory_equal(bytes, BYTES, n);
    arena_clear(&a);
}

static void
test_nulls_come_back_empty(void **state)
{
    struct engine *e = engine_of(state);
    struct arena a = {0};
    const void *bytes = NULL;
    size_t n = 9;
    int64_t big = 9;
    char words[8] = "x";
    bool yes = true;

    make_thing(e);
    assert_int_equal(
        db_run(e->db, DB_MARKET,
               "INSERT INTO thing (id, big, yes, words, bytes) "
               "VALUES ($1, $2, $3, $4, $5)",
               IN(in_i64(1), in_null(), in_null(), in_text(NULL), in_null()),
               NULL),
        DB_OK);
    assert_int_equal(
        db_one(e->db, DB_MARKET, "SELECT big, yes, words, bytes FROM thing",
               IN_NONE,
               OUT(out_i64(&big), out_bool(&yes), out_text(words, sizeof words),
                   out_blob(&bytes, &n, &a))),
        DB_OK);
    assert_true(big == 0 && !yes && words[0] == '\0' && n == 0);
    arena_clear(&a);
}

static void
test_an_empty_blob_is_not_null(void **state)
{
    struct engine *e = engine_of(state);
    int64_t n = 0;

    make_thing(e);
    assert_int_equal(db_run(e->db, DB_MARKET,
                            "INSERT INTO thing (id, bytes) VALUES ($1, $2)",
                            IN(in_i64(1), in_blob(NULL, 0)), NULL),
                     DB_OK);
    assert_int_equal(db_one(e->db, DB_MARKET,
                            "SELECT count(*) FROM thing WHERE bytes IS NULL",
                            IN_NONE, OUT(out_i64(&n))),
                     DB_OK);
    assert_int_equal(n, 0);
}

static void
test_what_does_not_fit_fails(void **state)
{
    struct engine *e = engine_of(state);
    int32_t small;
    int64_t big;
    char words[4];

    make_thing(e);
    assert_int_equal(add_thing(e->db, 1, "four"), DB_OK);
    assert_int_equal(db_one(e->db, DB_MARKET, "SELECT words FROM thing",
                            IN_NONE, OUT(out_text(words, sizeof words))),
                     DB_FAIL);
    assert_non_null(strstr(db_error(e->db), "column 1: a text is too long"));
    assert_int_equal(db_one(e->db, DB_MARKET,
                            "SELECT words FROM thing WHERE 1=1", IN_NONE,
                            OUT(out_i64(&big))),
                     DB_FAIL);
    assert_int_equal(db_one(e->db, DB_MARKET, "SELECT $1 + 1",
                            IN(in_i64(INT32_MAX)), OUT(out_i32(&small))),
                     DB_FAIL);
    assert_int_equal(db_one(e->db, DB_MARKET, "SELECT id, words FROM thing",
                            IN_NONE, OUT(out_i64(&big))),
                     DB_FAIL);
    assert_int_equal(db_one(e->db, DB_MARKET,
                            "SELECT id FROM thing WHERE id = $1", IN_NONE,
                            OUT(out_i64(&big))),
                     DB_FAIL);
    /* and the handle still works */
    assert_int_equal(count_things(e->db), 1);
}

static void
test_text_sorts_by_its_bytes(void **state)
{
    struct engine *e = engine_of(state);
    char words[8];

    make_thing(e);
    assert_int_equal(add_thing(e->db, 1, "b"), DB_OK);
    assert_int_equal(add_thing(e->db, 2, "a"), DB_OK);
    assert_int_equal(add_thing(e->db, 3, "C"), DB_OK);
    assert_int_equal(add_thing(e->db, 4, "\xc3\xa9"), DB_OK);
    assert_int_equal(db_one(e->db, DB_MARKET,
                            "SELECT words FROM thing ORDER BY words LIMIT 1",
                            IN_NONE, OUT(out_text(words, sizeof words))),
                     DB_OK);
    assert_string_equal(words, "C");
    assert_int_equal(
        db_one(e->db, DB_MARKET,
               "SELECT words FROM thing ORDER BY words DESC LIMIT 1", IN_NONE,
               OUT(out_text(words, sizeof words))),
        DB_OK);
    assert_string_equal(words, "\xc3\xa9");
}

/* ---- rows ------------------------------------------------------------------
 */

static void
test_one_row_none_and_two(void **state)
{
    struct engine *e = engine_of(state);
    int64_t id = 5;

    make_thing(e);
    assert_int_equal(db_one(e->db, DB_MARKET, "SELECT id FROM thing", IN_NONE,
                            OUT(out_i64(&id))),
                     DB_NONE);
    assert_int_equal(id, 5);
    assert_int_equal(add_thing(e->db, 1, "a"), DB_OK);
    assert_int_equal(add_thing(e->db, 2, "b"), DB_OK);
    assert_int_equal(db_one(e->db, DB_MARKET, "SELECT id FROM thing", IN_NONE,
                            OUT(out_i64(&id))),
                     DB_FAIL);
}

struct walk {
    int64_t id, sum;
    int rows, most;
    struct db *db;
};

static bool
walk_row(void *arg)
{
    struct walk *w = arg;

    w->sum += w->id;
    return ++w->rows < w->most;
}

static void
test_each_row_until_enough(void **state)
{
    struct engine *e = engine_of(state);
    struct walk all = {.most = 1000}, few = {.most = 3};

    make_thing(e);
    for (int i = 1; i <= 100; i++)
        assert_int_equal(add_thing(e->db, i, NULL), DB_OK);
    assert_int_equal(db_each(e->db, DB_MARKET,
                             "SELECT id FROM thing ORDER BY id", IN_NONE,
                             OUT(out_i64(&all.id)), walk_row, &all),
                     DB_OK);
    assert_true(all.rows == 100 && all.sum == 5050);
    assert_int_equal(db_each(e->db, DB_MARKET,
                             "SELECT id FROM thing ORDER BY id", IN_NONE,
                             OUT(out_i64(&few.id)), walk_row, &few),
                     DB_OK);
    assert_true(few.rows == 3 && few.sum == 6);
    assert_int_equal(count_things(e->db), 100);
}

static bool
nested_row(void *arg)
{
    struct walk *w = arg;

    w->rows++;
    assert_int_equal(add_thing(w->db, 1000, "nested"), DB_FAIL);
    return true;
}

/* Engines differ in what they could bear: neither is asked to. */
static void
test_no_statement_among_rows(void **state)
{
    struct engine *e = engine_of(state);
    struct walk w = {.db = e->db};

    make_thing(e);
    assert_int_equal(add_thing(e->db, 1, "a"), DB_OK);
    assert_int_equal(db_each(e->db, DB_MARKET, "SELECT id FROM thing", IN_NONE,
                             OUT(out_i64(&w.id)), nested_row, &w),
                     DB_OK);
    assert_int_equal(w.rows, 1);
    assert_int_equal(count_things(e->db), 1);
}

static void
test_changed_rows_are_counted(void **state)
{
    struct engine *e = engine_of(state);
    int64_t changed = -1;

    make_thing(e);
    for (int i = 1; i <= 5; i++)
        assert_int_equal(add_thing(e->db, i, NULL), DB_OK);
    assert_int_equal(db_run(e->db, DB_MARKET,
                            "UPDATE thing SET big = 1 WHERE id > $1",
                            IN(in_i64(2)), &changed),
                     DB_OK);
    assert_int_equal(changed, 3);
    assert_int_equal(db_run(e->db, DB_MARKET, "DELETE FROM thing WHERE id > $1",
                            IN(in_i64(10)), &changed),
                     DB_OK);
    assert_int_equal(changed, 0);
}

/* ---- transactions ----------------------------------------------------------
 */

struct tx_want {
    enum db_rc answer;
    enum db_rc inner;
    int runs;
};

static enum db_rc
tx_inner(struct db *db, void *arg)
{
    enum db_rc rc = add_thing(db, 2, "inner");

    return rc == DB_OK ? *(enum db_rc *)arg : rc;
}

static enum db_rc
tx_two(struct db *db, void *arg)
{
    struct tx_want *want = arg;

    want->runs++;
    if (add_thing(db, 1, "outer") != DB_OK)
        return DB_FAIL;
    db_tx(db, DB_MARKET, tx_inner, &want->inner);
    return want->answer;
}

static void
test_a_transaction_is_all_or_nothing(void **state)
{
    struct engine *e = engine_of(state);
    struct tx_want none = {.answer = DB_NONE}, ok = {.answer = DB_OK};

    make_thing(e);
    assert_int_equal(db_tx(e->db, DB_MARKET, tx_two, &none), DB_NONE);
    assert_int_equal(count_things(e->db), 0);
    assert_int_equal(none.runs, 1);
    assert_int_equal(db_tx(e->db, DB_MARKET, tx_two, &ok), DB_OK);
    assert_int_equal(count_things(e->db), 2);
}

static void
test_an_inner_failure_dooms_the_outer(void **state)
{
    struct engine *e = engine_of(state);
    struct tx_want want = {.answer = DB_OK, .inner = DB_NONE};

    make_thing(e);
    assert_int_equal(db_tx(e->db, DB_MARKET, tx_two, &want), DB_FAIL);
    assert_int_equal(count_things(e->db), 0);
}

static enum db_rc
tx_clash(struct db *db, void *arg)
{
    (void)arg;
    if (add_thing(db, 1, "same") != DB_OK)
        return DB_FAIL;
    return add_thing(db, 2, "same");
}

static void
test_a_failed_statement_undoes_all(void **state)
{
    struct engine *e = engine_of(state);

    make_thing(e);
    assert_int_equal(db_tx(e->db, DB_MARKET, tx_clash, NULL), DB_FAIL);
    assert_int_equal(count_things(e->db), 0);
    assert_int_equal(add_thing(e->db, 3, "after"), DB_OK);
}

/* Read, then write what was read plus one: lost updates would show. */
static enum db_rc
tx_raise(struct db *db, void *arg)
{
    int64_t big;
    enum db_rc rc = db_one(db, DB_MARKET, "SELECT big FROM thing WHERE id = 1",
                           IN_NONE, OUT(out_i64(&big)));

    (void)arg;
    if (rc != DB_OK)
        return rc;
    return db_run(db, DB_MARKET, "UPDATE thing SET big = $1 WHERE id = 1",
                  IN(in_i64(big + 1)), NULL);
}

static void *
raise_often(void *arg)
{
    struct engine *e = arg;
    struct db *db;
    char why[512];
    intptr_t done = 0;

    if (db_open(e->store, DB_WRITE, &db, why) != DB_OK)
        return NULL;
    for (int i = 0; i < 50; i++) {
        if (db_tx(db, DB_MARKET, tx_raise, NULL) == DB_OK)
            done++;
    }
    db_close(db);
    return (void *)done;
}

static void
test_rivals_lose_no_update(void **state)
{
    struct engine *e = engine_of(state);
    pthread_t rival[4];
    int64_t big, sum = 0;

    make_thing(e);
    assert_int_equal(db_run(e->db, DB_MARKET,
                            "INSERT INTO thing (id, big) VALUES (1, 0)",
                            IN_NONE, NULL),
                     DB_OK);
    for (int i = 0; i < 4; i++)
        pthread_create(&rival[i], NULL, raise_often, e);
    for (int i = 0; i < 4; i++) {
        void *done;

        pthread_join(rival[i], &done);
        assert_true((intptr_t)done > 0);
        sum += (intptr_t)done;
    }
    assert_int_equal(db_one(e->db, DB_MARKET, "SELECT big FROM thing", IN_NONE,
                            OUT(out_i64(&big))),
                     DB_OK);
    assert_int_equal(big, sum);
    assert_true(sum >= 190); /* retries make all but a few succeed */
}

/* ---- bulk ------------------------------------------------------------------
 */

struct many {
    int64_t at, n;
    char words[32];
};

static bool
many_next(void *arg, struct db_in *row)
{
    struct many *m = arg;

    if (m->at == m->n)
        return false;
    snprintf(m->words, sizeof m->words, "%lld\\\t\r\n\xc3\xb1",
             (long long)m->at);
    row[0] = in_i64(m->at);
    row[1] = m->at % 2 ? in_null() : in_text(m->words);
    row[2] = in_blob(m->words, strlen(m->words));
    row[3] = in_bool(m->at % 3 == 0);
    m->at++;
    return true;
}

static enum db_rc
many_add(struct db *db, void *arg)
{
    return db_bulk(db, DB_MARKET,
                   "INSERT INTO thing (id, words, bytes, yes) "
                   "VALUES ($1, $2, $3, $4)",
                   "COPY thing (id, words, bytes, yes) FROM STDIN", 4,
                   many_next, arg);
}

static void
test_bulk_rows_come_back(void **state)
{
    struct engine *e = engine_of(state);
    struct many m = {.n = 5000}, again = {.n = 10};
    struct arena a = {0};
    char words[32];
    const void *bytes;
    size_t n;
    bool yes;

    make_thing(e);
    assert_int_equal(db_tx(e->db, DB_MARKET, many_add, &m), DB_OK);
    assert_int_equal(count_things(e->db), 5000);
    assert_int_equal(db_one(e->db, DB_MARKET,
                            "SELECT words, bytes, yes FROM thing WHERE id = $1",
                            IN(in_i64(4998)),
                            OUT(out_text(words, sizeof words),
                                out_blob(&bytes, &n, &a), out_bool(&yes))),
                     DB_OK);
    assert_string_equal(words, "4998\\\t\r\n\xc3\xb1");
    assert_true(n == strlen(words) && memcmp(bytes, words, n) == 0 && yes);
    /* the same keys again: nothing of it stays */
    assert_int_equal(db_tx(e->db, DB_MARKET, many_add, &again), DB_FAIL);
    assert_int_equal(count_things(e->db), 5000);
    arena_clear(&a);
}

/* ---- series, locks, opening ------------------------------------------------
 */

static void
test_series_never_repeat(void **state)
{
    struct engine *e = engine_of(state);
    int64_t a, b, c;

    assert_int_equal(db_next_id(e->db, DB_MARKET, "x", 1, &a), DB_OK);
    assert_int_equal(db_next_id(e->db, DB_MARKET, "x", 500000, &b), DB_OK);
    engine_reopen(e, DB_WRITE);
    assert_int_equal(db_next_id(e->db, DB_MARKET, "x", 1, &c), DB_OK);
    assert_true(a == 1 && b == 2 && c == 500002);
}

static void
test_one_writer_at_a_time(void **state)
{
    struct engine *e = engine_of(state);
    struct db *other;
    char why[512];
    double began;

    assert_int_equal(db_open(e->store, DB_WRITE, &other, why), DB_OK);
    assert_int_equal(db_writer_lock(e->db, 0), DB_OK);
    began = clock_monotonic();
    assert_int_equal(db_writer_lock(other, 0.2), DB_BUSY);
    assert_true(clock_monotonic() - began >= 0.2);
    assert_true(clock_monotonic() - began < 5);
    db_writer_unlock(e->db);
    assert_int_equal(db_writer_lock(other, 0), DB_OK);
    assert_int_equal(db_writer_lock(e->db, 0), DB_BUSY);
    db_close(other); /* as a program's end does */
    assert_int_equal(db_writer_lock(e->db, 5), DB_OK);
    db_writer_unlock(e->db);
}

static void
test_a_read_handle_cannot_write(void **state)
{
    struct engine *e = engine_of(state);

    make_thing(e);
    engine_reopen(e, DB_READ);
    assert_int_equal(count_things(e->db), 0);
    assert_int_equal(add_thing(e->db, 1, "no"), DB_FAIL);
}

static void
test_opening_what_is_not_there(void **state)
{
    struct db *db;
    char why[512];

    (void)state;
    assert_int_equal(db_open("sqlite:/nowhere/at/all", DB_READ, &db, why),
                     DB_NONE);
    assert_null(db);
    assert_int_equal(db_open("mysql:x", DB_READ, &db, why), DB_FAIL);
    assert_non_null(strstr(why, "neither sqlite:FOLDER"));
    assert_int_equal(
        db_open("postgres:host=/nowhere dbname=x", DB_WRITE, &db, why),
        DB_FAIL);
    assert_true(str_starts(why, "PostgreSQL: "));
    assert_null(strchr(why, '\n'));
}

static void
test_a_foreign_file_is_refused(void **state)
{
    struct engine *e = engine_of(state);
    char path[600], why[512];
    sqlite3 *h;
    struct db *db;

    db_close(e->db);
    e->db = NULL;
    snprintf(path, sizeof path, "%s/store/account.db", e->folder);
    assert_int_equal(remove(path), 0);
    assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
    sqlite3_exec(h, "CREATE TABLE theirs (x)", NULL, NULL, NULL);
    sqlite3_close(h);
    assert_int_equal(db_open(e->store, DB_CREATE, &db, why), DB_FAIL);
    assert_non_null(strstr(why, "not a file of a Meterhouse store"));
}

static void
test_the_folder_is_private(void **state)
{
    struct engine *e = engine_of(state);
    char path[600];
    struct stat st;

    snprintf(path, sizeof path, "%s/store", e->folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    chmod(path, 0755);
    engine_reopen(e, DB_WRITE);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_values_come_back),
        ENGINE_TESTS(test_nulls_come_back_empty),
        ENGINE_TESTS(test_an_empty_blob_is_not_null),
        ENGINE_TESTS(test_what_does_not_fit_fails),
        ENGINE_TESTS(test_text_sorts_by_its_bytes),
        ENGINE_TESTS(test_one_row_none_and_two),
        ENGINE_TESTS(test_each_row_until_enough),
        ENGINE_TESTS(test_no_statement_among_rows),
        ENGINE_TESTS(test_changed_rows_are_counted),
        ENGINE_TESTS(test_a_transaction_is_all_or_nothing),
        ENGINE_TESTS(test_an_inner_failure_dooms_the_outer),
        ENGINE_TESTS(test_a_failed_statement_undoes_all),
        ENGINE_TESTS(test_rivals_lose_no_update),
        ENGINE_TESTS(test_bulk_rows_come_back),
        ENGINE_TESTS(test_series_never_repeat),
        ENGINE_TESTS(test_one_writer_at_a_time),
        ENGINE_TESTS(test_a_read_handle_cannot_write),
        cmocka_unit_test(test_opening_what_is_not_there),
        cmocka_unit_test_setup_teardown(test_a_foreign_file_is_refused,
                                        engine_set_up_sqlite, engine_tear_down),
        cmocka_unit_test_setup_teardown(test_the_folder_is_private,
                                        engine_set_up_sqlite, engine_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
