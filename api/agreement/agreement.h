/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may see which point, and for which days.  A meter one may not see
 * answers exactly like one that does not exist: FAULT_NOT_FOUND.
 */
#ifndef MH_AGREEMENT_AGREEMENT_H
#define MH_AGREEMENT_AGREEMENT_H

#include "api/agreement/actor.h"
#include "db/db.h"
#include "db/point.h"
#include "server/base/conf.h"
#include "server/base/fault.h"

/* A meter of an account: its account-local number stands in paths, never the
 * ESI ID. */
struct agreement_meter {
    int64_t number; /* account-local, from 1 */
    struct point point;
    char label[64];   /* "Home", given by the resident; may be "" */
    int32_t from_day; /* first day of this account's right */
    int32_t to_day;   /* last day, DAY_NONE while it stands */
};

/* The meter behind an account-local number, or FAULT_NOT_FOUND. */
enum fault agreement_meter_get(struct db *db, const struct actor *who,
                               int64_t number, struct agreement_meter *m);
/* All meters of the actor, by number. */
enum fault agreement_meter_each(struct db *db, const struct actor *who,
                                struct agreement_meter *m,
                                bool (*row)(void *arg), void *arg);
/* What a meter is called in a list of the account's meters. */
struct agreement_name {
    int64_t number, point_id;
    const char *label; /* given by the resident; may be "" */
    const char
        *address; /* of the registry, when there is no label; may be "" */
};

/* The names of all meters of the actor, by number, in memory of the arena:
 * much cheaper than the meters themselves. */
enum fault
agreement_names(struct db *db, const struct actor *who, struct arena *a,
                struct agreement_name **name, size_t *n);
/* The window of days that `who` may read of a point, today being `today`:
 * history window of the profile and the right's own dates.  NOT_FOUND when
 * nothing.  `monthly` asks for the monthly report's window. */
enum fault
agreement_window(struct db *db, const struct actor *who,
                 const struct conf *conf, int64_t point_id, int32_t today,
                 bool monthly, int32_t *from, int32_t *to);

#endif
