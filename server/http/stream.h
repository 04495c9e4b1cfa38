/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies made piece by piece: workers make the next piece while
 * libmicrohttpd's thread sends the one before, so two pieces are in memory
 * whatever the length.  The connection sleeps while it waits for a piece.
 */
#ifndef MH_HTTP_STREAM_H
#define MH_HTTP_STREAM_H

#include "server/http/http.h"

struct stream_source {
    enum stream_rc (*more)(void *state, struct db *db, struct buf *to);
    void (*free_state)(void *state);
    void *state;
};

/* The answer; its destruction ends the stream.  Frees the state even when it
 * returns NULL. */
struct MHD_Response *
stream_answer(struct exchange *x, const struct stream_source *source);

#endif
