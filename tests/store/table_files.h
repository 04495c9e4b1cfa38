/* SPDX-License-Identifier: Apache-2.0 */
/* Loads texts as registry or billed usage files, each under a digest of its
 * own, and says what came of it. */
#ifndef MH_TEST_STORE_TABLE_FILES_H
#define MH_TEST_STORE_TABLE_FILES_H

#include "api/registry/table.h"
#include "db/load.h"
#include "db/point.h"
#include "tests/store/engines.h"

typedef enum db_rc
table_load(struct db *db, const void *text, size_t n, const char *default_zone,
           const struct point_map *known, struct load *l,
           struct table_rejects *rejects);

struct outcome {
    enum db_rc rc;
    struct load l;
    struct table_rejects rejects;
};

/* A text, the one reject that it earns. */
struct bad_table {
    const char *text;
    enum table_code code;
    uint32_t line;
    const char *field;
};

/* Checks that the counts add up, too. */
void table_file_load(struct engine *e, table_load *load, const char *text,
                     const char *sender, struct outcome *o);
/* A file without rejects and its counts. */
void table_file_expect(struct engine *e, table_load *load, const char *text,
                       const struct load_counts *n, struct outcome *o);
/* `head` and the text of each, which the file survives when `lives`. */
void table_files_are_bad(struct engine *e, table_load *load, const char *head,
                         const struct bad_table *bad, size_t n, bool lives);

#endif
