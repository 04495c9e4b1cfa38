/* SPDX-License-Identifier: Apache-2.0 */
/* Removes and copies folders. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/buf.h"
#include "server/base/file.h"
#include "server/base/str.h"
#include "tests/crash/rig.h"

bool
rig_remove(struct rig *r, const char *folder)
{
    return file_remove_all(folder) ||
           rig_wrong(r, "%s: %s", folder, strerror(errno));
}

/* What is there, so that its memory serves again; but not a file that another
 * name has as well (a backup since an earlier one). */
static int
open_alone(const char *path)
{
    struct stat st;

    if (lstat(path, &st) == 0 && st.st_nlink > 1)
        unlink(path);
    return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static bool
copy_file(const char *from, const char *to)
{
    struct buf b = {0};
    bool ok = file_read(from, 1 << 28, &b);
    int fd = ok ? open_alone(to) : -1;

    ok = fd >= 0 && (!b.len || write(fd, b.at, b.len) == (ssize_t)b.len) &&
         ftruncate(fd, (off_t)b.len) == 0;
    if (fd >= 0)
        close(fd);
    buf_clear(&b);
    return ok;
}

/* Calls fn for each entry of both folders, by their full names in them. */
static bool
each_entry(const char *list, const char *from, const char *to,
           bool (*fn)(const char *a, const char *b, bool folder))
{
    DIR *d = opendir(list);
    struct dirent *e;
    bool ok = d != NULL;

    while (ok && (e = readdir(d))) {
        char a[512], b[512];

        if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
            continue;
        snprintf(a, sizeof a, "%.250s/%.250s", from, e->d_name);
        snprintf(b, sizeof b, "%.250s/%.250s", to, e->d_name);
        ok = fn(a, b, e->d_type == DT_DIR);
    }
    if (d)
        closedir(d);
    return ok;
}

/* What `a` does not have, or has of another kind, goes from `b`. */
static bool
drop_other(const char *a, const char *b, bool folder)
{
    struct stat st;

    if (lstat(a, &st) == 0 && S_ISDIR(st.st_mode) == folder)
        return true;
    return file_remove_all(b);
}

static bool
copy_one(const char *a, const char *b, bool folder)
{
    if (!folder)
        return copy_file(a, b);
    return (mkdir(b, 0700) == 0 || errno == EEXIST) &&
           each_entry(b, a, b, drop_other) && each_entry(a, a, b, copy_one);
}

bool
rig_copy(struct rig *r, const char *from, const char *to)
{
    return copy_one(from, to, true) ||
           rig_wrong(r, "copying %s: %s", from, strerror(errno));
}
