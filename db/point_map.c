/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every known ESI ID in memory, 16 bytes each.
 *
 * An ESI ID of up to 22 digits is a number of 80 bits with its length, so the
 * table holds the ESI ID itself and needs no text to be sure of a match.  The
 * slots are ordered by hash (ordered linear probing): a look-up ends soon after
 * the first slot with a greater hash, so the table can be 94 % full.  Others
 * (with letters, or longer) are rare and lie in a small table with their text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/engine.h"
#include "db/point.h"
#include "db/point_change.h"
#include "db/point_file.h"
#include "server/base/hash.h"
#include "server/base/str.h"

#define MOST_ZONES  128
#define FIRST_SLOTS 1024
#define FULL        94  /* per cent */
#define SPARE       512 /* slots after the last, for the run that ends there */

/* 22 digits: 4 before 18; length 1..22 in the bits above them. */
struct key {
    uint64_t low;
    uint16_t high;
};

struct slot {
    uint64_t low;
    uint16_t high;
    uint32_t id;  /* 0: free */
    uint8_t bits; /* zone << 1 | registered */
} __attribute__((packed));
_Static_assert(sizeof(struct slot) == 15, "94 % of slots in use: 16 bytes");

struct odd {
    char *esiid;
    uint32_t id;
    uint8_t bits;
};

struct point_map {
    struct slot *slot;
    size_t size, used; /* size without the spare ones */
    uint64_t seed;
    struct odd *odd;
    size_t odd_size, odd_used;
    char zone[MOST_ZONES][40];
    size_t zones;
    int64_t newest; /* highest id taken in */
    const struct point_map *below;
};

/* ---- keys ------------------------------------------------------------------
 */

static bool
digits_read(const char *text, size_t n, uint64_t *number)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned char)text[i] - '0';

        if (digit > 9)
            return false;
        sum = sum * 10 + digit;
    }
    *number = sum;
    return true;
}

static bool
key_make(const char *esiid, size_t n, struct key *k)
{
    size_t before = n > 18 ? n - 18 : 0;
    uint64_t high = 0, low = 0;

    if (n < 1 || n > 22 || !digits_read(esiid, before, &high) ||
        !digits_read(esiid + before, n - before, &low))
        return false;
    k->low = low | (uint64_t)(n & 15) << 60;
    k->high = (uint16_t)(high | (n >> 4) << 14);
    return true;
}

static uint64_t
key_hash(const struct point_map *m, uint64_t low, uint16_t high)
{
    uint64_t h = (low ^ m->seed) * 0x9e3779b97f4a7c15u;

    h ^= h >> 32;
    h = (h + high) * 0xd6e8feb86659fd93u;
    h ^= h >> 32;
    return h * 0xff51afd7ed558ccdu;
}

static uint64_t
slot_hash(const struct point_map *m, const struct slot *s)
{
    return key_hash(m, s->low, s->high);
}

/* Where slots of that hash begin: in proportion to the hash, so that order by
 * place is order by hash. */
static size_t
slot_home(const struct point_map *m, uint64_t hash)
{
    return (size_t)(((unsigned __int128)hash * m->size) >> 64);
}

static bool
slot_is(const struct slot *s, const struct key *k)
{
    return s->low == k->low && s->high == k->high;
}

/* The slot of the key, or the one it belongs into.  Most are there, so the
 * hashes of others are asked for every few slots only. */
static struct slot *
slot_find(const struct point_map *m, const struct key *k, bool *found)
{
    uint64_t hash = key_hash(m, k->low, k->high);
    struct slot *home = &m->slot[slot_home(m, hash)], *s = home;

    *found = true;
    for (unsigned i = 1; s->id && (i % 8 || slot_hash(m, s) <= hash); i++) {
        if (slot_is(s, k))
            return s;
        s++;
    }
    *found = false;
    s = home;
    while (s->id && slot_hash(m, s) < hash)
        s++;
    return s;
}

/* Puts a new one at its place; the run behind it moves on.  False: the run
 * reaches the end of the table. */
static bool
slot_insert(struct point_map *m, struct slot *at, struct slot what)
{
    struct slot *end = at, *last = &m->slot[m->size + SPARE - 1];

    while (end->id)
        end++;
    if (end == last)
        return false;
    memmove(at + 1, at, (size_t)(end - at) * sizeof *at);
    *at = what;
    m->used++;
    return true;
}

/* ---- growing ---------------------------------------------------------------
 */

/* In their order, which is that of the hash in a table of any size. */
static bool
table_fill(struct point_map *m, const struct slot *from, size_t n)
{
    struct slot *to = m->slot, *last = &m->slot[m->size + SPARE - 1];

    for (size_t i = 0; i < n; i++) {
        struct slot *home;

        if (!from[i].id)
            continue;
        home = &m->slot[slot_home(m, slot_hash(m, &from[i]))];
        if (to < home)
            to = home;
        if (to == last)
            return false;
        *to++ = from[i];
    }
    return true;
}

/* A table for `points` of them; where a run reaches its end, a larger one. */
static void
table_resize(struct point_map *m, size_t points)
{
    struct slot *old = m->slot;
    size_t old_size = old ? m->size + SPARE : 0;

    if (!old)
        random_bytes(&m->seed, sizeof m->seed);
    m->size = points * 100 / FULL + FIRST_SLOTS;
    for (;;) {
        m->slot = mem_new((m->size + SPARE) * sizeof *m->slot);
        if (table_fill(m, old, old_size))
            break;
        free(m->slot);
        m->size += m->size / 8;
    }
    free(old);
}

/* Room for n more, in steps that keep many small ones cheap. */
static void
table_room(struct point_map *m, size_t n)
{
    size_t want = m->used + n;

    if (want * 100 <= m->size * FULL)
        return;
    if (want < m->used + m->used / 8)
        want = m->used + m->used / 8;
    table_resize(m, want);
}

/* ---- the odd ones ----------------------------------------------------------
 */

static struct odd *
odd_find(const struct point_map *m, const char *esiid, size_t n)
{
    size_t i = hash64(esiid, n) & (m->odd_size - 1);

    for (;; i = (i + 1) & (m->odd_size - 1)) {
        const char *text = m->odd[i].esiid;

        if (!text || (strncmp(text, esiid, n) == 0 && !text[n]))
            return &m->odd[i];
    }
}

static void
odd_room(struct point_map *m)
{
    struct odd *old = m->odd;
    size_t old_size = m->odd_size;

    if (m->odd_used * 2 < m->odd_size)
        return;
    m->odd_size = old_size ? old_size * 2 : 64;
    m->odd = mem_new(m->odd_size * sizeof *m->odd);
    memset(m->odd, 0, m->odd_size * sizeof *m->odd);
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].esiid)
            *odd_find(m, old[i].esiid, strlen(old[i].esiid)) = old[i];
    }
    free(old);
}

/* ---- taking in -------------------------------------------------------------
 */

/* False: more zones than a map has room for. */
static bool
zone_index(struct point_map *m, const char *zone, uint8_t *index)
{
    for (size_t i = 0; i < m->zones; i++) {
        if (str_eq(m->zone[i], zone)) {
            *index = (uint8_t)i;
            return true;
        }
    }
    if (m->zones == MOST_ZONES ||
        !str_copy(m->zone[m->zones], sizeof m->zone[0], zone))
        return false;
    *index = (uint8_t)m->zones++;
    return true;
}

static void
odd_put(struct point_map *m, const char *esiid, uint32_t id, uint8_t bits)
{
    struct odd *o;

    odd_room(m);
    o = odd_find(m, esiid, strlen(esiid));
    if (!o->esiid) {
        o->esiid = mem_dup(esiid);
        m->odd_used++;
    }
    o->id = id;
    o->bits = bits;
}

static void
map_put(struct point_map *m, const char *esiid, uint32_t id, uint8_t bits)
{
    struct key k;
    bool found;

    if (id > m->newest)
        m->newest = id;
    if (!key_make(esiid, strlen(esiid), &k)) {
        odd_put(m, esiid, id, bits);
        return;
    }
    table_room(m, 1);
    for (;;) {
        struct slot *s = slot_find(m, &k, &found);

        if (found) {
            s->id = id;
            s->bits = bits;
            return;
        }
        if (slot_insert(m, s, (struct slot){k.low, k.high, id, bits}))
            return;
        table_resize(m, m->size + m->size / 8);
    }
}

struct reading_in {
    struct point_map *m;
    int64_t id;
    char esiid[65], zone[40];
    bool registered, full;
};

static bool
read_row(void *arg)
{
    struct reading_in *r = arg;
    uint8_t zone;

    if (r->id <= 0 || r->id > UINT32_MAX || !zone_index(r->m, r->zone, &zone)) {
        r->full = true;
        return false;
    }
    map_put(r->m, r->esiid, (uint32_t)r->id,
            (uint8_t)(zone << 1 | r->registered));
    return true;
}

static enum db_rc
rows_read(struct reading_in *r, struct db *db, enum db_rc rc)
{
    if (rc == DB_OK && r->full) {
        snprintf(db->error, sizeof db->error,
                 "point %lld: more than %d zones or 2^32 points",
                 (long long)r->id, MOST_ZONES);
        return DB_FAIL;
    }
    return rc;
}

/* Both ends are given: PostgreSQL would read all of the table for one. */
enum db_rc
point_map_catch_up(struct point_map *m, struct db *db)
{
    struct reading_in r = {.m = m};
    enum db_rc rc =
        db_each(db, DB_MARKET,
                "SELECT id, esiid, registered, zone FROM point "
                "WHERE id BETWEEN $1 AND $2 ORDER BY id",
                IN(in_i64(m->newest + 1), in_i64(UINT32_MAX)),
                OUT(out_i64(&r.id), out_text(r.esiid, sizeof r.esiid),
                    out_bool(&r.registered), out_text(r.zone, sizeof r.zone)),
                read_row, &r);

    return rows_read(&r, db, rc);
}

enum db_rc
point_map_again(struct point_map *m, struct db *db, int64_t load_id)
{
    struct reading_in r = {.m = m};
    enum db_rc rc =
        db_each(db, DB_MARKET,
                "SELECT p.id, p.esiid, p.registered, p.zone "
                "FROM point_premise s JOIN point p ON p.id = s.point_id "
                "WHERE s.load_id = $1",
                IN(in_i64(load_id)),
                OUT(out_i64(&r.id), out_text(r.esiid, sizeof r.esiid),
                    out_bool(&r.registered), out_text(r.zone, sizeof r.zone)),
                read_row, &r);

    return rows_read(&r, db, rc);
}

int64_t
point_map_newest(const struct point_map *m)
{
    return m->newest;
}

enum db_rc
point_map_open(struct db *db, struct point_map **to)
{
    struct point_map *m = mem_new(sizeof *m);
    int64_t points = 0;
    enum db_rc rc;

    *m = (struct point_map){0};
    odd_room(m);
    rc = db_one(db, DB_MARKET, "SELECT count(*) FROM point", IN_NONE,
                OUT(out_i64(&points)));
    table_resize(m, (size_t)points);
    if (rc == DB_OK)
        rc = point_map_catch_up(m, db);
    if (rc != DB_OK) {
        point_map_close(m);
        m = NULL;
    }
    *to = m;
    return rc;
}

struct point_map *
point_map_above(const struct point_map *below)
{
    struct point_map *m = mem_new(sizeof *m);

    odd_room(m);
    table_resize(m, 0);
    memcpy(m->zone, below->zone, sizeof m->zone);
    m->zones = below->zones;
    m->newest = below->newest;
    m->below = below;
    return m;
}

void
point_map_close(struct point_map *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->odd_size; i++)
        free(m->odd[i].esiid);
    free(m->odd);
    free(m->slot);
    free(m);
}

/* ---- looking up ------------------------------------------------------------
 */

static bool
find_here(const struct point_map *m, const char *esiid, size_t n,
          const struct key *key, struct point_known *k)
{
    const struct slot *s;
    const struct odd *o;
    bool found;

    if (key == NULL) {
        o = odd_find(m, esiid, n);
        *k = (struct point_known){o->id, o->bits & 1, o->bits >> 1};
        return o->esiid != NULL;
    }
    s = slot_find(m, key, &found);
    *k = (struct point_known){s->id, s->bits & 1, s->bits >> 1};
    return found;
}

void
point_map_soon(const struct point_map *m, const char *esiid, size_t n)
{
    struct key k;

    for (; key_make(esiid, n, &k) && m != NULL; m = m->below) {
        size_t at = slot_home(m, key_hash(m, k.low, k.high));
        const char *home = (const char *)&m->slot[at];

        __builtin_prefetch(home);
        __builtin_prefetch(home + 64);
        __builtin_prefetch(home + 128);
    }
}

bool
point_map_find(const struct point_map *m, const char *esiid, size_t n,
               struct point_known *k)
{
    struct key made;
    const struct key *key = key_make(esiid, n, &made) ? &made : NULL;

    for (; m != NULL; m = m->below)
        if (find_here(m, esiid, n, key, k))
            return true;
    return false;
}

const char *
point_map_zone(const struct point_map *m, uint8_t zone)
{
    return zone < m->zones ? m->zone[zone] : "";
}

size_t
point_map_bytes(const struct point_map *m)
{
    size_t bytes = sizeof *m + (m->size + SPARE) * sizeof *m->slot +
                   m->odd_size * sizeof *m->odd;

    for (size_t i = 0; i < m->odd_size; i++)
        bytes += m->odd[i].esiid ? strlen(m->odd[i].esiid) + 1 : 0;
    return bytes;
}

/* ---- adding in bulk --------------------------------------------------------
 */

struct adding {
    struct point_map *m;
    const char **esiid; /* sorted, each once */
    size_t n, at;       /* at: the next one to write */
    int64_t first;      /* id of esiid[0] */
    const char *zone;
};

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Leaves out what is known and what comes twice. */
static void
adding_thin(struct adding *a)
{
    size_t n = 0;
    struct point_known k;

    for (size_t i = 0; i < a->n; i++) {
        const char *esiid = a->esiid[i];

        if ((n == 0 || strcmp(a->esiid[n - 1], esiid) != 0) &&
            !point_map_find(a->m, esiid, strlen(esiid), &k))
            a->esiid[n++] = esiid;
    }
    a->n = n;
}

static bool
adding_next(void *arg, struct db_in *row)
{
    struct adding *a = arg;

    if (a->at == a->n)
        return false;
    row[0] = in_i64(a->first + (int64_t)a->at);
    row[1] = in_text(a->esiid[a->at++]);
    row[2] = in_bool(false);
    row[3] = in_text(a->zone);
    return true;
}

/* Drawing the numbers makes others who add points wait; what they added until
 * then is taken in first. */
static enum db_rc
adding_tx(struct db *db, void *arg)
{
    struct adding *a = arg;
    enum db_rc rc =
        db_next_id(db, DB_MARKET, "point", (int64_t)a->n, &a->first);

    if (rc == DB_OK && a->first > a->m->newest + 1)
        rc = point_map_catch_up(a->m, db);
    if (rc != DB_OK)
        return rc;
    adding_thin(a);
    a->at = 0;
    rc = a->n > 0 ? point_change_add(db, 0) : DB_OK;
    if (rc != DB_OK)
        return rc;
    return db_bulk(db, DB_MARKET,
                   "INSERT INTO point (id, esiid, registered, zone) "
                   "VALUES ($1, $2, $3, $4)",
                   "COPY point (id, esiid, registered, zone) FROM STDIN", 4,
                   adding_next, a);
}

enum db_rc
point_map_add(struct point_map *m, struct db *db, size_t n,
              const char *const *esiid, const char *zone)
{
    struct adding a = {.m = m, .n = n, .zone = zone};
    enum db_rc rc = DB_OK;
    uint8_t index;

    if (!zone_index(m, zone, &index)) {
        snprintf(db->error, sizeof db->error, "more than %d zones", MOST_ZONES);
        return DB_FAIL;
    }
    a.esiid = mem_new((n + 1) * sizeof *a.esiid);
    memcpy(a.esiid, esiid, n * sizeof *a.esiid);
    qsort(a.esiid, n, sizeof *a.esiid, by_text);
    adding_thin(&a);
    if (a.n)
        rc = db_tx(db, DB_MARKET, adding_tx, &a);
    if (rc == DB_OK) {
        table_room(m, a.n);
        for (size_t i = 0; i < a.n; i++)
            map_put(m, a.esiid[i], (uint32_t)(a.first + (int64_t)i),
                    (uint8_t)(index << 1));
    }
    free(a.esiid);
    return rc;
}

/* ---- as a file -------------------------------------------------------------
 */

struct map_head {
    size_t size, used, odds, zones;
    uint64_t seed;
    int64_t newest;
};

/* One of the rare ones, as it lies in a file. */
struct odd_kept {
    char esiid[65];
    uint32_t id;
    uint8_t bits;
};

void
point_map_save(const struct point_map *m, struct point_file *to)
{
    struct map_head h = {m->size,  m->used, m->odd_used,
                         m->zones, m->seed, m->newest};

    point_file_put(to, &h, sizeof h);
    point_file_put(to, m->slot, (m->size + SPARE) * sizeof *m->slot);
    point_file_put(to, m->zone, m->zones * sizeof m->zone[0]);
    for (size_t i = 0; i < m->odd_size; i++) {
        struct odd_kept k = {.id = m->odd[i].id, .bits = m->odd[i].bits};

        if (m->odd[i].esiid == NULL)
            continue;
        str_copy(k.esiid, sizeof k.esiid, m->odd[i].esiid);
        point_file_put(to, &k, sizeof k);
    }
}

struct point_map *
point_map_restore(struct point_file *from)
{
    struct point_map *m = mem_new(sizeof *m);
    struct map_head h = {0};

    *m = (struct point_map){0};
    odd_room(m);
    point_file_take(from, &h, sizeof h);
    m->size = h.size;
    m->used = h.used;
    m->seed = h.seed;
    m->slot = point_file_array(from, h.size + SPARE, sizeof *m->slot);
    m->zones = h.zones <= MOST_ZONES ? h.zones : 0;
    point_file_take(from, m->zone, m->zones * sizeof m->zone[0]);
    for (size_t i = 0; i < h.odds && point_file_good(from); i++) {
        struct odd_kept k;

        point_file_take(from, &k, sizeof k);
        k.esiid[sizeof k.esiid - 1] = '\0';
        odd_put(m, k.esiid, k.id, k.bits);
    }
    m->newest = h.newest;
    return m;
}
