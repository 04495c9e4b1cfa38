/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the store: PostgreSQL's own programs, run on the store's database. */
#ifndef MH_DB_PG_PROGRAM_H
#define MH_DB_PG_PROGRAM_H

#include <sys/types.h>

#include "db/engine.h"

struct program {
    const char *name;
    pid_t pid;
    int in, out, err; /* our ends, -1 where not wanted */
};

/* Starts it on the database of a conninfo; with `in` and `out` it reads from us
 * and writes to us. */
bool program_start(struct program *p, const char *place, char *const argv[],
                   bool in, bool out);
/* Waits for its end; what it said of a failure goes to `why`. */
enum db_rc program_end(struct program *p, char why[DB_WHY]);
/* Both, for one that neither reads from us nor writes to us. */
enum db_rc
program_whole(const char *place, char *const argv[], char why[DB_WHY]);

bool pipe_write(int fd, const char *bytes, size_t n);
/* All that comes from one goes to the other. */
bool pipe_pump(int from, int to);

#endif
