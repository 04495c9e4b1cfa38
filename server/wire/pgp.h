/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of an encrypted PGP message, as a source.  The message must be
 * encrypted to a secret key of the installation and carry an integrity check
 * that holds; a signature that does not fit is refused, one by a key that we do
 * not have is passed over.
 *
 * The folder of keys holds exported keys, armoured or not, a file a key:
 * *.asc, *.gpg, *.pgp, *.key; and a file `passphrase` when they are protected.
 */
#ifndef MH_WIRE_PGP_H
#define MH_WIRE_PGP_H

#include <stdbool.h>
#include <stddef.h>

#include "server/wire/source.h"

/* Whether a file with these first bytes is an encrypted PGP message. */
bool pgp_is(const unsigned char *first, size_t n);
/* Owns `under` from now on; closes it on failure. */
struct source *pgp_open(struct source *under, const char *keys, char why[512]);

#endif
