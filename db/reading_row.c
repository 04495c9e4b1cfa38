/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: the records of one load for one day of neighbouring points. */
#include "db/reading_row.h"

#include "server/base/hash.h"

#define ROW_HEAD    2
#define CHECK_BYTES 4
#define LENGTH_LONG 255 /* two more bytes say the length */
#define ENTRY_MOST  4   /* bytes of a record in the directory */

/* The checksum of a record says where the record belongs, too. */
static uint32_t
record_check(const struct row_key *k, const uint8_t *bytes, size_t n)
{
    uint8_t place[21];

    bits_store(place, 8, (uint64_t)k->load_id);
    bits_store(place + 8, 8, (uint64_t)k->point_id);
    bits_store(place + 16, 4, (uint32_t)k->day);
    place[20] = k->channel;
    return crc32c(crc32c(0, place, sizeof place), bytes, n);
}

/* ---- writing ------------------------------------------------------------- */

static uint8_t *
put_record(uint8_t *to, struct source *s, const struct row_item *i)
{
    uint8_t *at = to + CHECK_BYTES;

    at = source_put(s, &i->frame, at);
    memcpy(at, i->frame.core, i->frame.core_n);
    at += i->frame.core_n;
    bits_store(to, CHECK_BYTES,
               record_check(&i->key, to + CHECK_BYTES,
                            (size_t)(at - to) - CHECK_BYTES));
    return at;
}

static uint8_t *
put_entry(uint8_t *to, const struct row_key *k, size_t n)
{
    unsigned point = (unsigned)(k->point_id % ROW_POINTS);

    *to++ = (uint8_t)(point * ROW_CHANNELS + k->channel);
    if (n < LENGTH_LONG) {
        *to++ = (uint8_t)n;
        return to;
    }
    *to++ = LENGTH_LONG;
    bits_store(to, 2, n);
    return to + 2;
}

void
row_pack(struct source *s, const struct row_item *item, size_t n, struct buf *b)
{
    size_t most = ROW_HEAD + n * (ENTRY_MOST + CHECK_BYTES + SOURCE_MOST) + 8;
    uint8_t *row, *entry, *records, *at;

    for (size_t i = 0; i < n; i++)
        most += item[i].frame.core_n;
    buf_room(b, most);
    row = (uint8_t *)b->at + b->len;
    row[0] = PACK_FORMAT;
    row[1] = (uint8_t)n;
    entry = row + ROW_HEAD;
    /* Records come behind the longest directory there may be, and move up. */
    records = at = entry + n * ENTRY_MOST;
    for (size_t i = 0; i < n; i++) {
        uint8_t *end = put_record(at, s, &item[i]);

        entry = put_entry(entry, &item[i].key, (size_t)(end - at));
        at = end;
    }
    memmove(entry, records, (size_t)(at - records));
    b->len += (size_t)(entry - row) + (size_t)(at - records);
}

/* ---- reading ------------------------------------------------------------- */

static size_t
take_length(struct bits_in *in)
{
    size_t n = (size_t)bits_word(in, 1);

    return n == LENGTH_LONG ? (size_t)bits_word(in, 2) : n;
}

void
row_open(struct row_walk *w, const void *bytes, size_t n, int64_t load_id,
         int64_t group, int32_t day)
{
    const uint8_t *row = bytes;
    struct bits_in in;

    *w = (struct row_walk){.group = group,
                           .key = {.load_id = load_id, .day = day},
                           .bad = n < ROW_HEAD || row[0] != PACK_FORMAT};
    if (w->bad)
        return;
    w->left = row[1];
    w->directory = in = (struct bits_in){row + ROW_HEAD, row + n, false};
    for (unsigned i = 0; i < w->left; i++) {
        bits_word(&in, 1);
        take_length(&in);
    }
    w->at = in.at;
    w->end = row + n;
    w->bad = in.bad;
}

bool
row_next(struct row_walk *w, struct row_record *r)
{
    unsigned slot;
    size_t n;

    if (w->bad)
        return false;
    if (!w->left) {
        w->bad = w->at != w->end;
        return false;
    }
    w->left--;
    slot = (unsigned)bits_word(&w->directory, 1);
    n = take_length(&w->directory);
    if (n > (size_t)(w->end - w->at)) {
        w->bad = true;
        return false;
    }
    r->key = w->key;
    r->key.point_id = w->group * ROW_POINTS + slot / ROW_CHANNELS;
    r->key.channel = slot % ROW_CHANNELS;
    r->at = w->at;
    r->n = n;
    w->at += n;
    return true;
}

/* What stands behind a checksum that holds. */
static bool
record_open(const struct row_record *r, struct bits_in *in)
{
    if (r->n < CHECK_BYTES)
        return false;
    *in = (struct bits_in){r->at + CHECK_BYTES, r->at + r->n, false};
    return bits_load(r->at, CHECK_BYTES) ==
           record_check(&r->key, in->at, r->n - CHECK_BYTES);
}

bool
row_sum(const struct row_record *r, const struct source *s,
        struct reading_sum *sum)
{
    struct bits_in in;
    struct reading_day names;

    if (!record_open(r, &in) || !source_take(s, &in, &names))
        return false;
    sum->day = r->key.day;
    sum->channel = r->key.channel;
    sum->stamp = names.stamp;
    return core_sum(in.at, (size_t)(in.end - in.at), sum);
}

bool
row_unpack(const struct row_record *r, const struct source *s,
           struct reading_day *d)
{
    struct bits_in in;

    if (!record_open(r, &in) || !source_take(s, &in, d))
        return false;
    d->point_id = r->key.point_id;
    d->day = r->key.day;
    d->channel = r->key.channel;
    return core_unpack(in.at, (size_t)(in.end - in.at), d);
}
