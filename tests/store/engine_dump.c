/* SPDX-License-Identifier: Apache-2.0 */
/* The whole content of a store as text, to compare two of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/engine.h"
#include "server/base/buf.h"
#include "tests/store/engines.h"

struct dump {
    struct buf lines;  /* each ended by a newline */
    struct buf tables; /* names, each ended by a NUL */
};

static void
dump_value(struct buf *to, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= ' ' && c != '\\' && c != '|')
            buf_putc(to, (char)c);
        else
            buf_printf(to, "\\%02x", c);
    }
}

static void
dump_sqlite(struct dump *d, sqlite3 *h, const char *table)
{
    char sql[256];
    sqlite3_stmt *s;

    snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", table);
    assert_int_equal(sqlite3_prepare_v2(h, sql, -1, &s, NULL), SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        buf_printf(&d->lines, "%s", table);
        for (int i = 0; i < sqlite3_column_count(s); i++) {
            const void *v;

            buf_printf(&d->lines, "|%s=", sqlite3_column_name(s, i));
            v = sqlite3_column_blob(s, i);
            if (sqlite3_column_type(s, i) == SQLITE_NULL)
                buf_puts(&d->lines, "\\N");
            else
                dump_value(&d->lines, v, (size_t)sqlite3_column_bytes(s, i));
        }
        buf_putc(&d->lines, '\n');
    }
    sqlite3_finalize(s);
}

static void
tables_sqlite(struct dump *d, sqlite3 *h)
{
    sqlite3_stmt *s;

    sqlite3_prepare_v2(h,
                       "SELECT name FROM sqlite_schema WHERE type = 'table' "
                       "AND name NOT LIKE 'sqlite_%'",
                       -1, &s, NULL);
    while (sqlite3_step(s) == SQLITE_ROW)
        dump_sqlite(d, h, (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
}

/* Booleans as 0 and 1, bytes as they are. */
static void
dump_pg_value(struct buf *to, const PGresult *r, int row, int i)
{
    const char *text = PQgetvalue(r, row, i);
    size_t n = (size_t)PQgetlength(r, row, i);

    if (PQgetisnull(r, row, i)) {
        buf_puts(to, "\\N");
    } else if (PQftype(r, i) == 16) {
        buf_puts(to, *text == 't' ? "1" : "0");
    } else if (strncmp(text, "\\x", 2) == 0) {
        unsigned char *bytes = PQunescapeBytea((const unsigned char *)text, &n);

        dump_value(to, (const char *)bytes, n);
        PQfreemem(bytes);
    } else {
        dump_value(to, text, n);
    }
}

static void
dump_pg(struct dump *d, PGconn *c, const char *table)
{
    char sql[256];
    PGresult *r;

    snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", table);
    r = PQexec(c, sql);
    assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
    for (int row = 0; row < PQntuples(r); row++) {
        buf_printf(&d->lines, "%s", table);
        for (int i = 0; i < PQnfields(r); i++) {
            buf_printf(&d->lines, "|%s=", PQfname(r, i));
            dump_pg_value(&d->lines, r, row, i);
        }
        buf_putc(&d->lines, '\n');
    }
    PQclear(r);
}

static void
tables_pg(struct dump *d, PGconn *c)
{
    PGresult *r = PQexec(c, "SELECT tablename FROM pg_tables "
                            "WHERE schemaname = 'public'");

    for (int row = 0; row < PQntuples(r); row++)
        dump_pg(d, c, PQgetvalue(r, row, 0));
    PQclear(r);
}

static int
by_line(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Without the notes of changes: their stamps are random, and equal stores may
 * have come about by more or fewer of them. */
static char *
sorted(char *text)
{
    size_t n = 0, most = 1;
    struct buf out = {0};
    char **line;

    for (char *s = text; *s; s++)
        most += *s == '\n';
    line = malloc(most * sizeof *line);
    for (char *s = strtok(text, "\n"); s; s = strtok(NULL, "\n"))
        if (strstr(s, "point_change") == NULL)
            line[n++] = s;
    qsort(line, n, sizeof *line, by_line);
    for (size_t i = 0; i < n; i++)
        buf_printf(&out, "%s\n", line[i]);
    free(line);
    buf_text(&out);
    return out.at;
}

char *
engine_dump(struct engine *e)
{
    struct dump d = {0};
    char *text;

    if (e->kind == DB_POSTGRES) {
        tables_pg(&d, pg_handle(db_conn(e->db, DB_MARKET)));
    } else {
        tables_sqlite(&d, sqlite_handle(db_conn(e->db, DB_ACCOUNT)));
        tables_sqlite(&d, sqlite_handle(db_conn(e->db, DB_MARKET)));
    }
    buf_text(&d.lines);
    text = sorted(d.lines.at);
    buf_clear(&d.lines);
    return text;
}
