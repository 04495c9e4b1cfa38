/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backups: a folder with a manifest that names each file with its size and
 * SHA-256.  A backup is of one engine and goes back to that engine.
 *
 * Each backup is whole by itself.  One that is made since an earlier one takes
 * the months that did not change from there, as hard links where the file
 * system allows; the earlier one may be removed at any time.
 */
#ifndef MH_DB_BACKUP_H
#define MH_DB_BACKUP_H

#include "db/db.h"

struct backup_facts {
    int64_t made_utc, files, bytes;
    int64_t reused_files,
        reused_bytes; /* of these, taken from an earlier one */
};

/*
 * Copies the whole store as it is at one moment into a new folder, while it is
 * in use; only the beginning waits for the writer lock, at most `seconds`.  The
 * folder appears when everything in it is verified and synced.  `since` names
 * an earlier backup, or is NULL; a month is taken from there when the store
 * shows that nobody has written to it since, and when its digest still holds:
 * a damaged one is refused by name.
 */
enum db_rc db_backup(struct db *db, const char *folder, const char *since,
                     double seconds, struct backup_facts *f, char why[512]);

/* Reads a backup to its end: digests, and the engine's own check of each file.
 * Needs no store. */
enum db_rc
db_backup_verify(const char *folder, struct backup_facts *f, char why[512]);

/*
 * Puts a backup in place of the store, which may be in use, damaged or missing.
 * First the whole backup is verified, then the writer lock is waited for.  From
 * then on the store answers DB_BUSY; when it answers again it is the backup's,
 * without its sessions.  On SQLite a restore that fails, or is cut off, after
 * it began to write leaves a store that says so until a restore succeeds; on
 * PostgreSQL it leaves the store as it was.
 */
enum db_rc db_restore(const char *store, const char *folder, double seconds,
                      struct backup_facts *f, char why[512]);

#endif
