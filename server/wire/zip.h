/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one file inside a zip, as a source.  Anything else is refused: no entry
 * or more than one, a folder or a link, a name other than letters, digits and
 * . _ -, encryption, compression other than deflate, a bad checksum, and what
 * unpacks to more than 200 times its size.
 */
#ifndef MH_WIRE_ZIP_H
#define MH_WIRE_ZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "server/wire/source.h"

/* Whether a file with these first bytes is a zip. */
bool zip_is(const unsigned char *first, size_t n);
/* Owns `under` from now on; closes it on failure. */
struct source *zip_open(struct source *under, char why[512]);

#endif
