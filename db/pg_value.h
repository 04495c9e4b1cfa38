/* SPDX-License-Identifier: Apache-2.0 */
/* Values on their way to PostgreSQL and back: parameters, results, COPY. */
#ifndef MH_DB_PG_VALUE_H
#define MH_DB_PG_VALUE_H

#include "db/engine.h"
#include "server/base/buf.h"

/* The parameters of one call, as libpq wants them. */
struct pg_params {
    int n;
    Oid type[DB_MOST_IN];
    const char *value[DB_MOST_IN];
    int length[DB_MOST_IN];
    int format[DB_MOST_IN]; /* 1: bytes as they are */
    char number[DB_MOST_IN][24];
};

void pg_params_set(struct pg_params *p, struct db_ins in);
/* Bytes are asked for as they are; then numbers come in binary, too. */
bool pg_wants_binary(struct db_outs out);
/* Takes one column of a row; the reason when it does not fit. */
const char *
pg_column_put(const PGresult *r, int row, int column, const struct db_out *o);
/* One line of COPY in text format. */
void pg_copy_line(struct buf *to, const struct db_in *row, size_t columns);
/* COPY in binary format: what stands first, a row, what ends it.  in_i64 is
 * for BIGINT columns, in_i32 for INTEGER. */
void pg_copy_head(struct buf *to);
void pg_copy_row(struct buf *to, const struct db_in *row, size_t columns);
void pg_copy_tail(struct buf *to);

#endif
