/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests plain files ahead of the reader, eight side by side.
 *
 * Without SHA instructions one SHA-256 after the other is slower than all else
 * that is done to a file, and one file's digest cannot be divided.  So while
 * the reader is at one file, this thread digests the next ones in the lanes of
 * a vector.  Whoever comes to a file first claims it; the reader digests what
 * it claims as it reads.  A file digested here is read twice, so a keyed hash
 * of both readings is compared before anything of it is written.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/feed/load_parts.h"
#include "server/base/log.h"
#include "server/base/sha256_lanes.h"
#include "server/base/str.h"
#include "server/wire/source.h"

#define AHEAD 16 /* files beyond the reader's: they stay in the page cache */

_Static_assert(BLOCK_TEXT % LOAD_PIECE == 0, "blocks are whole pieces");
_Static_assert(LOAD_PIECE % SHA256_BLOCK == 0, "pieces are whole blocks");

enum claim { CLAIM_NONE, CLAIM_READER, CLAIM_HERE };

struct digest {
    enum claim claim;
    bool done;
    char why[400]; /* it failed: in one line */
    uint64_t check;
    char sha256[SHA256_HEX];
};

struct lane {
    struct source *s; /* NULL: idle */
    size_t file;
    uint64_t total, check;
    size_t at, end; /* whole blocks not yet taken; end is past the padding */
    bool over;      /* the text's end is in `text` */
    uint8_t text[LOAD_PIECE + SHA256_PAD];
};

struct digests {
    struct loader *ld;
    enum sha256_way way;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct digest *file;
    size_t reading; /* the reader's file */
    bool stop;
    /* the thread's own: */
    size_t next;
    struct sha256_lanes lanes;
    struct lane lane[SHA256_LANES];
};

uint64_t
load_digest_check(uint64_t check, const char *text, size_t n)
{
    for (size_t some; n > 0; text += some, n -= some) {
        some = n < LOAD_PIECE ? n : LOAD_PIECE;
        check = hash64_piece(check, text, some);
    }
    return check;
}

/* ---- lanes ------------------------------------------------------------------
 */

/* `why` when it failed, else "". */
static void
lane_done(struct digests *d, struct lane *l, const char *why)
{
    struct digest *f = &d->file[l->file];

    pthread_mutex_lock(&d->lock);
    f->done = true;
    str_copyn(f->why, sizeof f->why, why, strnlen(why, sizeof f->why - 1));
    f->check = l->check;
    sha256_lanes_end(&d->lanes, (unsigned)(l - d->lane), f->sha256);
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
    source_close(l->s);
    l->s = NULL;
}

/* Takes more text into an empty lane. */
static void
lane_fill(struct digests *d, struct lane *l)
{
    ssize_t n = source_read(l->s, l->text, LOAD_PIECE);
    size_t rest;

    if (n < 0) {
        lane_done(d, l, source_why(l->s));
        return;
    }
    l->total += (uint64_t)n;
    if (n > 0)
        l->check = hash64_piece(l->check, l->text, (size_t)n);
    l->at = 0;
    l->end = (size_t)n;
    l->over = n < LOAD_PIECE;
    rest = (size_t)n % SHA256_BLOCK;
    if (l->over)
        l->end +=
            sha256_pad(l->text + l->end - rest, rest, l->total) * SHA256_BLOCK -
            rest;
}

/* A plain file, or NULL: the reader digests what is not plain. */
static struct source *
file_open(const struct loader *ld, size_t file, char why[512])
{
    struct source *s = source_open(ld->paths[file], NULL, why);

    if (s == NULL || source_is_plain(s))
        return s;
    source_close(s);
    str_copy(why, 512, "it is not plain any more");
    return NULL;
}

/* Files on disk, not too long to be loaded, that nobody has claimed. */
static bool
is_free(const struct digests *d, size_t file)
{
    const int64_t size = d->ld->size[file];

    return d->file[file].claim == CLAIM_NONE && size > 0 &&
           size <= SOURCE_MOST && !str_eq(d->ld->paths[file], "-");
}

/* The next of them; false when there is none for now. */
static bool
claim_next(struct digests *d, size_t *file)
{
    bool any = false;

    pthread_mutex_lock(&d->lock);
    while (d->next < d->ld->n && !is_free(d, d->next))
        d->next++;
    if (d->next < d->ld->n && d->next <= d->reading + AHEAD && !d->stop) {
        any = true;
        *file = d->next++;
        d->file[*file].claim = CLAIM_HERE;
    }
    pthread_mutex_unlock(&d->lock);
    return any;
}

/* Gives an idle lane a file. */
static bool
lane_start(struct digests *d, struct lane *l)
{
    char why[512];

    while (claim_next(d, &l->file)) {
        l->s = file_open(d->ld, l->file, why);
        l->total = l->check = 0;
        l->at = l->end = 0;
        l->over = false;
        sha256_lanes_start(&d->lanes, (unsigned)(l - d->lane));
        if (l->s != NULL)
            return true;
        lane_done(d, l, why);
    }
    return false;
}

/* Sees to it that every lane that can has text; how many have. */
static unsigned
lanes_fill(struct digests *d)
{
    unsigned busy = 0;

    for (unsigned i = 0; i < SHA256_LANES; i++) {
        struct lane *l = &d->lane[i];

        while (l->s != NULL ? l->at == l->end : lane_start(d, l)) {
            if (l->over)
                lane_done(d, l, "");
            else if (l->at == l->end)
                lane_fill(d, l);
        }
        busy += l->s != NULL;
    }
    return busy;
}

/* As many blocks as all busy lanes have. */
static void
lanes_run(struct digests *d)
{
    const uint8_t *at[SHA256_LANES], *any = NULL;
    size_t least = SIZE_MAX;

    for (unsigned i = 0; i < SHA256_LANES; i++) {
        struct lane *l = &d->lane[i];

        if (l->s == NULL)
            continue;
        any = l->text + l->at;
        least = l->end - l->at < least ? l->end - l->at : least;
    }
    for (unsigned i = 0; i < SHA256_LANES; i++) {
        struct lane *l = &d->lane[i];

        at[i] = l->s != NULL ? l->text + l->at : any;
        l->at += l->s != NULL ? least : 0;
    }
    sha256_lanes_add(&d->lanes, d->way, at, least / SHA256_BLOCK);
}

/* Waits until the reader is further on; false at the end. */
static bool
wait_for_reader(struct digests *d)
{
    bool more;

    pthread_mutex_lock(&d->lock);
    while (!d->stop && d->next < d->ld->n && d->next > d->reading + AHEAD)
        pthread_cond_wait(&d->changed, &d->lock);
    more = !d->stop && d->next < d->ld->n;
    pthread_mutex_unlock(&d->lock);
    return more;
}

static bool
is_stopped(struct digests *d)
{
    bool stop;

    pthread_mutex_lock(&d->lock);
    stop = d->stop;
    pthread_mutex_unlock(&d->lock);
    return stop;
}

static void *
run(void *arg)
{
    struct digests *d = arg;

    feed_stand_aside();
    do
        while (!is_stopped(d) && lanes_fill(d) > 0)
            lanes_run(d);
    while (wait_for_reader(d));
    for (unsigned i = 0; i < SHA256_LANES; i++)
        source_close(d->lane[i].s);
    return NULL;
}

/* ---- around it --------------------------------------------------------------
 */

struct digests *
load_digest_start(struct loader *ld)
{
    struct digests *d;
    enum sha256_way way;

    /* the first file is the reader's, who begins at once */
    if (ld->n < 2 || !sha256_lanes_pay(&way))
        return NULL;
    d = mem_new(sizeof *d);
    d->ld = ld;
    d->way = way;
    d->next = 1;
    d->file = mem_new(ld->n * sizeof *d->file);
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->changed, NULL);
    if (pthread_create(&d->thread, NULL, run, d) == 0) {
        pthread_setname_np(d->thread, "load-digest");
        return d;
    }
    free(d->file);
    free(d);
    return NULL;
}

/* After the reader and the parser: nobody else looks any more. */
void
load_digest_stop(struct digests *d)
{
    if (d == NULL)
        return;
    pthread_mutex_lock(&d->lock);
    d->stop = true;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    pthread_mutex_destroy(&d->lock);
    pthread_cond_destroy(&d->changed);
    free(d->file);
    free(d);
}

bool
load_digest_claim(struct digests *d, size_t file, bool plain)
{
    bool ours;

    if (d == NULL)
        return true;
    pthread_mutex_lock(&d->lock);
    if (d->file[file].claim == CLAIM_NONE)
        d->file[file].claim = CLAIM_READER;
    ours = !plain || d->file[file].claim == CLAIM_READER ||
           (d->file[file].done && d->file[file].why[0]);
    d->reading = file;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
    return ours;
}

/* Why the digest is not that of the text that was read; NULL when it is. */
static const char *
digest_fault(const struct digest *f, const struct batch *b)
{
    if (!f->done)
        return "loading was stopped";
    if (b->broken)
        return NULL;
    if (f->why[0])
        return "the file could not be read a second time";
    return f->check == b->check ? NULL
                                : "the file was changed while it was loaded";
}

bool
load_digest_get(struct loader *ld, struct batch *b, char why[512])
{
    struct digests *d = ld->digests;
    struct digest *f = &d->file[b->file];
    const char *what;

    pthread_mutex_lock(&d->lock);
    while (!f->done && !atomic_load(&ld->stop))
        pthread_cond_wait(&d->changed, &d->lock);
    what = digest_fault(f, b);
    memcpy(b->r.l.sha256, f->sha256, sizeof b->r.l.sha256);
    pthread_mutex_unlock(&d->lock);
    if (what == NULL)
        return true;
    /* what is done does not change any more */
    snprintf(why, 512, "%s%s%s", what, f->done && f->why[0] ? ": " : "",
             f->done ? f->why : "");
    log_theirs("file not loaded", "file=%s why=%s", b->r.l.name, why);
    return false;
}
