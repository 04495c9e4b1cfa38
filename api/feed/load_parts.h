/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the loader: blocks of text go from the reading thread to the
 * parsing thread, batches (all that is kept of one file) from there to the
 * writer; both come back empty.  There are few of each, so memory is bounded.
 */
#ifndef MH_FEED_LOAD_PARTS_H
#define MH_FEED_LOAD_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "api/feed/check.h"
#include "api/feed/load.h"
#include "api/feed/queue.h"
#include "db/coverage.h"
#include "db/point_book.h"
#include "server/base/hash.h"

#define BLOCKS     24
#define BLOCK_TEXT (1u << 20)
#define BATCHES    6
/* Bytes of batches that wait to be written, beyond which no new one is begun:
 * usual ones take 13 MiB, the worst 50. */
#define BATCHES_BYTES (64u << 20)
/* A batch that grew beyond this gives its memory back. */
#define BATCH_KEEP (24u << 20)
/* Most bytes of a registry or billed file: it is held whole, with up to five
 * bytes a byte beside it while it is compared. */
#define MOST_TABLE       (32u << 20)
#define PROGRESS_SECONDS 0.1

_Static_assert(BLOCKS <= QUEUE_MOST && BATCHES <= QUEUE_MOST,
               "queues hold all there are");

struct block {
    size_t n;
    bool first, last;        /* of its file */
    size_t file;             /* index of the file, where it is the first */
    bool opened;             /* false: the file could not be opened (first) */
    bool failed;             /* it breaks off here: `why` (last) */
    int64_t taken;           /* of the file as it lies there, up to here */
    char name[256];          /* first */
    char digest[SHA256_HEX]; /* last */
    char why[512];
    /* room for what is carried over from the block before, then the text */
    char bytes[LSE_ROOM + BLOCK_TEXT + LSE_PAD];
};

static inline char *
block_text(struct block *b)
{
    return b->bytes + LSE_ROOM;
}

/* One good record of a batch. */
struct batch_record {
    int64_t point_id; /* 0: not known yet */
    uint32_t packed, packed_n;
    uint32_t esiid, rep; /* offsets in batch.texts, NUL-ended there */
    uint32_t line;
    int32_t day;
    uint8_t channel;
    bool registered, warned;
    bool extra;    /* nobody expected it */
    uint32_t pair; /* TDSP and REP it counts for, in batch.cover */
};

struct table_rejects;

/* A kind of file. */
struct feed_kind {
    const char *name;                          /* in the catalog of loads */
    bool (*check)(const char *text, size_t n); /* does one begin so? */
    /* Loads a whole text (api/registry/registry.h); NULL: streamed. */
    enum db_rc (*load)(struct db *db, const void *text, size_t n,
                       const char *default_zone, const struct point_map *known,
                       struct load *l, struct table_rejects *rejects);
    enum db_rc (*unload)(struct db *db, struct load *l);
    enum feed_warning warning; /* what l->n.warned of a table counts */
};

struct batch {
    size_t file;
    const struct feed_kind *kind;
    struct feed_result r; /* rejects, warnings, what is known of the load */
    size_t rejects_room;
    bool refused, failed;
    struct buf packed, texts;
    struct batch_record *records;
    size_t n, room;
    struct buf text; /* of kinds that are held whole */
    size_t bytes;    /* of all these, once it is complete */
    /* What it adds to completeness: */
    struct coverage_sum *cover;
    bool pair_known;              /* the pair found last, */
    uint16_t pair_tdsp, pair_rep; /* by numbers of the facts */
    uint32_t pair;
    struct coverage_due due;
    const struct reading_load *rl; /* while it is written */
};

struct loader {
    struct db *db;
    const struct conf *conf;
    struct feed_options o;
    const char *const *paths;
    size_t n;
    struct queue blocks, free_blocks, batches, free_batches;
    struct block *block; /* all of them */
    struct batch *batch;
    atomic_bool stop;

    pthread_rwlock_t map_lock;
    struct point_book book;      /* its facts: the parsing thread's */
    const struct tz *zones[256]; /* by the map's zone number */
    const struct tz *zone;       /* of unregistered points */
    struct coverage_rule rule;   /* as it was before the map was opened */
    int64_t now_utc;
    int32_t first_day;     /* records of earlier ones are not kept */
    atomic_size_t written; /* files that the writer is done with */
    atomic_size_t waiting; /* bytes of batches that are not */

    atomic_llong records, text;
    atomic_llong parsed_done, written_done; /* bytes of files */
    int64_t bytes;                          /* of all files */
    int64_t *size;                          /* of each */
    bool recovered;
    double last_done;
};

extern const struct feed_kind FEED_UNKNOWN;
const struct feed_kind *feed_kind_get(const char *name);
const struct feed_kind *feed_kind_find(const char *text, size_t n);
/* Writes a batch that is a table; DB_NONE: refused. */
enum db_rc load_table(struct loader *ld, struct batch *b);
/* Opens the map of points anew: what it says of old ones has changed. */
enum db_rc load_map_again(struct loader *ld);
/* The bodies of the two threads. */
void *load_read_run(void *loader);
void *load_parse_run(void *loader);
/* Counts what the registry finds odd about a batch's records. */
void load_facts(struct loader *ld, struct batch *b);
/* Reads the rule of completeness; before the map of points is opened. */
enum db_rc load_cover_open(struct loader *ld);
void load_cover_reset(struct batch *b);
/* Notes for whom a record counts, given what the registry says. */
void load_cover_note(struct batch *b, struct batch_record *r,
                     const struct point_fact *fact);
/* Adds what a record's outcome changes; inside `outcome` of b->rl. */
void load_cover_take(struct batch *b, const struct batch_record *r,
                     enum reading_outcome o);
/* Adds a record's warnings to the counts. */
void batch_warn(struct batch *b, uint32_t bits);
/* Writes one batch; fills the result.  False: later ones would fail too. */
bool load_write(struct loader *ld, struct batch *b);

void batch_reset(struct batch *b);
size_t batch_bytes(const struct batch *b);
void batch_clear(struct batch *b);
void batch_reject(struct batch *b, const struct feed_reject *j);
/* The whole file is refused; what was kept of it is dropped. */
void batch_refuse(struct batch *b, enum feed_code code, const char *note);

#endif
