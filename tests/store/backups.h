/* SPDX-License-Identifier: Apache-2.0 */
/* Stores to be backed up and restored, for the tests of it on both engines. */
#ifndef MH_TEST_STORE_BACKUPS_H
#define MH_TEST_STORE_BACKUPS_H

#include <pthread.h>
#include <stdatomic.h>

#include "tests/store/records.h"

#define POINTS 40

void is_sound(struct db *db);
/* Readings in October and November. */
void first_content(struct engine *e);
/* A corrected day, another point, a month that was not there. */
void later_content(struct engine *e);
/* Everything that can be read of it, as text; free it. */
char *content(struct engine *e);
/* Without what a restore sets anew. */
char *comparable(char *text);
void is_content(struct engine *e, char *want);

/* A backup lies in the engine's folder under that name. */
void backup_name(const struct engine *e, const char *name, char to[400]);
void backup(struct engine *e, const char *name);
enum db_rc
restore(struct engine *e, const char *store, const char *name, char why[512]);
void must_restore(struct engine *e, const char *store, const char *name);
/* Overwrites a file of the engine's folder at that place, from its end when it
 * is negative. */
void change_file(const struct engine *e, const char *path, const char *text,
                 long at);

/* Files that are loaded one after another by a thread, in three months. */
struct loader {
    struct engine e;
    pthread_t thread;
    atomic_bool stop;
    atomic_int loads;
};
void loader_start(struct loader *l, const struct engine *e);
void loader_wait(struct loader *l, int loads);
void loader_stop(struct loader *l);
/* It is sound, and no load is missing among its loads, of which there are at
 * least that many. */
void is_of_one_moment(struct db *db, int64_t least);

#endif
