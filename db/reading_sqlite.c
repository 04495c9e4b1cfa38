/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of readings on SQLite: a file a month, readings/YYYY-MM.db, with one
 * table keyed by one number: load, day of the month, group of points.  So
 * whatever arrives is appended, and a second table says which loads have rows
 * of a group, so that a point's day is one step down a tree (docs/packed-day.md
 * has the figures behind this).  In a month that was rewritten, rows of whole
 * months stand in front of them.
 *
 * A file gets its name only when its table stands.  Each handle keeps the
 * files it used last open, and reads a point's month as it is at one moment.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/reading_month.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/str.h"

#define SPAN_LONG 800 /* days */

/* ---- which months there are ---------------------------------------------- */

/* The month of a file's name, or DAY_NONE. */
static int32_t
name_month(const char *name)
{
    char text[16];
    int32_t day;

    if (strlen(name) != 10 || !str_ends(name, ".db"))
        return DAY_NONE;
    snprintf(text, sizeof text, "%.7s-01", name);
    return day_parse(text, &day) ? day : DAY_NONE;
}

static int
compare_months(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

static enum db_rc
sqlite_months(struct db *db, struct arena *a, struct reading_months *m)
{
    char folder[1024];
    struct dirent *e;
    size_t size = 64;
    DIR *d;

    *m = (struct reading_months){ARENA_NEWN(a, int32_t, size), 0};
    snprintf(folder, sizeof folder, "%.1000s/readings", db_place(db));
    d = opendir(folder);
    if (!d)
        return errno == ENOENT ? DB_OK : month_fail(db, folder);
    while ((e = readdir(d))) {
        int32_t month = name_month(e->d_name);

        if (month == DAY_NONE)
            continue;
        if (m->n == size) {
            int32_t *more = ARENA_NEWN(a, int32_t, 2 * size);

            memcpy(more, m->at, size * sizeof *more);
            m->at = more;
            size *= 2;
        }
        m->at[m->n++] = month;
    }
    closedir(d);
    qsort(m->at, m->n, sizeof *m->at, compare_months);
    return DB_OK;
}

/* ---- reading ------------------------------------------------------------- */

/* One month's days of that span; a month without a file has no rows. */
static enum db_rc
each_of(struct db *db, int32_t month, int64_t point, int32_t from, int32_t to,
        reading_row_fn *row, void *arg, bool *more)
{
    int32_t last = reading_month_next(month) - 1;
    struct month_file *f;
    enum db_rc rc = month_open(db, month, false, &f);

    if (rc != DB_OK)
        return rc == DB_NONE ? DB_OK : rc;
    return month_point(db, f, point, from > month ? from : month,
                       to < last ? to : last, row, arg, more);
}

/* A long span: only the months that there are. */
static enum db_rc
each_there(struct db *db, int64_t point, int32_t from, int32_t to,
           reading_row_fn *row, void *arg)
{
    struct reading_months m;
    struct arena a = {0};
    bool more = true;
    enum db_rc rc = sqlite_months(db, &a, &m);

    for (size_t i = 0; i < m.n && more && rc == DB_OK; i++) {
        if (m.at[i] <= to && reading_month_next(m.at[i]) > from)
            rc = each_of(db, m.at[i], point, from, to, row, arg, &more);
    }
    arena_clear(&a);
    return rc;
}

static enum db_rc
sqlite_each(struct db *db, int64_t point, int32_t from, int32_t to,
            reading_row_fn *row, void *arg)
{
    bool more = true;
    enum db_rc rc = DB_OK;

    if (to - from > SPAN_LONG)
        return each_there(db, point, from, to, row, arg);
    for (int32_t month = day_month_start(from);
         month <= to && more && rc == DB_OK; month = reading_month_next(month))
        rc = each_of(db, month, point, from, to, row, arg, &more);
    return rc;
}

/* Without a transaction: a month is one statement. */
static enum db_rc
sqlite_own(struct db *db, int64_t point, int32_t from, int32_t to,
           reading_row_fn *row, void *arg)
{
    bool more = true;
    enum db_rc rc = DB_OK;

    for (int32_t month = day_month_start(from);
         month <= to && more && rc == DB_OK;
         month = reading_month_next(month)) {
        const int64_t first = month_key(month, point, month, 0);
        struct month_file *f;

        rc = month_open(db, month, false, &f);
        if (rc == DB_OK)
            rc = month_range(db, f, first, first + (1 << POINT_SHIFT) - 1, row,
                             arg, &more);
        else if (rc == DB_NONE)
            rc = DB_OK;
    }
    return rc;
}

static enum db_rc
sqlite_find(struct db *db, int32_t day, const int64_t *group, size_t n,
            reading_row_fn *row, void *arg)
{
    struct month_file *f;
    bool more = true;
    enum db_rc rc = month_open(db, day_month_start(day), false, &f);

    if (rc == DB_NONE)
        return DB_OK;
    if (rc == DB_OK)
        rc = month_read(db, f);
    if (rc != DB_OK)
        return rc;
    for (size_t i = 0; i < n && rc == DB_OK && more; i++) {
        int64_t month = group[i] << LOAD_BITS;

        rc = month_range(db, f, month, month | LOAD_MASK, row, arg, &more);
        if (rc == DB_OK && more)
            rc = month_group(db, f, group[i], day, day, row, arg, &more);
    }
    month_done(f);
    return rc;
}

static enum db_rc
sqlite_scan(struct db *db, int32_t month, reading_row_fn *row, void *arg)
{
    struct month_file *f;
    bool more = true;
    enum db_rc rc = month_open(db, month, false, &f);

    if (rc == DB_NONE)
        return DB_OK;
    if (rc == DB_OK)
        rc = month_read(db, f);
    if (rc != DB_OK)
        return rc;
    rc = month_range(db, f, INT64_MIN, INT64_MAX, row, arg, &more);
    month_done(f);
    return rc;
}

/* Did it fail for what is on the disk? */
static bool
is_damage(const struct db *db)
{
    static const int CODE[] = {SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_IOERR};

    for (size_t i = 0; i < sizeof CODE / sizeof *CODE; i++) {
        if (strstr(db->error, sqlite3_errstr(CODE[i])))
            return true;
    }
    return strstr(db->error, "not a file of a Meterhouse store");
}

struct walking {
    struct db *db;
    struct month_file *file;
    struct reading_place *at;
    size_t left;
    reading_row_fn *row;
    void (*lost)(void *arg, const char *line);
    void *arg;
    int64_t lost_key; /* of the places that were told of last; -1: none */
    enum db_rc rc;
};

/* A damaged page has the places of many groups: so many are told as one. */
#define LOST_GROUPS 1024

static void
lost_tell(struct walking *w, const struct reading_row *r, const char *how)
{
    const int32_t month = w->file->month;
    const int32_t week = (r->day - month) & ~(WEEK_DAYS - 1);
    const long long first = r->group / LOST_GROUPS * LOST_GROUPS;
    char name[11], day[11], text[320];

    snprintf(text, sizeof text,
             "readings of %.7s: places of groups %lld to %lld, %d days from "
             "%s on: %.200s",
             day_format(name, month), first, first + LOST_GROUPS - 1, WEEK_DAYS,
             day_format(day, month + week), how);
    w->lost(w->arg, text);
}

/* Not again for those that were told of a row before. */
static enum db_rc
lost_check(struct walking *w, const struct reading_row *r)
{
    const int64_t key = month_place_key(w->file->month, r->day, r->group);
    bool leads = true;
    enum db_rc rc = DB_OK;

    if (key != w->lost_key)
        rc = month_place_leads(w->db, w->file, r, &leads);
    if (rc != DB_OK && !is_damage(w->db))
        return rc;
    if (rc != DB_OK || !leads) {
        w->lost_key = key;
        lost_tell(w, r, rc == DB_OK ? "none leads to some rows" : w->db->error);
    }
    return DB_OK;
}

static bool
walk_row(void *arg, const struct reading_row *r)
{
    struct walking *w = arg;

    *w->at = (struct reading_place){r->day, r->group, r->key};
    w->row(w->arg, r);
    w->rc = lost_check(w, r);
    return w->rc == DB_OK && --w->left > 0;
}

static enum db_rc
sqlite_walk(struct db *db, int32_t month, struct reading_place *at, size_t most,
            reading_row_fn *row, void (*lost)(void *arg, const char *line),
            void *arg, bool *damaged)
{
    struct month_file *f = NULL;
    bool more = true;
    enum db_rc rc = month_open(db, month, false, &f);
    struct walking w = {db, f, at, most, row, lost, arg, -1, DB_OK};

    if (rc == DB_OK)
        rc = month_read(db, f);
    if (rc == DB_OK) {
        rc = month_range(db, f, at->group < 0 ? 0 : at->key + 1, INT64_MAX,
                         walk_row, &w, &more);
        month_done(f);
    }
    *damaged = rc == DB_FAIL && is_damage(db);
    return rc == DB_OK ? w.rc : rc;
}

/* The key behind a day of a load; then behind more and more loads, since a page
 * may have rows of many.  0: there are none. */
static int64_t
behind_load(int64_t key, int again)
{
    const int load_shift = DAY_BITS + ROW_BITS;
    int64_t load = key >> load_shift & LOAD_MASK;

    if (again == 0)
        return ((key >> ROW_BITS) + 1) << ROW_BITS;
    load += again <= LOAD_BITS ? INT64_C(1) << (again - 1) : LOAD_MASK;
    return load > LOAD_MASK ? 0
                            : INT64_C(1) << DAY_ROW_SHIFT | load << load_shift;
}

/* Past a day of a load or some loads, a day, or some groups' month rows. */
static void
sqlite_skip(struct db *db, int32_t month, struct reading_place *p, int again)
{
    const int64_t key = p->group < 0 ? 0 : p->key;
    const int day = GROUP_BITS + LOAD_BITS;
    struct month_file *f;
    struct reading_row r;

    if (month_open(db, month, false, &f) != DB_OK) {
        *p = READING_PLACE_END;
        return;
    }
    if (!(key >> day))
        p->key = key + (INT64_C(1024) << LOAD_BITS);
    else if (f->layout == MONTH_BY_GROUP)
        p->key = ((key >> day) + 1) << day;
    else
        p->key = behind_load(key, again);
    if (p->key == 0) {
        *p = READING_PLACE_END;
        return;
    }
    month_key_split(f->layout, p->key, month, &r);
    p->day = r.day;
    p->group = r.group;
}

/* ---- writing ------------------------------------------------------------- */

struct adding {
    struct db *db;
    struct month_file *file;
    struct db_conn *conn;
    int32_t month;
    const struct reading_row *row;
    size_t n, at;
};

static bool
add_next(void *arg, struct db_in *in)
{
    struct adding *a = arg;
    const struct reading_row *r = &a->row[a->at];

    if (a->at == a->n)
        return false;
    a->at++;
    in[0] = in_i64(
        month_day_key(a->file->layout, a->month, r->day, r->group, r->load_id));
    in[1] = in_blob(r->data, r->n);
    return true;
}

static enum db_rc
places_rc(struct db *db, struct month_file *f, int rc)
{
    return rc == SQLITE_OK ? DB_OK : month_fail_step(db, f, rc);
}

static enum db_rc
add_all(void *arg)
{
    struct adding *a = arg;
    enum db_rc rc = month_look(a->db, a->file);

    a->at = 0;
    if (rc == DB_OK)
        rc = a->conn->driver->bulk(
            a->conn, "INSERT INTO reading (id, data) VALUES ($1, $2)", NULL, 2,
            add_next, a);
    if (rc != DB_OK || a->file->layout == MONTH_BY_GROUP)
        return rc;
    return places_rc(
        a->db, a->file,
        month_places_add(&a->file->places, a->month, a->row, a->n));
}

static enum db_rc
sqlite_add(struct db *db, int32_t month, const struct reading_row *row,
           size_t n)
{
    struct adding a = {.db = db, .month = month, .row = row, .n = n};
    struct month_file *f;
    enum db_rc rc;

    for (size_t i = 0; i < n; i++) {
        if (month_key_fits(&row[i]))
            continue;
        snprintf(db->error, sizeof db->error,
                 "load %lld, group %lld: past the largest key of readings",
                 (long long)row[i].load_id, (long long)row[i].group);
        return DB_FAIL;
    }
    rc = month_open(db, month, true, &f);
    if (rc != DB_OK)
        return rc;
    a.file = f;
    a.conn = f->conn;
    month_files_tidy(reading_home(db)->files, f);
    return month_note(db, f, conn_tx(f->conn, add_all, &a));
}

struct removing {
    struct db *db;
    struct month_file *file;
    struct db_conn *conn;
    const struct reading_part *part;
    int64_t rows;
    bool left;
};

/* Where the load stands last, it is picked from among the others. */
static enum db_rc
remove_by_group(struct removing *r)
{
    const struct reading_part *p = r->part;
    enum db_rc rc = DB_OK;

    for (int32_t day = p->first_day; day <= p->last_day && rc == DB_OK; day++) {
        int64_t from =
            month_day_key(r->file->layout, p->month, day, p->first_group, 0);
        int64_t to = month_day_key(r->file->layout, p->month, day,
                                   p->last_group, LOAD_MASK);
        int64_t changed = 0;

        rc = conn_run(r->conn,
                      "DELETE FROM reading WHERE id BETWEEN $1 AND $2 "
                      "AND id & 134217727 = $3",
                      IN(in_i64(from), in_i64(to), in_i64(p->load_id)),
                      &changed);
        r->rows += changed;
    }
    return rc;
}

static enum db_rc
remove_by_load(struct removing *r)
{
    const struct reading_part *p = r->part;
    int64_t from =
        month_day_key(r->file->layout, p->month, p->first_day, 0, p->load_id);
    int64_t to = month_day_key(r->file->layout, p->month, p->last_day, ROW_MASK,
                               p->load_id);

    return conn_run(r->conn, "DELETE FROM reading WHERE id BETWEEN $1 AND $2",
                    IN(in_i64(from), in_i64(to)), &r->rows);
}

static enum db_rc
remove_all(void *arg)
{
    struct removing *r = arg;
    const struct reading_part *p = r->part;
    enum db_rc rc = month_look(r->db, r->file);
    bool mixed = r->file->layout == MONTH_BY_GROUP;

    r->rows = 0;
    if (rc == DB_OK)
        rc = mixed ? remove_by_group(r) : remove_by_load(r);
    if (rc == DB_OK && !mixed)
        rc =
            places_rc(r->db, r->file, month_places_remove(&r->file->places, p));
    return rc == DB_OK
               ? month_rows_remove(r->db, r->file, p, &r->rows, &r->left)
               : rc;
}
_Static_assert(LOAD_MASK == 134217727, "the number in those statements");

static enum db_rc
sqlite_remove(struct db *db, const struct reading_part *p, int64_t *rows)
{
    struct removing r = {.part = p};
    struct month_file *f;
    enum db_rc rc = month_open(db, p->month, false, &f);

    *rows = 0;
    if (rc != DB_OK)
        return rc == DB_NONE ? DB_OK : rc;
    r.db = db;
    r.file = f;
    r.conn = f->conn;
    month_files_tidy(reading_home(db)->files, f);
    rc = month_note(db, f, conn_tx(f->conn, remove_all, &r));
    *rows = r.rows;
    return rc == DB_OK && r.left ? DB_AWAY : rc;
}

/* ---- upkeep -------------------------------------------------------------- */

static enum db_rc
sqlite_size(struct db *db, int32_t month, int64_t *bytes)
{
    static const char *const ENDS[] = {"", "-wal"};
    char path[1024], whole[1100];
    struct stat st;

    *bytes = 0;
    month_path(db, month, path);
    for (size_t i = 0; i < 2; i++) {
        snprintf(whole, sizeof whole, "%s%s", path, ENDS[i]);
        if (stat(whole, &st) == 0)
            *bytes += st.st_size;
    }
    return DB_OK;
}

struct verifying {
    char line[256];
    int32_t month;
    void (*bad)(void *arg, const char *line);
    void *arg;
};

static bool
verify_row(void *arg)
{
    struct verifying *v = arg;
    char day[11], text[300];

    if (str_eq(v->line, "ok"))
        return true;
    snprintf(text, sizeof text, "readings of %.7s: %s",
             day_format(day, v->month), v->line);
    v->bad(v->arg, text);
    return true;
}

static enum db_rc
sqlite_verify(struct db *db, int32_t month,
              void (*bad)(void *arg, const char *line), void *arg)
{
    struct verifying v = {.month = month, .bad = bad, .arg = arg};
    struct month_file *f;
    enum db_rc rc = month_open(db, month, false, &f);

    if (rc != DB_OK)
        return rc == DB_NONE ? DB_OK : rc;
    rc = month_note(db, f,
                    conn_each(f->conn,
                              "SELECT substr(integrity_check, 1, 250) "
                              "FROM pragma_integrity_check(100)",
                              IN_NONE, OUT(out_text(v.line, sizeof v.line)),
                              verify_row, &v));
    return rc == DB_OK ? month_places_verify(db, f, bad, arg) : rc;
}

const struct reading_engine READING_SQLITE = {
    .each = sqlite_each,
    .own = sqlite_own,
    .find = sqlite_find,
    .span = month_span,
    .add = sqlite_add,
    .remove = sqlite_remove,
    .rewrite = month_rewrite,
    .drop = month_drop,
    .months = sqlite_months,
    .scan = sqlite_scan,
    .walk = sqlite_walk,
    .skip = sqlite_skip,
    .size = sqlite_size,
    .verify = sqlite_verify,
    .checkpoint = month_files_checkpoint,
    .close = month_files_close,
};
