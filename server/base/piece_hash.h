/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digest of a long text: SHA-256 of the SHA-256 digests (32 bytes each, in
 * order) of its pieces of 16 KiB, the last one shorter.  No two texts that
 * anyone can find share one, as with SHA-256 itself: other pieces have other
 * digests.  Pieces do not wait for each other, so many are digested side by
 * side where one text alone would take longer than loading it.  In a shell:
 *
 *   split -b 16384 --filter='openssl sha256 -binary' FILE | sha256sum
 */
#ifndef MH_BASE_PIECE_HASH_H
#define MH_BASE_PIECE_HASH_H

#include <stdbool.h>
#include <stddef.h>

#include "server/base/hash.h"

#define HASH_PIECE 16384

struct piece_hash;
struct piece_hash *piece_hash_new(void);
/* For tests: in the lanes of a vector, or one after the other. */
void piece_hash_way(struct piece_hash *h, bool lanes);
/* All calls but the last give whole pieces. */
void piece_hash_add(struct piece_hash *h, const void *bytes, size_t n);
/* Writes lower-case hexadecimal and frees. */
void piece_hash_end(struct piece_hash *h, char hex[SHA256_HEX]);
void piece_hash_free(struct piece_hash *h);

#endif
