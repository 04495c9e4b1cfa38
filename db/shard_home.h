/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the store: the servers that hold readings of a PostgreSQL store, which
 * buckets lie where, and one handle's connections to them.
 *
 * The list and the map stand in the catalog's database.  Server 0 is that
 * database itself: a store without other servers has everything there.
 */
#ifndef MH_DB_SHARD_HOME_H
#define MH_DB_SHARD_HOME_H

#include "db/reading_pg.h"
#include "db/shard.h"

#define SHARDS_MOST 64

struct breaker;

struct shard {
    int32_t id;        /* 0: the catalog's own database */
    char identity[33]; /* that its server must have */
    char *conninfo;    /* may hold a password */
    char where[128];   /* "host:port/database" */
    bool ready, leaving;
    struct db_conn *conn; /* NULL: not connected */
    struct breaker *breaker;
    char error[DB_WHY]; /* of the newest call that failed */
};

/* What a handle knows of them; reading_home()->files. */
struct shards {
    int64_t version; /* of the map; -1: nothing is known */
    struct shard *at;
    size_t n;                        /* at[0] is the catalog's own */
    uint8_t bucket[READING_BUCKETS]; /* place in `at` */
    int32_t row_id;                  /* while it is read */
    int64_t row_bucket;
};

/* Those of this handle, as they are in the catalog now. */
enum db_rc shards_fresh(struct db *db, struct shards **s);
/* The same, when the catalog is known to be at that version. */
enum db_rc shards_at(struct db *db, int64_t version, struct shards **s);
void shards_close(void *shards);
struct shard *shard_get(struct shards *s, int32_t id);

typedef enum db_rc shard_fn(struct db_conn *c, void *arg);

/*
 * Runs fn on the connection of a server, made when there is none.  DB_AWAY when
 * the server does not answer; for a while after that at once, in every thread,
 * so that nobody waits for it.  What went wrong is in s->error, and in
 * db->error unless it runs apart, as threads of a handle may for several
 * servers at once.
 */
enum db_rc
shard_call_apart(const struct db *db, struct shard *s, shard_fn *fn, void *arg);
enum db_rc shard_call(struct db *db, struct shard *s, shard_fn *fn, void *arg);
/* The same in one transaction that only the newest writer can commit. */
enum db_rc shard_write_apart(const struct db *db, struct shard *s, shard_fn *fn,
                             void *arg);
enum db_rc shard_write(struct db *db, struct shard *s, shard_fn *fn, void *arg);
/* Gives db the error of a server. */
enum db_rc shard_said(struct db *db, const struct shard *s, enum db_rc rc);
/* A connection of its own, without breaker and list: for setting up, and for
 * a backup. */
enum db_rc
shard_connect(const char *conninfo, struct db_conn **c, char why[DB_WHY]);
/* "host:port/database" of a conninfo; false when it cannot be read. */
bool shard_where(const char *conninfo, char *to, size_t size);
/* While a server is away and db may wait: false when the time is over.
 * `since` is 0 at first. */
bool shard_wait(struct db *db, double *since);

#endif
