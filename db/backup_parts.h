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
};

struct backup {
    const char *folder;
    enum db_engine engine;
    int64_t made_utc;
    struct backup_file *file;
    size_t n, room;
};

/* FOLDER/NAME; `to` holds DB_PATH bytes. */
#define DB_PATH 1100
void backup_path(const char *folder, const char *name, char to[DB_PATH]);
/* Appends a file of that name, without size and digest. */
struct backup_file *backup_add(struct backup *b, const char *name);
/* Size and digest of a file that stands in the folder. */
bool
backup_measure(const struct backup *b, struct backup_file *f, char why[DB_WHY]);

/* Copies the store into b->folder and fills the list. */
enum db_rc backup_sqlite(struct db *db, struct backup *b, double seconds,
                         char why[DB_WHY]);
enum db_rc backup_pg(struct db *db, struct backup *b, char why[DB_WHY]);
/* How long a restore waits for readers after it has shut them out; tests have
 * none. */
extern long restore_grace_ms;
/* Puts the files of a verified backup in place. */
enum db_rc restore_sqlite(const char *place, const struct backup *b,
                          double seconds, char why[DB_WHY]);
enum db_rc restore_pg(const char *place, const struct backup *b, double seconds,
                      char why[DB_WHY]);

#endif
