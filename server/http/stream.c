/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream has two owners: its answer (libmicrohttpd's thread reads and in the
 * end drops it) and at most one job in the pool.  The last one frees it.
 * While `busy`, `next` belongs to the job; everything else is under the lock.
 */
#include <stdlib.h>
#include <string.h>

#include "server/base/arena.h"
#include "server/http/conn.h"
#include "server/http/stream.h"

#define BLOCK (64 * 1024)

struct stream {
    struct pool_job job; /* first */
    struct stream_source source;
    struct exchange *x; /* not after `gone` */
    struct http_server *server;
    pthread_mutex_t lock;
    struct buf now, next; /* being sent, being made */
    size_t at;            /* sent bytes of `now` */
    bool busy;            /* a job is queued or running */
    bool waiting;         /* the connection sleeps */
    bool ended, failed, gone;
};

static void
stream_free(struct stream *s)
{
    s->source.free_state(s->source.state);
    buf_clear(&s->now);
    buf_clear(&s->next);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* A piece with no bytes is asked for again, behind the other jobs. */
static bool
ask_again(struct stream *s, enum stream_rc rc)
{
    if (rc != STREAM_MORE || s->next.len > 0 || s->gone)
        return false;
    if (s->waiting && conn_gone(s->x->conn)) {
        s->ended = s->failed = true;
        return false;
    }
    return true;
}

/* Has the next piece made; a pool that ends, ends the stream. */
static void
next_ask(struct stream *s)
{
    if (s->busy || s->ended)
        return;
    s->busy = pool_add_piece(s->server->pool, &s->job);
    if (!s->busy)
        s->ended = s->failed = true;
}

static void
stream_run(struct pool_job *job, struct pool_worker *w)
{
    struct stream *s = (struct stream *)job;
    enum stream_rc rc = STREAM_FAIL;
    bool wake, gone;

    pthread_mutex_lock(&s->lock);
    gone = s->gone;
    pthread_mutex_unlock(&s->lock);
    if (!gone && !atomic_load(&s->server->aborting))
        rc = s->source.more(s->source.state, w->db, &s->next);
    pthread_mutex_lock(&s->lock);
    if (rc == STREAM_FAIL)
        s->failed = true;
    if (rc != STREAM_MORE)
        s->ended = true;
    s->busy = false;
    if (ask_again(s, rc))
        next_ask(s);
    wake = !s->busy && s->waiting;
    if (wake)
        s->waiting = false;
    gone = s->gone && !s->busy;
    pthread_mutex_unlock(&s->lock);
    if (gone)
        stream_free(s);
    else if (wake)
        MHD_resume_connection(s->x->mhd);
}

static void
next_take(struct stream *s)
{
    struct buf sent = s->now;

    s->now = s->next;
    s->next = sent;
    s->next.len = 0;
    s->at = 0;
}

static ssize_t
stream_read(void *arg, uint64_t pos, char *to, size_t most)
{
    struct stream *s = arg;
    ssize_t n = 0;

    (void)pos;
    pthread_mutex_lock(&s->lock);
    if (s->at == s->now.len && !s->busy && s->next.len > 0)
        next_take(s);
    if (s->at < s->now.len) {
        n = (ssize_t)(s->now.len - s->at < most ? s->now.len - s->at : most);
        memcpy(to, s->now.at + s->at, (size_t)n);
        s->at += (size_t)n;
        if (!s->busy && s->next.len == 0)
            next_ask(s);
    } else {
        next_ask(s);
        if (s->busy) {
            s->waiting = true;
            MHD_suspend_connection(s->x->mhd);
        } else {
            n = s->failed ? MHD_CONTENT_READER_END_WITH_ERROR
                          : MHD_CONTENT_READER_END_OF_STREAM;
        }
    }
    pthread_mutex_unlock(&s->lock);
    if (n > 0)
        atomic_fetch_add(&s->x->bytes, (uint64_t)n);
    return n;
}

static void
stream_drop(void *arg)
{
    struct stream *s = arg;
    bool busy;

    pthread_mutex_lock(&s->lock);
    s->gone = true;
    busy = s->busy;
    pthread_mutex_unlock(&s->lock);
    if (!busy)
        stream_free(s);
}

struct MHD_Response *
stream_answer(struct exchange *x, const struct stream_source *source)
{
    struct stream *s = mem_new(sizeof *s);
    struct MHD_Response *answer;

    s->job.run = stream_run;
    s->source = *source;
    s->x = x;
    s->server = x->server;
    pthread_mutex_init(&s->lock, NULL);
    answer = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK,
                                               stream_read, s, stream_drop);
    if (!answer)
        stream_free(s);
    return answer;
}
