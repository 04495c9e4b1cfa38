/* SPDX-License-Identifier: Apache-2.0 */
/* The loader: its threads, its batches, and the loop that writes. */
#include "config.h"

#include "api/feed/load.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/feed/keep.h"
#include "api/feed/load_parts.h"
#include "db/reading.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/str.h"

#define WAIT_SECONDS 60 /* for a server of readings */
#define ASIDE        10 /* niceness */
#define BEHIND       3

/* ---- batches ----------------------------------------------------------------
 */

size_t
batch_bytes(const struct batch *b)
{
    return b->packed.len + b->texts.len + b->text.len +
           b->n * sizeof *b->records + b->r.n_rejects * sizeof *b->r.rejects;
}

void
batch_reset(struct batch *b)
{
    if (b->bytes > BATCH_KEEP) {
        batch_clear(b);
        *b = (struct batch){.file = 0};
    }
    b->packed.len = b->texts.len = b->text.len = b->n = 0;
    b->refused = b->failed = false;
    b->kind = &FEED_UNKNOWN;
    load_cover_reset(b);
    b->r = (struct feed_result){.rejects = b->r.rejects,
                                .l.started_utc = clock_now()};
}

void
batch_clear(struct batch *b)
{
    buf_clear(&b->packed);
    buf_clear(&b->texts);
    buf_clear(&b->text);
    free(b->records);
    free(b->r.rejects);
    coverage_sum_free(b->cover);
}

void
batch_reject(struct batch *b, const struct feed_reject *j)
{
    if (b->r.n_rejects == b->rejects_room) {
        b->rejects_room = b->rejects_room > 0 ? 2 * b->rejects_room : 16;
        b->r.rejects =
            mem_grow(b->r.rejects, b->rejects_room * sizeof *b->r.rejects);
    }
    b->r.rejects[b->r.n_rejects++] = *j;
}

void
batch_warn(struct batch *b, uint32_t bits)
{
    for (; bits != 0; bits &= bits - 1)
        b->r.warnings[__builtin_ctz(bits)]++;
}

void
batch_refuse(struct batch *b, enum feed_code code, const char *note)
{
    struct feed_reject j = {.field = lse_field_text(LSE_FIELD_FILE),
                            .day = DAY_NONE};

    feed_reject_code(&j, code);
    str_copyn(j.note, sizeof j.note, note, strnlen(note, sizeof j.note - 1));
    b->refused = true;
    b->r.n_rejects = 0;
    b->n = b->packed.len = b->texts.len = 0;
    memset(b->r.warnings, 0, sizeof b->r.warnings);
    b->r.l.n.warned = 0;
    batch_reject(b, &j);
}

void
feed_result_clear(struct feed_result *r)
{
    free(r->rejects);
    r->rejects = NULL;
    r->n_rejects = 0;
}

/* ---- setting up
 * ---------------------------------------------------------------
 */

static void
measure_files(struct loader *ld)
{
    ld->size = mem_new((ld->n + 1) * sizeof *ld->size);
    for (size_t i = 0; i < ld->n; i++) {
        struct stat st;

        ld->size[i] = stat(ld->paths[i], &st) == 0 && S_ISREG(st.st_mode)
                          ? (int64_t)st.st_size
                          : 0;
        ld->bytes += ld->size[i];
    }
}

static void
loader_init(struct loader *ld)
{
    queue_init(&ld->blocks, BLOCKS);
    queue_init(&ld->free_blocks, BLOCKS);
    queue_init(&ld->batches, BATCHES);
    queue_init(&ld->free_batches, BATCHES);
    pthread_rwlock_init(&ld->map_lock, NULL);
    ld->block = mem_new(BLOCKS * sizeof *ld->block);
    ld->batch = mem_new(BATCHES * sizeof *ld->batch);
    for (size_t i = 0; i < BLOCKS; i++)
        queue_put(&ld->free_blocks, &ld->block[i]);
    for (size_t i = 0; i < BATCHES; i++)
        queue_put(&ld->free_batches, &ld->batch[i]);
    measure_files(ld);
    if (ld->o.lock_seconds <= 0)
        ld->o.lock_seconds = 60;
    ld->now_utc = clock_now();
    ld->zone = tz_get(ld->conf->default_zone);
    ld->last_done = clock_monotonic();
}

static void
loader_clear(struct loader *ld)
{
    for (size_t i = 0; i < BATCHES; i++)
        batch_clear(&ld->batch[i]);
    free(ld->block);
    free(ld->batch);
    free(ld->size);
    point_book_close(&ld->book);
    pthread_rwlock_destroy(&ld->map_lock);
    queue_clear(&ld->blocks);
    queue_clear(&ld->free_blocks);
    queue_clear(&ld->batches);
    queue_clear(&ld->free_batches);
}

/* ---- the loop
 * -----------------------------------------------------------------
 */

static void
tell_progress(struct loader *ld, double start)
{
    struct feed_progress p = {
        .files = ld->n,
        .files_done = atomic_load(&ld->written),
        .bytes = ld->bytes,
        .bytes_done =
            (atomic_load(&ld->parsed_done) + atomic_load(&ld->written_done)) /
            2,
        .records = atomic_load(&ld->records),
        .text = atomic_load(&ld->text),
        .seconds = clock_monotonic() - start,
    };

    if (ld->o.progress != NULL)
        ld->o.progress(ld->o.progress_arg, &p);
}

static struct batch *
next_batch(struct loader *ld, double start)
{
    struct batch *b;

    do {
        b = ld->o.progress == NULL
                ? queue_take(&ld->batches)
                : queue_take_within(&ld->batches, PROGRESS_SECONDS);
        tell_progress(ld, start);
    } while (b == NULL && !queue_is_over(&ld->batches));
    return b;
}

/* Writes one batch and hands its result over. */
static bool
finish_batch(struct loader *ld, struct batch *b,
             bool (*done)(void *arg, const struct feed_result *r), void *arg)
{
    bool ok = load_write(ld, b), go_on;
    double now = clock_monotonic();

    b->r.seconds = now - ld->last_done;
    ld->last_done = now;
    atomic_fetch_add(&ld->written_done, (long long)ld->size[b->file]);
    atomic_fetch_sub(&ld->waiting, b->bytes);
    atomic_store(&ld->written, b->file + 1);
    go_on = done(arg, &b->r);
    queue_put(&ld->free_batches, b);
    return ok && go_on;
}

/* Stops the threads; whatever they wait for is closed. */
static void
stop(struct loader *ld)
{
    atomic_store(&ld->stop, true);
    queue_close(&ld->blocks);
    queue_close(&ld->free_blocks);
    queue_close(&ld->batches);
    queue_close(&ld->free_batches);
}

void
feed_stand_aside(bool behind)
{
    const id_t self = (id_t)gettid();
    const int nice = ASIDE + (behind ? BEHIND : 0);

    if (getpriority(PRIO_PROCESS, self) < nice)
        setpriority(PRIO_PROCESS, self, nice);
}

static bool
run(struct loader *ld, bool (*done)(void *arg, const struct feed_result *r),
    void *arg)
{
    double start = clock_monotonic();
    pthread_t reader, parser;
    struct batch *b;
    bool ok = true;

    if (pthread_create(&reader, NULL, load_read_run, ld) != 0) {
        stop(ld);
        return false;
    }
    if (pthread_create(&parser, NULL, load_parse_run, ld) != 0) {
        stop(ld);
        pthread_join(reader, NULL);
        return false;
    }
    pthread_setname_np(reader, "load-read");
    pthread_setname_np(parser, "load-parse");
    while (ok && (b = next_batch(ld, start)) != NULL)
        ok = finish_batch(ld, b, done, arg);
    tell_progress(ld, start);
    stop(ld);
    pthread_join(reader, NULL);
    pthread_join(parser, NULL);
    return ok;
}

/* The failure that stops everything, told as the result of the first file. */
static bool
fail_all(struct loader *ld, const char *why,
         bool (*done)(void *arg, const struct feed_result *r), void *arg)
{
    struct feed_result r = {.state = FEED_FAILED};

    if (ld->n > 0) {
        r.path = ld->paths[0];
        str_copyn(r.why, sizeof r.why, why, strnlen(why, sizeof r.why - 1));
        done(arg, &r);
    }
    return false;
}

/* The setting may have been changed since months were dropped. */
static enum db_rc
first_day_get(struct loader *ld)
{
    int32_t floor = 0;
    enum db_rc rc = reading_floor_get(ld->db, &floor);

    ld->first_day = floor > ld->first_day ? floor : ld->first_day;
    return rc;
}

static enum db_rc
book_open(struct loader *ld)
{
    char path[1024];

    /* A program that loads into a store elsewhere may be the first to use it.
     */
    file_make_dir(ld->conf->data_dir, 0750);
    snprintf(path, sizeof path, "%s/points", ld->conf->data_dir);
    return point_book_open(ld->db, path, &ld->book);
}

/* What cannot be kept is read again next time. */
static bool
book_keep(struct loader *ld)
{
    point_book_keep(&ld->book, ld->db);
    return true;
}

bool
feed_load_files(struct db *db, const struct conf *conf,
                const struct feed_options *options, size_t n,
                const char *const *paths,
                bool (*done)(void *arg, const struct feed_result *r), void *arg)
{
    struct loader *ld = mem_new(sizeof *ld);
    bool ok;

    ld->db = db;
    ld->conf = conf;
    ld->n = n;
    ld->paths = paths;
    if (options != NULL)
        ld->o = *options;
    loader_init(ld);
    db_wait_set(db, ld->o.wait_seconds > 0 ? ld->o.wait_seconds : WAIT_SECONDS,
                ld->o.waits, ld->o.progress_arg);
    if (ld->zone == NULL)
        ok = fail_all(ld, "default_zone: there is no such zone", done, arg);
    else if (!feed_keep_since(conf, ld->now_utc, &ld->first_day))
        ok = fail_all(ld, "keep: neither a number of months nor `forever`",
                      done, arg);
    else if (first_day_get(ld) != DB_OK || load_cover_open(ld) != DB_OK ||
             book_open(ld) != DB_OK)
        ok = fail_all(ld, db_error(db), done, arg);
    else
        ok = run(ld, done, arg) && book_keep(ld);
    db_wait_set(db, 0, NULL, NULL);
    loader_clear(ld);
    free(ld);
    return ok;
}

/* ---- one file
 * -----------------------------------------------------------------
 */

static bool
keep_result(void *arg, const struct feed_result *r)
{
    struct feed_result *to = arg;
    size_t bytes = r->n_rejects * sizeof *r->rejects;

    *to = *r;
    to->rejects = NULL;
    if (bytes > 0)
        to->rejects = memcpy(mem_new(bytes), r->rejects, bytes);
    return true;
}

void
feed_load_file(struct db *db, const struct conf *conf,
               const struct feed_options *options, const char *path,
               struct feed_result *r)
{
    *r = (struct feed_result){.path = path, .state = FEED_FAILED};
    feed_load_files(db, conf, options, 1, &path, keep_result, r);
}
