/* SPDX-License-Identifier: Apache-2.0 */
/* Backups since an earlier one: what is taken from it, what is not, and that
 * each is whole by itself; on both engines. */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/backup_parts.h"
#include "db/engine.h"
#include "server/base/file.h"
#include "server/base/str.h"
#include "tests/store/backups.h"

static struct backup_facts
since(struct engine *e, const char *name, const char *earlier)
{
    char folder[400], from[400], why[512];
    struct backup_facts f;

    backup_name(e, name, folder);
    backup_name(e, earlier, from);
    if (db_backup(e->db, folder, from, 5, &f, why) != DB_OK)
        fail_msg("%s", why);
    return f;
}

static enum db_rc
verify(struct engine *e, const char *name, char why[512])
{
    char folder[400];
    struct backup_facts f;

    backup_name(e, name, folder);
    return db_backup_verify(folder, &f, why);
}

static void
must_verify(struct engine *e, const char *name)
{
    char why[512];

    if (verify(e, name, why) != DB_OK)
        fail_msg("%s", why);
}

static void
forget(struct engine *e, const char *name)
{
    char folder[400];

    backup_name(e, name, folder);
    assert_true(file_exists(folder) && file_remove_all(folder));
}

/* "one/readings/2026-10.db" of SQLite, .copy of PostgreSQL. */
static void
month_file(const struct engine *e, const char *name, const char *month,
           char to[100])
{
    snprintf(to, 100, "%s/readings/%s.%s", name, month,
             e->kind == DB_SQLITE ? "db" : "copy");
}

static bool
is_there(const struct engine *e, const char *path)
{
    char whole[700];

    snprintf(whole, sizeof whole, "%s/%s", e->folder, path);
    return file_exists(whole);
}

static ino_t
number_of(const struct engine *e, const char *name, const char *month)
{
    char path[100], whole[700];
    struct stat st;

    month_file(e, name, month, path);
    snprintf(whole, sizeof whole, "%s/%s", e->folder, path);
    assert_int_equal(stat(whole, &st), 0);
    return st.st_ino;
}

static bool
is_shared(const struct engine *e, const char *one, const char *two,
          const char *month)
{
    return number_of(e, one, month) == number_of(e, two, month);
}

/* The backup goes into an empty store, which is then that content. */
static void
is_whole(struct engine *e, const char *name, char *want)
{
    struct engine other;

    engine_make(&other, e->kind);
    must_restore(e, other.store, name);
    engine_reopen(&other, DB_CREATE);
    is_content(&other, want);
    is_sound(other.db);
    engine_drop(&other);
}

/* October stays, November is corrected, December comes. */
static void
test_unchanged_months_are_taken(void **state)
{
    struct engine *e = engine_of(state);
    struct backup_facts f;
    char *first, *later;

    first_content(e);
    first = content(e);
    backup(e, "one");
    records_load(e->db,
                 FILE_OF(2, 1, {1, 20, 4, 20, 7, "d"}, {1, 50, 4, 20, 9, "f"}),
                 NULL);
    later = content(e);
    f = since(e, "two", "one");
    assert_int_equal(f.reused_files, 1);
    assert_true(f.reused_bytes > 0 && f.reused_bytes < f.bytes);
    assert_true(is_shared(e, "one", "two", "2026-10"));
    assert_false(is_shared(e, "one", "two", "2026-11"));
    f = since(e, "three", "two");
    assert_int_equal(f.reused_files, 3);
    must_verify(e, "two");
    is_whole(e, "one", first);
    /* each lives on without those before it */
    forget(e, "one");
    forget(e, "two");
    must_verify(e, "three");
    is_whole(e, "three", later);
    free(first);
    free(later);
}

/* November was changed by it, October was not. */
static void
test_a_taken_load_counts_as_a_change(void **state)
{
    struct engine *e = engine_of(state);
    struct load l;
    int64_t id, rows;

    first_content(e);
    id = records_load(e->db, FILE_OF(3, 1, {2, 21, 4, 20, 7, "d"}), NULL);
    backup(e, "one");
    assert_int_equal(db_load_get(e->db, id, &l), DB_OK);
    assert_int_equal(db_load_end(e->db, &l, LOAD_UNLOADED), DB_OK);
    assert_int_equal(reading_recover(e->db, &rows), DB_OK);
    assert_int_equal(since(e, "two", "one").reused_files, 1);
    assert_true(is_shared(e, "one", "two", "2026-10"));
}

/* Rows that were written again by somebody who told nobody. */
static void
rows_rewrite(struct engine *e)
{
    char path[400], why[512];
    struct db_conn *c;

    if (e->kind == DB_POSTGRES) {
        assert_int_equal(db_run(e->db, DB_MARKET,
                                "UPDATE reading SET data = data "
                                "WHERE day >= 20727", /* 2026-10-01 */
                                IN_NONE, NULL),
                         DB_OK);
        return;
    }
    snprintf(path, sizeof path, "%s/store/readings/2026-10.db", e->folder);
    assert_int_equal(sqlite_open(path, DB_WRITE, &c, why), DB_OK);
    assert_int_equal(c->driver->script(c, "UPDATE reading SET data = data"),
                     DB_OK);
    conn_close(c);
}

static void
times_keep(const struct engine *e, struct timespec times[2], bool set)
{
    char path[400];
    struct stat st;

    if (e->kind != DB_SQLITE)
        return;
    snprintf(path, sizeof path, "%s/store/readings/2026-10.db", e->folder);
    assert_int_equal(stat(path, &st), 0);
    if (set)
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    times[0] = st.st_atim;
    times[1] = st.st_mtim;
}

static void
test_a_rewritten_month_is_copied(void **state)
{
    struct engine *e = engine_of(state);
    struct timespec times[2];
    char *first;

    first_content(e);
    first = content(e);
    backup(e, "one");
    times_keep(e, times, false);
    rows_rewrite(e);
    times_keep(e, times, true); /* as if nothing had been */
    since(e, "two", "one");
    assert_false(is_shared(e, "one", "two", "2026-10"));
    is_whole(e, "two", first);
    free(first);
}

/* What retention does to a month. */
static void
month_drop(struct engine *e)
{
    char path[400];

    assert_int_equal(db_run(e->db, DB_MARKET,
                            "DELETE FROM reading_part WHERE month = 20727",
                            IN_NONE, NULL),
                     DB_OK);
    if (e->kind == DB_POSTGRES) {
        assert_int_equal(db_run(e->db, DB_MARKET, "DROP TABLE reading_2026_10",
                                IN_NONE, NULL),
                         DB_OK);
        return;
    }
    engine_reopen(e, DB_WRITE);
    snprintf(path, sizeof path, "%s/store/readings/2026-10.db", e->folder);
    assert_int_equal(unlink(path), 0);
}

static void
test_a_month_that_is_gone(void **state)
{
    struct engine *e = engine_of(state);
    char path[100], *first, *later;

    first_content(e);
    first = content(e);
    backup(e, "one");
    month_drop(e);
    later = content(e);
    assert_string_not_equal(first, later);
    assert_int_equal(since(e, "two", "one").reused_files, 1);
    month_file(e, "two", "2026-10", path);
    assert_false(is_there(e, path));
    is_whole(e, "one", first);
    must_restore(e, e->store, "two");
    engine_reopen(e, DB_CREATE);
    is_content(e, later);
    free(first);
    free(later);
}

static void
test_a_damaged_earlier_one_is_refused(void **state)
{
    struct engine *e = engine_of(state);
    char path[100], folder[400], from[400], why[512];
    struct backup_facts f;

    first_content(e);
    backup(e, "one");
    month_file(e, "one", "2026-10", path);
    change_file(e, path, "!", -30);
    backup_name(e, "two", folder);
    backup_name(e, "one", from);
    assert_int_equal(db_backup(e->db, folder, from, 5, &f, why), DB_FAIL);
    assert_non_null(strstr(why, path));
    assert_non_null(strstr(why, "damaged"));
    assert_false(is_there(e, "two") || is_there(e, "two.part"));
    assert_int_equal(verify(e, "one", why), DB_FAIL);
    assert_non_null(strstr(why, path));
    /* a file of it that is missing, and one that is no backup at all */
    snprintf(folder, sizeof folder, "%.250s/%s", e->folder, path);
    assert_int_equal(unlink(folder), 0);
    backup_name(e, "two", folder);
    assert_int_equal(db_backup(e->db, folder, from, 5, &f, why), DB_FAIL);
    assert_non_null(strstr(why, path));
    assert_int_equal(db_backup(e->db, folder, e->folder, 5, &f, why), DB_FAIL);
    assert_non_null(strstr(why, "manifest"));
    assert_false(is_there(e, "two") || is_there(e, "two.part"));
}

/* Bytes that were measured when they were damaged already. */
static void
test_verify_looks_inside(void **state)
{
    struct engine *e = engine_of(state);
    struct backup b = {.folder = NULL};
    struct backup_file f = {.bytes = 0};
    char folder[400], path[100], why[512];

    first_content(e);
    backup(e, "one");
    must_verify(e, "one");
    month_file(e, "one", "2026-10", path);
    change_file(e, path, "#############", e->kind == DB_SQLITE ? 32768 : -13);
    backup_name(e, "one", folder);
    b.folder = folder;
    b.engine = e->kind;
    b.file = &f;
    b.n = 1;
    str_copy(f.name, sizeof f.name, path + strlen("one/"));
    assert_true(backup_measure(&b, &f, why));
    if (e->kind == DB_SQLITE)
        assert_int_equal(verify_sqlite(&b, why), DB_FAIL);
    else
        assert_int_equal(verify_pg(&b, why), DB_FAIL);
}

static void
test_while_files_are_loaded(void **state)
{
    struct engine *e = engine_of(state), other;
    static const char *const NAME[] = {"one", "two", "three"};
    struct loader l;

    points_make(e->db, POINTS);
    loader_start(&l, e);
    loader_wait(&l, 5);
    backup(e, NAME[0]);
    for (int i = 1; i < 3; i++) {
        loader_wait(&l, 5 + 3 * i);
        since(e, NAME[i], NAME[i - 1]);
    }
    loader_stop(&l);
    for (int i = 0; i < 3; i++) {
        engine_make(&other, e->kind);
        must_verify(e, NAME[i]);
        must_restore(e, other.store, NAME[i]);
        engine_reopen(&other, DB_CREATE);
        is_of_one_moment(other.db, 5 + 3 * i);
        engine_drop(&other);
    }
}

/* In a process of its own, killed after a while; true when it came to its end
 * before. */
static bool
backup_killed(struct engine *e, int microseconds)
{
    char folder[400], from[400], why[512];
    struct backup_facts f;
    struct db *db;
    int status;
    pid_t child = fork();

    if (child == 0) {
        backup_name(e, "two", folder);
        backup_name(e, "one", from);
        if (db_open(e->store, DB_WRITE, &db, why) != DB_OK)
            _exit(2);
        _exit(db_backup(db, folder, from, 5, &f, why) == DB_OK ? 0 : 3);
    }
    usleep((useconds_t)microseconds);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 0);
    return WIFEXITED(status);
}

static void
test_killed_in_the_middle(void **state)
{
    struct engine *e = engine_of(state);
    int wait = 1000, killed = 0;
    char *later;

    first_content(e);
    backup(e, "one");
    later_content(e);
    later = content(e);
    for (int whole = 0; whole < 1; wait += wait / 2) {
        bool ended = backup_killed(e, wait);

        whole += ended;
        killed += !ended;
        assert_true(!ended || is_there(e, "two"));
        if (is_there(e, "two")) {
            must_verify(e, "two");
            forget(e, "two");
        }
        must_verify(e, "one");
    }
    assert_true(killed > 2);
    since(e, "two", "one");
    assert_false(is_there(e, "two.part"));
    is_whole(e, "two", later);
    free(later);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_unchanged_months_are_taken),
        ENGINE_TESTS(test_a_taken_load_counts_as_a_change),
        ENGINE_TESTS(test_a_rewritten_month_is_copied),
        ENGINE_TESTS(test_a_month_that_is_gone),
        ENGINE_TESTS(test_a_damaged_earlier_one_is_refused),
        ENGINE_TESTS(test_verify_looks_inside),
        ENGINE_TESTS(test_while_files_are_loaded),
        ENGINE_TESTS(test_killed_in_the_middle),
    };

    restore_grace_ms = 0;
    records_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
