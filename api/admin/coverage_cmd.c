/* SPDX-License-Identifier: Apache-2.0 */
/* The command: days that wait to be counted anew are counted first. */
#include "api/admin/coverage_cmd.h"

#include <string.h>

#include "api/admin/coverage.h"
#include "server/base/clock.h"
#include "server/base/str.h"

#define LOCK_SECONDS 60

struct words {
    struct coverage_file file;
    enum coverage_kind list; /* COVERAGE_KINDS: counts, no meters */
};

static bool
read_day(struct cmd *c, const char *name, int32_t *day)
{
    const char *word = cmd_option(c, name);

    if (word != NULL && day_parse(word, day))
        return true;
    if (word != NULL)
        fprintf(c->err, "meterhouse: --%s %s: not a date such as 2026-11-22\n",
                name, word);
    else
        fprintf(c->err, "meterhouse: --%s DAY is needed\n", name);
    return false;
}

static bool
read_duns(struct cmd *c, const char *name, char to[16], bool *given)
{
    const char *word = cmd_option(c, name);

    *given = word != NULL;
    if (word == NULL || str_copy(to, 16, word))
        return true;
    fprintf(c->err, "meterhouse: --%s %s: not a DUNS number\n", name, word);
    return false;
}

static bool
read_format(struct cmd *c, struct words *w)
{
    const char *format = cmd_option(c, "format");
    const char *list = cmd_option(c, "list");

    w->file.view = cmd_flag(c, "by-day") ? COVERAGE_BY_DAY : COVERAGE_BY_PAIR;
    if (format != NULL && strcmp(format, "json") == 0) {
        w->file.format = COVERAGE_JSON;
    } else if (format != NULL && strcmp(format, "csv") != 0) {
        fprintf(c->err, "meterhouse: --format %s: not csv or json\n", format);
        return false;
    }
    w->list = list != NULL ? coverage_kind_from(list) : COVERAGE_KINDS;
    if (list == NULL || w->list != COVERAGE_KINDS)
        return true;
    fprintf(c->err,
            "meterhouse: --list %s: not missing, partial, estimated, late, "
            "replaced or extra\n",
            list);
    return false;
}

static bool
read_words(struct cmd *c, struct words *w)
{
    struct coverage_file *f = &w->file;

    if (!read_format(c, w) || !read_duns(c, "tdsp", f->tdsp, &f->has_tdsp) ||
        !read_duns(c, "rep", f->rep, &f->has_rep) ||
        !read_day(c, "from", &f->from) || !read_day(c, "to", &f->to) ||
        !cmd_no_more_options(c))
        return false;
    if (c->argc == 0 && f->from <= f->to)
        return true;
    fputs(c->argc > 0 ? "meterhouse: coverage takes no other words\n"
                      : "meterhouse: --from is after --to\n",
          c->err);
    return false;
}

static bool
put(struct cmd *c, struct buf *piece)
{
    bool written = fwrite(piece->at, 1, piece->len, c->out) == piece->len;

    piece->len = 0;
    return written;
}

static enum db_rc
write_counts(struct cmd *c, struct db *db, struct coverage_file *f)
{
    struct buf piece = {0};
    enum fault fault = FAULT_NONE;
    bool end = false;

    while (!end && fault == FAULT_NONE) {
        fault = coverage_file_next(f, db, &ACTOR_OPERATOR, &piece, &end);
        if (fault == FAULT_NONE && !put(c, &piece))
            fault = FAULT_OURS;
    }
    buf_clear(&piece);
    return fault == FAULT_NONE ? DB_OK : DB_FAIL;
}

struct list {
    int32_t day;
    struct buf piece;
};

static bool
list_row(void *arg, const struct coverage_meter *m)
{
    struct list *l = arg;

    coverage_meter_line(&l->piece, l->day, m);
    return true;
}

static enum db_rc
write_list(struct cmd *c, struct db *db, const struct words *w)
{
    const struct coverage_file *f = &w->file;
    struct list l = {.day = f->from};
    enum db_rc rc = DB_OK;

    coverage_meter_head(&l.piece);
    for (; l.day <= f->to && rc == DB_OK; l.day++) {
        struct coverage_ask ask = {l.day, l.day, f->has_tdsp ? f->tdsp : NULL,
                                   f->has_rep ? f->rep : NULL};
        int64_t next = 0;

        rc = coverage_each_meter(db, &ask, w->list, -1, INT64_MAX, &next,
                                 list_row, &l);
        if (rc == DB_OK && !put(c, &l.piece))
            rc = DB_FAIL;
    }
    buf_clear(&l.piece);
    return rc;
}

/* A month that cannot be read is told of; its counts stay as they were. */
static enum db_rc
count(struct cmd *c, struct db *db, bool *failed)
{
    int64_t days;
    enum db_rc rc = coverage_rule_set(db, (int32_t)c->conf->due_hours,
                                      c->conf->default_zone);

    if (rc == DB_OK)
        rc = coverage_count(db, LOCK_SECONDS, NULL, NULL, &days);
    *failed = rc == DB_FAIL;
    if (*failed)
        fprintf(c->err,
                "meterhouse: coverage: cannot be counted anew, so old counts "
                "are told: %s\n",
                db_error(db));
    return rc == DB_FAIL ? DB_OK : rc;
}

enum cmd_rc
coverage_cmd(struct cmd *c)
{
    struct words w = {0};
    struct db *db;
    bool failed;
    enum db_rc rc;

    if (!read_words(c, &w))
        return CMD_USAGE;
    db = cmd_store(c, DB_WRITE);
    if (db == NULL)
        return CMD_FAILED;
    rc = count(c, db, &failed);
    if (rc == DB_OK)
        rc = w.list == COVERAGE_KINDS ? write_counts(c, db, &w.file)
                                      : write_list(c, db, &w);
    if (rc != DB_OK || fflush(c->out) != 0) {
        fprintf(c->err,
                "meterhouse: coverage: %s; what was written is not "
                "whole\n",
                rc != DB_OK ? db_error(db) : "the output failed");
        rc = DB_FAIL;
    }
    db_close(db);
    return rc == DB_OK && !failed ? CMD_DONE : CMD_FAILED;
}
