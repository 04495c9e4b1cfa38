/* SPDX-License-Identifier: Apache-2.0 */
/* The generation of an SQLite store's files: see db/gate.c. */
#ifndef MH_DB_GATE_H
#define MH_DB_GATE_H

#include <stdint.h>

#define GATE_FILE "restore"
#define GATE_SHUT INT64_C(-1)
#define GATE_SHUT_WHY                                                          \
    "the store is being restored, or a restore was cut off: `meterhouse "      \
    "restore` puts it in order"

/* 0 (never restored), a generation, or GATE_SHUT. */
int64_t gate_look(const char *folder);

#endif
