/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structured lines on standard error: `2026-11-22T01:02:03Z level event
 * key=value …`, one line an event whatever the values hold (values with
 * blanks, quotes, control bytes are quoted and escaped).  Log once, where the
 * fault is born: log_ours when we are broken, log_theirs when the input is.
 * Never a password, a token, a cookie or a key.
 */
#ifndef MH_BASE_LOG_H
#define MH_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_DEBUG_, LOG_INFO_, LOG_WARN_, LOG_ERROR_ };

void log_init(enum log_level least);
/*
 * `event` is a short fixed phrase; then pairs of key and printf format with
 * its arguments are written in one format string, for example
 *   log_info("load done", "file=%s records=%ld", name, n);
 * Each %s value is escaped by the logger.  Pass NULL for no pairs.
 */
void log_debug(const char *event, const char *pairs, ...)
    __attribute__((format(printf, 2, 3)));
void log_info(const char *event, const char *pairs, ...)
    __attribute__((format(printf, 2, 3)));
void log_warn(const char *event, const char *pairs, ...)
    __attribute__((format(printf, 2, 3)));
void log_ours(const char *event, const char *pairs, ...)
    __attribute__((format(printf, 2, 3)));
void log_theirs(const char *event, const char *pairs, ...)
    __attribute__((format(printf, 2, 3)));

#endif
