/* SPDX-License-Identifier: Apache-2.0 */
/* Values on their way to PostgreSQL and back: parameters, results, COPY. */
#include "db/pg_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/str.h"

#define OID_BOOL  16
#define OID_BYTEA 17
#define OID_INT8  20
#define OID_INT2  21
#define OID_INT4  23

/* ---- parameters ------------------------------------------------------------
 */

static void
param_set(struct pg_params *p, int i, const struct db_in *in)
{
    p->type[i] = 0;
    p->format[i] = 0;
    p->length[i] = 0;
    switch (in->kind) {
    case DB_I64:
    case DB_I32:
        /* Declared: guessed from `$1 = 0` it would be 32 bits. */
        p->type[i] = OID_INT8;
        snprintf(p->number[i], sizeof p->number[i], "%" PRId64, in->number);
        p->value[i] = p->number[i];
        break;
    case DB_BOOL:
        p->value[i] = in->number ? "1" : "0";
        break;
    case DB_TEXT:
    case DB_TEXT_ARENA:
        p->value[i] = in->bytes;
        break;
    case DB_BLOB:
        p->type[i] = OID_BYTEA;
        p->value[i] = in->bytes ? in->bytes : "";
        p->length[i] = (int)in->n;
        p->format[i] = 1;
        break;
    case DB_NULL:
        p->value[i] = NULL;
        break;
    }
}

void
pg_params_set(struct pg_params *p, struct db_ins in)
{
    p->n = (int)in.n;
    for (int i = 0; i < p->n; i++)
        param_set(p, i, &in.at[i]);
}

/* ---- results ---------------------------------------------------------------
 */

static const char *
number_put(const char *text, const struct db_out *o)
{
    char *end;
    long long n;

    if (str_eq(text, "t") || str_eq(text, "f"))
        return out_put_i64(o, *text == 't');
    n = strtoll(text, &end, 10);
    if (end == text || *end)
        return "text or a fraction where a whole number is wanted";
    return out_put_i64(o, n);
}

/* A whole number in PostgreSQL's own form: the highest byte first. */
static const char *
binary_put(const char *bytes, size_t n, Oid type, const struct db_out *o)
{
    uint64_t number;

    if (type != OID_INT8 && type != OID_INT4 && type != OID_INT2 &&
        type != OID_BOOL)
        return "not a whole number";
    number = *bytes & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < n; i++)
        number = number << 8 | (unsigned char)bytes[i];
    return out_put_i64(o, (int64_t)number);
}

bool
pg_wants_binary(struct db_outs out)
{
    for (size_t i = 0; i < out.n; i++) {
        if (out.at[i].kind == DB_BLOB)
            return true;
    }
    return false;
}

const char *
pg_column_put(const PGresult *r, int row, int column, const struct db_out *o)
{
    const char *bytes = PQgetvalue(r, row, column);
    size_t n = (size_t)PQgetlength(r, row, column);

    if (PQgetisnull(r, row, column))
        return out_put_null(o);
    switch (o->kind) {
    case DB_TEXT:
    case DB_TEXT_ARENA:
        return out_put_text(o, bytes, n);
    case DB_BLOB:
        return PQftype(r, column) == OID_BYTEA ? out_put_blob(o, bytes, n)
                                               : "not bytes";
    default:
        return PQfformat(r, column)
                   ? binary_put(bytes, n, PQftype(r, column), o)
                   : number_put(bytes, o);
    }
}

/* ---- COPY ------------------------------------------------------------------
 */

static void
copy_text(struct buf *to, const char *text)
{
    static const char SPECIAL[] = "\\\t\n\r";

    for (;;) {
        size_t n = strcspn(text, SPECIAL);

        buf_add(to, text, n);
        text += n;
        if (!*text)
            return;
        buf_putc(to, '\\');
        switch (*text++) {
        case '\t':
            buf_putc(to, 't');
            break;
        case '\n':
            buf_putc(to, 'n');
            break;
        case '\r':
            buf_putc(to, 'r');
            break;
        default:
            buf_putc(to, '\\');
        }
    }
}

static void
copy_value(struct buf *to, const struct db_in *in)
{
    switch (in->kind) {
    case DB_I64:
    case DB_I32:
    case DB_BOOL:
        buf_int(to, in->number);
        break;
    case DB_TEXT:
    case DB_TEXT_ARENA:
        copy_text(to, in->bytes);
        break;
    case DB_BLOB:
        buf_puts(to, "\\\\x");
        buf_room(to, 2 * in->n + 1);
        str_hex(to->at + to->len, in->bytes, in->n);
        to->len += 2 * in->n;
        break;
    case DB_NULL:
        buf_puts(to, "\\N");
        break;
    }
}

void
pg_copy_line(struct buf *to, const struct db_in *row, size_t columns)
{
    for (size_t i = 0; i < columns; i++) {
        if (i)
            buf_putc(to, '\t');
        copy_value(to, &row[i]);
    }
    buf_putc(to, '\n');
}

/* A number as PostgreSQL sends it: the highest byte first. */
static void
copy_number(struct buf *to, uint64_t n, size_t bytes)
{
    while (bytes-- > 0)
        buf_putc(to, (char)(n >> 8 * bytes));
}

static void
copy_field(struct buf *to, const void *bytes, size_t n)
{
    copy_number(to, n, 4);
    buf_add(to, bytes, n);
}

static void
copy_binary(struct buf *to, const struct db_in *in)
{
    switch (in->kind) {
    case DB_I64:
        copy_number(to, 8, 4);
        copy_number(to, (uint64_t)in->number, 8);
        break;
    case DB_I32:
        copy_number(to, 4, 4);
        copy_number(to, (uint64_t)in->number, 4);
        break;
    case DB_BOOL:
        copy_number(to, 1, 4);
        buf_putc(to, in->number != 0);
        break;
    case DB_TEXT:
    case DB_TEXT_ARENA:
        copy_field(to, in->bytes, strlen(in->bytes));
        break;
    case DB_BLOB:
        copy_field(to, in->bytes, in->n);
        break;
    case DB_NULL:
        copy_number(to, UINT32_MAX, 4);
        break;
    }
}

void
pg_copy_head(struct buf *to)
{
    static const char HEAD[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";

    buf_add(to, HEAD, sizeof HEAD);
}

void
pg_copy_row(struct buf *to, const struct db_in *row, size_t columns)
{
    copy_number(to, columns, 2);
    for (size_t i = 0; i < columns; i++)
        copy_binary(to, &row[i]);
}

void
pg_copy_tail(struct buf *to)
{
    copy_number(to, UINT16_MAX, 2);
}
