/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that a store says, as sorted lines of text which are equal for
 * stores that say the same: committed loads with their counts, every version
 * of every day, accounts, living sessions and rights, which days
 * are kept and whether a scrub ended.  What is told may not depend on ids,
 * times of writing or chance.
 */
#ifndef MH_TESTS_CRASH_TELL_H
#define MH_TESTS_CRASH_TELL_H

#include "db/db.h"
#include "server/base/buf.h"

/* False and `why` when it cannot be read, or shows what no committed load
 * brought.  `committed` may be NULL: how many loads are in force. */
bool tell_store(struct db *db, struct buf *to, int *committed, char why[512]);

#endif
