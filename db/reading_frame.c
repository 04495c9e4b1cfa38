/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame around a core, in which a record travels from the parser to the
 * store: checksum, stamp and names.  And what makes two records the same.
 */
#include "db/reading_bits.h"
#include "db/reading_pack.h"
#include "server/base/hash.h"
#include "server/base/str.h"

#define FRAME_HEAD  16
#define FRAME_CHECK 4 /* the checksum, in front, covers all from here on */
#define FRAME_STAMP 8

static uint8_t *
put_text(uint8_t *to, const char *text, size_t n)
{
    memcpy(to, text, n);
    return to + n;
}

void
reading_pack(const struct reading_day *d, struct buf *b)
{
    const size_t rep = strlen(d->rep), mre = strlen(d->mre);
    const size_t transaction = strlen(d->transaction);
    uint8_t *frame, *to;

    buf_room(b, FRAME_HEAD + rep + mre + transaction + CORE_MOST);
    frame = (uint8_t *)b->at + b->len;
    frame[4] = PACK_FORMAT;
    frame[5] = (uint8_t)rep;
    frame[6] = (uint8_t)mre;
    frame[7] = (uint8_t)transaction;
    bits_store(frame + FRAME_STAMP, 8, (uint64_t)d->stamp);
    to = put_text(frame + FRAME_HEAD, d->rep, rep);
    to = put_text(to, d->mre, mre);
    to = put_text(to, d->transaction, transaction);
    to += core_pack(d, to);
    bits_store(
        frame, FRAME_CHECK,
        crc32c(0, frame + FRAME_CHECK, (size_t)(to - frame - FRAME_CHECK)));
    b->len += (size_t)(to - frame);
}

void
frame_view(const void *bytes, size_t n, struct frame *f)
{
    const uint8_t *b = bytes;
    size_t texts = (size_t)b[5] + b[6] + b[7];

    f->stamp = (int64_t)bits_load(b + FRAME_STAMP, 8);
    f->rep_n = b[5];
    f->mre_n = b[6];
    f->transaction_n = b[7];
    f->rep = (const char *)b + FRAME_HEAD;
    f->mre = f->rep + f->rep_n;
    f->transaction = f->mre + f->mre_n;
    f->core = b + FRAME_HEAD + texts;
    f->core_n = n - FRAME_HEAD - texts;
}

bool
frame_open(const void *bytes, size_t n, struct frame *f)
{
    const uint8_t *b = bytes;

    if (n < FRAME_HEAD || b[4] != PACK_FORMAT ||
        n < FRAME_HEAD + (size_t)b[5] + b[6] + b[7] ||
        bits_load(b, FRAME_CHECK) !=
            crc32c(0, b + FRAME_CHECK, n - FRAME_CHECK))
        return false;
    frame_view(bytes, n, f);
    return true;
}

bool
reading_unpack(const void *bytes, size_t n, struct reading_day *d)
{
    struct frame f;

    return frame_open(bytes, n, &f) &&
           str_copyn(d->rep, sizeof d->rep, f.rep, f.rep_n) &&
           str_copyn(d->mre, sizeof d->mre, f.mre, f.mre_n) &&
           str_copyn(d->transaction, sizeof d->transaction, f.transaction,
                     f.transaction_n) &&
           (d->stamp = f.stamp, true) && core_unpack(f.core, f.core_n, d);
}

/* ---- comparing ---------------------------------------------------------- */

int
reading_compare(const struct reading_day *a, const struct reading_day *b)
{
    int c;

    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    c = memcmp(a->status, b->status, a->n);
    if (c)
        return c;
    c = memcmp(a->value_ukwh, b->value_ukwh, a->n * sizeof a->value_ukwh[0]);
    if (c || (!a->has_reads && !b->has_reads))
        return c;
    if (a->has_reads != b->has_reads)
        return a->has_reads < b->has_reads ? -1 : 1;
    if (a->start_read.micro != b->start_read.micro)
        return a->start_read.micro < b->start_read.micro ? -1 : 1;
    if (a->stop_read.micro != b->stop_read.micro)
        return a->stop_read.micro < b->stop_read.micro ? -1 : 1;
    return 0;
}

bool
reading_same(const struct reading_day *a, const struct reading_day *b)
{
    return reading_compare(a, b) == 0;
}
