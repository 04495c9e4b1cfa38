/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VFS of SQLite's that passes everything on to the usual one, except for
 * calls that are chosen to fail, with codes that the C library cannot give.
 */
#ifndef MH_TESTS_CRASH_FAULT_VFS_H
#define MH_TESTS_CRASH_FAULT_VFS_H

#include <stdbool.h>

enum vfs_call {
    VFS_OPEN,
    VFS_READ,
    VFS_WRITE,
    VFS_SYNC,
    VFS_TRUNCATE,
    VFS_SIZE,
    VFS_LOCK,
    VFS_SHM, /* mapping and locking of the log's index */
    VFS_DELETE,
    VFS_CALL_COUNT
};
extern const char *const VFS_CALL_NAME[VFS_CALL_COUNT];

enum vfs_fault {
    VFS_IOERR, /* SQLITE_IOERR_… of that call */
    VFS_FULL,  /* SQLITE_FULL for what writes, after half of it was written */
};

struct vfs_plan {
    unsigned calls; /* bits by enum vfs_call; 0: nothing is counted */
    long nth;       /* from 1; 0 only counts */
    bool ever;      /* that one and all after it */
    enum vfs_fault fault;
};

/* Becomes the default of the process. */
void fault_vfs_register(void);
/* Starts to count anew. */
void fault_vfs_arm(const struct vfs_plan *plan);
long fault_vfs_calls(void);
long fault_vfs_hits(void);

#endif
