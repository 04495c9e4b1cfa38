/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readings of a PostgreSQL store spread over several servers ("shards"), by
 * hash: 256 buckets of points, each on one server (docs/shards.md).
 */
#ifndef MH_DB_SHARD_H
#define MH_DB_SHARD_H

#include "db/db.h"
#include "server/base/buf.h"

struct shard_facts {
    int32_t id;      /* 0: the database of the store itself */
    char where[128]; /* "host:port/database", without secrets */
    int64_t buckets;
    bool leaving;   /* it is to give its buckets away */
    bool reachable; /* then: */
    int64_t bytes, partitions;
    char why[256]; /* it cannot be reached */
};

/* Of each server; *moves: buckets on their way. */
enum db_rc shard_each(struct db *db, struct shard_facts *f, int64_t *moves,
                      bool (*row)(void *arg), void *arg);

/*
 * Takes a server into the store: makes its tables and gives it an identity,
 * which every later connection checks.  A server that is in the store already
 * gets this conninfo as its address.  Run it again when it was cut off.
 */
enum db_rc shard_add(struct db *db, const char *conninfo, int32_t *id,
                     bool *fresh, char why[512]);
/* Marks a server as leaving.  DB_NONE: there is none of that number. */
enum db_rc shard_leave(struct db *db, int32_t id);

/* How many servers do not answer now.  They are asked, as many as can be in two
 * seconds, but not those that were found away a moment ago; of the rest it is
 * what their last use showed. */
enum db_rc shard_away_count(struct db *db, int64_t *away);

struct shard_progress {
    int64_t buckets, buckets_done;
    int64_t rows, bytes; /* copied so far */
    int32_t from, to;    /* servers, now */
};

/*
 * Moves buckets until the servers that stay have equally many, while the store
 * is in use; finishes moves that were cut off first, and takes servers that
 * have nothing left and are leaving out of the list.  One program at a time:
 * DB_BUSY.
 */
enum db_rc
shard_balance(struct db *db, double lock_seconds,
              void (*tell)(void *arg, const struct shard_progress *p),
              void *arg, char why[512]);

/* SQL for psql in another database: table reading of all servers as foreign
 * tables, for reports.  Without secrets. */
enum db_rc shard_sql(struct db *db, struct buf *to);

#endif
