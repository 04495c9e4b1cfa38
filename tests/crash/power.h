/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a power cut would have left.  From a folder as it was and the shim's
 * record of what changed in it (shim.h), builds the folder as a disk might
 * hold it after a cut at any change: everything that was synced, and of the
 * rest whatever the dice say.
 *
 * The file system assumed here is a hard one: syncing a file keeps its bytes
 * and size, not its name; a name made, changed or removed is kept once its
 * folder was synced; unsynced writes are lost, kept, reordered, or torn at
 * sectors of 512 bytes, and where a file grew but its bytes were not written
 * there may be zeros or rubbish.  Sectors that were not written stay as they
 * were.
 */
#ifndef MH_TESTS_CRASH_POWER_H
#define MH_TESTS_CRASH_POWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct power;

/* `before` is a copy of the folder `root` from before the record `log` began;
 * all content of it counts as synced.  NULL and `why` on failure. */
struct power *power_open(const char *before, const char *root, const char *log,
                         char why[512]);
void power_close(struct power *p);
/* How many changes the record has; what is synced is among them. */
size_t power_changes(const struct power *p);
bool power_is_sync(const struct power *p, size_t at);
/* Goes forward to just before change number `cut`; never back.  False when the
 * record does not fit the folder. */
bool power_go(struct power *p, size_t cut, char why[512]);
/* Marks passed so far. */
int power_marks(const struct power *p);
/* Builds one image as the folder `to`, which must not exist; `what` tells
 * which way the dice fell. */
bool
power_image(struct power *p, uint64_t *seed, const char *to, char what[128]);

/* Numbers below `faces` from a seed, which moves on. */
uint64_t power_dice(uint64_t *seed, uint64_t faces);

#endif
