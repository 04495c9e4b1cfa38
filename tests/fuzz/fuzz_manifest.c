/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the manifest of a backup: it is refused with a reason, and names
 * nothing outside of its folder. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "db/backup.h"
#include "server/base/log.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    /* in memory: the manifest is written for each input */
    static char folder[] = "/dev/shm/fuzz-manifest-XXXXXX", path[64];
    static int fd = -1;
    struct backup_facts f;
    char why[512] = "";

    /* A backup of PostgreSQL's is given to its own programs. */
    if (memmem(bytes, n, "postgres", 8) != NULL)
        return 0;
    if (path[0] == '\0') {
        REQUIRE(mkdtemp(folder) != NULL);
        snprintf(path, sizeof path, "%s/manifest", folder);
        log_init(LOG_ERROR_);
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    }
    REQUIRE(pwrite(fd, bytes, n, 0) == (ssize_t)n &&
            ftruncate(fd, (off_t)n) == 0);
    if (db_backup_verify(folder, &f, why) != DB_OK)
        REQUIRE(why[0] != '\0');
    else
        REQUIRE(f.files == 0);
    return 0;
}
