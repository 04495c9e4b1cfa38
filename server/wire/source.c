/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources: the file at the bottom, the sniffing that decides which layers go
 * above it, and the reading that all layers share.
 */
#include "server/wire/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/arena.h"
#include "server/base/str.h"
#include "server/wire/layer.h"
#include "server/wire/pgp.h"
#include "server/wire/zip.h"

#define RATIO_FREE 1048576

static ssize_t file_layer_read(struct source *s, void *to, size_t n);

/* ---- what all layers share ------------------------------------------------
 */

struct source *
layer_new(struct source *under, const char *name)
{
    struct source *s = mem_new(sizeof *s);

    s->under = under;
    if (!str_copy(s->name, sizeof s->name, name))
        str_copyn(s->name, sizeof s->name, name, sizeof s->name - 1);
    return s;
}

ssize_t
layer_fail(struct source *s, const char *format, ...)
{
    va_list ap;

    s->failed = true;
    if (s->why[0] != '\0')
        return -1;
    va_start(ap, format);
    vsnprintf(s->why, sizeof s->why, format, ap);
    va_end(ap);
    return -1;
}

/* Reads until `to` is full, the end or a failure. */
static ssize_t
read_full(struct source *s, unsigned char *to, size_t n)
{
    size_t done = 0;

    while (done < n) {
        ssize_t got = s->read(s, to + done, n - done);

        if (got < 0)
            return layer_fail(s, "cannot be read");
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

bool
layer_ratio_ok(const struct source *under, unsigned long long unpacked)
{
    return unpacked <= LAYER_RATIO * under->given + RATIO_FREE;
}

ssize_t
layer_peek(struct source *s, const unsigned char **bytes)
{
    if (s->failed)
        return -1;
    if (s->peek_n == 0) {
        ssize_t got = read_full(s, s->peeked, LAYER_PEEK);

        if (got < 0)
            return -1;
        s->peek_n = (size_t)got;
    }
    *bytes = s->peeked;
    return (ssize_t)s->peek_n;
}

static size_t
take_peeked(struct source *s, unsigned char *to, size_t n)
{
    size_t left = s->peek_n - s->peek_at;

    if (n > left)
        n = left;
    memcpy(to, s->peeked + s->peek_at, n);
    s->peek_at += n;
    return n;
}

ssize_t
source_read(struct source *s, void *to, size_t n)
{
    size_t done;
    ssize_t got;

    if (s->failed)
        return -1;
    done = take_peeked(s, to, n);
    got = read_full(s, (unsigned char *)to + done, n - done);
    if (got < 0)
        return -1;
    done += (size_t)got;
    s->given += done;
    if (s->given > SOURCE_MOST)
        return layer_fail(s, "more than %u bytes", SOURCE_MOST);
    return (ssize_t)done;
}

const char *
source_why(const struct source *s)
{
    return s->why;
}

unsigned long long
source_taken(const struct source *s)
{
    while (s->under != NULL)
        s = s->under;
    return s->given;
}

const char *
source_name(const struct source *s)
{
    return s->name;
}

void
source_close(struct source *s)
{
    while (s != NULL) {
        struct source *under = s->under;

        if (s->close != NULL)
            s->close(s);
        free(s);
        s = under;
    }
}

/* ---- the file --------------------------------------------------------------
 */

static ssize_t
file_layer_read(struct source *s, void *to, size_t n)
{
    int fd = (int)(intptr_t)s->state;
    ssize_t got;

    do
        got = read(fd, to, n);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return layer_fail(s, "%s", strerror(errno));
    return got;
}

static void
file_layer_close(struct source *s)
{
    int fd = (int)(intptr_t)s->state;

    if (fd != STDIN_FILENO)
        close(fd);
}

/* The name without folders and without the endings of what wraps the text. */
static void
plain_name(const char *path, char *to, size_t size)
{
    static const char *const endings[] = {".zip", ".pgp", ".gpg", ".asc"};
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t n = strnlen(name, size - 1);
    bool cut = true;

    while (cut) {
        cut = false;
        for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
            if (n > 4 && strncasecmp(name + n - 4, endings[i], 4) == 0) {
                n -= 4;
                cut = true;
            }
        }
    }
    str_copyn(to, size, name, n);
}

static struct source *
file_layer_open(const char *path, char why[512])
{
    struct source *s;
    struct stat st;
    char name[256];
    int fd = STDIN_FILENO;

    if (strcmp(path, "-") != 0)
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0) {
        snprintf(why, 512, "%s", strerror(errno));
        return NULL;
    }
    if (S_ISDIR(st.st_mode)) {
        snprintf(why, 512, "%s", strerror(EISDIR));
        if (fd != STDIN_FILENO)
            close(fd);
        return NULL;
    }
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    plain_name(path, name, sizeof name);
    s = layer_new(NULL, name);
    s->state = (void *)(intptr_t)fd;
    s->read = file_layer_read;
    s->close = file_layer_close;
    return s;
}

/* ---- what stands on it ------------------------------------------------------
 */

enum wrap { WRAP_NONE, WRAP_ZIP, WRAP_PGP };

/* What a layer gives; WRAP_NONE with `why` set when it cannot be read. */
static enum wrap
wrap_of(struct source *s, char why[512])
{
    const unsigned char *first = NULL;
    ssize_t n = layer_peek(s, &first);

    why[0] = '\0';
    if (n < 0)
        snprintf(why, 512, "%s", source_why(s));
    if (n > 0 && zip_is(first, (size_t)n))
        return WRAP_ZIP;
    return n > 0 && pgp_is(first, (size_t)n) ? WRAP_PGP : WRAP_NONE;
}

/* A zip may stand in PGP, and nothing more in anything. */
struct source *
source_open(const char *path, const char *pgp_keys, char why[512])
{
    struct source *s = file_layer_open(path, why);
    enum wrap wrap;

    if (s == NULL)
        return NULL;
    wrap = wrap_of(s, why);
    if (wrap == WRAP_PGP) {
        s = pgp_open(s, pgp_keys, why);
        wrap = s != NULL ? wrap_of(s, why) : WRAP_NONE;
        if (wrap == WRAP_PGP)
            snprintf(why, 512, "PGP inside PGP");
    }
    if (s != NULL && wrap == WRAP_ZIP) {
        s = zip_open(s, why);
        if (s != NULL && wrap_of(s, why) != WRAP_NONE)
            snprintf(why, 512, "a zip or PGP inside a zip");
    }
    if (s == NULL || why[0] == '\0')
        return s;
    source_close(s);
    return NULL;
}
