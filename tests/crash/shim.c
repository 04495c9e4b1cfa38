/* SPDX-License-Identifier: Apache-2.0 */
/* See shim.h.  Never part of the product. */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include "tests/crash/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT  __attribute__((visibility("default")))
#define FD_MOST 4096

enum kind {
    KIND_MALLOC,
    KIND_OPEN,
    KIND_READ,
    KIND_WRITE,
    KIND_SYNC,
    KIND_TRUNCATE,
    KIND_RENAME,
    KIND_UNLINK,
    KIND_MKDIR,
    KIND_COUNT
};
static const char *const KIND_NAME[KIND_COUNT] = {
    "malloc",   "open",   "read",   "write", "sync",
    "truncate", "rename", "unlink", "mkdir"};

enum verdict { GO, FAIL, HALF, DIE };

static struct {
    unsigned kinds; /* bits by enum kind */
    long nth;
    bool ever;
    long chance;
    uint64_t seed;
    int error; /* 0: a short write; -1: kill */
    char root[PATH_MAX], count[PATH_MAX], on[PATH_MAX];
    size_t root_n;
    int log;
} plan = {.log = -1};

static long calls, hits;
static uint64_t inode_of[FD_MOST]; /* 0: not below the root */
static bool folder_fd[FD_MOST];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t n);

/* ---- the plan --------------------------------------------------------------
 */

static unsigned
kinds_parse(const char *text)
{
    unsigned bits = 0;

    for (int k = 0; k < KIND_COUNT; k++) {
        if (strstr(text, KIND_NAME[k]))
            bits |= 1u << k;
        if (strstr(text, "files") && k != KIND_MALLOC && k != KIND_READ)
            bits |= 1u << k;
    }
    return bits;
}

static int
error_parse(const char *text)
{
    static const struct {
        const char *name;
        int error;
    } KNOWN[] = {{"EIO", EIO},     {"ENOSPC", ENOSPC}, {"ENOMEM", ENOMEM},
                 {"EROFS", EROFS}, {"EMFILE", EMFILE}, {"SHORT", 0},
                 {"KILL", -1}};

    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        if (strcmp(text, KNOWN[i].name) == 0)
            return KNOWN[i].error;
    }
    return EIO;
}

static const char *
env_text(const char *name)
{
    const char *text = getenv(name);

    return text ? text : "";
}

EXPORT void
fault_arm(void)
{
    const char *log = env_text("FAULT_LOG");

    plan.kinds = 0;
    snprintf(plan.root, sizeof plan.root, "%s", env_text("FAULT_ROOT"));
    snprintf(plan.count, sizeof plan.count, "%s", env_text("FAULT_COUNT"));
    snprintf(plan.on, sizeof plan.on, "%s", env_text("FAULT_SWITCH"));
    plan.root_n = strlen(plan.root);
    plan.nth = atol(env_text("FAULT_NTH"));
    plan.ever = atoi(env_text("FAULT_EVER")) != 0;
    plan.chance = atol(env_text("FAULT_CHANCE"));
    plan.seed = (uint64_t)atoll(env_text("FAULT_SEED")) * 2 + 1;
    plan.error = error_parse(env_text("FAULT_ERROR"));
    if (plan.log >= 0)
        syscall(SYS_close, plan.log);
    plan.log = -1;
    if (*log)
        plan.log = (int)syscall(SYS_openat, AT_FDCWD, log,
                                O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    calls = hits = 0;
    plan.kinds = kinds_parse(env_text("FAULT_KINDS"));
}

EXPORT void
fault_counts(long *n_calls, long *n_hits)
{
    *n_calls = __atomic_load_n(&calls, __ATOMIC_RELAXED);
    *n_hits = __atomic_load_n(&hits, __ATOMIC_RELAXED);
}

__attribute__((constructor)) static void
begin(void)
{
    fault_arm();
}

__attribute__((destructor)) static void
end(void)
{
    char text[80];
    int fd, n;

    if (!plan.count[0])
        return;
    fd = (int)syscall(SYS_openat, AT_FDCWD, plan.count,
                      O_WRONLY | O_CREAT | O_TRUNC, 0600);
    n = snprintf(text, sizeof text, "calls %ld\nhits %ld\n", calls, hits);
    if (fd >= 0 && syscall(SYS_write, fd, text, n) == n)
        syscall(SYS_close, fd);
}

static bool
by_chance(void)
{
    static pthread_mutex_t dice = PTHREAD_MUTEX_INITIALIZER;
    uint64_t x;

    pthread_mutex_lock(&dice);
    plan.seed ^= plan.seed << 13;
    plan.seed ^= plan.seed >> 7;
    plan.seed ^= plan.seed << 17;
    x = plan.seed >> 11;
    pthread_mutex_unlock(&dice);
    return (long)(x % 1000000) < plan.chance;
}

static bool
switched_off(void)
{
    return plan.on[0] && syscall(SYS_access, plan.on, F_OK) != 0;
}

/* What is to become of this call. */
static enum verdict
decide(enum kind k)
{
    long n;

    if (!(plan.kinds >> k & 1) || switched_off())
        return GO;
    n = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    if (plan.chance ? !by_chance()
                    : !plan.nth || n < plan.nth || (n > plan.nth && !plan.ever))
        return GO;
    __atomic_add_fetch(&hits, 1, __ATOMIC_RELAXED);
    if (plan.error < 0)
        return DIE;
    if (plan.error == 0)
        return k == KIND_WRITE ? HALF : GO;
    errno = k == KIND_MALLOC ? ENOMEM : plan.error;
    return FAIL;
}

static void
die(void)
{
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;)
        pause();
}

/* For calls that have no half. */
static bool
fails(enum kind k)
{
    enum verdict v = decide(k);

    if (v == DIE)
        die();
    return v == FAIL;
}

/* ---- memory ----------------------------------------------------------------
 */

EXPORT void *
malloc(size_t n)
{
    return fails(KIND_MALLOC) ? NULL : __libc_malloc(n);
}

EXPORT void *
calloc(size_t n, size_t size)
{
    return fails(KIND_MALLOC) ? NULL : __libc_calloc(n, size);
}

EXPORT void *
realloc(void *old, size_t n)
{
    return fails(KIND_MALLOC) ? NULL : __libc_realloc(old, n);
}

/* ---- the record ------------------------------------------------------------
 */

static bool
below_root(const char *path)
{
    return plan.root_n && strncmp(path, plan.root, plan.root_n) == 0 &&
           (path[plan.root_n] == '/' || !path[plan.root_n]);
}

static uint64_t
inode(int fd)
{
    uint64_t node = fd >= 0 && fd < FD_MOST ? inode_of[fd] : 0;
    struct stat st;

    /* glibc may have closed the one that had this number: closedir does */
    if (node && plan.on[0] && (fstat(fd, &st) != 0 || st.st_ino != node))
        return 0;
    return node;
}

/* Named from an open folder below the root, or through /proc/self/fd. */
static bool
below_folder(int folder, const char *path)
{
    static const char fds[] = "/proc/self/fd/";

    if (!plan.on[0])
        return false;
    if (strncmp(path, fds, sizeof fds - 1) == 0)
        return inode(atoi(path + sizeof fds - 1)) != 0;
    return *path != '/' && inode(folder) != 0;
}

static bool
ours_at(int folder, const char *path)
{
    return below_root(path) || below_folder(folder, path);
}

/* For calls of which no record is made. */
static bool
fails_at(enum kind k, int folder, const char *path)
{
    return plan.on[0] && ours_at(folder, path) && fails(k);
}

static void
record(enum fault_change change, uint64_t node, int64_t at, const void *bytes,
       size_t n, const void *more, size_t n2)
{
    struct fault_record r = {change, (uint32_t)n, (uint32_t)n2, 0, node, at};
    struct iovec v[3] = {
        {&r, sizeof r}, {(void *)bytes, n}, {(void *)more, n2}};

    if (plan.log >= 0)
        syscall(SYS_writev, plan.log, v, 3);
}

static void
record_path(enum fault_change change, const char *path, const char *more)
{
    record(change, 0, 0, path, strlen(path), more, more ? strlen(more) : 0);
}

EXPORT void
fault_mark(const char *text)
{
    pthread_mutex_lock(&lock);
    record_path(CHANGE_MARK, text, NULL);
    pthread_mutex_unlock(&lock);
}

/* ---- files -----------------------------------------------------------------
 */

static int
opened(int fd, const char *path, int flags, bool ours, bool fresh)
{
    struct stat st;

    if (fd < 0 || fd >= FD_MOST)
        return fd;
    inode_of[fd] = 0;
    if (!ours || fstat(fd, &st) != 0)
        return fd;
    inode_of[fd] = st.st_ino;
    folder_fd[fd] = S_ISDIR(st.st_mode);
    if (folder_fd[fd])
        record(CHANGE_OPEN, st.st_ino, 3, path, strlen(path), NULL, 0);
    else
        record(CHANGE_OPEN, st.st_ino,
               fresh                            ? 1
               : flags & O_TRUNC && st.st_nlink ? 2
                                                : 0,
               path, strlen(path), NULL, 0);
    return fd;
}

static int
open_at(int folder, const char *path, int flags, mode_t mode)
{
    bool ours = ours_at(folder, path), fresh = false;
    struct stat st;
    int fd;

    if (!ours)
        return opened((int)syscall(SYS_openat, folder, path, flags, mode), path,
                      flags, false, false);
    fresh = flags & O_CREAT && fstatat(folder, path, &st, 0) != 0;
    if ((plan.error != EROFS || fresh || flags & (O_ACCMODE | O_TRUNC)) &&
        fails(KIND_OPEN))
        return -1;
    pthread_mutex_lock(&lock);
    fresh = flags & O_CREAT && fstatat(folder, path, &st, 0) != 0;
    fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    opened(fd, path, flags, true, fresh);
    pthread_mutex_unlock(&lock);
    return fd;
}

static mode_t
mode_of(int flags, va_list ap)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

EXPORT int
openat(int folder, const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode;

    va_start(ap, flags);
    mode = mode_of(flags, ap);
    va_end(ap);
    return open_at(folder, path, flags, mode);
}

EXPORT int
openat64(int folder, const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode;

    va_start(ap, flags);
    mode = mode_of(flags, ap);
    va_end(ap);
    return open_at(folder, path, flags, mode);
}

EXPORT int
open(const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode;

    va_start(ap, flags);
    mode = mode_of(flags, ap);
    va_end(ap);
    return open_at(AT_FDCWD, path, flags, mode);
}

EXPORT int
open64(const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode;

    va_start(ap, flags);
    mode = mode_of(flags, ap);
    va_end(ap);
    return open_at(AT_FDCWD, path, flags, mode);
}

/* What _FORTIFY_SOURCE makes of the two-argument forms. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

EXPORT int
__open_2(const char *path, int flags)
{
    return open_at(AT_FDCWD, path, flags, 0);
}

EXPORT int
__open64_2(const char *path, int flags)
{
    return open_at(AT_FDCWD, path, flags, 0);
}

EXPORT int
close(int fd)
{
    if (fd >= 0 && fd < FD_MOST)
        inode_of[fd] = 0;
    return (int)syscall(SYS_close, fd);
}

static ssize_t
write_at(int fd, const void *bytes, size_t n, off_t at, bool placed)
{
    uint64_t node = inode(fd);
    enum verdict v;
    ssize_t done;
    off_t where = at;

    if (!node)
        return placed ? syscall(SYS_pwrite64, fd, bytes, n, at)
                      : syscall(SYS_write, fd, bytes, n);
    v = decide(KIND_WRITE);
    if (v == FAIL)
        return -1;
    if (v != GO && n > 1)
        n /= 2;
    pthread_mutex_lock(&lock);
    if (!placed)
        where = syscall(SYS_lseek, fd, 0, SEEK_CUR);
    done = placed ? syscall(SYS_pwrite64, fd, bytes, n, at)
                  : syscall(SYS_write, fd, bytes, n);
    if (done > 0)
        record(CHANGE_WRITE, node, where, bytes, (size_t)done, NULL, 0);
    pthread_mutex_unlock(&lock);
    if (v == DIE)
        die();
    return done;
}

EXPORT ssize_t
write(int fd, const void *bytes, size_t n)
{
    return write_at(fd, bytes, n, 0, false);
}

EXPORT ssize_t
pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    return write_at(fd, bytes, n, at, true);
}

EXPORT ssize_t
pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    return write_at(fd, bytes, n, at, true);
}

EXPORT ssize_t
read(int fd, void *to, size_t n)
{
    if (inode(fd) && fails(KIND_READ))
        return -1;
    return syscall(SYS_read, fd, to, n);
}

EXPORT ssize_t
pread64(int fd, void *to, size_t n, off64_t at)
{
    if (inode(fd) && fails(KIND_READ))
        return -1;
    return syscall(SYS_pread64, fd, to, n, at);
}

EXPORT ssize_t
pread(int fd, void *to, size_t n, off_t at)
{
    return pread64(fd, to, n, at);
}

/* Syncing costs time and keeps nothing here: the record is what counts. */
static int
sync_fd(int fd)
{
    uint64_t node = inode(fd);

    if (!node)
        return (int)syscall(SYS_fsync, fd);
    if (fails(KIND_SYNC))
        return -1;
    pthread_mutex_lock(&lock);
    record(folder_fd[fd] ? CHANGE_SYNC_FOLDER : CHANGE_SYNC, node, 0, NULL, 0,
           NULL, 0);
    pthread_mutex_unlock(&lock);
    return 0;
}

EXPORT int
fsync(int fd)
{
    return sync_fd(fd);
}

EXPORT int
fdatasync(int fd)
{
    return sync_fd(fd);
}

static int
cut(int fd, off_t size)
{
    uint64_t node = inode(fd);
    int rc;

    if (!node)
        return (int)syscall(SYS_ftruncate, fd, size);
    if (fails(KIND_TRUNCATE))
        return -1;
    pthread_mutex_lock(&lock);
    rc = (int)syscall(SYS_ftruncate, fd, size);
    if (rc == 0)
        record(CHANGE_CUT, node, size, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return rc;
}

EXPORT int
ftruncate(int fd, off_t size)
{
    return cut(fd, size);
}

EXPORT int
ftruncate64(int fd, off64_t size)
{
    return cut(fd, size);
}

EXPORT int
rename(const char *from, const char *to)
{
    bool ours = below_root(from) || below_root(to);
    int rc;

    if (ours && fails(KIND_RENAME))
        return -1;
    pthread_mutex_lock(&lock);
    rc = (int)syscall(SYS_rename, from, to);
    if (rc == 0 && ours)
        record_path(CHANGE_RENAME, from, to);
    pthread_mutex_unlock(&lock);
    return rc;
}

EXPORT int
link(const char *from, const char *to)
{
    bool ours = below_root(to);
    int rc;

    if (ours && fails(KIND_RENAME))
        return -1;
    pthread_mutex_lock(&lock);
    rc = (int)syscall(SYS_link, from, to);
    if (rc == 0 && ours)
        record_path(CHANGE_LINK, from, to);
    pthread_mutex_unlock(&lock);
    return rc;
}

static int
remove_path(const char *path, int flags)
{
    bool ours = below_root(path);
    int rc;

    if (ours && fails(KIND_UNLINK))
        return -1;
    pthread_mutex_lock(&lock);
    rc = (int)syscall(SYS_unlinkat, AT_FDCWD, path, flags);
    if (rc == 0 && ours)
        record_path(CHANGE_UNLINK, path, NULL);
    pthread_mutex_unlock(&lock);
    return rc;
}

EXPORT int
unlink(const char *path)
{
    return remove_path(path, 0);
}

EXPORT int
rmdir(const char *path)
{
    return remove_path(path, AT_REMOVEDIR);
}

EXPORT int
remove(const char *path)
{
    int rc = remove_path(path, 0);

    return rc != 0 && errno == EISDIR ? remove_path(path, AT_REMOVEDIR) : rc;
}

EXPORT int
mkdir(const char *path, mode_t mode)
{
    bool ours = below_root(path);
    int rc;

    if (ours && fails(KIND_MKDIR))
        return -1;
    pthread_mutex_lock(&lock);
    rc = (int)syscall(SYS_mkdir, path, mode);
    if (rc == 0 && ours)
        record_path(CHANGE_MKDIR, path, NULL);
    pthread_mutex_unlock(&lock);
    return rc;
}

/* ---- with a switch ---------------------------------------------------------
 */

EXPORT int
renameat2(int from_folder, const char *from, int to_folder, const char *to,
          unsigned flags)
{
    if (fails_at(KIND_RENAME, from_folder, from))
        return -1;
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

EXPORT int
unlinkat(int folder, const char *path, int flags)
{
    if (fails_at(KIND_UNLINK, folder, path))
        return -1;
    return (int)syscall(SYS_unlinkat, folder, path, flags);
}

EXPORT int
mkdirat(int folder, const char *path, mode_t mode)
{
    if (fails_at(KIND_MKDIR, folder, path))
        return -1;
    return (int)syscall(SYS_mkdirat, folder, path, mode);
}

EXPORT int
access(const char *path, int how)
{
    if (how & W_OK && fails_at(KIND_OPEN, AT_FDCWD, path))
        return -1;
    return (int)syscall(SYS_access, path, how);
}
