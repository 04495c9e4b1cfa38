/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backups of a PostgreSQL store, through PostgreSQL's own programs.
 *
 * Out: a transaction of our own fixes the moment.  pg_dump sees that moment and
 * dumps all but the readings, which COPY writes, a file a month, so that months
 * that did not change can be taken from an earlier backup.  Where readings lie
 * on several servers, a transaction on each fixes the same moment, and a
 * month's file has the rows of all.
 *
 * In: psql runs, in one transaction, the removal of what is there, what
 * pg_restore makes of the dump, and a \copy a month, so that it happens wholly
 * or not at all.  The connections of programs that use the store are cut
 * before, so that their locks are gone, and afterwards, so that they notice the
 * new epoch (db/pg.c).
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/backup_moment.h"
#include "db/backup_parts.h"
#include "db/pg_program.h"
#include "db/reading_home.h"
#include "server/base/buf.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/str.h"

#define DUMP     "store.dump"
#define READINGS "readings"

/* ---- out -------------------------------------------------------------------
 */

/* Without the list of servers: a store that is restored has all in its own
 * database. */
static enum db_rc
rest_dump(struct db *db, struct backup *b, const char *snapshot,
          char why[DB_WHY])
{
    char path[DB_PATH], moment[80];
    char *const argv[] = {"pg_dump",
                          "--format=custom",
                          "--no-owner",
                          "--no-privileges",
                          "--schema=public",
                          "--exclude-table-data=public.reading",
                          "--exclude-table-data=public.reading_[0-9]*",
                          "--exclude-table-data=public.shard",
                          "--exclude-table-data=public.shard_bucket",
                          "--exclude-table-data=public.shard_move",
                          moment,
                          "--file",
                          path,
                          NULL};

    backup_path(b->folder, DUMP, path);
    backup_add(b, DUMP);
    snprintf(moment, sizeof moment, "--snapshot=%s", snapshot);
    return program_whole(db->place, argv, why);
}

struct month_name {
    struct backup *b;
    char name[16]; /* "2026_03" */
};

static bool
month_name(void *arg)
{
    struct month_name *r = arg;
    char name[64];

    snprintf(name, sizeof name, READINGS "/%.4s-%.2s.copy", r->name,
             r->name + 5);
    if (!backup_find(r->b, name))
        backup_add(r->b, name);
    return true;
}

/* Months that have a partition there. */
static enum db_rc
months_list(struct db_conn *c, struct backup *b)
{
    struct month_name r = {.b = b};

    return conn_each(c,
                     "SELECT substr(c.relname, 9) FROM pg_inherits i "
                     "JOIN pg_class c ON c.oid = i.inhrelid "
                     "WHERE i.inhparent = CAST('reading' AS regclass) "
                     "AND c.relname ~ '^reading_[0-9]{4}_[0-9]{2}$' "
                     "ORDER BY c.relname",
                     IN_NONE, OUT(out_text(r.name, sizeof r.name)), month_name,
                     &r);
}

/* The month of "readings/2026-03.copy", and its partition's name. */
static bool
month_of(const struct backup_file *f, int32_t *month, char partition[32])
{
    const char *at = f->name + strlen(READINGS "/");
    char text[16];

    snprintf(partition, 32, "reading_%.4s_%.2s", at, at + 5);
    snprintf(text, sizeof text, "%.7s-01", at);
    return day_parse(text, month);
}

/*
 * Every version of a row has a place in its table's file (ctid) and the number
 * of the transaction that wrote it (xmin): where the same versions are visible,
 * the same rows are.  It reads the whole partition, but nothing leaves the
 * server and nothing is written.  Rows of a foreign table do not tell: false.
 *
 * The buckets stand in the text, which is no literal, but the same for each
 * month of an origin: it is prepared once.
 */
static enum db_rc
origin_mark(const struct origin *o, int32_t month, const char *partition,
            struct buf *what, bool *tells)
{
    char sql[512 + sizeof o->which], rows[192] = "r none";
    enum db_rc rc;

    snprintf(sql, sizeof sql,
             "SELECT concat_ws(' ', c.relkind, c.oid, "
             "pg_relation_filenode(c.oid), CASE WHEN c.relkind = 'r' THEN "
             "(SELECT concat(count(*), ' ', sum(hashtextextended(concat("
             "tableoid, ctid, xmin), 7))) FROM reading "
             "WHERE day >= $2 AND day < $3 %s) END) "
             "FROM pg_class c WHERE c.oid = to_regclass($1)",
             o->which);
    rc = conn_one(o->c, sql,
                  IN(in_text(partition), in_i64(month),
                     in_i64(reading_month_next(month))),
                  OUT(out_text(rows, sizeof rows)));
    *tells &= rows[0] == 'r';
    buf_printf(what, "%s %s\n", o->identity, rows);
    return rc == DB_NONE ? DB_OK : rc;
}

static enum db_rc
month_mark(struct moment *m, int32_t month, const char *partition,
           struct backup_file *f, char why[DB_WHY])
{
    struct db_conn *catalog = m->at[0].c;
    struct buf what = {0};
    bool tells = true;
    enum db_rc rc = DB_OK;

    for (size_t i = 0; i < m->n && rc == DB_OK; i++) {
        rc = origin_mark(&m->at[i], month, partition, &what, &tells);
        if (rc != DB_OK)
            origin_failed(m, &m->at[i], m->at[i].c->error, why);
    }
    if (rc == DB_OK && tells) {
        rc = backup_mark(catalog, month, buf_text(&what), f->mark);
        if (rc != DB_OK)
            origin_failed(m, &m->at[0], catalog->error, why);
    }
    buf_clear(&what);
    return rc;
}

/* What PostgreSQL sends, but for `skip` bytes, into the file. */
static enum db_rc
rows_write(PGconn *pg, FILE *to, size_t skip, char why[DB_WHY])
{
    char *bytes;
    int n;

    while ((n = PQgetCopyData(pg, &bytes, 0)) > 0) {
        size_t some = (size_t)n, less = some < skip ? some : skip;
        size_t done = fwrite(bytes + less, 1, some - less, to);

        PQfreemem(bytes);
        skip -= less;
        if (done != some - less) {
            snprintf(why, DB_WHY, "%s", strerror(errno));
            return DB_FAIL;
        }
    }
    if (n == -1)
        return DB_OK;
    snprintf(why, DB_WHY, "%.400s", PQerrorMessage(pg));
    return DB_FAIL;
}

/* What the binary form begins and ends with: a signature and two words of no
 * bits, and a row of -1 columns. */
static const char COPY_START[] = "PGCOPY\n\377\r\n";
static const char COPY_END[] = "\377\377";
#define COPY_HEAD (sizeof COPY_START + 8)
#define COPY_TAIL (sizeof COPY_END - 1)

/* Those of the first origin make a whole file, which those of another go on. */
static enum db_rc
copy_run(const struct origin *o, const char *sql, FILE *to, bool first,
         char why[DB_WHY])
{
    PGconn *pg = pg_handle(o->c);
    PGresult *r;
    enum db_rc rc = DB_FAIL;

    if (!first && fseek(to, -(long)COPY_TAIL, SEEK_CUR) != 0) {
        snprintf(why, DB_WHY, "%s", strerror(errno));
        return DB_FAIL;
    }
    r = PQexec(pg, sql);
    if (PQresultStatus(r) == PGRES_COPY_OUT)
        rc = rows_write(pg, to, first ? 0 : COPY_HEAD, why);
    else
        snprintf(why, DB_WHY, "%.400s", PQerrorMessage(pg));
    PQclear(r);
    while (rc == DB_OK && (r = PQgetResult(pg))) {
        if (PQresultStatus(r) != PGRES_COMMAND_OK) {
            snprintf(why, DB_WHY, "%.400s", PQerrorMessage(pg));
            rc = DB_FAIL;
        }
        PQclear(r);
    }
    return rc;
}

/* COPY takes no parameters. */
static enum db_rc
origin_copy(const struct moment *m, size_t i, int32_t month, FILE *to,
            char why[DB_WHY])
{
    const struct origin *o = &m->at[i];
    char sql[256 + sizeof o->which], reason[DB_WHY];
    enum db_rc rc;

    snprintf(sql, sizeof sql,
             "COPY (SELECT bucket, point_group, day, load_id, data "
             "FROM reading WHERE day >= %d AND day < %d %s) "
             "TO STDOUT (FORMAT binary)",
             (int)month, (int)reading_month_next(month), o->which);
    rc = copy_run(o, sql, to, i == 0, reason);
    return rc == DB_OK ? rc : origin_failed(m, o, reason, why);
}

static enum db_rc
month_copy(const struct moment *m, const struct backup *b, int32_t month,
           const struct backup_file *f, char why[DB_WHY])
{
    enum db_rc rc = DB_OK;
    char path[DB_PATH];
    FILE *to;

    backup_path(b->folder, f->name, path);
    to = fopen(path, "wxe");
    if (!to) {
        snprintf(why, DB_WHY, "%.400s: %s", path, strerror(errno));
        return DB_FAIL;
    }
    for (size_t i = 0; i < m->n && rc == DB_OK; i++)
        rc = origin_copy(m, i, month, to, why);
    if (fclose(to) != 0 && rc == DB_OK) {
        snprintf(why, DB_WHY, "%.400s: %s", path, strerror(errno));
        rc = DB_FAIL;
    }
    return rc;
}

static enum db_rc
months_write(struct moment *m, struct backup *b, char why[DB_WHY])
{
    enum db_rc rc = DB_OK;

    for (size_t i = 0; i < m->n && rc == DB_OK; i++) {
        rc = months_list(m->at[i].c, b);
        if (rc != DB_OK)
            origin_failed(m, &m->at[i], m->at[i].c->error, why);
    }
    for (size_t i = 0; i < b->n && rc == DB_OK; i++) {
        struct backup_file *f = &b->file[i];
        char partition[32];
        int32_t month;
        bool had;

        if (!str_starts(f->name, READINGS) || !month_of(f, &month, partition))
            continue;
        rc = month_mark(m, month, partition, f, why);
        if (rc == DB_OK)
            rc = backup_reuse(b, f, &had, why);
        if (rc == DB_OK && !had)
            rc = month_copy(m, b, month, f, why);
    }
    return rc;
}

enum db_rc
backup_pg(struct db *db, struct backup *b, double seconds, char why[DB_WHY])
{
    struct moment *m = mem_new(sizeof *m);
    char path[DB_PATH];
    enum db_rc rc;

    *m = (struct moment){0};
    backup_path(b->folder, READINGS, path);
    if (file_make_dir(path, 0700)) {
        rc = moment_open(db, m, seconds, why);
    } else {
        snprintf(why, DB_WHY, "%.400s: %s", path, strerror(errno));
        rc = DB_FAIL;
    }
    if (rc == DB_OK)
        rc = rest_dump(db, b, m->snapshot, why);
    if (rc == DB_OK)
        rc = months_write(m, b, why);
    moment_close(m);
    free(m);
    return rc;
}

/* ---- reading it again ------------------------------------------------------
 */

/* A file of COPY has a beginning and an end that are always the same. */
static enum db_rc
copy_check(const struct backup *b, const struct backup_file *f,
           char why[DB_WHY])
{
    char path[DB_PATH], at[sizeof COPY_START], last[sizeof COPY_END] = "";
    FILE *in;
    bool ok;

    backup_path(b->folder, f->name, path);
    in = fopen(path, "re");
    ok = in && fread(at, 1, sizeof at, in) == sizeof at &&
         memcmp(at, COPY_START, sizeof at) == 0 &&
         fseek(in, -(long)COPY_TAIL, SEEK_END) == 0 &&
         fread(last, 1, COPY_TAIL, in) == COPY_TAIL &&
         memcmp(last, COPY_END, COPY_TAIL) == 0;
    if (in)
        fclose(in);
    if (ok)
        return DB_OK;
    snprintf(why, DB_WHY, "%.400s: not a whole copy of a month", path);
    return DB_FAIL;
}

enum db_rc
verify_pg(const struct backup *b, char why[DB_WHY])
{
    char path[DB_PATH];
    char *const argv[] = {"pg_restore", "--file=/dev/null", path, NULL};
    enum db_rc rc;

    backup_path(b->folder, DUMP, path);
    rc = program_whole("", argv, why); /* can it be read to its end? */
    for (size_t i = 0; i < b->n && rc == DB_OK; i++) {
        if (str_starts(b->file[i].name, READINGS))
            rc = copy_check(b, &b->file[i], why);
    }
    return rc;
}

/* ---- in --------------------------------------------------------------------
 */

#define BEFORE                                                                 \
    "BEGIN;\n"                                                                 \
    "SET client_min_messages = warning;\n"                                     \
    "DROP SCHEMA public CASCADE;\n"                                            \
    "CREATE SCHEMA public;\n"

/* The epoch tells programs that are connected; the writer's number, and that of
 * the map of servers, must not be one that a holder may still have. */
#define AFTER                                                                  \
    "DO $$ BEGIN\n"                                                            \
    "IF to_regclass('public.epoch') IS NOT NULL THEN\n"                        \
    " UPDATE public.epoch SET number = %lld;\n"                                \
    "END IF;\n"                                                                \
    "IF to_regclass('public.shard_map') IS NOT NULL THEN\n"                    \
    " UPDATE public.shard_map SET version = version + (1::bigint << 32);\n"    \
    "END IF; END $$;\n"                                                        \
    "UPDATE public.writer"                                                     \
    " SET token = greatest(token + (1::bigint << 32), %lld);\n"                \
    "DELETE FROM public.account_session;\n"                                    \
    "COMMIT;\n"

/* Grows with time, if clocks are right, and is another in the same second. */
static int64_t
fresh_number(void)
{
    uint32_t dice;

    random_bytes(&dice, sizeof dice);
    return (clock_now() << 30) + (dice >> 2);
}

/* One section of the dump, as pg_restore makes a script of it. */
static enum db_rc
section_feed(struct program *psql, const char *place, char *path, char *section,
             char why[DB_WHY])
{
    char *const argv[] = {"pg_restore",
                          "--no-owner",
                          "--no-privileges",
                          "--schema=public",
                          "--file=-",
                          section,
                          path,
                          NULL};
    struct program maker;
    bool fed;
    enum db_rc rc;

    if (!program_start(&maker, place, argv, false, true)) {
        snprintf(why, DB_WHY, "pg_restore: %s", strerror(errno));
        return DB_FAIL;
    }
    fed = pipe_pump(maker.out, psql->in);
    rc = program_end(&maker, why);
    return fed ? rc : DB_FAIL;
}

/* The \copy of a month.  Its word for the file doubles quotes. */
static void
month_put(struct buf *text, const struct backup *b, const struct backup_file *f)
{
    char path[DB_PATH];

    backup_path(b->folder, f->name, path);
    buf_puts(text, "\\copy public.reading (bucket, point_group, day, load_id, "
                   "data) FROM '");
    for (const char *s = path; *s; s++) {
        if (*s == '\'')
            buf_putc(text, *s);
        buf_putc(text, *s);
    }
    buf_puts(text, "' (FORMAT binary)\n");
}

/* Into a month's partition that the store's own database had. */
static void
month_early(struct buf *text, const char *partition)
{
    buf_printf(text,
               "SELECT EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = "
               "to_regclass('public.reading') AND inhrelid = "
               "to_regclass('public.%s')) AS had_%s \\gset\n"
               "\\if :had_%s\n",
               partition, partition, partition);
}

/* Into a new one.  A table of that name was about to be dropped when it was
 * backed up, and is without rows. */
static void
month_late(struct buf *text, const char *partition, int32_t month)
{
    buf_printf(text,
               "\\if :had_%s\n\\else\n"
               "DROP TABLE IF EXISTS %s;\n"
               "SELECT reading_partition('%s', %d, %d) AS made \\gset\n",
               partition, partition, partition, (int)month,
               (int)reading_month_next(month));
}

/*
 * A \copy a month.  The months that the store's own database had are filled
 * before there are keys, which is faster; `late`, the others, of which only
 * other servers had rows.
 */
static bool
months_feed(struct program *psql, const struct backup *b, bool late)
{
    struct buf text = {0};
    bool ok;

    if (late)
        buf_puts(&text, "SET search_path = public;\n");
    for (size_t i = 0; i < b->n; i++) {
        const struct backup_file *f = &b->file[i];
        char partition[32];
        int32_t month;

        if (!str_starts(f->name, READINGS) || !month_of(f, &month, partition))
            continue;
        if (late)
            month_late(&text, partition, month);
        else
            month_early(&text, partition);
        month_put(&text, b, f);
        buf_puts(&text, "\\endif\n");
    }
    ok = pipe_write(psql->in, text.at, text.len);
    buf_clear(&text);
    return ok;
}

/* Feeds psql; it commits only when all before has come to its end well. */
static enum db_rc
script_feed(struct program *psql, const char *place, const struct backup *b,
            char *path, char why[DB_WHY])
{
    static char BEFORE_DATA[] = "--section=pre-data";
    static char DATA[] = "--section=data";
    static char AFTER_DATA[] = "--section=post-data";
    char after[1024];
    enum db_rc rc = DB_OK;

    snprintf(after, sizeof after, AFTER, (long long)fresh_number(),
             (long long)fresh_number());
    if (!pipe_write(psql->in, BEFORE, strlen(BEFORE)))
        rc = DB_FAIL;
    if (rc == DB_OK)
        rc = section_feed(psql, place, path, BEFORE_DATA, why);
    if (rc == DB_OK)
        rc = section_feed(psql, place, path, DATA, why);
    if (rc == DB_OK && !months_feed(psql, b, false))
        rc = DB_FAIL;
    if (rc == DB_OK)
        rc = section_feed(psql, place, path, AFTER_DATA, why);
    if (rc == DB_OK && !months_feed(psql, b, true))
        rc = DB_FAIL;
    if (rc == DB_OK && !pipe_write(psql->in, after, strlen(after)))
        rc = DB_FAIL;
    return rc;
}

static enum db_rc
dump_load(const char *place, const struct backup *b, char *path,
          char why[DB_WHY])
{
    char *const psql_argv[] = {"psql",  "--no-psqlrc",     "--quiet",
                               "--set", "ON_ERROR_STOP=1", NULL};
    struct program psql;
    enum db_rc rc, end;

    if (!program_start(&psql, place, psql_argv, true, false)) {
        snprintf(why, DB_WHY, "psql: %s", strerror(errno));
        return DB_FAIL;
    }
    rc = script_feed(&psql, place, b, path, why);
    end = program_end(&psql, why); /* what psql says explains the rest */
    return end == DB_OK ? rc : end;
}

/* Cuts all connections of our programs but this one. */
static enum db_rc
others_cut(struct db_conn *c)
{
    return c->driver->script(
        c, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
           "WHERE datname = current_database() AND pid <> pg_backend_pid() "
           "AND application_name = current_setting('application_name')");
}

enum db_rc
restore_pg(const char *place, const struct backup *b, double seconds,
           char why[DB_WHY])
{
    struct db bare = {.engine = DB_POSTGRES, .place = place, .lock_fd = -1};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    char path[DB_PATH];
    enum db_rc rc = verify_pg(b, why);

    if (rc == DB_OK && strchr(b->folder, '\n')) {
        str_copy(why, DB_WHY, "psql takes no name of a folder with a line end");
        rc = DB_FAIL;
    }
    if (rc != DB_OK)
        return rc;
    backup_path(b->folder, DUMP, path);
    rc = db_writer_lock_bare(&bare, seconds);
    if (rc == DB_OK)
        rc = others_cut(bare.lock_conn);
    if (rc != DB_OK)
        str_copy(why, DB_WHY,
                 bare.error[0] ? bare.error : bare.lock_conn->error);
    sigaction(SIGPIPE, &ignore, &before);
    if (rc == DB_OK)
        rc = dump_load(place, b, path, why);
    sigaction(SIGPIPE, &before, NULL);
    if (rc == DB_OK)
        others_cut(bare.lock_conn);
    conn_close(bare.lock_conn);
    return rc;
}
