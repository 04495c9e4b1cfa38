/* SPDX-License-Identifier: Apache-2.0 */
/* Days of every shape that a packed day can have, at random. */
#ifndef MH_TESTS_RANDOM_DAY_H
#define MH_TESTS_RANDOM_DAY_H

#include "db/reading.h"

/* A number below `faces`; the same numbers in every run. */
uint64_t random_dice(uint64_t faces);
/* All but point, day and channel. */
void random_day(struct reading_day *d);

#endif
