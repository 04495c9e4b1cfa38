/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes delivered files into the store.
 *
 * One thread reads (unzips, decrypts) and digests, one parses, checks and
 * packs, the caller's thread writes: the next file is read while this one is
 * written.  Each file is one load: all of it becomes visible at once, or
 * nothing does.  For each, read = loaded + replaced + unchanged + historic +
 * rejected.
 */
#ifndef MH_FEED_LOAD_H
#define MH_FEED_LOAD_H

#include "api/feed/reject.h"
#include "db/db.h"
#include "db/load.h"
#include "server/base/conf.h"

enum feed_state {
    FEED_LOADED,  /* committed, maybe with rejects */
    FEED_KNOWN,   /* this very file is in the store: nothing was written */
    FEED_REFUSED, /* the file as a whole: rejects[0] says why */
    FEED_FAILED,  /* our side: `why`; nothing of the file is visible */
};

struct feed_result {
    const char *path; /* as given */
    enum feed_state state;
    struct load l;               /* name, kind, digest, sender, counts; id 0
                                  * when the catalog has no row for it */
    struct feed_reject *rejects; /* by line */
    size_t n_rejects;
    int64_t warnings[FEED_WARNING_COUNT];
    double seconds; /* since the file before was done */
    char why[512];
};

struct feed_progress {
    size_t files, files_done;
    int64_t bytes;      /* of the files as they lie there */
    int64_t bytes_done; /* half when parsed, whole when written */
    int64_t records;    /* parsed */
    int64_t text;       /* bytes of text parsed */
    double seconds;
};

struct feed_options {
    const char *sender;  /* DUNS that files must come from; NULL: any */
    double lock_seconds; /* to wait for another writer; 0: 60 */
    /* Called now and then on the caller's thread; may be NULL. */
    void (*progress)(void *arg, const struct feed_progress *p);
    void *progress_arg;
    /* How long a write waits for a server of readings that is away (0: 60), and
     * who hears of it, several times a second, with progress_arg. */
    double wait_seconds;
    void (*waits)(void *arg, const char *why);
};

/*
 * Loads files in the order given; `done` gets each result, in that order and
 * good during the call, and may return false to stop.  `options` may be NULL.
 * False when it was stopped by a failure that would befall every file (store,
 * lock): that file's result was FEED_FAILED and the ones behind it have none.
 */
bool feed_load_files(struct db *db, const struct conf *conf,
                     const struct feed_options *options, size_t n,
                     const char *const *paths,
                     bool (*done)(void *arg, const struct feed_result *r),
                     void *arg);
/* One file; feed_result_clear the result afterwards. */
void feed_load_file(struct db *db, const struct conf *conf,
                    const struct feed_options *options, const char *path,
                    struct feed_result *r);
void feed_result_clear(struct feed_result *r);

/* The folder of the installation's secret PGP keys; NULL when there is none. */
const char *feed_key_folder(const struct conf *conf, char to[1024]);

enum feed_unload {
    UNLOAD_DONE,
    UNLOAD_NONE,          /* there is no such load */
    UNLOAD_NOT_COMMITTED, /* it is not in force */
    UNLOAD_NOT_NEWEST,    /* a registry file: its sender's newer one stands on
                           * it */
    UNLOAD_FAILED,        /* `why` */
};
/* Takes a committed load back, and its rows away. */
enum feed_unload
feed_unload(struct db *db, int64_t load_id, double lock_seconds, struct load *l,
            char why[512]);

/* Whoever serves people goes first: the thread that calls this takes what
 * processors have left, for good; `behind`: after the writer, too, who must
 * not be the last to end. */
void feed_stand_aside(bool behind);

#endif
