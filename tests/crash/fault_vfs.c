/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/fault_vfs.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>

const char *const VFS_CALL_NAME[VFS_CALL_COUNT] = {
    "open", "read", "write", "sync",  "truncate",
    "size", "lock", "shm",   "delete"};

static const int IOERR[VFS_CALL_COUNT] = {
    SQLITE_CANTOPEN,    SQLITE_IOERR_READ,     SQLITE_IOERR_WRITE,
    SQLITE_IOERR_FSYNC, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_FSTAT,
    SQLITE_IOERR_LOCK,  SQLITE_IOERR_SHMMAP,   SQLITE_IOERR_DELETE};

static struct vfs_plan plan;
static atomic_long calls, hits;

static sqlite3_vfs *usual;
static sqlite3_vfs ours;

struct file {
    sqlite3_file base;
    sqlite3_file real[]; /* of the usual VFS, in its own size */
};

#define REAL(f) (((struct file *)(f))->real)

/* SQLITE_OK, or what this call is to answer. */
static int
verdict(enum vfs_call call)
{
    long n;

    if (!(plan.calls >> call & 1))
        return SQLITE_OK;
    n = atomic_fetch_add(&calls, 1) + 1;
    if (!plan.nth || n < plan.nth || (n > plan.nth && !plan.ever))
        return SQLITE_OK;
    atomic_fetch_add(&hits, 1);
    if (plan.fault == VFS_FULL)
        return call == VFS_OPEN ? SQLITE_CANTOPEN : SQLITE_FULL;
    return IOERR[call];
}

static int
file_close(sqlite3_file *f)
{
    return REAL(f)->pMethods->xClose(REAL(f));
}

static int
file_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    int rc = verdict(VFS_READ);

    return rc ? rc : REAL(f)->pMethods->xRead(REAL(f), to, n, at);
}

static int
file_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
    int rc = verdict(VFS_WRITE);

    if (rc && n > 1)
        REAL(f)->pMethods->xWrite(REAL(f), bytes, n / 2, at);
    return rc ? rc : REAL(f)->pMethods->xWrite(REAL(f), bytes, n, at);
}

static int
file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int rc = verdict(VFS_TRUNCATE);

    return rc ? rc : REAL(f)->pMethods->xTruncate(REAL(f), size);
}

static int
file_sync(sqlite3_file *f, int flags)
{
    int rc = verdict(VFS_SYNC);

    return rc ? rc : REAL(f)->pMethods->xSync(REAL(f), flags);
}

static int
file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    int rc = verdict(VFS_SIZE);

    return rc ? rc : REAL(f)->pMethods->xFileSize(REAL(f), size);
}

static int
file_lock(sqlite3_file *f, int lock)
{
    int rc = verdict(VFS_LOCK);

    return rc ? rc : REAL(f)->pMethods->xLock(REAL(f), lock);
}

static int
file_unlock(sqlite3_file *f, int lock)
{
    return REAL(f)->pMethods->xUnlock(REAL(f), lock);
}

static int
file_reserved(sqlite3_file *f, int *is)
{
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), is);
}

static int
file_control(sqlite3_file *f, int op, void *arg)
{
    return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}

static int
file_sector(sqlite3_file *f)
{
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int
file_traits(sqlite3_file *f)
{
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

static int
file_shm_map(sqlite3_file *f, int page, int size, int extend,
             void volatile **to)
{
    int rc = verdict(VFS_SHM);

    return rc ? rc
              : REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, to);
}

static int
file_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    /* Letting go cannot fail. */
    int rc = flags & SQLITE_SHM_UNLOCK ? SQLITE_OK : verdict(VFS_SHM);

    return rc ? rc : REAL(f)->pMethods->xShmLock(REAL(f), at, n, flags);
}

static void
file_shm_barrier(sqlite3_file *f)
{
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int
file_shm_unmap(sqlite3_file *f, int del)
{
    return REAL(f)->pMethods->xShmUnmap(REAL(f), del);
}

static int
file_fetch(sqlite3_file *f, sqlite3_int64 at, int n, void **to)
{
    int rc = verdict(VFS_READ);

    return rc ? rc : REAL(f)->pMethods->xFetch(REAL(f), at, n, to);
}

static int
file_unfetch(sqlite3_file *f, sqlite3_int64 at, void *page)
{
    return REAL(f)->pMethods->xUnfetch(REAL(f), at, page);
}

static const sqlite3_io_methods METHODS = {
    3,
    file_close,
    file_read,
    file_write,
    file_truncate,
    file_sync,
    file_size,
    file_lock,
    file_unlock,
    file_reserved,
    file_control,
    file_sector,
    file_traits,
    file_shm_map,
    file_shm_lock,
    file_shm_barrier,
    file_shm_unmap,
    file_fetch,
    file_unfetch,
};

static int
vfs_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags,
         int *out_flags)
{
    int rc = verdict(VFS_OPEN);

    (void)v;
    f->pMethods = NULL;
    if (!rc)
        rc = usual->xOpen(usual, name, REAL(f), flags, out_flags);
    /* One that failed may still want to be closed. */
    if (!rc || REAL(f)->pMethods)
        f->pMethods = &METHODS;
    return rc;
}

static int
vfs_delete(sqlite3_vfs *v, const char *name, int sync)
{
    int rc = verdict(VFS_DELETE);

    (void)v;
    return rc ? rc : usual->xDelete(usual, name, sync);
}

void
fault_vfs_register(void)
{
    usual = sqlite3_vfs_find(NULL);
    ours = *usual;
    ours.pNext = NULL;
    ours.zName = "fault";
    ours.szOsFile = usual->szOsFile + (int)offsetof(struct file, real);
    ours.xOpen = vfs_open;
    ours.xDelete = vfs_delete;
    sqlite3_vfs_register(&ours, 1);
}

void
fault_vfs_arm(const struct vfs_plan *p)
{
    plan.calls = 0;
    atomic_store(&calls, 0);
    atomic_store(&hits, 0);
    plan = *p;
}

long
fault_vfs_calls(void)
{
    return atomic_load(&calls);
}

long
fault_vfs_hits(void)
{
    return atomic_load(&hits);
}
