/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time zones from the system's zoneinfo (TZif files, RFC 8536, with the POSIX
 * rule of the footer for years after the table).  Never setenv("TZ").
 * A zone is loaded once, is immutable and may be used by every thread.
 */
#ifndef MH_BASE_TZ_H
#define MH_BASE_TZ_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/clock.h"

struct tz;

/* The zone by its name, for example "America/Chicago" or "Etc/GMT+5"; NULL
 * when there is none.  Names with ".." or a leading "/" are refused. */
const struct tz *tz_get(const char *name);
const char *tz_name(const struct tz *z);
/* Seconds to add to UTC for local time at that instant. */
int32_t tz_offset(const struct tz *z, int64_t utc);
/* Abbreviation in force, for example "CDT". */
const char *tz_abbreviation(const struct tz *z, int64_t utc);
/* Abbreviation of the year's standard time whatever the season: "CST". */
const char *tz_standard_name(const struct tz *z, int year);
/* First instant of an operating day (local midnight). */
int64_t tz_day_start(const struct tz *z, int32_t day);
/* 82800, 86400 or 90000: 92, 96 or 100 quarter hours. */
int32_t tz_day_seconds(const struct tz *z, int32_t day);
/* The operating day that an instant lies in. */
int32_t tz_day_of(const struct tz *z, int64_t utc);
void tz_civil(const struct tz *z, int64_t utc, struct civil *c);
/* Writes local time with offset, 2026-11-01T01:15:00-05:00; 26 bytes. */
char *tz_format(char *to, const struct tz *z, int64_t utc);

#endif
