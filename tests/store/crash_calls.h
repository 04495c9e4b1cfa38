/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends this process, as a power cut would, at the n-th call by which SQLite
 * changes a file: write, sync, cut, remove.  A write that is the last one is
 * done by half.  For a forked child; n = 0 only counts.
 */
#ifndef MH_TEST_STORE_CRASH_CALLS_H
#define MH_TEST_STORE_CRASH_CALLS_H

#define CRASHED 99 /* exit code of a process that ended so */

void crash_at_call(long n);
long crash_calls(void);

#endif
