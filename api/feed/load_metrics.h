/* SPDX-License-Identifier: Apache-2.0 */
/* Loads in Prometheus' text, from a tally that was taken before. */
#ifndef MH_FEED_LOAD_METRICS_H
#define MH_FEED_LOAD_METRICS_H

#include "db/load_tally.h"
#include "server/base/buf.h"

void feed_metrics_write(const struct load_tally *t, struct buf *to);

#endif
