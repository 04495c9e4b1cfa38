/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing schemas up to date: order, refusals, rivals, crashes. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/migrate.h"
#include "server/base/hash.h"
#include "server/base/str.h"
#include "tests/store/crash_calls.h"
#include "tests/store/engines.h"

#define HOME "-- home: market\n"

static const struct migration ONE[] = {
    {"9001_a", HOME "CREATE TABLE a (id INTEGER PRIMARY KEY);\n", NULL},
    {NULL, NULL, NULL},
};
static const struct migration TWO[] = {
    {"9001_a", HOME "CREATE TABLE a (id INTEGER PRIMARY KEY);\n", NULL},
    {"9002_b",
     HOME "CREATE TABLE b (id INTEGER PRIMARY KEY);\n"
          "INSERT INTO a (id) VALUES (1);\n",
     NULL},
    {NULL, NULL, NULL},
};
static const struct migration ALTERED[] = {
    {"9001_a", HOME "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT);\n", NULL},
    {NULL, NULL, NULL},
};
static const struct migration BROKEN[] = {
    {"9001_a", HOME "CREATE TABLE a (id INTEGER PRIMARY KEY);\n", NULL},
    {"9002_b",
     HOME "CREATE TABLE b (id INTEGER PRIMARY KEY);\n"
          "INSERT INTO a (id) VALUES (1);\n"
          "INSERT INTO nowhere VALUES (1);\n",
     NULL},
    {NULL, NULL, NULL},
};

/* ---- the text of one engine ------------------------------------------------
 */

static void
text_is(const char *sql, enum db_engine engine, const char *want)
{
    struct buf b = {0};

    if (want) {
        assert_true(migrate_text(sql, engine, &b));
        assert_string_equal(buf_text(&b), want);
    } else {
        assert_false(migrate_text(sql, engine, &b));
    }
    buf_clear(&b);
}

static void
test_blocks_of_one_engine(void **state)
{
    static const char SQL[] = "a\n-- only sqlite\nb\n-- end\nc\n"
                              "-- only postgres\nd\n-- end\ne";

    (void)state;
    text_is(SQL, DB_SQLITE, "a\nb\nc\ne");
    text_is(SQL, DB_POSTGRES, "a\nc\nd\ne");
    text_is("-- only sqlite\nb\n", DB_SQLITE, NULL);
    text_is("a\n-- end\n", DB_POSTGRES, NULL);
    text_is("-- only sqlite\n-- only postgres\n-- end\n", DB_SQLITE, NULL);
    text_is("", DB_SQLITE, "");
}

static void
test_our_steps_are_well_formed(void **state)
{
    struct buf b = {0};
    char hex[SHA256_HEX];

    (void)state;
    for (const struct migration *m = MIGRATIONS; m->name; m++) {
        sha256_hex(hex, m->sql, strlen(m->sql));
        assert_string_equal(m->sha256, hex);
        assert_true(str_starts(m->sql, "-- home: account\n") ||
                    str_starts(m->sql, "-- home: shard\n") ||
                    str_starts(m->sql, HOME));
        assert_true(migrate_text(m->sql, DB_SQLITE, &b));
        assert_true(migrate_text(m->sql, DB_POSTGRES, &b));
        assert_true(!m[1].name || strcmp(m->name, m[1].name) < 0);
    }
    buf_clear(&b);
}

/* ---- refusals --------------------------------------------------------------
 */

/* A connection to a store of its own without our schema. */
struct bare {
    struct engine *e;
    struct db_conn *c;
    char why[DB_WHY];
};

static void
bare_open(struct bare *b, void **state)
{
    char path[300];
    enum db_rc rc;

    *b = (struct bare){.e = engine_of(state)};
    if (b->e->kind == DB_SQLITE) {
        snprintf(path, sizeof path, "%s/bare.db", b->e->folder);
        rc = sqlite_open(path, DB_CREATE, &b->c, b->why);
    } else {
        rc = pg_open(db_place(b->e->db), DB_CREATE, &b->c, b->why);
    }
    assert_int_equal(rc, DB_OK);
    if (b->e->kind == DB_POSTGRES)
        assert_int_equal(b->c->driver->script(b->c, "DROP TABLE migration"),
                         DB_OK);
}

static enum db_rc
up(struct bare *b, const struct migration *list)
{
    return migrate_up(b->c, DB_MARKET, list, b->why);
}

static enum db_rc
check(struct bare *b, const struct migration *list)
{
    return migrate_check(b->c, DB_MARKET, list, b->why);
}

static int64_t
rows_of_a(struct bare *b)
{
    int64_t n = -1;

    assert_int_equal(
        conn_one(b->c, "SELECT count(*) FROM a", IN_NONE, OUT(out_i64(&n))),
        DB_OK);
    return n;
}

static void
test_steps_run_once_and_in_order(void **state)
{
    struct bare b;

    bare_open(&b, state);
    assert_int_equal(check(&b, ONE), DB_NONE);
    assert_int_equal(up(&b, ONE), DB_OK);
    assert_int_equal(check(&b, ONE), DB_OK);
    assert_int_equal(up(&b, TWO), DB_OK);
    assert_int_equal(up(&b, TWO), DB_OK);
    assert_int_equal(check(&b, TWO), DB_OK);
    assert_int_equal(rows_of_a(&b), 1);
    conn_close(b.c);
}

static void
test_strange_schemas_are_refused(void **state)
{
    struct bare b;

    bare_open(&b, state);
    assert_int_equal(up(&b, ONE), DB_OK);
    assert_int_equal(check(&b, TWO), DB_FAIL);
    assert_non_null(strstr(b.why, "older than this program"));
    assert_int_equal(check(&b, ALTERED), DB_FAIL);
    assert_non_null(strstr(b.why, "step 9001_a of the store's schema is not"));
    assert_int_equal(up(&b, ALTERED), DB_FAIL);
    assert_int_equal(up(&b, TWO), DB_OK);
    assert_int_equal(up(&b, ONE), DB_FAIL);
    assert_int_equal(check(&b, ONE), DB_FAIL);
    assert_non_null(strstr(b.why, "9002_b"));
    assert_non_null(strstr(b.why, "a newer program made it"));
    conn_close(b.c);
}

static void
test_a_failed_step_leaves_nothing(void **state)
{
    struct bare b;

    bare_open(&b, state);
    assert_int_equal(up(&b, BROKEN), DB_FAIL);
    assert_non_null(strstr(b.why, "step 9002_b of the schema: "));
    assert_non_null(strstr(b.why, "nowhere"));
    assert_int_equal(check(&b, ONE), DB_OK);
    assert_int_equal(rows_of_a(&b), 0);
    assert_int_equal(up(&b, TWO), DB_OK);
    assert_int_equal(rows_of_a(&b), 1);
    conn_close(b.c);
}

/* The server cuts the connection in the middle of a step. */
static void
test_a_cut_connection_leaves_nothing(void **state)
{
    static const struct migration CUT[] = {
        {"9001_a", HOME "CREATE TABLE a (id INTEGER PRIMARY KEY);\n", NULL},
        {"9002_b",
         HOME "CREATE TABLE b (id INTEGER PRIMARY KEY);\n"
              "INSERT INTO a (id) VALUES (1);\n"
              "SELECT pg_terminate_backend(pg_backend_pid());\n",
         NULL},
        {NULL, NULL, NULL},
    };
    struct bare b;

    bare_open(&b, state);
    assert_int_equal(up(&b, CUT), DB_BUSY);
    assert_int_equal(check(&b, ONE), DB_OK);
    assert_int_equal(rows_of_a(&b), 0);
    assert_int_equal(up(&b, TWO), DB_OK);
    assert_int_equal(rows_of_a(&b), 1);
    conn_close(b.c);
}

/* ---- rivals ----------------------------------------------------------------
 */

static void *
create(void *arg)
{
    struct db *db = NULL;
    char why[512] = "";
    enum db_rc rc = db_open(arg, DB_CREATE, &db, why);

    if (rc != DB_OK)
        fprintf(stderr, "%s\n", why);
    db_close(db);
    return (void *)(intptr_t)rc;
}

static void
test_many_make_one_store(void **state)
{
    struct engine *e = engine_of(state);
    pthread_t rival[6];
    char store[600];

    /* the store that the test got has its schema: take an empty one */
    if (e->kind == DB_SQLITE) {
        snprintf(store, sizeof store, "sqlite:%s/new", e->folder);
    } else {
        struct db_conn *c = db_conn(e->db, DB_ACCOUNT);

        assert_int_equal(c->driver->script(c, "DROP SCHEMA public CASCADE;"
                                              "CREATE SCHEMA public"),
                         DB_OK);
        str_copy(store, sizeof store, e->store);
    }
    for (int i = 0; i < 6; i++)
        pthread_create(&rival[i], NULL, create, store);
    for (int i = 0; i < 6; i++) {
        void *rc;

        pthread_join(rival[i], &rc);
        assert_int_equal((intptr_t)rc, DB_OK);
    }
}

/* ---- crashes ---------------------------------------------------------------
 */

/* True when the child came to its end. */
static bool
create_and_crash(const char *store, long at)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        crash_at_call(at);
        _exit(create((void *)(uintptr_t)store) ? 1 : 0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != CRASHED)
        assert_int_equal(WEXITSTATUS(status), 0);
    return WEXITSTATUS(status) == 0;
}

static void
is_sound(struct engine *e, enum db_home home)
{
    char word[64];

    assert_int_equal(db_one(e->db, home, "PRAGMA integrity_check", IN_NONE,
                            OUT(out_text(word, sizeof word))),
                     DB_OK);
    assert_string_equal(word, "ok");
}

/* A store whose making was cut off at any write can be made again. */
static void
test_a_crash_at_each_write(void **state)
{
    struct engine *e = engine_of(state);
    char folder[256], *want = engine_dump(e);
    long at = 0;
    bool whole = false;

    str_copy(folder, sizeof folder, e->folder);
    while (!whole) {
        char *got;

        /* Dense at first, where the files are born, then every fifth. */
        at += at < 60 ? 1 : 5;
        snprintf(e->store, sizeof e->store, "sqlite:%s/crash-%ld", folder, at);
        whole = create_and_crash(e->store, at);
        engine_reopen(e, DB_CREATE);
        is_sound(e, DB_ACCOUNT);
        is_sound(e, DB_MARKET);
        got = engine_dump(e);
        assert_int_equal(strlen(got), strlen(want));
        free(got);
    }
    assert_true(at > 60);
    free(want);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_of_one_engine),
        cmocka_unit_test(test_our_steps_are_well_formed),
        ENGINE_TESTS(test_steps_run_once_and_in_order),
        ENGINE_TESTS(test_strange_schemas_are_refused),
        ENGINE_TESTS(test_a_failed_step_leaves_nothing),
        cmocka_unit_test_setup_teardown(test_a_cut_connection_leaves_nothing,
                                        engine_set_up_postgres,
                                        engine_tear_down),
        ENGINE_TESTS(test_many_make_one_store),
        cmocka_unit_test_setup_teardown(test_a_crash_at_each_write,
                                        engine_set_up_sqlite, engine_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
