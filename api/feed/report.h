/* SPDX-License-Identifier: Apache-2.0 */
/* The activity report: a CSV for the sender of a file, described in
 * docs/file-formats.md. */
#ifndef MH_FEED_REPORT_H
#define MH_FEED_REPORT_H

#include "api/feed/load.h"

void feed_report_format(const struct feed_result *r, struct buf *to);
/* Writes it as NAME.activity.csv into the folder, whole or not at all. */
bool feed_report_write(const struct feed_result *r, const char *folder,
                       char why[512]);

#endif
