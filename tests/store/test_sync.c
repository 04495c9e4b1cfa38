/* SPDX-License-Identifier: Apache-2.0 */
/* After a sync that failed nothing is promised: the process reads, but writes
 * no more.  It stays so, hence most tests are done in child processes. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/reading_home.h"
#include "server/base/clock.h"
#include "tests/crash/fault_vfs.h"
#include "tests/store/records.h"

static const struct vfs_plan GOOD = {.calls = 0};

static enum db_rc
account_count(struct engine *e, int64_t *n)
{
    return db_one(e->db, DB_ACCOUNT, "SELECT count(*) FROM account", IN_NONE,
                  OUT(out_i64(n)));
}

static enum db_rc
draw(struct engine *e)
{
    int64_t id;

    return db_next_id(e->db, DB_ACCOUNT, "account", 1, &id);
}

static void
test_nothing_is_written_after_a_failed_sync(void **state)
{
    static const struct vfs_plan FAIL = {.calls = 1u << VFS_SYNC, .nth = 1};
    struct engine *e = engine_of(state);
    int64_t n;

    assert_int_equal(draw(e), DB_OK);
    assert_false(db_sync_failed());
    fault_vfs_arm(&FAIL);
    assert_int_equal(draw(e), DB_FAIL);
    assert_int_equal(fault_vfs_hits(), 1);
    fault_vfs_arm(&GOOD);
    assert_true(db_sync_failed());
    assert_int_equal(draw(e), DB_FAIL);
    assert_non_null(strstr(db_error(e->db), "started again"));
    assert_int_equal(
        db_run(e->db, DB_ACCOUNT, "DELETE FROM account_session", IN_NONE, NULL),
        DB_FAIL);
    assert_int_equal(account_count(e, &n), DB_OK);
}

/* ---- each sync of a piece of work fails in turn ----------------------------
 */

enum { MISSED, NOTED, UNNOTED, WRITTEN };

static long attempt;

/* Another one at each attempt. */
static enum db_rc
new_month(struct db *db)
{
    const int32_t month =
        day_add_months(day_from_civil(2026, 11, 1), (int)attempt);
    const struct reading_row row = {.group = 1,
                                    .load_id = 1,
                                    .day = month,
                                    .data = (const uint8_t *)"x",
                                    1};

    return reading_home(db)->engine->add(db, month, &row, 1);
}

static enum db_rc
compact(struct db *db)
{
    struct reading_rewritten r;

    return reading_compact(db, day_month_start(records_day0()), 5, &r);
}

static int
child(const struct engine *e, enum db_rc (*work)(struct db *db), long nth)
{
    struct vfs_plan fail = {.calls = 1u << VFS_SYNC, .nth = nth};
    char why[512];
    struct db *db;
    bool failed;

    attempt = nth;
    if (db_open(e->store, DB_WRITE, &db, why) != DB_OK)
        return UNNOTED;
    fault_vfs_arm(&fail);
    failed = work(db) != DB_OK;
    if (fault_vfs_hits() == 0)
        return failed ? UNNOTED : MISSED;
    fault_vfs_arm(&GOOD);
    if (!db_sync_failed())
        return UNNOTED;
    return work(db) == DB_FAIL && strstr(db_error(db), "started again")
               ? NOTED
               : WRITTEN;
}

/* Returns how many syncs there are. */
static int
each_sync(struct engine *e, enum db_rc (*work)(struct db *db))
{
    int n = 0;

    db_close(e->db);
    e->db = NULL;
    for (int status = 0;; n++) {
        pid_t pid = fork();

        if (pid == 0)
            _exit(child(e, work, n + 1));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == MISSED)
            break;
        assert_int_equal(WEXITSTATUS(status), NOTED);
    }
    engine_reopen(e, DB_WRITE);
    return n;
}

static void
test_a_new_month(void **state)
{
    assert_in_range(each_sync(engine_of(state), new_month), 2, 50);
}

static void
test_an_exchange_of_pages(void **state)
{
    struct engine *e = engine_of(state);

    points_make(e->db, 8);
    records_load(e->db,
                 FILE_OF(20261022090000, 1, {1, 1, 4, 20261022080000, 1, "a"}),
                 NULL);
    assert_in_range(each_sync(e, compact), 1, 50);
    assert_store_clean(e->db);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        {"test_a_new_month", test_a_new_month, engine_set_up_sqlite,
         engine_tear_down, NULL},
        {"test_an_exchange_of_pages", test_an_exchange_of_pages,
         engine_set_up_sqlite, engine_tear_down, NULL},
        {"test_nothing_is_written_after_a_failed_sync",
         test_nothing_is_written_after_a_failed_sync, engine_set_up_sqlite,
         engine_tear_down, NULL},
    };

    fault_vfs_register();
    records_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
