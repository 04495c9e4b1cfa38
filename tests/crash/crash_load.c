/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kills `meterhouse load` at random moments and looks at what is left.
 *
 *   crash_load PROGRAM STORE SCRATCH KILLS [SEED]
 *
 * STORE is sqlite, or a PostgreSQL conninfo that may make databases.  Files are
 * made with `meterhouse generate` (with estimates, replacements, gaps and
 * solar) and loaded once undisturbed.  Then, KILLS times: an empty store, a
 * load that is killed with signal 9 at a random moment (every fourth time the
 * load after it, which recovers, is killed too), and these must hold:
 *
 *  - `meterhouse store check` finds nothing: every record decodes and adds up,
 *    and the catalog counts exactly the rows that are there;
 *  - every file is there with all of its records, or not at all;
 *  - after loading the files again, the store says of every meter what the
 *    undisturbed one says, version by version.
 *
 * Prints TAP, and on standard error how the kills fell.
 */
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "db/reading.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/str.h"
#include "tests/crash/tell.h"

struct crash {
    const char *program, *scratch, *conninfo; /* NULL: SQLite */
    char files[300];                          /* what is loaded */
    char data[300], store[700];               /* of the current store */
    char said[300];
    uint64_t seed;
    double seconds;  /* an undisturbed load */
    struct buf want; /* what the undisturbed store says */
    int fell[4];     /* kills by quarter of that time; the last: too late */
    bool landed;     /* a kill of this round came before the end */
    int committed;   /* files found whole after kills */
    char why[512];   /* the first thing that does not hold */
};

static uint64_t
dice(struct crash *c, uint64_t faces)
{
    c->seed ^= c->seed << 13;
    c->seed ^= c->seed >> 7;
    c->seed ^= c->seed << 17;
    return (c->seed >> 11) % faces;
}

static bool wrong(struct crash *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool
wrong(struct crash *c, const char *format, ...)
{
    va_list ap;

    if (c->why[0])
        return false;
    va_start(ap, format);
    vsnprintf(c->why, sizeof c->why, format, ap);
    va_end(ap);
    return false;
}

/* ---- stores -------------------------------------------------------------- */

static void
quiet(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

static bool
server_run(struct crash *c, const char *sql)
{
    PGconn *pg = PQconnectdb(c->conninfo);
    PGresult *r;
    bool ok;

    PQsetNoticeProcessor(pg, quiet, NULL);
    r = PQexec(pg, sql);
    ok = PQresultStatus(r) == PGRES_COMMAND_OK ||
         wrong(c, "%s: %s", sql, PQerrorMessage(pg));
    PQclear(r);
    PQfinish(pg);
    return ok;
}

/* Makes `name` the current store; it does not exist afterwards. */
static bool
store_fresh(struct crash *c, const char *name)
{
    char text[400];

    snprintf(c->data, sizeof c->data, "%.200s/%s", c->scratch, name);
    snprintf(text, sizeof text, "rm -rf '%s'", c->data);
    if (system(text) != 0)
        return wrong(c, "%s", text);
    snprintf(c->store, sizeof c->store, "sqlite:%s/store", c->data);
    if (!c->conninfo)
        return true;
    snprintf(c->store, sizeof c->store, "postgres:%.500s dbname=crash_%s",
             c->conninfo, name);
    snprintf(text, sizeof text, "DROP DATABASE IF EXISTS crash_%s WITH (FORCE)",
             name);
    if (!server_run(c, text))
        return false;
    snprintf(text, sizeof text, "CREATE DATABASE crash_%s TEMPLATE template0",
             name);
    return server_run(c, text);
}

/* ---- the program --------------------------------------------------------- */

/* Starts `meterhouse WORD1 WORD2 --data …` on the current store. */
static pid_t
start(const struct crash *c, const char *word1, const char *word2)
{
    char *const argv[] = {(char *)c->program, (char *)word1,   (char *)word2,
                          (char *)"--data",   (char *)c->data, NULL};
    pid_t pid = fork();
    int fd;

    if (pid != 0)
        return pid;
    setenv("MH_STORE", c->store, 1);
    fd = open(c->said, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execv(c->program, argv);
    _exit(127);
}

/* The program's own check, as an operator runs it. */
static bool
store_check(struct crash *c)
{
    pid_t pid = start(c, "store", "check");
    int status;

    if (waitpid(pid, &status, 0) != pid)
        return wrong(c, "waitpid: %s", strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    return wrong(c, "store check ended with status %d, see %s", status,
                 c->said);
}

/* An undisturbed load; it must end well. */
static bool
load_whole(struct crash *c)
{
    double began = clock_monotonic();
    pid_t pid = start(c, "load", c->files);
    int status;

    if (waitpid(pid, &status, 0) != pid)
        return wrong(c, "waitpid: %s", strerror(errno));
    began = clock_monotonic() - began;
    c->seconds = c->seconds > 0 ? 0.7 * c->seconds + 0.3 * began : began;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    return wrong(c, "load ended with status %d, see %s", status, c->said);
}

static void
nap(double seconds)
{
    struct timespec t = {.tv_sec = (time_t)seconds};

    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    nanosleep(&t, NULL);
}

/* True when the load was killed before it was done. */
static bool
load_killed(struct crash *c)
{
    double share = (double)dice(c, 1000000) / 1e6;
    pid_t pid = start(c, "load", c->files);
    int status;

    nap(share * 1.05 * c->seconds);
    kill(pid, SIGKILL);
    if (waitpid(pid, &status, 0) != pid)
        return wrong(c, "waitpid: %s", strerror(errno));
    c->fell[WIFSIGNALED(status) ? (int)(share * 3) : 3]++;
    return WIFSIGNALED(status);
}

/* ---- what a store says --------------------------------------------------- */

static void
bad_line(void *arg, const char *line)
{
    wrong(arg, "check: %s", line);
}

/* Everything the store says; false when it is not whole. */
static bool
tell(struct crash *c, struct db *db, struct buf *to)
{
    char why[512];
    int committed = 0;

    if (!tell_store(db, to, &committed, why))
        return wrong(c, "%s", why);
    c->committed += committed;
    return true;
}

/* What is left after a kill must be whole. */
static bool
look(struct crash *c, struct buf *says)
{
    struct db *db;
    char why[512];
    enum db_rc rc = db_open(c->store, DB_READ, &db, why);

    says->len = 0;
    if (rc == DB_NONE)
        return true; /* killed before there was a store */
    if (rc != DB_OK) /* killed while it was made: the next load makes it */
        return strstr(why, "empty") || strstr(why, "older") ||
               wrong(c, "%s", why);
    rc = reading_check(db, bad_line, c);
    if (rc != DB_OK)
        wrong(c, "%s", db_error(db));
    tell(c, db, says);
    db_close(db);
    return !c->why[0] && store_check(c);
}

/* Files are whole or absent: each load line that is there is one of the
 * undisturbed store's, once. */
static bool
files_whole(struct crash *c, const struct buf *says)
{
    const char *last = "";

    for (const char *s = says->len ? says->at : ""; *s;) {
        const char *end = strchr(s, '\n');
        char line[1000];

        snprintf(line, sizeof line, "%.*s\n", (int)(end - s), s);
        if (str_starts(line, "load ")) {
            if (!strstr(c->want.at, line))
                return wrong(c, "not what the file has: %s", line);
            if (strncmp(last, s, (size_t)(end - s)) == 0)
                return wrong(c, "twice: %s", line);
        }
        last = s;
        s = end + 1;
    }
    return true;
}

/* ---- rounds -------------------------------------------------------------- */

static bool
prepare(struct crash *c)
{
    char text[1600];

    snprintf(c->files, sizeof c->files, "%.200s/in", c->scratch);
    snprintf(c->said, sizeof c->said, "%.200s/said", c->scratch);
    snprintf(
        text, sizeof text,
        "rm -rf '%s' && '%s' generate --out '%s' --meters 60 --from 2026-02-20 "
        "--to 2026-03-16 --estimated 20 --replaced 60 --solar 20 "
        "--gaps 1 --file-days 5 --tdsps 2 >'%s' 2>&1",
        c->files, c->program, c->files, c->said);
    if (system(text) != 0)
        return wrong(c, "generate failed, see %s", c->said);
    if (!store_fresh(c, "whole") || !load_whole(c) || !look(c, &c->want))
        return false;
    if (!strstr(buf_text(&c->want), " history "))
        return wrong(c, "the files have no versions to replace");
    /* Once more for the time: the first had to bring everything in. */
    c->seconds = 0;
    return store_fresh(c, "timed") && load_whole(c);
}

static bool
round_run(struct crash *c, int number, struct buf *says)
{
    c->landed = false;
    if (!store_fresh(c, "round"))
        return false;
    for (int kills = number % 4 == 3 ? 2 : 1; kills > 0; kills--) {
        c->landed |= load_killed(c);
        if (c->why[0] || !look(c, says) || !files_whole(c, says))
            return false;
    }
    if (!load_whole(c) || !look(c, says))
        return false;
    if (says->len != c->want.len ||
        memcmp(says->at, c->want.at, says->len) != 0)
        return wrong(c, "after loading again the store says something else");
    return true;
}

int
main(int argc, char **argv)
{
    struct crash c = {.seed = 88172645463325252u};
    struct buf says = {0};
    int kills, done = 0;

    if (argc < 5) {
        fprintf(stderr, "usage: crash_load PROGRAM sqlite|CONNINFO SCRATCH "
                        "KILLS [SEED]\n");
        return 2;
    }
    log_init(LOG_ERROR_);
    c.program = argv[1];
    c.conninfo = str_eq(argv[2], "sqlite") ? NULL : argv[2];
    c.scratch = argv[3];
    kills = atoi(argv[4]);
    if (argc > 5)
        c.seed ^= strtoull(argv[5], NULL, 10) * 0x9e3779b97f4a7c15u;
    if (prepare(&c))
        while (done < kills && round_run(&c, done, &says))
            done += c.landed;
    printf("%sok 1 - %d of %d kills of a load on %s\n",
           c.why[0] || done < kills ? "not " : "", done, kills,
           c.conninfo ? "PostgreSQL" : "SQLite");
    if (c.why[0])
        printf("# round %d: %s\n", done, c.why);
    fprintf(stderr,
            "crash_load: a load takes %.2f s; kills fell %d %d %d by thirds of "
            "it, %d came too late; %d files were found whole\n",
            c.seconds, c.fell[0], c.fell[1], c.fell[2], c.fell[3], c.committed);
    buf_clear(&says);
    buf_clear(&c.want);
    return c.why[0] || done < kills ? 1 : 0;
}
