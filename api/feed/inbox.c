/* SPDX-License-Identifier: Apache-2.0 */
/* The folders and files of the inbox; what is in a file is not its affair. */
#include "config.h"

#include "api/feed/inbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/base/arena.h"
#include "server/base/file.h"
#include "server/base/str.h"

#define DONE ".done"
#define WORK ".work"

/* ---- folders
 * ----------------------------------------------------------------- */

static bool
cannot(char why[512], const char *what)
{
    snprintf(why, 512, "%.300s: %s", what, strerror(errno));
    return false;
}

/* A folder in a folder, never through a link; -1 with errno set. */
static int
folder_open(int in, const char *name, bool make)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(in, name, flags);

    if (fd < 0 && errno == ENOENT && make &&
        (mkdirat(in, name, 0770) == 0 || errno == EEXIST))
        fd = openat(in, name, flags);
    return fd;
}

bool
inbox_open(const struct conf *conf, struct inbox *in, char why[512])
{
    char path[1024];

    in->root = in->work = -1;
    if (conf->inbox[0] != '\0')
        str_copy(path, sizeof path, conf->inbox);
    else
        snprintf(path, sizeof path, "%s/inbox", conf->data_dir);
    if (!file_make_dir(path, 0770))
        return cannot(why, path);
    in->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (in->root >= 0)
        in->work = folder_open(in->root, WORK, true);
    if (in->work >= 0)
        return true;
    cannot(why, path);
    inbox_close(in);
    return false;
}

static void
fd_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

void
inbox_close(struct inbox *in)
{
    fd_close(in->root);
    fd_close(in->work);
}

bool
inbox_sender_open(const struct inbox *in, const char *duns,
                  struct inbox_sender *s, char why[512])
{
    *s = (struct inbox_sender){
        .folder = -1, .work = -1, .done = -1, .rejected = -1};
    str_copy(s->duns, sizeof s->duns, duns);
    s->folder = folder_open(in->root, duns, false);
    if (s->folder >= 0)
        s->work = folder_open(in->work, duns, true);
    if (s->work >= 0)
        s->done = folder_open(s->folder, "done", true);
    if (s->done >= 0)
        s->rejected = folder_open(s->folder, "rejected", true);
    if (s->rejected >= 0)
        return true;
    cannot(why, duns);
    inbox_sender_close(s);
    return false;
}

void
inbox_sender_close(struct inbox_sender *s)
{
    fd_close(s->folder);
    fd_close(s->work);
    fd_close(s->done);
    fd_close(s->rejected);
}

/* The names in a folder; NULL when it cannot be read. */
static DIR *
folder_list(int fd)
{
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = again >= 0 ? fdopendir(again) : NULL;

    if (dir == NULL)
        fd_close(again);
    return dir;
}

/* ---- complete files
 * ------------------------------------------------------------- */

static bool
is_unfinished_name(const char *name)
{
    static const char *const endings[] = {DONE,        ".tmp",        ".temp",
                                          ".part",     ".partial",    "~",
                                          ".filepart", ".crdownload", ".swp"};

    if (name[0] == '.' || strlen(name) > INBOX_NAME - 32)
        return true;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (str_ends(name, endings[i]))
            return true;
    }
    return false;
}

static bool
has_mark(int folder, const char *name)
{
    char mark[INBOX_NAME + 8];
    struct stat st;

    snprintf(mark, sizeof mark, "%s" DONE, name);
    return fstatat(folder, mark, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode);
}

/* A read lease is granted only while nobody has the file open for writing. */
static int
rest_needed(int folder, const char *name)
{
    int fd =
        openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int seconds = INBOX_REST_UNKNOWN;

    if (fd < 0)
        return -1;
    if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
        fcntl(fd, F_SETLEASE, F_UNLCK);
        seconds = INBOX_REST;
    } else if (errno == EAGAIN) {
        seconds = -1; /* somebody is writing */
    }
    close(fd);
    return seconds;
}

/* Ages are those of the file system's own clock, whatever the product's says.
 */
static bool
has_rested(const struct stat *st, int seconds)
{
    time_t now = time(NULL);

    return seconds >= 0 && st->st_mtime <= now - seconds &&
           st->st_ctime <= now - seconds;
}

static bool
is_complete(int folder, const char *name)
{
    struct stat st;

    if (is_unfinished_name(name) ||
        fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(st.st_mode))
        return false;
    return has_mark(folder, name) || has_rested(&st, rest_needed(folder, name));
}

/* ---- looking
 * ---------------------------------------------------------------------- */

static bool
is_duns(const char *name)
{
    size_t n = strlen(name);

    return (n == 9 || n == 13) && str_is_digits(name, n);
}

static bool
folder_has(int fd, bool (*wanted)(int folder, const char *name))
{
    DIR *dir = fd >= 0 ? folder_list(fd) : NULL;
    struct dirent *entry;
    bool found = false;

    while (dir != NULL && !found && (entry = readdir(dir)) != NULL)
        found = wanted(fd, entry->d_name);
    if (dir != NULL)
        closedir(dir);
    return found;
}

/* Looked at once more where the sender cannot change it: what was a file may
 * have become a link before we moved it. */
static bool
is_taken(int folder, const char *name)
{
    struct stat st;

    return name[0] != '.' &&
           fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode);
}

static bool
sender_is_ready(const struct inbox *in, const char *duns)
{
    int folder = folder_open(in->root, duns, false);
    int work = folder >= 0 ? folder_open(in->work, duns, false) : -1;
    bool ready = folder_has(folder, is_complete) || folder_has(work, is_taken);

    fd_close(folder);
    fd_close(work);
    return ready;
}

bool
inbox_each_ready(const struct inbox *in,
                 void (*row)(void *arg, const char *duns), void *arg,
                 char why[512])
{
    DIR *dir = folder_list(in->root);
    struct dirent *entry;

    if (dir == NULL)
        return cannot(why, "inbox");
    while ((entry = readdir(dir)) != NULL) {
        if (is_duns(entry->d_name) && sender_is_ready(in, entry->d_name))
            row(arg, entry->d_name);
    }
    closedir(dir);
    return true;
}

/* ---- taking
 * ----------------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The first `most` names of a folder that are wanted. */
static bool
names_list(int fd, size_t most, bool (*wanted)(int folder, const char *name),
           struct inbox_names *names)
{
    DIR *dir = folder_list(fd);
    struct dirent *entry;

    names->n = 0;
    names->name = mem_new((most ? most : 1) * sizeof *names->name);
    if (dir == NULL)
        return false;
    while (names->n < most && (entry = readdir(dir)) != NULL) {
        if (wanted(fd, entry->d_name) &&
            str_copy(names->name[names->n], INBOX_NAME, entry->d_name))
            names->n++;
    }
    closedir(dir);
    qsort(names->name, names->n, sizeof *names->name, by_name);
    return true;
}

void
inbox_names_free(struct inbox_names *names)
{
    free(names->name);
    *names = (struct inbox_names){0};
}

/* Out of the sender's reach; a name that is taken there waits. */
static void
move_in(const struct inbox_sender *s, const char *name)
{
    if (renameat2(s->folder, name, s->work, name, RENAME_NOREPLACE) == 0 &&
        !is_taken(s->work, name))
        renameat2(s->work, name, s->folder, name, RENAME_NOREPLACE);
}

bool
inbox_take(const struct inbox_sender *s, size_t most, struct inbox_names *names,
           char why[512])
{
    struct inbox_names more;
    bool ok = names_list(s->work, most, is_taken, names);

    if (ok && names->n < most) {
        ok = names_list(s->folder, most - names->n, is_complete, &more);
        for (size_t i = 0; i < more.n; i++)
            move_in(s, more.name[i]);
        inbox_names_free(&more);
        inbox_names_free(names);
        ok = ok && names_list(s->work, most, is_taken, names);
    }
    if (!ok) {
        cannot(why, s->duns);
        inbox_names_free(names);
    }
    return ok;
}

/* ---- paths and the end
 * -------------------------------------------------------------- */

void
inbox_work_path(const struct inbox_sender *s, const char *name, char to[512])
{
    snprintf(to, 512, "/proc/self/fd/%d/%s", s->work, name);
}

void
inbox_end_path(const struct inbox_sender *s, bool done, char to[64])
{
    snprintf(to, 64, "/proc/self/fd/%d", done ? s->done : s->rejected);
}

void
inbox_end_name(const struct inbox_sender *s, bool done, const char *name,
               char to[INBOX_NAME])
{
    int folder = done ? s->done : s->rejected;
    struct stat st;

    str_copy(to, INBOX_NAME, name);
    for (int i = 2; fstatat(folder, to, &st, AT_SYMLINK_NOFOLLOW) == 0; i++)
        snprintf(to, INBOX_NAME, "%.*s.%d", INBOX_NAME - 16, name, i);
}

bool
inbox_finish(const struct inbox_sender *s, bool done, const char *name,
             const char *end_name, char why[512])
{
    int folder = done ? s->done : s->rejected;
    char mark[INBOX_NAME + 8];

    if (renameat2(s->work, name, folder, end_name, RENAME_NOREPLACE) != 0)
        return cannot(why, name);
    snprintf(mark, sizeof mark, "%s" DONE, name);
    unlinkat(s->folder, mark, 0);
    fsync(folder);
    fsync(s->work);
    return true;
}
