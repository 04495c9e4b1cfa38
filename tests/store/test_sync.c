/* SPDX-License-Identifier: Apache-2.0 */
/* After a sync that failed nothing is promised: the process reads, but writes
 * no more.  Last in its process, which stays so. */
#include <string.h>

#include "db/engine.h"
#include "tests/crash/fault_vfs.h"
#include "tests/store/engines.h"

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
    static const struct vfs_plan GOOD = {.calls = 0};
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        {"test_nothing_is_written_after_a_failed_sync",
         test_nothing_is_written_after_a_failed_sync, engine_set_up_sqlite,
         engine_tear_down, NULL},
    };

    fault_vfs_register();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
