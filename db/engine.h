/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the store: one connection to one engine, and what an engine must be
 * able to do.  Only files of db/ include this.
 *
 * db_one, db_each, db_run and db_tx of db.h are these conn_ functions on the
 * connection of a home; bulk readings use them on connections of their own.
 */
#ifndef MH_DB_ENGINE_H
#define MH_DB_ENGINE_H

#include <libpq-fe.h>
#include <sqlite3.h>

#include "db/db.h"

#define DB_WHY     512
#define DB_MOST_IN 48 /* parameters of one statement */

struct db_conn;

/* ---- prepared statements, kept by the address of their text ------------- */
struct db_stmt {
    const char *sql;           /* the literal; NULL marks a free slot */
    char *text;                /* its copy: an address may be used again */
    void *handle;              /* the engine's */
    uint32_t number;           /* names it on PostgreSQL */
    size_t n_in;               /* parameters it has */
    uint8_t place[DB_MOST_IN]; /* SQLite's index of $1, $2, … */
};

struct stmt_cache {
    struct db_stmt *slot;
    size_t size, used; /* size is a power of two */
};

/* The slot of that text: free (sql == NULL) when it is new. */
struct db_stmt *stmt_slot(struct stmt_cache *c, const char *sql);
void stmt_clear(struct stmt_cache *c, void (*free_handle)(void *handle));

/* ---- connections --------------------------------------------------------- */

/* Gives the next row of a bulk insert; false at the end. */
typedef bool db_bulk_next(void *arg, struct db_in *row);

struct db_driver {
    enum db_engine engine;
    enum db_rc (*rows)(struct db_conn *c, const char *sql, struct db_ins in,
                       struct db_outs out, bool (*row)(void *arg), void *arg,
                       int64_t *changed);
    enum db_rc (*begin)(struct db_conn *c);
    enum db_rc (*commit)(struct db_conn *c);
    void (*rollback)(struct db_conn *c);
    /* Several statements without parameters, as migrations have. */
    enum db_rc (*script)(struct db_conn *c, const char *sql);
    enum db_rc (*bulk)(struct db_conn *c, const char *insert, const char *copy,
                       size_t columns, db_bulk_next *next, void *arg);
    void (*close)(struct db_conn *c);
};

struct db_conn {
    const struct db_driver *driver;
    char error[DB_WHY]; /* of the newest failure */
    int depth;          /* transactions begun, one within another */
    bool doomed;        /* an inner one failed: the outer cannot commit */
    bool again;         /* the engine asks to run the transaction again */
    int active;         /* statements whose rows are being read */
    bool restored;      /* it came back to a store that was restored */
    bool frozen;        /* SQLite: opened on a file system that was read-only */
    bool damaged; /* PostgreSQL: the newest failure was damage on its disk */
};

enum db_rc conn_one(struct db_conn *c, const char *sql, struct db_ins in,
                    struct db_outs out);
enum db_rc conn_each(struct db_conn *c, const char *sql, struct db_ins in,
                     struct db_outs out, bool (*row)(void *arg), void *arg);
enum db_rc conn_run(struct db_conn *c, const char *sql, struct db_ins in,
                    int64_t *changed);
enum db_rc conn_tx(struct db_conn *c, enum db_rc (*fn)(void *arg), void *arg);
void conn_close(struct db_conn *c);
/* Keeps and logs a failure in plain words; returns DB_FAIL. */
enum db_rc conn_fail(struct db_conn *c, const char *sql, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));

/* Takes "sqlite:FOLDER" or "postgres:CONNINFO" apart; *place points into it. */
enum db_rc store_parse(const char *store, enum db_engine *engine,
                       const char **place, char why[DB_WHY]);
/* One file, with the settings of every file of a store. */
enum db_rc sqlite_open(const char *path, enum db_mode mode, struct db_conn **c,
                       char why[DB_WHY]);
/* To write; DB_NONE also of a file that is not, or no longer, one of ours:
 * nobody can use what stands in it. */
enum db_rc
sqlite_open_sound(const char *path, struct db_conn **c, char why[DB_WHY]);
/* Does it lie on a file system that is read-only? */
bool sqlite_is_frozen(const char *path);
/* FOLDER/NAME.db of a store's folder, which is made, and kept, 0700. */
enum db_rc
sqlite_home_open(const char *folder, const char *name, enum db_mode mode,
                 struct db_conn **c, char why[DB_WHY]);
/* A literal that marks a file as one of a store. */
#define SQLITE_OURS "PRAGMA application_id = 1298690917"
/* A copy that lies still and is not to be touched, as in a backup. */
enum db_rc
sqlite_open_copy(const char *path, struct db_conn **c, char why[DB_WHY]);
sqlite3 *sqlite_handle(struct db_conn *c);
/* Statements from here on wait neither for another writer nor for the disk: a
 * commit lies in the log and is synced with the next.  Or again for both. */
void sqlite_lightly(struct db_conn *c, bool lightly);
/* How long a statement waits for who is in its way; returns what it was. */
int sqlite_patience(struct db_conn *c, int ms);
/* For who uses SQLite without a connection of ours: takes note of a sync that
 * failed (an extended result code), and says that nothing is written any more;
 * DB_FAIL.  See db_sync_failed. */
void sqlite_sync_note(int rc);
enum db_rc sqlite_sync_refuse(struct db_conn *c, const char *sql);
/* Moves the log into the file and cuts it off, as far as readers allow. */
enum db_rc sqlite_checkpoint(struct db_conn *c);

/* For a lock in the server.  Less than we wait for the answer of a server of
 * readings: who is in the way of a statement does not make it one that is
 * away. */
#define PG_LOCK_TIMEOUT "8s"
enum db_rc pg_open(const char *conninfo, enum db_mode mode, struct db_conn **c,
                   char why[DB_WHY]);
/* Another server of the store: must be connected within connect_ms, and
 * answer outside a transaction within patience_ms.  When lost it is not made
 * again by itself: DB_BUSY, and pg_is_lost. */
enum db_rc
pg_open_within(const char *conninfo, enum db_mode mode, int connect_ms,
               int patience_ms, struct db_conn **c, char why[DB_WHY]);
bool pg_is_lost(struct db_conn *c);
/* A script began a transaction, which ends with the connection: it is waited
 * for without end, and when lost it is not made again. */
void pg_is_begun(struct db_conn *c);
/* The same, having looked whether the server has hung up meanwhile. */
bool pg_is_alive(struct db_conn *c);
PGconn *pg_handle(struct db_conn *c);

/* ---- what OUT targets take, for the engines ------------------------------ */
/* NULL when it fits, else the reason. */
const char *out_put_i64(const struct db_out *o, int64_t n);
const char *out_put_text(const struct db_out *o, const char *text, size_t n);
const char *out_put_blob(const struct db_out *o, const void *bytes, size_t n);
const char *out_put_null(const struct db_out *o);

/* ---- the handle -----------------------------------------------------------
 */
struct db {
    enum db_engine engine;
    enum db_mode mode;
    char *store;                  /* as given to db_open */
    const char *place;            /* the folder or the conninfo, inside store */
    struct db_conn *home[2];      /* by enum db_home */
    int lock_fd;                  /* writer lock on SQLite, else -1 */
    struct db_conn *lock_conn;    /* its own connection on PostgreSQL */
    int64_t lock_token;           /* raised by each holder */
    struct reading_home *reading; /* bulk readings; NULL until used */
    bool reading_stale;           /* it knows a store that was restored since */
    int64_t generation;           /* of the store's files, by db_gate */
    int patience_ms;              /* with such a server; 0: the usual */
    double wait_seconds;          /* of a writer, for a server of readings */
    void (*wait_tell)(void *arg, const char *line);
    void *wait_arg;
    char error[DB_WHY];
};

struct db_conn *db_conn(struct db *db, enum db_home home);
/*
 * Before each statement and transaction: DB_BUSY while a restore replaces the
 * store, and once afterwards, since what the caller read before does not hold
 * any more.  The handle knows the new store then.
 */
enum db_rc db_gate(struct db *db);
/* The writer's lock for a restore, which may find no store: only engine, place
 * and lock_fd of db are needed, and on PostgreSQL closing lock_conn lets go. */
enum db_rc db_writer_lock_bare(struct db *db, double seconds);
/* Opens both homes, in place of those that db has. */
enum db_rc db_homes_open(struct db *db, char why[DB_WHY]);
/* Inside a market transaction that ends a piece of bulk work: DB_BUSY when
 * another writer has taken the lock since (PostgreSQL, connection lost). */
enum db_rc db_writer_check(struct db *db);

#endif
