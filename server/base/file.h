/* SPDX-License-Identifier: Apache-2.0 */
/* Files: whole reads with a bound, and writes that are complete or absent. */
#ifndef MH_BASE_FILE_H
#define MH_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "server/base/buf.h"

/* Reads a whole file of at most `most` bytes; false with errno set (EFBIG
 * when it is larger). */
bool file_read(const char *path, size_t most, struct buf *to);
/* Writes path.tmp, syncs it, renames it over path, syncs the folder. */
bool file_write(const char *path, const void *bytes, size_t n, int mode);
/* Copies a file to a new name and syncs it; nothing is left of a failure. */
bool file_copy(const char *from, const char *to, int mode);
bool file_sync_dir(const char *path);
/* mkdir -p; true when the folder stands afterwards. */
bool file_make_dir(const char *path, int mode);
bool file_exists(const char *path);
/* A file, or a folder with all that is in it (links are not followed); true
 * when nothing stands there afterwards, else errno says why. */
bool file_remove_all(const char *path);
/* Opens a file without a name in the folder of that path, which ends when it is
 * closed; -1: errno says why not. */
int file_unnamed(const char *beside);
/* Renames and syncs both folders. */
bool file_move(const char *from, const char *to);

/* All of the bytes into an open file; false: errno says why. */
bool file_put(int fd, const void *bytes, size_t n);

#endif
