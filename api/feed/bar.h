/* SPDX-License-Identifier: Apache-2.0 */
/* How far loading is, in one line of a terminal. */
#ifndef MH_FEED_BAR_H
#define MH_FEED_BAR_H

#include "api/feed/load.h"

#define FEED_BAR 80 /* with its NUL: a terminal's line is not to wrap */

/* "[######..........] 3 of 10 files, 150000 records, 870 MB/s, 0:04 left".
 * No time is told before something is done. */
void feed_bar(const struct feed_progress *p, char to[FEED_BAR]);

#endif
