/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many points as one stream.  A chunk of points is cut into pieces of about
 * PIECE_DAYS meter-days; thread k makes pieces k, k + threads and so on, into a
 * place of its own that the writer empties in order.
 */
#include "api/usage/bulk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/usage/export_out.h"
#include "db/rc.h"
#include "server/base/str.h"

#define PIECE_DAYS   1024 /* 4 MB of CSV */
#define THREADS_MOST 16

struct point_span {
    struct point point;
    const struct tz *zone;
    int32_t from, to;
};

/* One thread, and the piece that it made last. */
struct maker {
    struct bulk *b;
    struct db *db;
    pthread_t thread;
    pthread_cond_t turned; /* full or empty now */
    struct buf piece;
    bool full, started;
    enum fault fault; /* of the piece */
    int64_t points, days;
    struct point_span *span; /* of the piece: those that may be read */
    size_t n;
    const struct point_span *now; /* being written */
    struct export_out out;
};

struct bulk {
    const struct bulk_ask *ask;
    const struct conf *conf;
    struct load_stamp at;
    int64_t id[BULK_POINTS]; /* of the chunk's points */
    size_t n, per_piece, pieces;
    pthread_mutex_t lock;
    pthread_cond_t work; /* a chunk is there, or the end */
    int64_t chunk;       /* raised by each */
    bool ends, stopped;
    struct maker maker[THREADS_MOST];
    int threads;
};

/* ---- making ------------------------------------------------------------- */

/* The next day of a point of the piece, whose points come in their order. */
static bool
take_day(void *arg, const struct reading_day *d,
         const struct reading_version *v)
{
    struct maker *m = arg;

    if (!m->now || m->now->point.id != d->point_id) {
        m->now = m->now ? m->now + 1 : m->span;
        while (m->now->point.id != d->point_id)
            m->now++;
        m->out.point = m->now->point;
        m->out.zone = m->now->zone;
        m->points++;
    }
    if (d->day < m->now->from || d->day > m->now->to)
        return true;
    export_day(&m->out, d, v);
    m->days++;
    return true;
}

/* What the actor may read of a point, as far as it was asked for. */
static enum fault
span_point(struct maker *m, int64_t id)
{
    const struct bulk_ask *ask = m->b->ask;
    struct point_span *p = &m->span[m->n];
    enum fault f =
        db_fault(m->db, db_point_by_id(m->db, id, &p->point), "export");

    if (f != FAULT_NONE)
        return f;
    p->zone = tz_get(p->point.zone);
    if (!p->zone)
        return FAULT_OURS;
    f = agreement_window(m->db, ask->who, m->b->conf, id,
                         tz_day_of(p->zone, ask->now_utc), false, &p->from,
                         &p->to);
    if (f == FAULT_NOT_FOUND)
        return FAULT_NONE;
    p->from = p->from > ask->from ? p->from : ask->from;
    p->to = p->to < ask->to ? p->to : ask->to;
    m->n += f == FAULT_NONE && p->from <= p->to;
    return f;
}

static enum fault
span_points(struct maker *m, size_t piece)
{
    const struct bulk *b = m->b;
    const size_t from = piece * b->per_piece, to = from + b->per_piece;
    enum fault f = FAULT_NONE;

    m->n = 0;
    for (size_t i = from; i < to && i < b->n && f == FAULT_NONE; i++)
        f = span_point(m, b->id[i]);
    return f;
}

static enum fault
make_piece(struct maker *m, size_t piece)
{
    const struct point_span *p = m->span;
    struct reading_ask ask = {.at = &m->b->at};
    enum fault f = span_points(m, piece);
    int64_t id[PIECE_DAYS];

    m->piece.len = 0;
    if (f != FAULT_NONE || !m->n)
        return f;
    ask.from_day = p->from;
    ask.to_day = p->to;
    for (size_t i = 0; i < m->n; i++) {
        id[i] = p[i].point.id;
        ask.from_day = p[i].from < ask.from_day ? p[i].from : ask.from_day;
        ask.to_day = p[i].to > ask.to_day ? p[i].to : ask.to_day;
    }
    m->out.to = &m->piece;
    m->now = NULL;
    return db_fault(
        m->db, reading_read_many(m->db, &ask, id, m->n, take_day, m), "export");
}

/* Waits until the piece before was taken, then hands over this one; false when
 * nobody wants it any more. */
static bool
hand_over(struct maker *m, enum fault f)
{
    struct bulk *b = m->b;
    bool good;

    pthread_mutex_lock(&b->lock);
    m->fault = f;
    m->full = true;
    pthread_cond_signal(&m->turned);
    while (m->full && !b->stopped)
        pthread_cond_wait(&m->turned, &b->lock);
    good = f == FAULT_NONE && !b->stopped;
    pthread_mutex_unlock(&b->lock);
    return good;
}

static void *
maker_run(void *arg)
{
    struct maker *m = arg;
    struct bulk *b = m->b;
    size_t first = (size_t)(m - b->maker), pieces;
    int64_t done = 0;
    bool good = true;

    while (good) {
        pthread_mutex_lock(&b->lock);
        while (b->chunk == done && !b->ends)
            pthread_cond_wait(&b->work, &b->lock);
        good = !b->ends;
        done = b->chunk;
        pieces = b->pieces;
        pthread_mutex_unlock(&b->lock);
        for (size_t i = first; good && i < pieces; i += (size_t)b->threads)
            good = hand_over(m, make_piece(m, i));
    }
    return NULL;
}

/* ---- writing ------------------------------------------------------------ */

/* Pieces of a chunk, in order. */
static enum fault
write_chunk(struct bulk *b, struct bulk_counts *n, char why[512])
{
    for (size_t i = 0; i < b->pieces; i++) {
        struct maker *m = &b->maker[i % (size_t)b->threads];
        enum fault f;

        pthread_mutex_lock(&b->lock);
        while (!m->full)
            pthread_cond_wait(&m->turned, &b->lock);
        f = m->fault;
        pthread_mutex_unlock(&b->lock);
        if (f != FAULT_NONE)
            str_copy(why, 512, db_error(m->db));
        else if (m->piece.len &&
                 !b->ask->write(b->ask->arg, m->piece.at, m->piece.len))
            f = FAULT_OURS;
        n->bytes += (int64_t)m->piece.len;
        pthread_mutex_lock(&b->lock);
        m->full = false;
        pthread_cond_signal(&m->turned);
        pthread_mutex_unlock(&b->lock);
        if (f != FAULT_NONE)
            return f;
    }
    return FAULT_NONE;
}

static bool
next_chunk(struct bulk *b, struct db *db, int64_t after, int64_t *last)
{
    int n = b->ask->points(b->ask->arg, db, after, b->id, BULK_POINTS);

    b->n = n < 0 ? 0 : (size_t)n;
    *last = n > 0 ? b->id[n - 1] : 0;
    return n >= 0;
}

static void
give_chunk(struct bulk *b)
{
    pthread_mutex_lock(&b->lock);
    b->pieces = (b->n + b->per_piece - 1) / b->per_piece;
    b->chunk++;
    pthread_cond_broadcast(&b->work);
    pthread_mutex_unlock(&b->lock);
}

static enum fault
write_all(struct bulk *b, struct db *db, struct bulk_counts *n, char why[512])
{
    int64_t after = 0;
    enum fault f = FAULT_NONE;

    do {
        if (!next_chunk(b, db, after, &after)) {
            str_copy(why, 512, db_error(db));
            return FAULT_OURS;
        }
        if (b->n == 0)
            continue;
        give_chunk(b);
        f = write_chunk(b, n, why);
    } while (after && f == FAULT_NONE);
    return f;
}

static void
end_makers(struct bulk *b, struct bulk_counts *n)
{
    pthread_mutex_lock(&b->lock);
    b->ends = b->stopped = true;
    pthread_cond_broadcast(&b->work);
    for (int i = 0; i < b->threads; i++)
        pthread_cond_broadcast(&b->maker[i].turned);
    pthread_mutex_unlock(&b->lock);
    for (int i = 0; i < b->threads; i++) {
        struct maker *m = &b->maker[i];

        if (m->started)
            pthread_join(m->thread, NULL);
        if (m->db)
            db_close(m->db);
        buf_clear(&m->piece);
        free(m->span);
        pthread_cond_destroy(&m->turned);
        n->points += m->points;
        n->days += m->days;
    }
}

static enum fault
start_makers(struct bulk *b, struct db *db, char why[512])
{
    for (int i = 0; i < b->threads; i++) {
        struct maker *m = &b->maker[i];

        m->b = b;
        m->out.ask.format = b->ask->format;
        m->span = mem_new(b->per_piece * sizeof *m->span);
        export_receiver(&m->out, b->conf);
        pthread_cond_init(&m->turned, NULL);
    }
    for (int i = 0; i < b->threads; i++) {
        struct maker *m = &b->maker[i];

        if (db_open(db_store(db), DB_READ, &m->db, why) != DB_OK)
            return FAULT_OURS;
        m->started = pthread_create(&m->thread, NULL, maker_run, m) == 0;
        if (!m->started) {
            snprintf(why, 512, "no thread could be started");
            return FAULT_OURS;
        }
    }
    return FAULT_NONE;
}

static bool
write_head(struct bulk *b, struct bulk_counts *n)
{
    struct buf head = {0};
    struct export_out o = {.ask = {.format = b->ask->format}, .to = &head};
    bool good = true;

    export_head(&o);
    n->bytes += (int64_t)head.len;
    if (head.len)
        good = b->ask->write(b->ask->arg, head.at, head.len);
    buf_clear(&head);
    return good;
}

static size_t
points_of_piece(const struct bulk_ask *ask)
{
    int32_t days = ask->to - ask->from + 1;

    return days < PIECE_DAYS ? (size_t)(PIECE_DAYS / days) : 1;
}

enum fault
usage_bulk(struct db *db, const struct conf *conf, const struct bulk_ask *ask,
           struct bulk_counts *n, char why[512])
{
    struct bulk *b = mem_new(sizeof *b);
    enum fault f;

    *n = (struct bulk_counts){0};
    why[0] = '\0';
    b->ask = ask;
    b->conf = conf;
    b->threads = ask->threads < 1              ? 1
                 : ask->threads > THREADS_MOST ? THREADS_MOST
                                               : ask->threads;
    b->per_piece = points_of_piece(ask);
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->work, NULL);
    f = db_fault(db, db_load_stamp(db, &b->at), "export");
    if (f == FAULT_NONE)
        f = start_makers(b, db, why);
    if (f == FAULT_NONE && !write_head(b, n))
        f = FAULT_OURS;
    if (f == FAULT_NONE)
        f = write_all(b, db, n, why);
    end_makers(b, n);
    pthread_cond_destroy(&b->work);
    pthread_mutex_destroy(&b->lock);
    free(b);
    return f;
}
