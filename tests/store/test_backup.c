/* SPDX-License-Identifier: Apache-2.0 */
/* Backup and restore of a store in use, on both engines. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/backup_parts.h"
#include "db/engine.h"
#include "db/gate.h"
#include "db/point.h"
#include "db/session.h"
#include "server/base/file.h"
#include "server/base/str.h"
#include "tests/store/backups.h"
#include "tests/store/crash_calls.h"

/* ---- there and back --------------------------------------------------------
 */

static void
test_there_and_back(void **state)
{
    struct engine *e = engine_of(state);
    char *first, *later;

    first_content(e);
    first = content(e);
    backup(e, "one");
    later_content(e);
    later = content(e);
    assert_string_not_equal(first, later);
    backup(e, "two");
    must_restore(e, e->store, "one");
    engine_reopen(e, DB_CREATE);
    is_content(e, first);
    is_sound(e->db);
    /* and on: the numbers that were drawn in between are drawn again */
    later_content(e);
    is_sound(e->db);
    must_restore(e, e->store, "two");
    engine_reopen(e, DB_CREATE);
    is_content(e, later);
    is_sound(e->db);
    free(first);
    free(later);
}

static void
test_into_an_empty_store(void **state)
{
    struct engine *e = engine_of(state), other;
    char *first;

    first_content(e);
    first = content(e);
    backup(e, "one");
    engine_make(&other, e->kind);
    db_close(other.db);
    other.db = NULL;
    if (e->kind == DB_SQLITE)
        snprintf(other.store, sizeof other.store, "sqlite:%s/not/yet/there",
                 other.folder);
    must_restore(e, other.store, "one");
    engine_reopen(&other, DB_WRITE);
    is_content(&other, first);
    is_sound(other.db);
    engine_drop(&other);
    free(first);
}

static void
test_sessions_do_not_come_back(void **state)
{
    struct engine *e = engine_of(state);
    struct session s = {.account_id = 1,
                        .created_utc = 1,
                        .seen_utc = 1,
                        .ends_utc = INT64_C(1) << 40,
                        .idle_seconds = 1 << 30};

    assert_int_equal(db_session_add(e->db, "token", &s), DB_OK);
    assert_int_equal(db_session_get(e->db, "token", 2, &s), DB_OK);
    backup(e, "one");
    must_restore(e, e->store, "one");
    engine_reopen(e, DB_WRITE);
    assert_int_equal(db_session_get(e->db, "token", 2, &s), DB_NONE);
}

/* ---- handles that were open ------------------------------------------------
 */

static void
test_open_handles_go_on(void **state)
{
    struct engine *e = engine_of(state);
    struct session session;
    struct point p;
    struct db *live;
    char why[512], *first;
    int64_t stamp;
    int tries = 0;

    first_content(e);
    first = content(e);
    backup(e, "one");
    later_content(e);
    assert_int_equal(db_open(e->store, DB_WRITE, &live, why), DB_OK);
    assert_int_equal(db_point_get(live, "92", &p), DB_OK);
    assert_int_equal(current(live, 1, 0, &stamp), 7);
    assert_int_equal(current(live, 1, 50, &stamp), 9);
    must_restore(e, e->store, "one");
    /* What it read before does not hold any more: it is told so once. */
    assert_int_equal(db_point_get(live, "92", &p), DB_BUSY);
    assert_non_null(strstr(db_error(live), "restored"));
    while (db_point_get(live, "92", &p) == DB_BUSY)
        assert_true(++tries < 5);
    assert_int_equal(db_point_get(live, "92", &p), DB_NONE);
    assert_int_equal(current(live, 1, 0, &stamp), 1);
    assert_int_equal(current(live, 1, 50, &stamp), -1);
    /* a month that it had open, emptied and filled again by another */
    engine_reopen(e, DB_WRITE);
    later_content(e);
    assert_int_equal(current(live, 1, 50, &stamp), 9);
    /* PostgreSQL: each of its connections says it once */
    while (db_session_get(live, "token", 2, &session) == DB_BUSY)
        assert_true(++tries < 5);
    is_sound(live);
    db_close(live);
    free(first);
}

/* Who has read nothing yet is not told. */
static void
test_a_new_request_goes_on(void **state)
{
    struct engine *e = engine_of(state);
    struct point p;
    struct db *live;
    char why[512];
    int64_t stamp;

    first_content(e);
    backup(e, "one");
    later_content(e);
    assert_int_equal(db_open(e->store, DB_WRITE, &live, why), DB_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(current(live, 1, 0, &stamp), i == 0 ? 7 : 1);
        must_restore(e, e->store, "one");
        db_begin(live);
        assert_int_equal(db_point_get(live, "92", &p), DB_NONE);
        assert_int_equal(current(live, 1, 0, &stamp), 1);
        assert_int_equal(current(live, 1, 50, &stamp), -1);
    }
    is_sound(live);
    db_close(live);
}

/* Whoever waits for the writer lock meanwhile must read the store anew. */
static void
test_a_writer_is_told(void **state)
{
    struct engine *e = engine_of(state);
    struct db *live;
    struct load l = {.kind = "lse", .name = "x"};
    char why[512];
    enum db_rc rc;

    first_content(e);
    backup(e, "one");
    assert_int_equal(db_open(e->store, DB_WRITE, &live, why), DB_OK);
    must_restore(e, e->store, "one");
    rc = db_writer_lock(live, 5);
    if (rc == DB_OK) { /* PostgreSQL: the next statement says it */
        rc = db_load_add(live, &l);
        db_writer_unlock(live);
    }
    assert_int_equal(rc, DB_BUSY);
    db_close(live);
}

/* ---- a backup while files are loaded ----------------------------------------
 */

static void
test_a_backup_is_of_one_moment(void **state)
{
    struct engine *e = engine_of(state), other;
    struct loader l;

    points_make(e->db, POINTS);
    loader_start(&l, e);
    loader_wait(&l, 5);
    backup(e, "one");
    loader_wait(&l, 8);
    backup(e, "two");
    loader_stop(&l);
    for (int i = 0; i < 2; i++) {
        engine_make(&other, e->kind);
        must_restore(e, other.store, i ? "two" : "one");
        engine_reopen(&other, DB_CREATE);
        is_of_one_moment(other.db, i ? 8 : 5);
        engine_drop(&other);
    }
}

/* ---- what is refused -------------------------------------------------------
 */

static void
refused(struct engine *e, const char *name, const char *reason)
{
    char why[512] = "", *before = content(e);

    assert_int_equal(restore(e, e->store, name, why), DB_FAIL);
    if (!strstr(why, reason))
        fail_msg("%s: not: %s", why, reason);
    is_content(e, before);
    free(before);
}

/* psql is killed, or its disk is full, while pg_restore has much more for it.
 */
static void
test_a_psql_that_ends_early(void **state)
{
    static const char FAKE[] =
        "#!/bin/sh\nhead -c 300000 >/dev/null\necho no room left >&2\nexit 3\n";
    struct engine *e = engine_of(state);
    char path[600], folder[512], *before = mem_dup(getenv("PATH"));
    char why[512], *was;

    first_content(e);
    assert_int_equal(db_run(e->db, DB_MARKET,
                            "CREATE TABLE ballast AS SELECT i, "
                            "repeat('x', 1000) AS more "
                            "FROM generate_series(1, 2000) AS i",
                            IN_NONE, NULL),
                     DB_OK);
    backup(e, "one");
    was = content(e);
    snprintf(folder, sizeof folder, "%s/bin", e->folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    snprintf(path, sizeof path, "%s/psql", folder);
    assert_true(file_write(path, FAKE, strlen(FAKE), 0700));
    snprintf(path, sizeof path, "%s:%s", folder, before);
    setenv("PATH", path, 1);
    alarm(120);
    assert_int_equal(restore(e, e->store, "one", why), DB_FAIL);
    alarm(0);
    setenv("PATH", before, 1);
    free(before);
    assert_string_equal(why, "psql failed: no room left");
    engine_reopen(e, DB_WRITE);
    is_content(e, was);
    free(was);
}

static const char *const NO_STORE[] = {"nonsense", "file:/tmp/elsewhere",
                                       "sqlite:", "postgresql://127.0.0.1/x"};

static void
test_a_bad_backup_changes_nothing(void **state)
{
    struct engine *e = engine_of(state), other;
    bool lite = e->kind == DB_SQLITE;
    char why[512], folder[400];
    struct backup_facts f;

    first_content(e);
    refused(e, "nowhere", "nowhere/manifest: No such file");
    backup(e, "bytes");
    change_file(e, lite ? "bytes/market.db" : "bytes/store.dump", "!", -60);
    refused(e, "bytes", "damaged");
    backup(e, "cut");
    backup_name(e, lite ? "cut/account.db" : "cut/store.dump", folder);
    assert_int_equal(truncate(folder, 100), 0);
    refused(e, "cut", "damaged");
    backup(e, "manifest");
    change_file(e, "manifest/manifest", "Z", 0);
    refused(e, "manifest", "not the manifest");
    backup(e, "unended");
    change_file(e, "unended/manifest", "xxx", -4);
    refused(e, "unended", "not the manifest");
    /* over something that is there */
    backup_name(e, "cut", folder);
    assert_int_equal(db_backup(e->db, folder, NULL, 5, &f, why), DB_FAIL);
    assert_non_null(strstr(why, "not empty"));
    /* into what is no store */
    for (size_t i = 0; i < sizeof NO_STORE / sizeof *NO_STORE; i++) {
        assert_int_equal(restore(e, NO_STORE[i], "one", why), DB_FAIL);
        assert_non_null(strstr(why, "neither sqlite:FOLDER nor postgres:"));
    }
    /* into the other engine */
    engine_make(&other, lite ? DB_POSTGRES : DB_SQLITE);
    if (!other.missing[0]) {
        backup(e, "good");
        assert_int_equal(restore(e, other.store, "good", why), DB_FAIL);
        assert_non_null(strstr(why, "cannot go into"));
    }
    engine_drop(&other);
}

static void
test_a_newer_schema_is_refused(void **state)
{
    struct engine *e = engine_of(state);

    first_content(e);
    assert_int_equal(db_run(e->db, DB_MARKET,
                            "INSERT INTO migration (name, home, sha256, "
                            "applied_utc) VALUES ('9999_z', 'market', 'x', 1)",
                            IN_NONE, NULL),
                     DB_OK);
    backup(e, "newer");
    assert_int_equal(db_run(e->db, DB_MARKET,
                            "DELETE FROM migration WHERE name = '9999_z'",
                            IN_NONE, NULL),
                     DB_OK);
    refused(e, "newer", "a newer program made it");
}

/* As a shell completes the name of a folder that is there. */
static void
test_a_folder_with_a_slash(void **state)
{
    struct engine *e = engine_of(state);
    char *first, folder[400];

    first_content(e);
    first = content(e);
    backup_name(e, "slash", folder);
    assert_true(file_make_dir(folder, 0700));
    backup(e, "slash//");
    later_content(e);
    must_restore(e, e->store, "slash/");
    engine_reopen(e, DB_CREATE);
    is_content(e, first);
    free(first);
}

/* ---- damage and cut-off restores, on SQLite --------------------------------
 */

static void
test_a_damaged_store_is_replaced(void **state)
{
    /* No database; who may write it; the form of its schema. */
    static const struct {
        const char *text;
        long at;
    } DAMAGE[] = {
        {"this is no database at all", 0}, {"\x7f", 18}, {"\x7f", 47}};
    struct engine *e = engine_of(state);
    char *first;

    first_content(e);
    first = content(e);
    backup(e, "one");
    for (size_t i = 0; i < sizeof DAMAGE / sizeof *DAMAGE; i++) {
        db_close(e->db);
        e->db = NULL;
        change_file(e, "store/market.db", DAMAGE[i].text, DAMAGE[i].at);
        change_file(e, "store/readings/2026-11.db", DAMAGE[i].text,
                    DAMAGE[i].at);
        must_restore(e, e->store, "one");
        engine_reopen(e, DB_WRITE);
        is_content(e, first);
        is_sound(e->db);
    }
    free(first);
}

/* True when the restore came to its end. */
static bool
restore_and_crash(struct engine *e, long at)
{
    int status;
    pid_t child = fork();
    char why[512];

    if (child == 0) {
        crash_at_call(at);
        _exit(restore(e, e->store, "one", why) == DB_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != CRASHED)
        assert_int_equal(WEXITSTATUS(status), 0);
    return WEXITSTATUS(status) == 0;
}

/* Cut off at any write, the store is either as it was or says that it waits for
 * the restore to be repeated, which then succeeds. */
static void
test_a_restore_cut_off_anywhere(void **state)
{
    struct engine *e = engine_of(state);
    char *first, why[512];
    bool whole = false;
    int shut = 0;

    first_content(e);
    first = content(e);
    backup(e, "one");
    for (long at = 1; !whole; at += at < 40 ? 3 : 17) {
        struct db *db;

        engine_reopen(e, DB_CREATE);
        later_content(e);
        db_close(e->db);
        e->db = NULL;
        whole = restore_and_crash(e, at);
        if (!whole && db_open(e->store, DB_WRITE, &db, why) == DB_FAIL) {
            assert_non_null(strstr(why, "restore"));
            shut++;
        }
        must_restore(e, e->store, "one");
        engine_reopen(e, DB_CREATE);
        is_content(e, first);
        is_sound(e->db);
    }
    assert_true(shut > 5);
    free(first);
}

#define ONLY(engine, fn)                                                       \
    cmocka_unit_test_setup_teardown(fn, engine_set_up_##engine,                \
                                    engine_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_there_and_back),
        ENGINE_TESTS(test_into_an_empty_store),
        ENGINE_TESTS(test_sessions_do_not_come_back),
        ENGINE_TESTS(test_open_handles_go_on),
        ONLY(sqlite, test_a_new_request_goes_on),
        cmocka_unit_test_setup_teardown(test_a_psql_that_ends_early,
                                        engine_set_up_postgres,
                                        engine_tear_down),
        ENGINE_TESTS(test_a_writer_is_told),
        ENGINE_TESTS(test_a_backup_is_of_one_moment),
        ENGINE_TESTS(test_a_bad_backup_changes_nothing),
        ENGINE_TESTS(test_a_folder_with_a_slash),
        ONLY(sqlite, test_a_newer_schema_is_refused),
        ONLY(sqlite, test_a_damaged_store_is_replaced),
        ONLY(sqlite, test_a_restore_cut_off_anywhere),
    };

    restore_grace_ms = 0;
    records_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
