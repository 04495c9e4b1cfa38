/* SPDX-License-Identifier: Apache-2.0 */
/* A file of billed usage in memory: its good rows, by ESI ID and period. */
#ifndef MH_REGISTRY_BILLED_FILE_H
#define MH_REGISTRY_BILLED_FILE_H

#include "api/registry/table.h"
#include "db/billed.h"
#include "server/base/buf.h"

enum billed_outcome {
    BILLED_LOADED,
    BILLED_REPLACED,
    BILLED_UNCHANGED,
    BILLED_HISTORIC,
};

struct billed_row {
    uint32_t line, esiid;
    bool registered;
    uint8_t outcome; /* enum billed_outcome */
    struct billed b;
};

struct billed_file {
    struct buf text; /* ESI IDs, each ended by a NUL */
    struct billed_row *row;
    size_t n, room;
    int64_t read;             /* rows of the file, good or not */
    int64_t again;            /* rows that stand in the file twice */
    int32_t from_day, to_day; /* first and last start of a period */
    struct table_rejects *rejects;
};

/* False: the file as a whole is refused. */
bool billed_file_read(struct billed_file *f, const void *text, size_t n,
                      struct table_rejects *rejects);
void billed_file_clear(struct billed_file *f);

#endif
