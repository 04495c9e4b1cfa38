/* SPDX-License-Identifier: Apache-2.0 */
#include "api/feed/list.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "server/base/str.h"

static void
list_put(struct feed_list *l, const char *path)
{
    if (l->n == l->room) {
        l->room = l->room > 0 ? 2 * l->room : 64;
        l->path = mem_grow(l->path, l->room * sizeof *l->path);
    }
    l->path[l->n++] = arena_dup(&l->arena, path);
}

/* Length of the name without the endings of wrappers. */
static size_t
bare_length(const char *name)
{
    static const char *const WRAPS[] = {".zip", ".pgp", ".gpg", ".asc"};
    size_t n = strlen(name), before;

    do {
        before = n;
        for (size_t i = 0; i < sizeof WRAPS / sizeof WRAPS[0]; i++)
            if (n > 4 && strncasecmp(name + n - 4, WRAPS[i], 4) == 0)
                n -= 4;
    } while (n != before);
    return n;
}

static bool
has_ending(const char *name, const char *ending)
{
    size_t n = bare_length(name), length = strlen(ending);

    return n > length && strncasecmp(name + n - length, ending, length) == 0;
}

static bool
list_folder(struct feed_list *l, const char *path, int depth, char why[512]);

static bool
list_entry(struct feed_list *l, const char *folder, const char *name, int depth,
           char why[512])
{
    char path[4096];
    struct stat st;

    if (name[0] == '.')
        return true;
    snprintf(path, sizeof path, "%s%s%s", folder,
             str_ends(folder, "/") ? "" : "/", name);
    if (stat(path, &st) != 0)
        return true; /* went away meanwhile */
    if (S_ISDIR(st.st_mode))
        return depth == 0 || list_folder(l, path, depth - 1, why);
    if (S_ISREG(st.st_mode) && !has_ending(name, ".activity.csv") &&
        (has_ending(name, ".lse") || has_ending(name, ".csv")))
        list_put(l, path);
    return true;
}

static bool
list_folder(struct feed_list *l, const char *path, int depth, char why[512])
{
    DIR *d = opendir(path);
    struct dirent *e;
    bool ok = true;

    if (d == NULL) {
        snprintf(why, 512, "%.400s: %s", path, strerror(errno));
        return false;
    }
    while (ok && (e = readdir(d)) != NULL)
        ok = list_entry(l, path, e->d_name, depth, why);
    closedir(d);
    return ok;
}

static int
tables_first(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    bool tx = has_ending(x, ".csv"), ty = has_ending(y, ".csv");

    return tx != ty ? ty - tx : strcmp(x, y);
}

bool
feed_list_add(struct feed_list *l, const char *word, char why[512])
{
    size_t before = l->n;
    struct stat st;

    if (strcmp(word, "-") == 0) {
        list_put(l, word);
        return true;
    }
    if (stat(word, &st) != 0) {
        snprintf(why, 512, "%.400s: %s", word, strerror(errno));
        return false;
    }
    if (!S_ISDIR(st.st_mode)) {
        list_put(l, word);
        return true;
    }
    if (!list_folder(l, word, 1, why))
        return false;
    qsort(l->path + before, l->n - before, sizeof *l->path, tables_first);
    if (l->n > before)
        return true;
    snprintf(why, 512, "%.400s: no file in it ends in .lse or .csv", word);
    return false;
}

void
feed_list_clear(struct feed_list *l)
{
    free(l->path);
    arena_clear(&l->arena);
    *l = (struct feed_list){.n = 0};
}
