/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite's own hook for system calls, made to end the process. */
#define _GNU_SOURCE /* pwrite64 */
#include "tests/store/crash_calls.h"

#include <sqlite3.h>
#include <sys/types.h>
#include <unistd.h>

static long calls, last;

static int
is_last(void)
{
    return ++calls == last;
}

static ssize_t
crash_pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    if (is_last()) {
        if (pwrite(fd, bytes, n / 2, at) < 0)
            _exit(1);
        _exit(CRASHED);
    }
    return pwrite(fd, bytes, n, at);
}

static ssize_t
crash_write(int fd, const void *bytes, size_t n)
{
    if (is_last()) {
        if (write(fd, bytes, n / 2) < 0)
            _exit(1);
        _exit(CRASHED);
    }
    return write(fd, bytes, n);
}

static int
crash_fsync(int fd)
{
    if (is_last())
        _exit(CRASHED);
    return fdatasync(fd);
}

static int
crash_ftruncate(int fd, off_t size)
{
    if (is_last())
        _exit(CRASHED);
    return ftruncate(fd, size);
}

static int
crash_unlink(const char *path)
{
    if (is_last())
        _exit(CRASHED);
    return unlink(path);
}

static const struct {
    const char *name;
    sqlite3_syscall_ptr fn;
} CALLS[] = {
    {"pwrite", (sqlite3_syscall_ptr)crash_pwrite},
    {"pwrite64", (sqlite3_syscall_ptr)crash_pwrite},
    {"write", (sqlite3_syscall_ptr)crash_write},
    {"ftruncate", (sqlite3_syscall_ptr)crash_ftruncate},
    {"unlink", (sqlite3_syscall_ptr)crash_unlink},
    {"fsync", (sqlite3_syscall_ptr)crash_fsync},
    {"fdatasync", (sqlite3_syscall_ptr)crash_fsync},
};

void
crash_at_call(long n)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++)
        vfs->xSetSystemCall(vfs, CALLS[i].name, CALLS[i].fn);
    calls = 0;
    last = n;
}

long
crash_calls(void)
{
    return calls;
}
