/* SPDX-License-Identifier: Apache-2.0 */
/* A PostgreSQL server that goes away and comes back, on a cluster of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/engine.h"
#include "db/load.h"
#include "server/base/str.h"
#include "tests/store/engines.h"

struct cluster {
    char dir[64], store[300];
    struct db *db;
};

static void
fixture(const struct cluster *c, const char *verb)
{
    char args[128], line[256];

    snprintf(args, sizeof args, "%s '%s' && echo", verb, c->dir);
    assert_true(engine_fixture(args, line, sizeof line));
}

static struct db *
another(const struct cluster *c, enum db_mode mode)
{
    struct db *db;
    char why[512];

    if (db_open(c->store, mode, &db, why) != DB_OK)
        fail_msg("%s", why);
    return db;
}

static int
set_up(void **state)
{
    struct cluster *c = calloc(1, sizeof *c);
    char args[128], line[256];

    *state = c;
    str_copy(c->dir, sizeof c->dir, "/tmp/meterhouse-test-XXXXXX");
    assert_non_null(mkdtemp(c->dir));
    snprintf(args, sizeof args, "start '%s'", c->dir);
    if (!engine_fixture(args, line, sizeof line)) {
        rmdir(c->dir);
        return 0;
    }
    snprintf(c->store, sizeof c->store, "postgres:%s", line);
    c->db = another(c, DB_CREATE);
    return 0;
}

static int
tear_down(void **state)
{
    struct cluster *c = *state;

    db_close(c->db);
    if (c->store[0])
        fixture(c, "stop");
    free(c);
    return 0;
}

static struct cluster *
cluster_of(void **state)
{
    struct cluster *c = *state;

    if (!c->db) {
        print_message("skipped: PostgreSQL is not installed here\n");
        skip();
    }
    return c;
}

static enum db_rc
count_loads(struct db *db, int64_t *n)
{
    return db_one(db, DB_MARKET, "SELECT count(*) FROM load", IN_NONE,
                  OUT(out_i64(n)));
}

static void
test_a_restart_is_survived(void **state)
{
    struct cluster *c = cluster_of(state);
    int64_t n;

    assert_int_equal(count_loads(c->db, &n), DB_OK);
    fixture(c, "restart");
    assert_int_equal(count_loads(c->db, &n), DB_OK);
    fixture(c, "down");
    assert_int_equal(count_loads(c->db, &n), DB_BUSY);
    assert_int_equal(count_loads(c->db, &n), DB_BUSY);
    assert_true(db_error(c->db)[0] != '\0');
    fixture(c, "up");
    assert_int_equal(count_loads(c->db, &n), DB_OK);
}

struct cut {
    const struct cluster *c;
    int runs;
};

static enum db_rc
add_and_cut(struct db *db, void *arg)
{
    struct cut *cut = arg;
    struct load l = {.kind = "lse", .name = "x"};
    enum db_rc rc = db_load_add(db, &l);

    if (cut->runs++ == 0)
        fixture(cut->c, "crash");
    return rc == DB_OK ? db_load_get(db, l.id, &l) : rc;
}

static void
test_a_transaction_runs_again(void **state)
{
    struct cluster *c = cluster_of(state);
    struct cut cut = {.c = c};
    int64_t n;

    assert_int_equal(db_tx(c->db, DB_MARKET, add_and_cut, &cut), DB_OK);
    assert_int_equal(cut.runs, 2);
    assert_int_equal(count_loads(c->db, &n), DB_OK);
    assert_int_equal(n, 1);
}

static void
test_a_lost_lock_is_noticed(void **state)
{
    struct cluster *c = cluster_of(state);
    struct db *other = another(c, DB_WRITE);
    struct load l = {.kind = "lse", .name = "x", .digest = "1"};

    assert_int_equal(db_writer_lock(c->db, 0), DB_OK);
    assert_int_equal(db_load_add(c->db, &l), DB_OK);
    fixture(c, "restart");
    assert_int_equal(db_writer_lock(other, 5), DB_OK);
    while (db_load_get(c->db, l.id, &l) == DB_BUSY)
        ;
    assert_int_equal(db_load_commit(c->db, &l), DB_BUSY);
    db_writer_unlock(c->db);
    db_close(other);
    assert_int_equal(db_writer_lock(c->db, 5), DB_OK);
    assert_int_equal(db_load_commit(c->db, &l), DB_OK);
    db_writer_unlock(c->db);
}

static void
test_another_collation_is_refused(void **state)
{
    struct cluster *c = cluster_of(state);
    struct db_conn *conn = db_conn(c->db, DB_MARKET);
    char store[400], why[512];
    struct db *db;

    assert_int_equal(conn->driver->script(
                         conn, "CREATE DATABASE latin TEMPLATE template0 "
                               "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"),
                     DB_OK);
    snprintf(store, sizeof store, "%s dbname=latin", c->store);
    assert_int_equal(db_open(store, DB_CREATE, &db, why), DB_FAIL);
    assert_non_null(strstr(why, "database latin has encoding LATIN1"));
    assert_non_null(strstr(why, "LC_COLLATE 'C'"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_restart_is_survived),
        cmocka_unit_test(test_a_transaction_runs_again),
        cmocka_unit_test(test_a_lost_lock_is_noticed),
        cmocka_unit_test(test_another_collation_is_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
