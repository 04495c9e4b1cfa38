/* SPDX-License-Identifier: Apache-2.0 */
#include "server/base/piece_hash.h"

#include <stdlib.h>

#include "server/base/arena.h"
#include "server/base/sha256_lanes.h"

_Static_assert(HASH_PIECE % SHA256_BLOCK == 0, "pieces are whole blocks");

struct piece_hash {
    struct sha256 *all; /* of the pieces' digests */
    bool lanes;
    enum sha256_way way;
    bool over; /* a piece was shorter: it was the last */
};

struct piece_hash *
piece_hash_new(void)
{
    struct piece_hash *h = mem_new(sizeof *h);

    h->all = sha256_new();
    h->lanes = sha256_lanes_pay(&h->way);
    return h;
}

void
piece_hash_way(struct piece_hash *h, bool lanes)
{
    h->lanes = lanes && sha256_way_can(h->way);
}

/* As many whole pieces as there are lanes. */
static void
add_lanes(struct piece_hash *h, const uint8_t *bytes, size_t pieces)
{
    uint8_t end[SHA256_PAD], sum[SHA256_LANES][SHA256_SIZE];
    const uint8_t *at[SHA256_LANES], *pad[SHA256_LANES];
    struct sha256_lanes s;
    size_t blocks = sha256_pad(end, 0, HASH_PIECE);

    for (unsigned i = 0; i < SHA256_LANES; i++) {
        sha256_lanes_start(&s, i);
        at[i] = bytes + (i < pieces ? i : 0) * HASH_PIECE;
        pad[i] = end;
    }
    sha256_lanes_add(&s, h->way, at, HASH_PIECE / SHA256_BLOCK);
    sha256_lanes_add(&s, h->way, pad, blocks);
    for (unsigned i = 0; i < pieces; i++)
        sha256_lanes_end(&s, i, sum[i]);
    sha256_add(h->all, sum, pieces * SHA256_SIZE);
}

static void
add_one(struct piece_hash *h, const uint8_t *bytes, size_t n)
{
    uint8_t sum[SHA256_SIZE];

    sha256_bytes(sum, bytes, n);
    sha256_add(h->all, sum, sizeof sum);
}

void
piece_hash_add(struct piece_hash *h, const void *bytes, size_t n)
{
    const uint8_t *at = bytes;

    if (h->over && n > 0)
        abort(); /* a program error, and the digest would be nobody's */
    while (h->lanes && n / HASH_PIECE >= SHA256_LANES_PAY) {
        size_t pieces = n / HASH_PIECE;

        pieces = pieces < SHA256_LANES ? pieces : SHA256_LANES;
        add_lanes(h, at, pieces);
        at += pieces * HASH_PIECE;
        n -= pieces * HASH_PIECE;
    }
    while (n > 0) {
        size_t some = n < HASH_PIECE ? n : HASH_PIECE;

        add_one(h, at, some);
        h->over = some < HASH_PIECE;
        at += some;
        n -= some;
    }
}

void
piece_hash_end(struct piece_hash *h, char hex[SHA256_HEX])
{
    sha256_end(h->all, hex);
    free(h);
}

void
piece_hash_free(struct piece_hash *h)
{
    char unused[SHA256_HEX];

    if (h != NULL)
        piece_hash_end(h, unused);
}
