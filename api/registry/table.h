/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the CSV files of the market's registry have in common: a first line that
 * names the columns, rows that are taken or refused one by one, and the table
 * of reasons.
 */
#ifndef MH_REGISTRY_TABLE_H
#define MH_REGISTRY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/decimal.h"
#include "server/text/csv.h"

/*    id            ours   ERCOT's nearest, reason */
#define TABLE_CODES(X)                                                         \
    X(HEADER, "T01", "F2", "the first line must name the columns")             \
    X(COLUMN, "T02", "F2", "a needed column is missing")                       \
    X(COLUMN_TWICE, "T03", "F2", "a column stands twice")                      \
    X(QUOTE, "T10", "02", "the quotes of the line do not match")               \
    X(WIDE, "T11", "02", "more than 64 fields")                                \
    X(NUL, "T12", "02", "a NUL byte")                                          \
    X(LINE_LONG, "T13", "02", "the row is longer than 65,536 bytes")           \
    X(FIELDS, "T14", "02", "the row has not as many fields as columns")        \
    X(EMPTY, "T20", "01", "the field is empty")                                \
    X(LONG, "T21", "02", "the text is too long")                               \
    X(TEXT, "T22", "02", "not UTF-8 text, or a control character")             \
    X(ESIID, "T23", "02", "an ESI ID has 1 to 64 letters and digits")          \
    X(DUNS, "T24", "01", "a DUNS number has 9 or 13 digits")                   \
    X(ZONE, "T25", "01", "there is no such time zone")                         \
    X(CHOICE, "T26", "01", "not one of the words that may stand here")         \
    X(DATE, "T27", "02", "a date is YYYY-MM-DD")                               \
    X(ORDER, "T28", "01", "the end lies before the start")                     \
    X(ALONE, "T29", "01", "given without the REP")                             \
    X(TDSP, "T30", "01", "not the TDSP of the rows before")                    \
    X(SENDER, "T31", "01", "not the sender of this file")                      \
    X(CONTRADICTS, "T32", "05", "an earlier row of the file says otherwise")   \
    X(ROWS_MANY, "T33", "01", "more than 1,000 rows of one ESI ID")            \
    X(STAMP, "T34", "02", "a time is YYYY-MM-DD HH:MM:SS")                     \
    X(FUTURE, "T35", "04", "the time lies in the future")                      \
    X(NUMBER, "T36", "02",                                                     \
      "a number is digits, at most six of them "                               \
      "after a point")                                                         \
    X(SIGN, "T37", "01", "the number may not have a sign")                     \
    X(RANGE, "T38", "01", "the number is above 999,999,999.999999")            \
    X(OTHERS, "T39", "01", "the ESI ID is registered to another TDSP")         \
    X(OLDER, "T40", "05",                                                      \
      "the file holds a more recent row of this "                              \
      "period")                                                                \
    X(REJECTS_MANY, "T41", "F2", "more than 50,000 rows are refused")

enum table_code {
#define X(id, ours, ercot, reason) TABLE_##id,
    TABLE_CODES(X)
#undef X
        TABLE_CODE_COUNT
};

const char *table_code_ours(enum table_code c);  /* "T23" */
const char *table_code_ercot(enum table_code c); /* "02" */
const char *table_code_reason(enum table_code c);
/* The whole of docs/table-codes.md. */
void table_codes_document(struct buf *to);

#define TABLE_ROWS 1000 /* most rows of one ESI ID in a file */

/* One refusal, of a row or (line 0 or 1) of the file. */
struct table_reject {
    enum table_code code;
    const char *field; /* static: the column's name; "" where none */
    uint32_t line;     /* that the row begins on */
    char esiid[65];    /* "" where not known */
    char note[40];     /* what was found, "line 17"; may be "" */
};

#define TABLE_MOST_REJECTS 50000 /* that are listed */

struct table_rejects {
    struct table_reject *at;
    size_t n, room;
    size_t more; /* that are not listed */
    struct table_reject unlisted;
};

struct table_reject *
table_reject(struct table_rejects *r, enum table_code code, const char *field,
             uint32_t line, const char *esiid);
/* False when there are more than a list holds: the file as a whole is refused
 * for it, and a few of them are kept to show. */
bool table_rejects_few(struct table_rejects *r);
/* By line; for after a load that found some at the end. */
void table_rejects_sort(struct table_rejects *r);
void table_rejects_clear(struct table_rejects *r);

/* ---- reading ---------------------------------------------------------------
 */

struct table_column {
    const char *name;
    bool needed; /* the column; the field may be empty all the same */
};

#define TABLE_COLUMNS 24

/* The first column is the ESI ID. */
struct table {
    struct csv_reader csv;
    const struct table_column *column;
    size_t columns, width;     /* width: fields that each row must have */
    uint8_t at[TABLE_COLUMNS]; /* field of a column, CSV_FIELDS: none */
    const char *value[TABLE_COLUMNS]; /* of the newest row, "" where none */
    struct table_rejects *rejects;
};

enum table_rc { TABLE_ROW, TABLE_BAD, TABLE_END };

/* Does the text begin like such a table?  For finding a file's kind. */
bool table_check(const char *text, size_t n, const struct table_column *column,
                 size_t columns);
/* False: the first line does not do, and rejects has why. */
bool table_open(struct table *t, const void *text, size_t n,
                const struct table_column *column, size_t columns,
                struct table_rejects *rejects);
/* TABLE_BAD: the row was refused. */
enum table_rc table_next(struct table *t);
void table_close(struct table *t);

/* Each takes one field; false when the row was refused for it. */
bool table_refuse(struct table *t, enum table_code code, size_t column);
bool table_esiid(struct table *t, size_t column);
bool table_duns(struct table *t, size_t column);
/* At most `most` bytes; `least` 1: not empty. */
bool table_text(struct table *t, size_t column, size_t least, size_t most);
/* One of the words, which are separated by blanks; *index of it, 0 (the
 * default) for an empty field. */
bool
table_choice(struct table *t, size_t column, const char *words, int *index);
/* An empty field gives DAY_NONE. */
bool table_day(struct table *t, size_t column, int32_t *day);
/* "YYYY-MM-DD HH:MM:SS" as YYYYMMDDHHMMSS. */
bool table_stamp(struct table *t, size_t column, int64_t *stamp);
/* *given false for an empty field. */
bool
table_number(struct table *t, size_t column, struct decimal *d, bool *given);

#endif
