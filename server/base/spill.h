/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room for an array that may become very large.  It lies in memory until it
 * passes a limit, then in a file without a name, mapped: it is part of the
 * system's cache, which writes it out when memory is short.  Where there is no
 * room for the file it stays in memory.
 */
#ifndef MH_SERVER_BASE_SPILL_H
#define MH_SERVER_BASE_SPILL_H

#include <stddef.h>

struct spill {
    void *at;    /* NULL: no room yet */
    size_t room; /* bytes */
    size_t most; /* bytes in memory */
    const char
        *beside; /* a path whose folder takes the file; NULL: none does */
    int fd;      /* of the file; 0: in memory */
};

/* At least so many bytes: what was there stays, what is new is zero.  Moves the
 * array when it grows. */
void *spill_room(struct spill *s, size_t bytes);
void spill_free(struct spill *s);

#endif
