/* SPDX-License-Identifier: Apache-2.0 */
/* How long readings are kept: setting `keep`. */
#ifndef MH_FEED_KEEP_H
#define MH_FEED_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/conf.h"

/* The first day that is kept: the first of the month so many months before that
 * of now_utc in default_zone; 0 when all are kept.  False when the setting is
 * neither a number of months nor `forever`, or there is no such zone. */
bool feed_keep_since(const struct conf *conf, int64_t now_utc, int32_t *day);

#endif
