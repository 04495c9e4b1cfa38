/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places: which loads have day rows of which groups.  A row of the table is of
 * a block of neighbouring groups and of eight days, so that a month of a point
 * is four short rows; it grows by an entry for each load and day.  All of it
 * follows from the keys of the day rows.
 */
#include <stdio.h>
#include <stdlib.h>

#include "db/reading_month.h"
#include "server/base/clock.h"
#include "server/base/hash.h"

#define ENTRY_LOAD  4 /* bytes of load and day of the week */
#define ENTRY_BYTES 6
#define CHECK_BYTES 4 /* behind the entries */

/* ---- one row --------------------------------------------------------------
 */

static uint32_t
row_check(int64_t key, const void *entries, size_t n)
{
    uint8_t place[8];

    bits_store(place, 8, (uint64_t)key);
    return crc32c(crc32c(0, place, sizeof place), entries, n);
}

/* The entries of the row that a statement stands at; false: it is damaged. */
static bool
row_entries(sqlite3_stmt *s, const uint8_t **at, size_t *n)
{
    size_t bytes = (size_t)sqlite3_column_bytes(s, 1);

    *at = sqlite3_column_blob(s, 1);
    if (bytes < CHECK_BYTES || (bytes - CHECK_BYTES) % ENTRY_BYTES)
        return false;
    bytes -= CHECK_BYTES;
    *n = bytes / ENTRY_BYTES;
    return bits_load(*at + bytes, CHECK_BYTES) ==
           row_check(sqlite3_column_int64(s, 0), *at, bytes);
}

static uint64_t
entry_word(int32_t month, int32_t day, int64_t load_id)
{
    return (uint64_t)load_id << WEEK_BITS |
           (uint64_t)((day - month) & (WEEK_DAYS - 1));
}

/* Writes the entries in p->row, of which there may be none. */
static int
row_write(struct month_places *p, int64_t key)
{
    uint8_t check[CHECK_BYTES];
    int rc;

    bits_store(check, CHECK_BYTES, row_check(key, p->row.at, p->row.len));
    buf_add(&p->row, check, CHECK_BYTES);
    sqlite3_bind_int64(p->put, 1, key);
    sqlite3_bind_blob64(p->put, 2, p->row.at, p->row.len, SQLITE_STATIC);
    rc = sqlite3_step(p->put);
    sqlite3_reset(p->put);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The entries under that key into p->row, but for those of a load. */
static int
row_read(struct month_places *p, int64_t key, int64_t but)
{
    const uint8_t *at;
    size_t n = 0;
    int rc;

    p->row.len = 0;
    sqlite3_bind_int64(p->get, 1, key);
    sqlite3_bind_int64(p->get, 2, key);
    rc = sqlite3_step(p->get);
    if (rc == SQLITE_ROW) {
        rc = row_entries(p->get, &at, &n) ? SQLITE_DONE : SQLITE_CORRUPT;
        for (size_t i = 0; rc == SQLITE_DONE && i < n; i++, at += ENTRY_BYTES) {
            if ((int64_t)(bits_load(at, ENTRY_LOAD) >> WEEK_BITS) != but)
                buf_add(&p->row, at, ENTRY_BYTES);
        }
    }
    sqlite3_reset(p->get);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- writing ------------------------------------------------------------- */

static bool
prepare(sqlite3 *h, const char *sql, sqlite3_stmt **to)
{
    return sqlite3_prepare_v3(h, sql, -1, SQLITE_PREPARE_PERSISTENT, to,
                              NULL) == SQLITE_OK;
}

bool
month_places_prepare(struct month_places *p, sqlite3 *h)
{
    p->block = -1;
    return prepare(h,
                   "SELECT id, data FROM place "
                   "WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
                   &p->get) &&
           prepare(h, "INSERT OR REPLACE INTO place (id, data) VALUES (?1, ?2)",
                   &p->put);
}

void
month_places_clear(struct month_places *p)
{
    sqlite3_finalize(p->get);
    sqlite3_finalize(p->put);
    buf_clear(&p->row);
    free(p->at);
    *p = (struct month_places){.block = -1};
}

/* Rows from *at on that one entry is of. */
static uint32_t
groups_of(const struct reading_row *row, size_t n, size_t *at)
{
    const struct reading_row *first = &row[*at];
    uint32_t groups = 0;

    for (; *at < n; ++*at) {
        const struct reading_row *r = &row[*at];

        if (r->day != first->day || r->load_id != first->load_id ||
            r->group >> PLACE_BITS != first->group >> PLACE_BITS)
            break;
        groups |= 1u << (r->group & (PLACE_GROUPS - 1));
    }
    return groups;
}

int
month_places_add(struct month_places *p, int32_t month,
                 const struct reading_row *row, size_t n)
{
    int rc = SQLITE_OK;

    p->block = -1;
    for (size_t i = 0; i < n && rc == SQLITE_OK;) {
        const struct reading_row *r = &row[i];
        int64_t key = month_place_key(month, r->day, r->group);
        uint8_t entry[ENTRY_BYTES];

        bits_store(entry, ENTRY_LOAD, entry_word(month, r->day, r->load_id));
        bits_store(entry + ENTRY_LOAD, ENTRY_BYTES - ENTRY_LOAD,
                   groups_of(row, n, &i));
        rc = row_read(p, key, -1);
        buf_add(&p->row, entry, sizeof entry);
        if (rc == SQLITE_OK)
            rc = row_write(p, key);
    }
    return rc;
}

/* Of the keys from one to another: the next that has an entry of the load. */
static int
next_with(struct month_places *p, int64_t *from, int64_t to, int64_t load_id)
{
    bool found = false;
    int rc = SQLITE_DONE;

    sqlite3_bind_int64(p->get, 1, *from);
    sqlite3_bind_int64(p->get, 2, to);
    while (!found && (rc = sqlite3_step(p->get)) == SQLITE_ROW) {
        const uint8_t *at;
        size_t n;

        /* What is damaged leads to no rows any more. */
        if (!row_entries(p->get, &at, &n))
            continue;
        for (size_t i = 0; i < n; i++, at += ENTRY_BYTES)
            found |=
                (int64_t)(bits_load(at, ENTRY_LOAD) >> WEEK_BITS) == load_id;
        *from = sqlite3_column_int64(p->get, 0);
    }
    sqlite3_reset(p->get);
    return rc;
}

int
month_places_remove(struct month_places *p, const struct reading_part *part)
{
    int64_t key =
        month_place_key(part->month, part->first_day, part->first_group);
    const int64_t to =
        month_place_key(part->month, part->last_day, part->last_group);
    int rc;

    p->block = -1;
    while ((rc = next_with(p, &key, to, part->load_id)) == SQLITE_ROW) {
        rc = row_read(p, key, part->load_id);
        if (rc == SQLITE_OK)
            rc = row_write(p, key);
        if (rc != SQLITE_OK)
            return rc;
        key++;
    }
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- reading ------------------------------------------------------------- */

/* Keeps a place behind those of earlier days and loads. */
static void
place_keep(struct month_places *p, struct month_place one)
{
    size_t i = p->n;

    if (p->n == p->size) {
        p->size = p->size ? 2 * p->size : 64;
        p->at = mem_grow(p->at, p->size * sizeof *p->at);
    }
    for (; i > 0; i--) {
        const struct month_place *before = &p->at[i - 1];

        if (before->day < one.day ||
            (before->day == one.day && before->load_id <= one.load_id))
            break;
        p->at[i] = *before;
    }
    p->at[i] = one;
    p->n++;
}

/* The places of the row that p->get stands at, if of those days. */
static bool
places_keep(struct month_places *p, int32_t month, int32_t from, int32_t to)
{
    const int64_t week =
        sqlite3_column_int64(p->get, 0) & ((1 << (DAY_BITS - WEEK_BITS)) - 1);
    const int32_t first = month + (int32_t)week * WEEK_DAYS;
    const uint8_t *at;
    size_t n;

    if (!row_entries(p->get, &at, &n))
        return false;
    for (size_t i = 0; i < n; i++, at += ENTRY_BYTES) {
        uint64_t word = bits_load(at, ENTRY_LOAD);
        int32_t day = first + (int32_t)(word & (WEEK_DAYS - 1));

        if (day < from || day > to)
            continue;
        place_keep(p, (struct month_place){
                          .day = day,
                          .load_id = (int64_t)(word >> WEEK_BITS),
                          .groups = (uint32_t)bits_load(
                              at + ENTRY_LOAD, ENTRY_BYTES - ENTRY_LOAD)});
    }
    return true;
}

/* Reads the places of a group's block and some days, unless they were read
 * last. */
static enum db_rc
places_take(struct db *db, struct month_file *f, int64_t group, int32_t from,
            int32_t to)
{
    struct month_places *p = &f->places;
    const int64_t block = group >> PLACE_BITS;
    int rc;

    if (p->block == block && p->from == from && p->to == to)
        return DB_OK;
    p->block = -1;
    p->n = 0;
    sqlite3_bind_int64(p->get, 1, month_place_key(f->month, from, group));
    sqlite3_bind_int64(p->get, 2, month_place_key(f->month, to, group));
    while ((rc = sqlite3_step(p->get)) == SQLITE_ROW) {
        if (!places_keep(p, f->month, from, to)) {
            rc = SQLITE_CORRUPT;
            break;
        }
    }
    sqlite3_reset(p->get);
    if (rc != SQLITE_DONE)
        return month_fail_step(db, f, rc);
    p->block = block;
    p->from = from;
    p->to = to;
    return DB_OK;
}

static enum db_rc
group_by_load(struct db *db, struct month_file *f, int64_t group, int32_t from,
              int32_t to, reading_row_fn *row, void *arg, bool *more)
{
    const uint32_t bit = 1u << (group & (PLACE_GROUPS - 1));
    enum db_rc rc = places_take(db, f, group, from, to);
    int64_t key[MONTH_SOME];
    size_t n = 0;

    for (size_t i = 0; i < f->places.n && rc == DB_OK && *more; i++) {
        const struct month_place *p = &f->places.at[i];

        if (p->groups & bit)
            key[n++] =
                month_day_key(f->layout, f->month, p->day, group, p->load_id);
        if (n < MONTH_SOME && i + 1 < f->places.n)
            continue;
        if (n > 0)
            rc = month_some(db, f, key, n, row, arg, more);
        n = 0;
    }
    return rc;
}

enum db_rc
month_group(struct db *db, struct month_file *f, int64_t group, int32_t from,
            int32_t to, reading_row_fn *row, void *arg, bool *more)
{
    enum db_rc rc = DB_OK;

    if (f->layout == MONTH_BY_LOAD)
        return group_by_load(db, f, group, from, to, row, arg, more);
    for (int32_t day = from; day <= to && rc == DB_OK && *more; day++) {
        int64_t key = month_day_key(f->layout, f->month, day, group, 0);

        rc = month_range(db, f, key, key | LOAD_MASK, row, arg, more);
    }
    return rc;
}

/* ---- checking ------------------------------------------------------------ */

/* Does a place of those days lead to the day row? */
static enum db_rc
place_leads(struct db *db, struct month_file *f, const struct reading_row *r,
            int32_t from, int32_t to, bool *leads)
{
    const struct month_places *p = &f->places;
    enum db_rc rc = places_take(db, f, r->group, from, to);

    *leads = false;
    for (size_t i = 0; rc == DB_OK && i < p->n && !*leads; i++)
        *leads = p->at[i].day == r->day && p->at[i].load_id == r->load_id &&
                 p->at[i].groups >> (r->group & (PLACE_GROUPS - 1)) & 1;
    return rc;
}

enum db_rc
month_place_leads(struct db *db, struct month_file *f,
                  const struct reading_row *r, bool *leads)
{
    *leads = true;
    if (r->month || f->layout != MONTH_BY_LOAD)
        return DB_OK;
    return place_leads(db, f, r, r->day, r->day, leads);
}

struct verifying {
    struct db *db;
    struct month_file *file;
    int64_t key, lost;
    enum db_rc rc;
};

static bool
verify_key(void *arg)
{
    struct verifying *v = arg;
    struct month_file *f = v->file;
    struct reading_row r;
    bool leads;

    month_key_split(f->layout, v->key, f->month, &r);
    v->rc = place_leads(v->db, f, &r, f->month,
                        reading_month_next(f->month) - 1, &leads);
    v->lost += v->rc == DB_OK && !leads;
    return v->rc == DB_OK;
}

enum db_rc
month_places_verify(struct db *db, struct month_file *f,
                    void (*bad)(void *arg, const char *line), void *arg)
{
    struct verifying v = {.db = db, .file = f};
    char day[11], text[160];
    enum db_rc rc = month_read(db, f);

    if (rc != DB_OK)
        return rc;
    if (f->layout == MONTH_BY_LOAD)
        rc = month_note(db, f,
                        conn_each(f->conn,
                                  "SELECT id FROM reading WHERE id >= $1",
                                  IN(in_i64(INT64_C(1) << DAY_ROW_SHIFT)),
                                  OUT(out_i64(&v.key)), verify_key, &v));
    month_done(f);
    if (rc == DB_OK && v.rc == DB_FAIL) {
        snprintf(text, sizeof text, "readings of %.7s: places: %.80s",
                 day_format(day, f->month), db->error);
        bad(arg, text);
        return DB_OK;
    }
    if (rc == DB_OK && v.lost) {
        snprintf(text, sizeof text,
                 "readings of %.7s: no place leads to %lld rows",
                 day_format(day, f->month), (long long)v.lost);
        bad(arg, text);
    }
    return rc == DB_OK ? v.rc : rc;
}
