/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faultshim.so, preloaded into a program under test (LD_PRELOAD): counts the
 * calls by which it takes memory and changes files, makes chosen ones fail or
 * kills the process there, and can record every change of files, so that what
 * a power cut would have left can be built from the record (power.h).
 *
 * Told by the environment, read once at start and again by fault_arm():
 *
 *   FAULT_KINDS   of malloc,open,read,write,sync,truncate,rename,unlink,mkdir
 *                 separated by commas; "files" is all but malloc and read.
 *                 Without it nothing is counted.
 *   FAULT_NTH     the n-th of those calls, from 1 (0: none, just count)
 *   FAULT_EVER    1: that one and all after it; otherwise it alone
 *   FAULT_CHANCE  instead: each call with that many chances in a million, by
 *   FAULT_SEED    random numbers from this seed
 *   FAULT_ERROR   EIO (default), ENOSPC, ENOMEM, EROFS, EMFILE; SHORT: half of
 *                 a write is done and said; KILL: SIGKILL in the middle of it
 *   FAULT_SWITCH  calls fail only while a file of this name exists; then what
 *                 is named from an open folder counts, too
 *   FAULT_ROOT    only files below this absolute folder
 *   FAULT_LOG     a file for the record of changes below FAULT_ROOT
 *   FAULT_COUNT   a file that gets "calls N\nhits N\n" at exit
 *
 * EROFS spares a file that is opened to be read, as a file system that has
 * become read-only does.  Calls that glibc makes inside itself (stdio, for one)
 * are not seen.
 */
#ifndef MH_TESTS_CRASH_SHIM_H
#define MH_TESTS_CRASH_SHIM_H

#include <stdint.h>

/* In a forked child of a program that was started with the shim: takes the
 * environment as it is now and counts anew.  All three are NULL where the shim
 * is not loaded. */
void fault_arm(void) __attribute__((weak));
/* Writes a mark into the record: "what came before was promised". */
void fault_mark(const char *text) __attribute__((weak));
/* Calls counted since fault_arm, and how many of them were made to fail. */
void fault_counts(long *calls, long *hits) __attribute__((weak));

/* ---- the record ----------------------------------------------------------*/
enum fault_change {
    CHANGE_OPEN,        /* path; `at` is 1 when it was created, 2 when cut */
    CHANGE_WRITE,       /* bytes at an offset */
    CHANGE_CUT,         /* ftruncate to `at` */
    CHANGE_SYNC,        /* of a file */
    CHANGE_SYNC_FOLDER, /* path */
    CHANGE_RENAME,      /* path, then the new path */
    CHANGE_LINK,        /* path, then its second name */
    CHANGE_UNLINK,      /* path of a file or an empty folder */
    CHANGE_MKDIR,       /* path */
    CHANGE_MARK,        /* text */
};

struct fault_record {
    uint32_t change, n, n2; /* bytes that follow: text or content, second */
    uint32_t unused;
    uint64_t inode;
    int64_t at;
};

#endif
