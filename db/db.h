/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store.  SQL is written once, with $1…$n, and runs on two engines:
 * SQLite (embedded) and PostgreSQL.
 *
 * A struct db is one thread's handle on the whole store.  The store has two
 * homes, so that a load never holds up a sign-in: DB_ACCOUNT (people,
 * sessions, jobs, audit) and DB_MARKET (points, registry, loads, billed
 * usage).  On SQLite they are two files with a connection each; on PostgreSQL
 * two connections to one database.  A transaction lives in one home.
 * Bulk readings lie beside them, behind db/reading.h.
 */
#ifndef MH_DB_DB_H
#define MH_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/arena.h"

/* DB_AWAY: a server that holds these readings does not answer, but the rest of
 * the store does (docs/shards.md). */
enum db_rc { DB_OK, DB_NONE, DB_BUSY, DB_FAIL, DB_AWAY };
enum db_home {
    DB_ACCOUNT,
    DB_MARKET,
    DB_SHARD, /* only in the schema: a server that holds readings */
};
enum db_engine { DB_SQLITE, DB_POSTGRES };

struct db;

enum db_mode {
    DB_READ,   /* the store must exist and have this program's schema */
    DB_WRITE,  /* the same, may write */
    DB_CREATE, /* makes or migrates the store first */
};

/*
 * store: "sqlite:FOLDER" or "postgres:CONNINFO".  On failure writes one plain
 * line to `why` (512 bytes) and returns DB_FAIL; DB_NONE when DB_READ or
 * DB_WRITE finds no store.
 */
enum db_rc
db_open(const char *store, enum db_mode mode, struct db **db, char why[512]);
void db_close(struct db *db);
enum db_engine db_engine(const struct db *db);
/* The folder of an SQLite store, or the conninfo of a PostgreSQL one. */
const char *db_place(const struct db *db);
/* What db_open was given, to open another thread's handle. */
const char *db_store(const struct db *db);
/* Before anything is read for a new request: on SQLite a store that was
 * restored meanwhile is taken as it is now, without the DB_BUSY that tells
 * others that what they read before does not hold any more. */
void db_begin(struct db *db);
/* Text of the newest error on this handle, for logs. */
const char *db_error(const struct db *db);

/* ---- statements ---------------------------------------------------------
 *
 * The text must be a literal: prepared statements are kept by its address.
 *   db_one(db, DB_MARKET, "SELECT id, zone FROM point WHERE esiid = $1",
 *          IN(in_text(esiid)), OUT(out_i64(&id), out_text(zone, sizeof zone)))
 */
enum db_kind {
    DB_I64,
    DB_I32,
    DB_BOOL,
    DB_TEXT,
    DB_TEXT_ARENA,
    DB_BLOB,
    DB_NULL
};

struct db_in {
    enum db_kind kind;
    int64_t number;
    const void *bytes;
    size_t n;
};

struct db_out {
    enum db_kind kind;
    void *to;            /* int64_t*, int32_t*, bool*, char*, char** */
    size_t size;         /* of a text buffer */
    size_t *n;           /* length of a blob */
    struct arena *arena; /* of DB_TEXT_ARENA and DB_BLOB */
};

struct db_ins {
    const struct db_in *at;
    size_t n;
};
struct db_outs {
    const struct db_out *at;
    size_t n;
};

#define IN(...)                                                                \
    ((struct db_ins){(const struct db_in[]){__VA_ARGS__},                      \
                     sizeof((const struct db_in[]){__VA_ARGS__}) /             \
                         sizeof(struct db_in)})
#define OUT(...)                                                               \
    ((struct db_outs){(const struct db_out[]){__VA_ARGS__},                    \
                      sizeof((const struct db_out[]){__VA_ARGS__}) /           \
                          sizeof(struct db_out)})
#define IN_NONE  ((struct db_ins){NULL, 0})
#define OUT_NONE ((struct db_outs){NULL, 0})

static inline struct db_in
in_i64(int64_t n)
{
    return (struct db_in){.kind = DB_I64, .number = n};
}

/* The same, but for COPY in binary format, where the column is INTEGER. */
static inline struct db_in
in_i32(int32_t n)
{
    return (struct db_in){.kind = DB_I32, .number = n};
}

static inline struct db_in
in_bool(bool b)
{
    return (struct db_in){.kind = DB_BOOL, .number = b};
}

/* NULL text binds SQL NULL. */
static inline struct db_in
in_text(const char *text)
{
    return (struct db_in){.kind = text ? DB_TEXT : DB_NULL, .bytes = text};
}

static inline struct db_in
in_blob(const void *bytes, size_t n)
{
    return (struct db_in){.kind = DB_BLOB, .bytes = bytes, .n = n};
}

static inline struct db_in
in_null(void)
{
    return (struct db_in){.kind = DB_NULL};
}

/* SQL NULL gives 0, false or "". */
static inline struct db_out
out_i64(int64_t *to)
{
    return (struct db_out){.kind = DB_I64, .to = to};
}

static inline struct db_out
out_i32(int32_t *to)
{
    return (struct db_out){.kind = DB_I32, .to = to};
}

static inline struct db_out
out_bool(bool *to)
{
    return (struct db_out){.kind = DB_BOOL, .to = to};
}

static inline struct db_out
out_text(char *to, size_t size)
{
    return (struct db_out){.kind = DB_TEXT, .to = to, .size = size};
}

static inline struct db_out
out_text_arena(const char **to, struct arena *a)
{
    return (struct db_out){.kind = DB_TEXT_ARENA, .to = to, .arena = a};
}

static inline struct db_out
out_blob(const void **to, size_t *n, struct arena *a)
{
    return (struct db_out){.kind = DB_BLOB, .to = to, .n = n, .arena = a};
}

/* One row: DB_OK or DB_NONE.  A second row is DB_FAIL. */
enum db_rc db_one(struct db *db, enum db_home home, const char *sql,
                  struct db_ins in, struct db_outs out);
/* Rows one after another into the same OUT targets; stops with DB_OK when
 * `row` returns false.  `row` must not run statements of the same home. */
enum db_rc
db_each(struct db *db, enum db_home home, const char *sql, struct db_ins in,
        struct db_outs out, bool (*row)(void *arg), void *arg);
/* For a note that may get lost, from somebody who does not wait: on SQLite
 * neither for another writer (DB_BUSY at once) nor for the disk.  Not within a
 * transaction. */
enum db_rc db_run_lightly(struct db *db, enum db_home home, const char *sql,
                          struct db_ins in);
/* No rows wanted.  `changed` may be NULL. */
enum db_rc db_run(struct db *db, enum db_home home, const char *sql,
                  struct db_ins in, int64_t *changed);

/*
 * Runs fn inside one write transaction; commits when it returns DB_OK, rolls
 * back otherwise.  fn runs again when the engine asks for a retry
 * (serialization failure, busy), so it must be free of other effects.  Inside a
 * transaction of the same home it joins that one.
 */
enum db_rc db_tx(struct db *db, enum db_home home,
                 enum db_rc (*fn)(struct db *db, void *arg), void *arg);

/*
 * Many rows into one table, inside db_tx: a prepared INSERT on SQLite, COPY on
 * PostgreSQL.  Both texts name the same columns in the same order, $1 to
 * $columns.  `next` fills one row and returns true, or false at the end; what
 * it points to must stay until it is called again.
 */
enum db_rc
db_bulk(struct db *db, enum db_home home, const char *insert, const char *copy,
        size_t columns, bool (*next)(void *arg, struct db_in *row), void *arg);

/* New keys are drawn by the program, not the engine: the next `count` numbers
 * of a named series ("point", "account", "load" …); *first is the lowest.
 * Uses its own small transaction in that home, or the one that is open. */
enum db_rc db_next_id(struct db *db, enum db_home home, const char *series,
                      int64_t count, int64_t *first);

/* The one writer of bulk data: waits at most `seconds` for the store's writer
 * lock (a file lock on SQLite, an advisory row on PostgreSQL). */
enum db_rc db_writer_lock(struct db *db, double seconds);
void db_writer_unlock(struct db *db);
/* How long a write waits for a server of readings that is away, before it
 * fails with DB_AWAY (0 at first); `tell`, if any, hears why, several times a
 * second. */
void db_wait_set(struct db *db, double seconds,
                 void (*tell)(void *arg, const char *line), void *arg);

/* SQLite: moves the logs into the files and cuts them off, also those of months
 * that other handles wrote to; DB_BUSY when somebody was in the way, which does
 * no harm.  For a timer and after loads. */
enum db_rc db_checkpoint(struct db *db);
/* SQLite: a sync failed in this process, which refuses to write from then on
 * (reading goes on) and is to be started again. */
bool db_sync_failed(void);
/* "account", "market" */
const char *db_home_name(enum db_home home);

#endif
