/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restores of an SQLite store while the disk fails: nothing that is sound is
 * thrown away, nothing stale is taken in, and the store is open again wherever
 * nothing of it was touched.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/backup_parts.h"
#include "db/gate.h"
#include "server/base/file.h"
#include "server/base/str.h"
#include "tests/crash/fault_vfs.h"
#include "tests/store/backups.h"

/* ---- calls that fail, of this program and of the libraries it uses ----------
 */

static const char *keep_end; /* of files that cannot be removed */
static long sync_left;       /* syncs until one fails; 0: none does */

int
unlink(const char *path)
{
    if (keep_end && str_ends(path, keep_end)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

static bool
sync_is_bad(void)
{
    if (sync_left == 0 || --sync_left > 0)
        return false;
    errno = EIO;
    return true;
}

int
fsync(int fd)
{
    return sync_is_bad() ? -1 : (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
    return sync_is_bad() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

/* ---- the store -------------------------------------------------------------
 */

static void
path_of(const struct engine *e, const char *name, char to[400])
{
    backup_name(e, "store", to);
    str_copy(to + strlen(to), 400 - strlen(to), name);
}

static bool
is_shut(const struct engine *e)
{
    char folder[400];

    backup_name(e, "store", folder);
    return gate_look(folder) == GATE_SHUT;
}

static void
is_restored(struct engine *e, char *first)
{
    engine_reopen(e, DB_WRITE);
    is_content(e, first);
    is_sound(e->db);
}

static void
let_go(struct engine *e)
{
    db_close(e->db);
    e->db = NULL;
}

/* A backup "one" of what is returned, in a store that nobody has open. */
static char *
store_with_backup(struct engine *e)
{
    char *first;

    first_content(e);
    first = content(e);
    backup(e, "one");
    let_go(e);
    return first;
}

/* Puts the store in order, and on to where it was before the restore. */
static void
go_on(struct engine *e, char *first, char **later)
{
    must_restore(e, e->store, "one");
    is_restored(e, first);
    later_content(e);
    free(*later);
    *later = content(e);
    let_go(e);
}

/* After a restore that failed: the store is shut, or open as it was; or it is
 * restored, and only that could not be promised.  1 when it is as it was. */
static int
is_as_it_was(struct engine *e, char *first, char *later)
{
    char *now;
    int is;

    if (is_shut(e))
        return 0;
    engine_reopen(e, DB_WRITE);
    now = comparable(content(e));
    is = str_eq(now, comparable(later));
    assert_true(is || str_eq(now, comparable(first)));
    free(now);
    let_go(e);
    return is;
}

/* ---- files that nobody can use ---------------------------------------------
 */

/* The log of the damaged file would be taken for the new one's. */
static void
test_a_log_that_stays(void **state)
{
    static const char *const STAYS[] = {"account.db-wal", "account.db-shm"};
    struct engine *e = engine_of(state);
    char *first = store_with_backup(e), log[400], why[512];

    for (int i = 0; i < 2; i++) {
        path_of(e, "/account.db-wal", log);
        assert_true(file_write(log, "stale", 5, 0600));
        path_of(e, "/account.db-shm", log);
        assert_true(file_write(log, "stale", 5, 0600));
        change_file(e, "store/account.db", "this is no database at all", 0);
        keep_end = STAYS[i];
        assert_int_equal(restore(e, e->store, "one", why), DB_FAIL);
        keep_end = NULL;
        assert_non_null(strstr(why, STAYS[i]));
        assert_non_null(strstr(why, "stays shut"));
        assert_true(is_shut(e));
    }
    must_restore(e, e->store, "one");
    is_restored(e, first);
    free(first);
}

/* ---- files that can be used ------------------------------------------------
 */

/* To see whether the file is still what a program that has it open reads. */
static int
hold(const struct engine *e, const char *name)
{
    char path[400];
    int fd;

    path_of(e, name, path);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static bool
is_there(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    return st.st_nlink == 1;
}

enum { WENT_WELL = 1, FAILED, NO_SUCH_SYNC };

/* A restore whose nth sync fails.  That of a folder SQLite does not look at. */
static int
restore_with_bad_sync(struct engine *e, long nth)
{
    int status;
    pid_t child = fork();
    char why[512];

    if (child == 0) {
        enum db_rc rc;

        sync_left = nth;
        rc = restore(e, e->store, "one", why);
        _exit(sync_left > 0 ? NO_SUCH_SYNC : rc == DB_OK ? WENT_WELL : FAILED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* A program that nothing can be promised by any more leaves the files that
 * others may have open where they are. */
static void
test_a_sync_that_fails(void **state)
{
    struct engine *e = engine_of(state);
    char *first = store_with_backup(e), *later = NULL;
    int account = hold(e, "/account.db"), market = hold(e, "/market.db");
    int how, failed = 0, open = 0;

    go_on(e, first, &later);
    for (long nth = 1; (how = restore_with_bad_sync(e, nth)) != NO_SUCH_SYNC;
         nth++) {
        if (how == FAILED) {
            failed++;
            open += is_as_it_was(e, first, later);
        }
        assert_true(is_there(account) && is_there(market));
        go_on(e, first, &later);
    }
    assert_true(failed > 10 && open > 2 && open < failed / 2);
    close(account);
    close(market);
    free(first);
    free(later);
}

/* ---- nothing touched, nothing shut -----------------------------------------
 */

/* *hit: there was such a call. */
static enum db_rc
restore_with_faults(struct engine *e, const struct vfs_plan *plan, bool *hit)
{
    char why[512] = "";
    enum db_rc rc;

    fault_vfs_arm(plan);
    rc = restore(e, e->store, "one", why);
    *hit = fault_vfs_hits() > 0;
    fault_vfs_arm(&(struct vfs_plan){0});
    assert_true(is_shut(e) == (strstr(why, "stays shut") != NULL));
    return rc;
}

static void
test_no_room_for_the_first_file(void **state)
{
    struct engine *e = engine_of(state);
    struct vfs_plan full = {
        .calls = 1u << VFS_WRITE, .nth = 1, .ever = true, .fault = VFS_FULL};
    char *first = store_with_backup(e), *later = NULL;
    bool hit;

    go_on(e, first, &later);
    assert_int_equal(restore_with_faults(e, &full, &hit), DB_FAIL);
    assert_true(is_as_it_was(e, first, later));
    go_on(e, first, &later);
    free(first);
    free(later);
}

static void
test_reads_that_fail(void **state)
{
    struct engine *e = engine_of(state);
    struct vfs_plan bad = {.calls = 1u << VFS_READ, .fault = VFS_IOERR};
    char *first = store_with_backup(e), *later = NULL;
    int open = 0, failed = 0;
    bool hit = true;

    go_on(e, first, &later);
    for (bad.nth = 1; hit; bad.nth += bad.nth < 20 ? 1 : 7) {
        if (restore_with_faults(e, &bad, &hit) != DB_OK) {
            failed++;
            open += is_as_it_was(e, first, later);
        }
        go_on(e, first, &later);
    }
    assert_true(failed > 20 && open > 10 && open < failed);
    free(first);
    free(later);
}

#define ON_SQLITE(fn)                                                          \
    cmocka_unit_test_setup_teardown(fn, engine_set_up_sqlite, engine_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(test_a_log_that_stays),
        ON_SQLITE(test_a_sync_that_fails),
        ON_SQLITE(test_no_room_for_the_first_file),
        ON_SQLITE(test_reads_that_fail),
    };

    restore_grace_ms = 0;
    fault_vfs_register();
    records_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
