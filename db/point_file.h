/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that keeps points between loads, for this program on this machine
 * alone: arrays as they lie in memory, one after another, and a checksum.  It
 * can be lost or damaged at any time: whoever reads asks the store then.
 */
#ifndef MH_DB_POINT_FILE_H
#define MH_DB_POINT_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct point_file;
struct point_facts;
struct point_map;

/* A new file under another name until point_file_keep; NULL: another program is
 * writing one, or it cannot be made. */
struct point_file *point_file_create(const char *path);
void point_file_put(struct point_file *f, const void *bytes, size_t n);
/* Ends a new file; it takes the name's place when all was written. */
bool point_file_keep(struct point_file *f);

/* NULL: there is none. */
struct point_file *point_file_open(const char *path);
/* Fills with zeros when the file is not good. */
void point_file_take(struct point_file *f, void *bytes, size_t n);
/* Does it hold n more things of that size?  It is not good otherwise. */
bool point_file_has(struct point_file *f, size_t n, size_t size);
/* n things of that size, to be freed; NULL when the file ends before. */
void *point_file_array(struct point_file *f, size_t n, size_t size);
/* So far it had all that was asked for. */
bool point_file_good(const struct point_file *f);
/* Ends reading: was all of it there, nothing more, and as it was written? */
bool point_file_close(struct point_file *f);

void point_map_save(const struct point_map *m, struct point_file *to);
void point_facts_save(const struct point_facts *f, struct point_file *to);
/* What was saved; not to be used unless point_file_close says so. */
struct point_map *point_map_restore(struct point_file *from);
struct point_facts *
point_facts_restore(struct point_file *from, const char *beside, size_t most);

#endif
