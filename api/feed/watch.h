/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells the store how a load goes, so that the administrator's pages and
 * /metrics of any program can show it.  A thread of its own writes at most once
 * a second and on a handle of its own: the load never waits for it.  A load
 * shorter than a second writes nothing.
 */
#ifndef MH_FEED_WATCH_H
#define MH_FEED_WATCH_H

#include "api/feed/load.h"

struct feed_watch;

/* NULL when there is no thread to be had; the others take NULL. */
struct feed_watch *feed_watch_open(const char *store, const char *source);
/* For feed_options.progress. */
void feed_watch_progress(void *watch, const struct feed_progress *p);
/* Ends the thread and takes the row away. */
void feed_watch_close(struct feed_watch *w);

/* Seconds until a load is done, by its bytes; -1 when nobody can say. */
int64_t feed_progress_left(const struct feed_progress *p);

#endif
