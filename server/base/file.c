/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: whole reads with a bound, and writes that are complete or absent.
 * A rename is durable only when its folder was synced too.
 */
#include "config.h"

#include "server/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/arena.h"
#include "server/base/str.h"

#define COPY_CHUNK (1 << 20)

/* Closes without losing the errno of what went wrong before. */
static void
close_kept(int fd)
{
    int kept = errno;

    close(fd);
    errno = kept;
}

#define ROOM 65536

/* One more byte than there is, so that its end is met without more room. */
static size_t
first_room(int fd, size_t most)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0 &&
                   (uint64_t)st.st_size < most
               ? (size_t)st.st_size + 1
               : ROOM;
}

bool
file_read(const char *path, size_t most, struct buf *to)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t before = to->len;
    ssize_t n;

    if (fd < 0)
        return false;
    buf_room(to, first_room(fd, most));
    for (;;) {
        if (to->len == to->size)
            buf_room(to, ROOM);
        n = read(fd, to->at + to->len, to->size - to->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        to->len += (size_t)n;
        if (to->len - before > most) {
            errno = EFBIG;
            n = -1;
            break;
        }
    }
    close_kept(fd);
    if (n < 0)
        to->len = before;
    return n == 0;
}

bool
file_put(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n > 0) {
        ssize_t done = write(fd, p, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

/* The folder that a path lies in. */
static bool
folder_of(const char *path, char to[PATH_MAX])
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return str_copy(to, PATH_MAX, ".");
    if (slash == path)
        return str_copy(to, PATH_MAX, "/");
    return str_copyn(to, PATH_MAX, path, (size_t)(slash - path));
}

static bool
sync_folder_of(const char *path)
{
    char folder[PATH_MAX];

    if (!folder_of(path, folder)) {
        errno = ENAMETOOLONG;
        return false;
    }
    return file_sync_dir(folder);
}

int
file_unnamed(const char *beside)
{
    char folder[PATH_MAX];

    if (!folder_of(beside, folder)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

bool
file_write(const char *path, const void *bytes, size_t n, int mode)
{
    char tmp[PATH_MAX];
    int fd, len = snprintf(tmp, sizeof tmp, "%s.tmp", path);
    bool ok;

    if (len < 0 || (size_t)len >= sizeof tmp) {
        errno = ENAMETOOLONG;
        return false;
    }
    fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return false;
    ok = file_put(fd, bytes, n) && fsync(fd) == 0;
    close_kept(fd);
    if (ok && rename(tmp, path) == 0)
        return sync_folder_of(path);
    len = errno;
    unlink(tmp);
    errno = len;
    return false;
}

static bool
pump(int in, int out, char *chunk, size_t size)
{
    ssize_t n;

    while ((n = read(in, chunk, size)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || !file_put(out, chunk, (size_t)n))
            return false;
    }
    return fsync(out) == 0;
}

bool
file_copy(const char *from, const char *to, int mode)
{
    int in = open(from, O_RDONLY | O_CLOEXEC), out, kept;
    char *chunk;
    bool ok;

    if (in < 0)
        return false;
    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    chunk = mem_new(COPY_CHUNK);
    ok = out >= 0 && pump(in, out, chunk, COPY_CHUNK);
    free(chunk);
    close_kept(in);
    if (out < 0)
        return false;
    close_kept(out);
    kept = errno;
    if (!ok)
        unlink(to);
    errno = kept;
    return ok;
}

bool
file_sync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok;

    if (fd < 0)
        return false;
    ok = fsync(fd) == 0;
    close_kept(fd);
    return ok;
}

/* One folder.  What is made is lost with the power unless the folder that it
 * lies in is synced; so is one that is there, if whoever made it was killed. */
static bool
make_one(const char *path, mode_t mode, bool always)
{
    bool made = mkdir(path, mode) == 0;
    int error;

    if (!made && errno != EEXIST)
        return false;
    if (!made && !always)
        return true;
    /* A folder that may not be read cannot be synced, nor can one of /proc or
     * of a file system that is read-only. */
    if (sync_folder_of(path) || errno == EACCES ||
        (!made && (errno == EINVAL || errno == EROFS)))
        return true;
    error = errno;
    if (made)
        rmdir(path);
    errno = error;
    return false;
}

bool
file_make_dir(const char *path, int mode)
{
    char part[PATH_MAX];
    struct stat st;

    if (!str_copy(part, sizeof part, path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (char *p = part + 1; part[0] != '\0' && *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (!make_one(part, (mode_t)mode, false))
            return false;
        *p = '/';
    }
    if (!make_one(part, (mode_t)mode, true) || stat(part, &st) != 0)
        return false;
    if (S_ISDIR(st.st_mode))
        return true;
    errno = ENOTDIR;
    return false;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    /* another may be at the same */
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

bool
file_remove_all(const char *path)
{
    return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 ||
           errno == ENOENT;
}

bool
file_exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}

bool
file_move(const char *from, const char *to)
{
    return rename(from, to) == 0 && sync_folder_of(to) && sync_folder_of(from);
}
