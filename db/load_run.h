/* SPDX-License-Identifier: Apache-2.0 */
/* Loads that run now, in any program on this store, as they last said. */
#ifndef MH_DB_LOAD_RUN_H
#define MH_DB_LOAD_RUN_H

#include "db/db.h"

#define LOAD_RUN_STALE 15 /* seconds without a word: the program is gone */

struct load_run {
    int64_t id;       /* random */
    char process[80]; /* host and process number */
    char source[16];  /* "command", "inbox" */
    int64_t started_utc, beat_utc;
    int64_t files, files_done;
    int64_t bytes, bytes_done; /* of the files as they lie there */
    int64_t records, text;     /* parsed, and bytes of their text */
    int64_t ms;                /* since it began */
    int64_t rate;              /* records a second of late */
    int64_t left_seconds;      /* -1: not known */
};

enum db_rc db_load_run_put(struct db *db, const struct load_run *r);
enum db_rc db_load_run_del(struct db *db, int64_t id);
/* Those that spoke since now - LOAD_RUN_STALE, oldest first. */
enum db_rc db_load_run_each(struct db *db, int64_t now_utc, struct load_run *r,
                            bool (*row)(void *arg), void *arg);
/* Forgets those that have been silent for an hour. */
enum db_rc db_load_run_purge(struct db *db, int64_t now_utc);

#endif
