/* SPDX-License-Identifier: Apache-2.0 */
#include "db/point_file.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/arena.h"
#include "server/base/file.h"
#include "server/base/hash.h"
#include "server/base/str.h"

struct point_file {
    int fd;
    bool good;
    uint32_t sum;
    size_t left; /* to be read, without the checksum */
    char path[512], made[544];
};

/* ---- writing --------------------------------------------------------------
 */

struct point_file *
point_file_create(const char *path)
{
    struct point_file *f = mem_new(sizeof *f);

    f->fd = -1;
    if (str_copy(f->path, sizeof f->path, path)) {
        snprintf(f->made, sizeof f->made, "%s.new", f->path);
        f->fd = open(f->made, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    }
    f->good = f->fd >= 0 && flock(f->fd, LOCK_EX | LOCK_NB) == 0 &&
              ftruncate(f->fd, 0) == 0;
    if (f->good)
        return f;
    if (f->fd >= 0)
        close(f->fd);
    free(f);
    return NULL;
}

void
point_file_put(struct point_file *f, const void *bytes, size_t n)
{
    if (n == 0)
        return;
    f->sum = crc32c(f->sum, bytes, n);
    f->good = f->good && file_put(f->fd, bytes, n);
}

/* It is not synced: the checksum tells a file that a power cut left half. */
bool
point_file_keep(struct point_file *f)
{
    uint32_t sum = f->sum;
    bool kept;

    kept = f->good && file_put(f->fd, &sum, sizeof sum) &&
           rename(f->made, f->path) == 0;
    if (!kept)
        unlink(f->made);
    close(f->fd); /* unlocked under its last name */
    free(f);
    return kept;
}

/* ---- reading --------------------------------------------------------------
 */

struct point_file *
point_file_open(const char *path)
{
    struct point_file *f;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return NULL;
    f = mem_new(sizeof *f);
    f->fd = fd;
    f->good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
              (size_t)st.st_size >= sizeof f->sum;
    f->left = f->good ? (size_t)st.st_size - sizeof f->sum : 0;
    return f;
}

static void
read_all(struct point_file *f, char *to, size_t n)
{
    while (f->good && n > 0) {
        ssize_t done = read(f->fd, to, n);

        f->good = done > 0;
        to += f->good ? done : 0;
        n -= f->good ? (size_t)done : 0;
    }
}

void
point_file_take(struct point_file *f, void *bytes, size_t n)
{
    if (n == 0)
        return;
    f->good = f->good && n <= f->left;
    read_all(f, bytes, n);
    if (!f->good) {
        memset(bytes, 0, n);
        return;
    }
    f->left -= n;
    f->sum = crc32c(f->sum, bytes, n);
}

bool
point_file_has(struct point_file *f, size_t n, size_t size)
{
    f->good = f->good && n <= f->left / size;
    return f->good;
}

void *
point_file_array(struct point_file *f, size_t n, size_t size)
{
    void *array;

    if (!point_file_has(f, n, size) || n == 0)
        return NULL;
    array = mem_new(n * size);
    point_file_take(f, array, n * size);
    return array;
}

bool
point_file_good(const struct point_file *f)
{
    return f->good;
}

bool
point_file_close(struct point_file *f)
{
    uint32_t sum = ~f->sum;
    bool good;

    f->good = f->good && f->left == 0;
    read_all(f, (char *)&sum, sizeof sum);
    good = f->good && sum == f->sum;
    close(f->fd);
    free(f);
    return good;
}
