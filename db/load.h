/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalog of loads: one row a file taken in.  Whatever a load wrote is
 * visible only while its row says `committed`.
 */
#ifndef MH_DB_LOAD_H
#define MH_DB_LOAD_H

#include "db/db.h"
#include "server/base/hash.h"

enum load_state {
    LOAD_OPEN = 1, /* writing; invisible; recovery removes its rows */
    LOAD_COMMITTED = 2,
    LOAD_UNLOADED = 3, /* undone by an operator; its rows are removed */
    LOAD_REJECTED = 4, /* the whole file was refused; kept for the record */
};

struct load_counts {
    int64_t read, loaded, replaced, unchanged, historic, rejected, warned;
};

struct load {
    int64_t id;
    int64_t seq; /* commit sequence, 0 until committed */
    enum load_state state;
    char kind[16];           /* "lse", "registry", "billed" */
    char name[256];          /* file name as given, without folders */
    char digest[SHA256_HEX]; /* of the text: server/base/piece_hash.h */
    char sender[16];         /* DUNS */
    int64_t file_stamp;      /* YYYYMMDDHHMMSS of the file name, or 0 */
    int32_t file_counter;    /* three digits of the file name, or 0 */
    int64_t bytes;           /* of the text */
    int64_t started_utc, ended_utc;
    struct load_counts n;
};

/* Opens a load (state LOAD_OPEN) and gives it the next id. */
enum db_rc db_load_add(struct db *db, struct load *l);
/* Marks it committed with the next commit sequence and its counts; this is the
 * one moment at which the file's data becomes visible. */
enum db_rc db_load_commit(struct db *db, struct load *l);
/* The same for readings whose completeness was counted while the registry was
 * at that number (db/coverage.h); without, their days are counted later. */
struct coverage_sum;
enum db_rc
db_load_commit_counted(struct db *db, struct load *l,
                       struct coverage_sum *counts, int64_t registry);
/* Any other end: LOAD_REJECTED, or LOAD_UNLOADED for a committed one, whose
 * readings reading_recover then removes; DB_NONE when the load is not in the
 * state that this end needs.  A load that wrote readings and failed cannot be
 * ended so: reading_recover removes its rows and ends it. */
enum db_rc db_load_end(struct db *db, struct load *l, enum load_state state);
/*
 * What market data says follows from these: the next commit sequence, how
 * often something visible was taken away again, and which restore the store
 * comes from.  While they are the same, so is every answer.
 */
struct load_stamp {
    int64_t seq, undone, generation;
};
enum db_rc db_load_stamp(struct db *db, struct load_stamp *s);
/* Inside a market transaction that takes something visible away other than by
 * db_load_end, such as the readings of a month. */
enum db_rc db_load_undone(struct db *db);
enum db_rc db_load_get(struct db *db, int64_t id, struct load *l);
/* The newest committed load of this content under that stamp and counter of
 * the file name, if any. */
enum db_rc db_load_find(struct db *db, const char *digest, int64_t file_stamp,
                        int32_t file_counter, struct load *l);
/* Newest first, at most `most` rows. */
enum db_rc db_load_each(struct db *db, int64_t most, struct load *l,
                        bool (*row)(void *arg), void *arg);

#endif
