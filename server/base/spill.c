/* SPDX-License-Identifier: Apache-2.0 */
#include "server/base/spill.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/base/arena.h"
#include "server/base/file.h"

#define PAGE 65536

/* All of it is there before it is written to, or a full disk would end the
 * program. */
static void *
file_map(int fd, size_t bytes)
{
    void *at;

    if (posix_fallocate(fd, 0, (off_t)bytes) != 0)
        return NULL;
    at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return at != MAP_FAILED ? at : NULL;
}

/* From memory into a file. */
static bool
move_out(struct spill *s, size_t bytes)
{
    int fd = s->beside != NULL ? file_unnamed(s->beside) : -1;
    void *at = fd > 0 ? file_map(fd, bytes) : NULL;

    if (at == NULL) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    if (s->room > 0)
        memcpy(at, s->at, s->room);
    free(s->at);
    s->at = at;
    s->fd = fd;
    return true;
}

static void
file_drop(struct spill *s)
{
    munmap(s->at, s->room);
    close(s->fd);
    s->fd = 0;
}

/* Back: the disk has no more room. */
static void
move_in(struct spill *s, size_t bytes)
{
    void *at = mem_new(bytes);

    memcpy(at, s->at, s->room);
    file_drop(s);
    s->at = at;
}

static bool
file_grow(struct spill *s, size_t bytes)
{
    void *at = file_map(s->fd, bytes);

    if (at == NULL)
        return false;
    munmap(s->at, s->room);
    s->at = at;
    return true;
}

void *
spill_room(struct spill *s, size_t bytes)
{
    if (bytes <= s->room)
        return s->at;
    bytes = (bytes + bytes / 8 + PAGE - 1) / PAGE * PAGE;
    if (s->fd > 0) {
        if (!file_grow(s, bytes))
            move_in(s, bytes);
    } else if (bytes <= s->most || !move_out(s, bytes)) {
        s->at = mem_grow(s->at, bytes);
        memset((char *)s->at + s->room, 0, bytes - s->room);
    }
    s->room = bytes;
    return s->at;
}

void
spill_free(struct spill *s)
{
    if (s->fd > 0)
        file_drop(s);
    else
        free(s->at);
    s->at = NULL;
    s->room = 0;
}
