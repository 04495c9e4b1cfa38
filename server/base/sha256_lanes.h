/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 of eight texts side by side, each in a lane of a vector.  One text
 * cannot be digested faster than its blocks follow each other; on processors
 * with AVX2 but without SHA instructions eight cost about as much as one.
 */
#ifndef MH_BASE_SHA256_LANES_H
#define MH_BASE_SHA256_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/hash.h"

#define SHA256_LANES 8
/* Texts from which on all lanes together are faster than one after the other.
 */
#define SHA256_LANES_PAY 3
#define SHA256_BLOCK     64
/* Bytes that sha256_pad may write. */
#define SHA256_PAD (2 * SHA256_BLOCK)

struct sha256_lanes {
    uint32_t h[8][SHA256_LANES]; /* word by word */
};

/* How the lanes are computed. */
enum sha256_way { SHA256_AVX2, SHA256_AVX512, SHA256_WAYS };
bool sha256_way_can(enum sha256_way way);
/* Is it worth while on this processor, and how?  No where one text alone is as
 * fast (hash.h). */
bool sha256_lanes_pay(enum sha256_way *way);

/* A new text begins in that lane. */
void sha256_lanes_start(struct sha256_lanes *s, unsigned lane);
/* Takes as many blocks of every lane.  A lane without a text may point to any
 * bytes. */
void sha256_lanes_add(struct sha256_lanes *s, enum sha256_way way,
                      const uint8_t *const at[SHA256_LANES], size_t blocks);
/* The last `rest` (0 to 63) bytes of a text of `total` stand at `to`: puts what
 * ends a text behind them.  Returns the blocks that stand there now. */
size_t sha256_pad(uint8_t *to, size_t rest, uint64_t total);
/* The digest of a lane whose text has ended. */
void sha256_lanes_end(const struct sha256_lanes *s, unsigned lane,
                      uint8_t sum[SHA256_SIZE]);

#endif
