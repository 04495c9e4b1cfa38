/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: the records of one load for one day of neighbouring points, and, for
 * months that were rewritten, the records of one point. */
#include "db/reading_row.h"

#include "db/reading_plane.h"
#include "server/base/hash.h"

#define CHECK_BYTES 4
#define LENGTH_LONG 255 /* two more bytes say the length */

/* What each format has in front of its directory. */
#define OLD_HEAD   2 /* format, number of records */
#define DAY_HEAD   7 /* format, checksum, points, number of others */
#define MONTH_HEAD 6 /* format, checksum, number of records */

#define USUAL_CHANNEL 4

/* ---- checksums: each says where the bytes belong, too ---------------------
 */

/* Of a record of format 1. */
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

/* Of a row: all that follows the checksum.  `load_id` 0 is a month row's. */
static uint32_t
row_check(int64_t load_id, int64_t group_or_point, int32_t day,
          const uint8_t *row, size_t n)
{
    uint8_t place[20];

    bits_store(place, 8, (uint64_t)load_id);
    bits_store(place + 8, 8, (uint64_t)group_or_point);
    bits_store(place + 16, 4, (uint32_t)day);
    return crc32c(crc32c(0, place, sizeof place), row + 1 + CHECK_BYTES,
                  n - 1 - CHECK_BYTES);
}

/* ---- writing ------------------------------------------------------------- */

static uint8_t *
put_length(uint8_t *to, size_t n)
{
    if (n < LENGTH_LONG) {
        *to++ = (uint8_t)n;
        return to;
    }
    *to++ = LENGTH_LONG;
    bits_store(to, 2, n);
    return to + 2;
}

/* The lowest of n stamps, the width of what is above it, and that. */
static uint8_t *
put_stamps(uint8_t *to, uint64_t *stamp, size_t n)
{
    uint64_t least = UINT64_MAX, most = 0;
    unsigned width;

    for (size_t i = 0; i < n; i++)
        least = stamp[i] < least ? stamp[i] : least;
    for (size_t i = 0; i < n; i++) {
        stamp[i] -= least;
        most |= stamp[i];
    }
    width = most ? 64 - (unsigned)__builtin_clzll(most) : 0;
    to = bits_put_varint(to, least);
    *to++ = (uint8_t)width;
    return plane_put(to, stamp, n, width);
}

/* Which points have a record of the usual channel, and the others' slots. */
static uint8_t *
put_slots(uint8_t *row, const struct row_item *item, size_t n)
{
    uint8_t *to = row + DAY_HEAD;

    row[5] = row[6] = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned point = (unsigned)(item[i].key.point_id % ROW_POINTS);

        if (item[i].key.channel == USUAL_CHANNEL) {
            row[5] |= (uint8_t)(1u << point);
            continue;
        }
        *to++ = (uint8_t)(point * ROW_CHANNELS + item[i].key.channel);
        row[6]++;
    }
    return to;
}

/* The index that all records have, or ROW_NAMES_OWN. */
static uint64_t
common_names(struct source *s, const struct row_item *item, size_t n)
{
    uint64_t names = source_names(s, &item->frame);

    for (size_t i = 1; i < n; i++) {
        if (source_names(s, &item[i].frame) != names)
            return ROW_NAMES_OWN;
    }
    return names;
}

static uint8_t *
put_record(uint8_t *to, struct source *s, uint64_t names, const struct frame *f)
{
    if (names == ROW_NAMES_OWN && s->names_n > 1)
        to = bits_put_varint(to, source_names(s, f));
    to = source_put_rest(s, f, to);
    memcpy(to, f->core, f->core_n);
    return to + f->core_n;
}

#define DAY_MOST (ROW_POINTS * ROW_CHANNELS)
/* Of a record in the directory: slot, length, stamp. */
#define ENTRY_MOST (1 + 3 + 8)

void
row_pack(struct source *s, const struct row_item *item, size_t n, struct buf *b)
{
    size_t most = DAY_HEAD + n * (ENTRY_MOST + SOURCE_MOST) + 64;
    uint64_t names = common_names(s, item, n), stamp[DAY_MOST];
    uint8_t *row, *to, *records, *at;

    for (size_t i = 0; i < n; i++)
        most += item[i].frame.core_n;
    buf_room(b, most);
    row = (uint8_t *)b->at + b->len;
    row[0] = ROW_DAY;
    to = put_slots(row, item, n);
    /* Records come behind the longest directory there may be, and move up. */
    records = at = row + DAY_HEAD + n * ENTRY_MOST + 32;
    for (size_t i = 0; i < n; i++) {
        uint8_t *end = put_record(at, s, names, &item[i].frame);

        to = put_length(to, (size_t)(end - at));
        stamp[i] = source_stamp_above(s, item[i].frame.stamp);
        at = end;
    }
    to = bits_put_varint(to, names + 1); /* 0: its own */
    to = put_stamps(to, stamp, n);
    memmove(to, records, (size_t)(at - records));
    to += at - records;
    bits_store(row + 1, CHECK_BYTES,
               row_check(item->key.load_id, row_group(item->key.point_id),
                         item->key.day, row, (size_t)(to - row)));
    b->len += (size_t)(to - row);
}

/* ---- reading ------------------------------------------------------------- */

static size_t
take_length(struct bits_in *in)
{
    size_t n = (size_t)bits_word(in, 1);

    return n == LENGTH_LONG ? (size_t)bits_word(in, 2) : n;
}

static void
open_old(struct row_walk *w, struct bits_in in)
{
    w->left = (unsigned)bits_word(&in, 1);
    w->directory = in;
    for (unsigned i = 0; i < w->left; i++) {
        bits_word(&in, 1);
        take_length(&in);
    }
    w->at = in.at;
    w->bad = in.bad;
}

/* Stamps, behind which the records lie. */
static void
open_stamps(struct row_walk *w, struct bits_in *in)
{
    w->stamp = bits_varint(in);
    w->width = (uint8_t)bits_word(in, 1);
    w->stamps = bits_bytes(in, ((size_t)w->left * w->width + 7) / 8);
    w->at = in->at;
    w->bad = in->bad || w->width > PLANE_MOST;
}

static void
open_day(struct row_walk *w, struct bits_in in)
{
    size_t others;

    w->points = (uint8_t)bits_word(&in, 1);
    others = (size_t)bits_word(&in, 1);
    w->further.at = bits_bytes(&in, others);
    w->further.end = in.at;
    w->left = (unsigned)others + (unsigned)__builtin_popcount(w->points);
    w->directory = in;
    for (unsigned i = 0; i < w->left; i++)
        take_length(&in);
    w->names = bits_varint(&in) - 1;
    open_stamps(w, &in);
}

/* One entry of a month row's directory: moves `k` on; the record's length. */
static size_t
take_entry(struct bits_in *in, struct row_key *k)
{
    unsigned marks = (unsigned)bits_word(in, 1);
    uint64_t days = marks & MONTH_DAYS;

    if (days == MONTH_DAYS)
        days = bits_varint(in);
    k->day += (int32_t)(days & 0xff);
    if (marks & MONTH_CHANNEL)
        k->channel = (uint8_t)bits_word(in, 1);
    k->load_id = (int64_t)((uint64_t)k->load_id + (uint64_t)bits_zigzag(in));
    in->bad |= marks > (MONTH_DAYS | MONTH_CHANNEL) || days > 0xff;
    return take_length(in);
}

static void
open_month(struct row_walk *w, struct bits_in in)
{
    struct row_key k = w->key;

    w->left = (unsigned)bits_word(&in, 1);
    w->directory = in;
    for (unsigned i = 0; i < w->left; i++)
        take_entry(&in, &k);
    w->names = ROW_NAMES_OWN;
    open_stamps(w, &in);
}

void
row_open(struct row_walk *w, const struct reading_row *r)
{
    struct bits_in in = {r->data + 1, r->data + r->n, false};

    *w = (struct row_walk){.group = r->group,
                           .end = r->data + r->n,
                           .key = {.load_id = r->load_id, .day = r->day},
                           .only = 0xff};
    w->bad = r->n < OLD_HEAD;
    if (w->bad)
        return;
    w->format = r->data[0];
    if (!r->month && w->format == ROW_OLD) {
        open_old(w, in);
        return;
    }
    if (r->month)
        w->key = (struct row_key){
            .point_id = r->point_id, .day = r->day, .channel = USUAL_CHANNEL};
    w->bad = w->format != (r->month ? ROW_MONTH : ROW_DAY) ||
             r->n < MONTH_HEAD ||
             bits_word(&in, CHECK_BYTES) !=
                 row_check(w->key.load_id, r->month ? r->point_id : r->group,
                           r->day, r->data, r->n);
    if (w->bad)
        return;
    if (r->month)
        open_month(w, in);
    else
        open_day(w, in);
}

/* Points ascend, and the usual channel lies among the others, which descend. */
static unsigned
day_slot(struct row_walk *w)
{
    unsigned point = (unsigned)__builtin_ctz(w->points | 1u << ROW_POINTS);
    unsigned slot = point * ROW_CHANNELS + USUAL_CHANNEL, other;

    if (w->further.at < w->further.end) {
        other = *w->further.at;
        if (!w->points || other / ROW_CHANNELS < point ||
            (other / ROW_CHANNELS == point && other > slot)) {
            w->further.at++;
            return other;
        }
    }
    w->points &= (uint8_t)(w->points - 1);
    return slot;
}

static size_t
next_entry(struct row_walk *w)
{
    unsigned slot;

    if (w->format == ROW_MONTH)
        return take_entry(&w->directory, &w->key);
    slot = w->format == ROW_OLD ? (unsigned)bits_word(&w->directory, 1)
                                : day_slot(w);
    w->key.point_id = w->group * ROW_POINTS + slot / ROW_CHANNELS;
    w->key.channel = slot % ROW_CHANNELS;
    return take_length(&w->directory);
}

/* Past the next record, whose length it says; false at the end. */
static bool
step(struct row_walk *w, size_t *n)
{
    if (w->bad)
        return false;
    if (!w->left) {
        w->bad = w->at != w->end;
        return false;
    }
    w->left--;
    *n = next_entry(w);
    w->bad = *n > (size_t)(w->end - w->at);
    if (w->bad)
        return false;
    w->at += *n;
    w->taken++;
    return true;
}

static bool
is_wanted(const struct row_walk *w)
{
    return w->format == ROW_MONTH ||
           (w->only >> (uint64_t)w->key.point_id % ROW_POINTS & 1);
}

/* Past records of a day row that are not wanted: most rows hold one record of
 * each point, of the usual channel, and their lengths take a byte. */
static void
skip_usual(struct row_walk *w)
{
    size_t n = 0;
    const uint8_t *at = w->directory.at;

    if (w->bad || w->format != ROW_DAY || w->further.at < w->further.end)
        return;
    while (w->points && !(w->points & -w->points & w->only) &&
           *at != LENGTH_LONG) {
        n += *at++;
        w->points &= (uint8_t)(w->points - 1);
    }
    w->left -= (unsigned)(at - w->directory.at);
    w->taken += (unsigned)(at - w->directory.at);
    w->directory.at = at;
    w->bad |= n > (size_t)(w->end - w->at);
    w->at += w->bad ? 0 : n;
}

bool
row_next(struct row_walk *w, struct row_record *r)
{
    size_t n;

    do {
        skip_usual(w);
        if (!step(w, &n))
            return false;
    } while (!is_wanted(w));
    *r = (struct row_record){.key = w->key,
                             .at = w->at - n,
                             .n = n,
                             .checked = w->format != ROW_OLD,
                             .names = ROW_NAMES_OWN};
    if (!r->checked)
        return true;
    r->names = w->names;
    r->stamp = w->stamp + plane_get(w->stamps, w->end, w->taken - 1, w->width);
    return true;
}

/* A record's stamp, and *in left behind it. */
static bool
stamp_open(const struct row_record *r, const struct source *s,
           struct bits_in *in, int64_t *to)
{
    uint64_t stamp = r->stamp;

    *in = (struct bits_in){r->at, r->at + r->n, false};
    if (!r->checked) {
        uint32_t check = (uint32_t)bits_word(in, CHECK_BYTES);

        if (in->bad ||
            check != record_check(&r->key, in->at, r->n - CHECK_BYTES))
            return false;
        stamp = bits_varint(in);
    }
    *to = source_stamp(s, stamp);
    return true;
}

bool
row_sum(const struct row_record *r, const struct source *s,
        struct reading_sum *sum)
{
    struct bits_in in;

    if (!stamp_open(r, s, &in, &sum->stamp) || !source_skip(s, r->names, &in))
        return false;
    sum->day = r->key.day;
    sum->channel = r->key.channel;
    return core_sum(in.at, (size_t)(in.end - in.at), sum);
}

bool
row_unpack(const struct row_record *r, const struct source *s,
           struct reading_day *d)
{
    struct bits_in in;

    if (!stamp_open(r, s, &in, &d->stamp) || !source_take(s, r->names, &in, d))
        return false;
    d->point_id = r->key.point_id;
    d->day = r->key.day;
    d->channel = r->key.channel;
    return core_unpack(in.at, (size_t)(in.end - in.at), d);
}

bool
row_digest(const struct row_record *r, const struct source *s, uint64_t *sum)
{
    struct bits_in in = {r->at, r->at + r->n, false};
    uint64_t word[5] = {(uint64_t)r->key.load_id, (uint64_t)r->key.point_id,
                        (uint64_t)r->key.day << 8 | r->key.channel, r->stamp,
                        r->names};

    if (!r->checked) {
        uint32_t check = (uint32_t)bits_word(&in, CHECK_BYTES);

        if (in.bad || check != record_check(&r->key, in.at, r->n - CHECK_BYTES))
            return false;
        word[3] = bits_varint(&in);
    }
    if (r->names == ROW_NAMES_OWN)
        word[4] = s->names_n > 1 ? bits_varint(&in) : 0;
    *sum += hash64(word, sizeof word) * 31 +
            hash64(in.at, (size_t)(in.end - in.at));
    return !in.bad;
}

/* ---- month rows -----------------------------------------------------------
 */

/* A record's bytes as a month row has them: with an index of names if its
 * source has several. */
static bool
month_bytes(struct month_row *m, const struct row_record *r,
            const struct source *s)
{
    struct bits_in in = {r->at, r->at + r->n, false};
    uint8_t index[BITS_VARINT];
    uint64_t stamp = r->stamp;

    if (!r->checked) {
        uint32_t check = (uint32_t)bits_word(&in, CHECK_BYTES);

        if (in.bad || check != record_check(&r->key, in.at, r->n - CHECK_BYTES))
            return false;
        stamp = bits_varint(&in);
    }
    if (r->names != ROW_NAMES_OWN && r->names >= s->names_n)
        return false;
    if (r->names != ROW_NAMES_OWN && s->names_n > 1)
        buf_add(&m->bytes, index,
                (size_t)(bits_put_varint(index, r->names) - index));
    buf_add(&m->bytes, in.at, (size_t)(in.end - in.at));
    m->stamp[m->n] = stamp;
    return !in.bad && !(stamp >> PLANE_MOST);
}

bool
month_row_add(struct month_row *m, const struct row_record *r,
              const struct source *s)
{
    if (m->n == MONTH_ROW_MOST || r->n == 0)
        return false;
    m->at[m->n] = m->bytes.len;
    if (!month_bytes(m, r, s)) {
        m->bytes.len = m->at[m->n];
        return false;
    }
    m->point_id = r->key.point_id;
    m->key[m->n++] = r->key;
    m->at[m->n] = m->bytes.len;
    return true;
}

static uint8_t *
put_entry(uint8_t *to, const struct row_key *before, const struct row_key *k,
          size_t n)
{
    uint64_t days = (uint64_t)(k->day - before->day);
    bool other = k->channel != before->channel;

    *to++ = (uint8_t)((days < MONTH_DAYS ? days : MONTH_DAYS) |
                      (other ? MONTH_CHANNEL : 0));
    if (days >= MONTH_DAYS)
        to = bits_put_varint(to, days);
    if (other)
        *to++ = k->channel;
    to = bits_put_zigzag(to, k->load_id - before->load_id);
    return put_length(to, n);
}

void
month_row_pack(const struct month_row *m, size_t n, int32_t day, struct buf *b)
{
    struct row_key before = {.day = day, .channel = USUAL_CHANNEL};
    uint64_t stamp[MONTH_ROW_MOST];
    uint8_t *row, *to;

    /* Marks, days, channel, load, length and stamp of each. */
    buf_room(b, MONTH_HEAD + n * (1 + 3 + 1 + BITS_VARINT + 3 + 8) + 32 +
                    m->at[n]);
    row = (uint8_t *)b->at + b->len;
    row[0] = ROW_MONTH;
    row[5] = (uint8_t)n;
    to = row + MONTH_HEAD;
    for (size_t i = 0; i < n; i++) {
        to = put_entry(to, &before, &m->key[i], m->at[i + 1] - m->at[i]);
        stamp[i] = m->stamp[i];
        before = m->key[i];
    }
    to = put_stamps(to, stamp, n);
    memcpy(to, m->bytes.at, m->at[n]);
    to += m->at[n];
    bits_store(row + 1, CHECK_BYTES,
               row_check(0, m->point_id, day, row, (size_t)(to - row)));
    b->len += (size_t)(to - row);
}

void
month_row_cut(struct month_row *m, size_t n)
{
    size_t gone = m->at[n];

    if (m->bytes.len > gone)
        memmove(m->bytes.at, m->bytes.at + gone, m->bytes.len - gone);
    m->bytes.len -= gone;
    m->n -= n;
    memmove(m->key, m->key + n, m->n * sizeof *m->key);
    memmove(m->stamp, m->stamp + n, m->n * sizeof *m->stamp);
    for (size_t i = 0; i <= m->n; i++)
        m->at[i] = m->at[i + n] - gone;
}

void
month_row_clear(struct month_row *m)
{
    buf_clear(&m->bytes);
    m->n = 0;
}
