/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of backups: the manifest, and what each engine does. */
#ifndef MH_DB_BACKUP_PARTS_H
#define MH_DB_BACKUP_PARTS_H

#include "db/backup.h"
#include "db/engine.h"
#include "server/base/hash.h"

struct backup_file {
    char name[64]; /* "account.db", "readings/2026-01.db" */
    int64_t bytes;
    char sha256[SHA256_HEX];
    char mark[SHA256_HEX]; /* of a month: equal for as long as nobody writes to
                            * it in that store; "": nobody can tell */
    bool reused;           /* is the earlier backup's file */
};

struct backup {
    const char *folder;
    enum db_engine engine;
    int64_t made_utc;
    struct backup_file *file;
    size_t n, room;
    const struct backup *since; /* the earlier one, or NULL */
};

/* FOLDER/NAME; `to` holds DB_PATH bytes. */
#define DB_PATH 1100
void backup_path(const char *folder, const char *name, char to[DB_PATH]);
/* Appends a file of that name, without size and digest. */
struct backup_file *backup_add(struct backup *b, const char *name);
/* Size and digest of a file that stands in the folder. */
bool
backup_measure(const struct backup *b, struct backup_file *f, char why[DB_WHY]);

/* The file of that name, or NULL. */
struct backup_file *backup_find(const struct backup *b, const char *name);
/*
 * When the earlier backup has a file of that name and mark: puts it into the
 * folder, and measures it.  *had says whether it did.  DB_FAIL: it is not what
 * was backed up then.
 */
enum db_rc backup_reuse(const struct backup *b, struct backup_file *f,
                        bool *had, char why[DB_WHY]);
/* The mark of a month from what is known of its file or partition, `what`, and
 * from all that the catalog says of its loads; c sees the market home. */
enum db_rc backup_mark(struct db_conn *c, int32_t month, const char *what,
                       char mark[SHA256_HEX]);

/* Copies the store into b->folder and fills the list. */
enum db_rc backup_sqlite(struct db *db, struct backup *b, double seconds,
                         char why[DB_WHY]);
enum db_rc
backup_pg(struct db *db, struct backup *b, double seconds, char why[DB_WHY]);
/* The engine's own check of every file. */
enum db_rc verify_sqlite(const struct backup *b, char why[DB_WHY]);
enum db_rc verify_pg(const struct backup *b, char why[DB_WHY]);
/* How long a restore waits for readers after it has shut them out; tests have
 * none. */
extern long restore_grace_ms;
/* Puts the files of a verified backup in place. */
enum db_rc restore_sqlite(const char *place, const struct backup *b,
                          double seconds, char why[DB_WHY]);
enum db_rc restore_pg(const char *place, const struct backup *b, double seconds,
                      char why[DB_WHY]);

#endif
