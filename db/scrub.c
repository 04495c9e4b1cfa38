/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step of the scrub reads rows in the order of their keys from where the last
 * one stopped, for a while, and writes down where it stopped, in one
 * transaction with what it found.  Rows that come meanwhile behind it are for
 * the next pass; a month that is gone, or is to go, is passed over.
 *
 * What an engine cannot read (a damaged page) is a finding too: it is passed
 * over, a day or a group of points at a time, and after some of them the rest
 * of the month.
 */
#include "db/scrub.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/audit.h"
#include "db/reading.h"
#include "db/reading_home.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define ROW_BUCKETS  256 /* of PostgreSQL's key */
#define ROWS         256 /* read at a time */
#define BLIND_MOST   32  /* places passed over, then the rest of the month */
#define STEP_MOST    200 /* findings of one step, which then ends */
#define AUDIT_AT_ONE 500 /* audit records read at a time */

enum stage { STAGE_NONE, STAGE_READINGS, STAGE_AUDIT };

struct scrub {
    struct db *db;
    int64_t now, step, pass, checked, records;
    int32_t stage, month;
    int32_t floor; /* months before it are being dropped */
    struct reading_place at;
    struct audit_cursor audit;
    struct arena arena;
    struct reading_row kept[ROWS]; /* their bytes lie in the arena */
    size_t n;
    struct reading_day day;
    struct scrub_finding *finding;
    size_t findings, room;
    bool ended;
};

/* ---- findings ------------------------------------------------------------ */

static struct scrub_finding *
finding_add(struct scrub *s, const char *kind)
{
    struct scrub_finding *f;

    if (s->findings == s->room) {
        s->room = s->room ? 2 * s->room : 16;
        s->finding = mem_grow(s->finding, s->room * sizeof *s->finding);
    }
    f = &s->finding[s->findings++];
    *f = (struct scrub_finding){.month = s->month};
    str_copy(f->kind, sizeof f->kind, kind);
    return f;
}

static void
bad_record(struct scrub *s, const struct row_key *k)
{
    struct scrub_finding *f = finding_add(s, "record");
    char month[11], day[11];

    f->day = k->day;
    f->load_id = k->load_id;
    f->point_id = k->point_id;
    f->channel = k->channel;
    snprintf(f->line, sizeof f->line,
             "readings of %.7s: load %lld, group %lld, point %lld, %s, channel "
             "%d: the record is damaged",
             day_format(month, s->month), (long long)k->load_id,
             (long long)row_group(k->point_id), (long long)k->point_id,
             day_format(day, k->day), k->channel);
}

static void
bad_row(struct scrub *s, const struct reading_row *r)
{
    struct scrub_finding *f = finding_add(s, "row");
    char month[11], day[11];

    f->day = r->day;
    f->load_id = r->load_id;
    f->point_id = r->month ? r->point_id : r->group * ROW_POINTS;
    day_format(month, s->month);
    day_format(day, r->day);
    if (r->month)
        snprintf(f->line, sizeof f->line,
                 "readings of %.7s: group %lld, point %lld, days from %s on: "
                 "the row is damaged",
                 month, (long long)r->group, (long long)r->point_id, day);
    else
        snprintf(f->line, sizeof f->line,
                 "readings of %.7s: load %lld, group %lld (points %lld to "
                 "%lld), %s: the row is damaged",
                 month, (long long)r->load_id, (long long)r->group,
                 (long long)r->group * ROW_POINTS,
                 (long long)r->group * ROW_POINTS + ROW_POINTS - 1, day);
}

static void
bad_source(struct scrub *s, int64_t load_id)
{
    struct scrub_finding *f = finding_add(s, "load");

    f->load_id = load_id;
    snprintf(f->line, sizeof f->line,
             "load %lld: what its records have in common cannot be read",
             (long long)load_id);
}

/* Rows after s->at that the engine cannot give. */
static void
bad_place(struct scrub *s)
{
    struct scrub_finding *f = finding_add(s, "file");
    char month[11], day[11];

    f->day = s->at.day;
    f->point_id = s->at.group > 0 ? s->at.group * ROW_POINTS : 0;
    snprintf(f->line, sizeof f->line,
             "readings of %.7s: after %s, group %lld: cannot be read: %.200s",
             day_format(month, s->month), day_format(day, s->at.day),
             (long long)s->at.group, s->db->error);
}

/* Many rows may have one place. */
static void
lost_place(void *arg, const char *line)
{
    struct scrub *s = arg;
    struct scrub_finding *f;

    for (size_t i = s->findings; i > 0; i--) {
        if (str_eq(s->finding[i - 1].line, line))
            return;
    }
    f = finding_add(s, "place");
    str_copyn(f->line, sizeof f->line, line, strnlen(line, 399));
}

static void
bad_audit(void *arg, const char *line)
{
    struct scrub *s = arg;
    struct scrub_finding *f = finding_add(s, "audit");

    f->month = 0;
    str_copyn(f->line, sizeof f->line, line, strnlen(line, 399));
}

/* ---- rows ---------------------------------------------------------------- */

static bool
row_keep(void *arg, const struct reading_row *row)
{
    struct scrub *s = arg;
    struct reading_row *k = &s->kept[s->n++];

    *k = *row;
    k->data =
        (const uint8_t *)arena_dupn(&s->arena, (const char *)row->data, row->n);
    return s->n < ROWS;
}

static enum db_rc
record_check(struct scrub *s, const struct row_record *r)
{
    const struct load_info *load;
    struct reading_sum sum;
    enum db_rc rc = load_info_get(s->db, r->key.load_id, &load);

    s->records++;
    if (rc == DB_FAIL)
        bad_source(s, r->key.load_id);
    else if (rc == DB_OK && (!row_unpack(r, &load->source, &s->day) ||
                             !row_sum(r, &load->source, &sum)))
        bad_record(s, &r->key);
    /* DB_NONE: the load was taken back a moment ago */
    return rc == DB_BUSY ? rc : DB_OK;
}

static enum db_rc
rows_check(struct scrub *s)
{
    enum db_rc rc = DB_OK;

    for (size_t i = 0; i < s->n && rc == DB_OK; i++) {
        struct row_record r;
        struct row_walk w;

        row_open(&w, &s->kept[i]);
        while (rc == DB_OK && row_next(&w, &r))
            rc = record_check(s, &r);
        if (w.bad)
            bad_row(s, &s->kept[i]);
    }
    return rc;
}

/* The next month that there is, from s->month on; none: the audit log. */
static enum db_rc
month_next(struct scrub *s, int32_t from)
{
    struct reading_months m;
    struct arena a = {0};
    enum db_rc rc = reading_home(s->db)->engine->months(s->db, &a, &m);
    size_t i = 0;

    from = from > s->floor ? from : s->floor;
    while (rc == DB_OK && i < m.n && m.at[i] < from)
        i++;
    if (rc == DB_OK && i < m.n) {
        s->month = m.at[i];
        s->at = (struct reading_place){s->month, -1, 0};
    } else if (rc == DB_OK) {
        s->stage = STAGE_AUDIT;
        s->audit = AUDIT_CURSOR_START;
    }
    arena_clear(&a);
    return rc;
}

/* Reads some rows and checks them; those before damage come as well. */
static enum db_rc
rows_some(struct scrub *s, bool *damaged)
{
    const struct reading_engine *e = reading_home(s->db)->engine;
    enum db_rc rc;

    *damaged = false;
    s->n = 0;
    arena_reset(&s->arena);
    rc = e->walk(s->db, s->month, &s->at, ROWS, row_keep, lost_place, s,
                 damaged);
    if (rc != DB_OK && !*damaged)
        return rc;
    return rows_check(s);
}

/* What cannot be read is noted once, and passed over until rows come again. */
static enum db_rc
blind(struct scrub *s)
{
    const struct reading_engine *e = reading_home(s->db)->engine;
    bool damaged = true;
    enum db_rc rc = DB_OK;

    bad_place(s);
    for (int i = 0; i < BLIND_MOST && damaged && rc == DB_OK; i++) {
        e->skip(s->db, s->month, &s->at, i);
        rc = rows_some(s, &damaged);
        if (s->n > 0)
            return rc;
    }
    if (damaged)
        s->at = READING_PLACE_END;
    return rc;
}

static enum db_rc
readings_some(struct scrub *s)
{
    bool damaged;
    enum db_rc rc;

    if (s->month == 0 || s->at.day == READING_PLACE_END.day ||
        s->month < s->floor)
        return month_next(s, s->month + (s->month != 0));
    rc = rows_some(s, &damaged);
    if (rc == DB_NONE)
        return month_next(s, s->month + 1);
    if (rc != DB_OK)
        return rc;
    if (damaged)
        return blind(s);
    return s->n < ROWS ? month_next(s, s->month + 1) : DB_OK;
}

static enum db_rc
audit_some(struct scrub *s)
{
    enum db_rc rc = db_audit_check_some(s->db, &s->audit, AUDIT_AT_ONE,
                                        &s->records, bad_audit, s);

    s->ended = rc == DB_OK && s->audit.ended;
    return rc;
}

/* ---- where it stands ----------------------------------------------------- */

static enum db_rc
state_get(struct scrub *s)
{
    enum db_rc rc = db_one(
        s->db, DB_ACCOUNT,
        "SELECT step, pass, stage, checked, month, day, point_group, place, "
        "audit_chain, audit_n, audit_hash FROM upkeep WHERE id = 1",
        IN_NONE,
        OUT(out_i64(&s->step), out_i64(&s->pass), out_i32(&s->stage),
            out_i64(&s->checked), out_i32(&s->month), out_i32(&s->at.day),
            out_i64(&s->at.group), out_i64(&s->at.key),
            out_i64(&s->audit.chain), out_i64(&s->audit.n),
            out_text(s->audit.hash, sizeof s->audit.hash)));

    return rc == DB_OK && s->stage == STAGE_NONE ? DB_NONE : rc;
}

static enum db_rc
finding_put(struct db *db, const struct scrub *s, const struct scrub_finding *f)
{
    return db_run(
        db, DB_ACCOUNT,
        "INSERT INTO scrub_finding (line, kind, month, day, load_id, point_id, "
        "channel, found_utc, pass, gone_utc) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) "
        "ON CONFLICT (line) DO UPDATE SET pass = excluded.pass, "
        "found_utc = CASE WHEN scrub_finding.gone_utc = 0 "
        "THEN scrub_finding.found_utc ELSE excluded.found_utc END, "
        "gone_utc = 0",
        IN(in_text(f->line), in_text(f->kind), in_i64(f->month), in_i64(f->day),
           in_i64(f->load_id), in_i64(f->point_id), in_i64(f->channel),
           in_i64(s->now), in_i64(s->pass)),
        NULL);
}

/* What no record of this pass spoke of is well again. */
static enum db_rc
pass_end(struct db *db, const struct scrub *s)
{
    enum db_rc rc = db_run(db, DB_ACCOUNT,
                           "UPDATE scrub_finding SET gone_utc = $2 "
                           "WHERE gone_utc = 0 AND pass < $1",
                           IN(in_i64(s->pass), in_i64(s->now)), NULL);

    if (rc == DB_OK)
        rc = db_run(db, DB_ACCOUNT,
                    "UPDATE upkeep SET stage = 0, done_began_utc = began_utc, "
                    "done_utc = $1, done_checked = checked WHERE id = 1",
                    IN(in_i64(s->now)), NULL);
    return rc;
}

static enum db_rc
state_put(struct db *db, void *arg)
{
    const struct scrub *s = arg;
    int64_t changed = 0;
    enum db_rc rc = db_run(
        db, DB_ACCOUNT,
        "UPDATE upkeep SET step = step + 1, stage = $2, checked = $3, "
        "month = $4, day = $5, point_group = $6, place = $7, "
        "audit_chain = $8, audit_n = $9, audit_hash = $10 "
        "WHERE id = 1 AND step = $1",
        IN(in_i64(s->step), in_i64(s->stage), in_i64(s->checked + s->records),
           in_i64(s->month), in_i64(s->at.day), in_i64(s->at.group),
           in_i64(s->at.key), in_i64(s->audit.chain), in_i64(s->audit.n),
           in_text(s->audit.hash)),
        &changed);

    if (rc == DB_OK && !changed)
        return DB_NONE;
    for (size_t i = 0; i < s->findings && rc == DB_OK; i++)
        rc = finding_put(db, s, &s->finding[i]);
    return rc == DB_OK && s->ended ? pass_end(db, s) : rc;
}

/* ---- the calls ------------------------------------------------------------*/

enum db_rc
db_scrub_begin(struct db *db, int64_t now)
{
    int64_t changed = 0;
    enum db_rc rc =
        db_run(db, DB_ACCOUNT,
               "UPDATE upkeep SET step = step + 1, pass = pass + 1, stage = 1, "
               "began_utc = $1, checked = 0, month = 0, day = 0, "
               "point_group = 0, place = 0, audit_chain = 0, audit_n = 0, "
               "audit_hash = '' WHERE id = 1 AND stage = 0",
               IN(in_i64(now)), &changed);

    return rc == DB_OK && !changed ? DB_NONE : rc;
}

static enum db_rc
some(struct scrub *s, double seconds)
{
    double until = clock_monotonic() + seconds;
    struct reading_view v; /* keeps what is known of loads */
    enum db_rc rc = reading_view_open(s->db, &v);

    s->floor = v.floor;
    do {
        if (rc == DB_OK)
            rc = s->stage == STAGE_READINGS ? readings_some(s) : audit_some(s);
    } while (rc == DB_OK && !s->ended && s->findings < STEP_MOST &&
             clock_monotonic() < until);
    reading_view_close(s->db, &v);
    return rc;
}

enum db_rc
db_scrub_step(struct db *db, int64_t now, double seconds, struct scrub_step *to)
{
    struct scrub *s = mem_new(sizeof *s);
    enum db_rc rc;

    *to = (struct scrub_step){0};
    s->db = db;
    s->now = now;
    rc = state_get(s);
    if (rc == DB_OK)
        rc = some(s, seconds);
    if (rc == DB_OK)
        rc = db_tx(db, DB_ACCOUNT, state_put, s);
    if (rc == DB_OK) {
        *to = (struct scrub_step){s->records, (int64_t)s->findings, s->ended};
        for (size_t i = 0; i < s->findings; i++)
            log_ours("damage found", "what=%s", s->finding[i].line);
    }
    arena_clear(&s->arena);
    free(s->finding);
    free(s);
    return rc;
}

/* Of its month, in thousandths: PostgreSQL's order is led by the bucket,
 * SQLite's by the day. */
static int64_t
month_share(const struct scrub *s)
{
    int32_t length = reading_month_next(s->month) - s->month;
    int32_t gone = s->at.day - s->month;

    if (s->at.group < 0)
        return 0;
    if (s->db->engine == DB_POSTGRES)
        return s->at.group % ROW_BUCKETS * 1000 / ROW_BUCKETS;
    return gone < length ? gone * 1000 / length : 1000;
}

enum db_rc
db_scrub_share(struct db *db, int64_t *thousandths)
{
    const struct reading_engine *e = reading_home(db)->engine;
    struct scrub s = {.db = db};
    int64_t all = 0, behind = 0, bytes;
    struct reading_months m = {0};
    struct arena a = {0};
    enum db_rc rc = state_get(&s);

    if (rc == DB_OK)
        rc = reading_floor_get(db, &s.floor);
    if (rc == DB_OK)
        rc = e->months(db, &a, &m);
    for (size_t i = 0; rc == DB_OK && i < m.n; i++) {
        if (m.at[i] < s.floor)
            continue;
        rc = e->size(db, m.at[i], &bytes);
        all += bytes;
        if (m.at[i] < s.month || s.stage == STAGE_AUDIT)
            behind += bytes;
        else if (m.at[i] == s.month)
            behind += bytes / 1000 * month_share(&s);
    }
    arena_clear(&a);
    *thousandths = all > 0 ? behind / (all / 1000 + 1) : 1000;
    return rc;
}
