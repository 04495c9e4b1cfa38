/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the text of a delivered file comes from: a path or standard input,
 * plain, zipped, PGP encrypted, or a zip inside PGP.  What it is is found from
 * its first bytes, never from its name.
 *
 * Bytes arrive as a stream, before the whole was seen: a damaged zip or a PGP
 * message whose integrity check fails shows only at the end.  So nothing read
 * from a source counts until source_read has returned 0.
 */
#ifndef MH_WIRE_SOURCE_H
#define MH_WIRE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SOURCE_MOST 2147483648u /* bytes of text; more is refused */

struct source;

/*
 * Opens "path", or standard input when it is "-".  `pgp_keys` is the folder of
 * the installation's secret keys, NULL when there is none.  On failure writes
 * one plain line to `why` and returns NULL.
 */
struct source *
source_open(const char *path, const char *pgp_keys, char why[512]);
/* Reads at most n bytes: how many, 0 at the sound end, -1 when the rest cannot
 * be had (source_why).  Fills `to` unless the end is near. */
ssize_t source_read(struct source *s, void *to, size_t n);
/* One plain line, "" while nothing went wrong. */
const char *source_why(const struct source *s);
/* Bytes taken so far from the file as it lies there, wrapped or not. */
unsigned long long source_taken(const struct source *s);
/*
 * Name of the text without folders: of the zip's entry where there is one,
 * else of the file, without the endings .zip .pgp .gpg .asc; "-" for standard
 * input.
 */
const char *source_name(const struct source *s);
void source_close(struct source *s);

#endif
