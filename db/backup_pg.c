/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backups of a PostgreSQL store, through PostgreSQL's own programs.
 *
 * Out: pg_dump, which sees the database of one moment.  In: psql runs, in one
 * transaction, the removal of what is there and what pg_restore makes of the
 * dump, so that it happens wholly or not at all.  The connections of programs
 * that use the store are cut before, so that their locks are gone, and
 * afterwards, so that they notice the new epoch (db/pg.c).
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/backup_parts.h"
#include "server/base/buf.h"
#include "server/base/str.h"

#define DUMP "store.dump"

/* ---- programs --------------------------------------------------------------
 */

static bool
is_given(const PQconninfoOption *o)
{
    return o->envvar && o->val;
}

/* Does the conninfo give what the variable says? */
static bool
is_overridden(const PQconninfoOption *o, const char *variable)
{
    for (; o && o->keyword; o++) {
        size_t n = o->envvar ? strlen(o->envvar) : 0;

        if (is_given(o) && strncmp(variable, o->envvar, n) == 0 &&
            variable[n] == '=')
            return true;
    }
    return false;
}

/* The conninfo goes to the program by its environment, where a password is not
 * seen by everybody.  Made before the fork; lives in the arena. */
static char **
environment_make(struct arena *a, const char *place)
{
    PQconninfoOption *all = PQconninfoParse(place, NULL), *o;
    size_t n = 0, room = 1;
    char **env;

    for (char **e = environ; *e; e++)
        room++;
    for (o = all; o && o->keyword; o++)
        room++;
    env = ARENA_NEWN(a, char *, room);
    for (char **e = environ; *e; e++) {
        if (!is_overridden(all, *e))
            env[n++] = *e;
    }
    for (o = all; o && o->keyword; o++) {
        if (is_given(o))
            env[n++] = arena_printf(a, "%s=%s", o->envvar, o->val);
    }
    PQconninfoFree(all);
    return env;
}

struct program {
    const char *name;
    pid_t pid;
    int in, out, err; /* our ends, -1 where not wanted */
};

static void
end_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* In the child: the given ends become its standard ones. */
static void
program_run(char *const argv[], char *const env[], int in, int out, int err)
{
    int null = open("/dev/null", O_RDWR);

    if (dup2(in >= 0 ? in : null, 0) < 0 ||
        dup2(out >= 0 ? out : null, 1) < 0 || dup2(err, 2) < 0)
        _exit(126);
    execvpe(argv[0], argv, env);
    fprintf(stderr, "%s: %s", argv[0], strerror(errno));
    fflush(stderr);
    _exit(127);
}

/* Starts it; with `in` and `out` it reads from us and writes to us. */
static bool
program_start(struct program *p, const char *place, char *const argv[], bool in,
              bool out)
{
    int to[2] = {-1, -1}, from[2] = {-1, -1}, err[2];
    struct arena a = {0};
    char **env;

    *p = (struct program){.name = argv[0], .in = -1, .out = -1, .err = -1};
    if (pipe2(err, O_CLOEXEC) != 0 || (in && pipe2(to, O_CLOEXEC) != 0) ||
        (out && pipe2(from, O_CLOEXEC) != 0))
        return false;
    env = environment_make(&a, place);
    p->pid = fork();
    if (p->pid == 0)
        program_run(argv, env, to[0], from[1], err[1]);
    arena_clear(&a);
    end_close(&to[0]);
    end_close(&from[1]);
    end_close(&err[1]);
    p->in = to[1];
    p->out = from[0];
    p->err = err[0];
    return p->pid > 0;
}

/* Waits for its end; what it said of a failure goes to `why`. */
static enum db_rc
program_end(struct program *p, char why[DB_WHY])
{
    char text[256];
    size_t n = 0;
    ssize_t got;
    int status = 0;

    end_close(&p->in);
    while ((got = read(p->err, text + n, sizeof text - 1 - n)) > 0)
        n += (size_t)got;
    text[n] = '\0';
    end_close(&p->err);
    end_close(&p->out);
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return DB_OK;
    text[strcspn(text, "\n")] = '\0';
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        snprintf(why, DB_WHY, "%s; install PostgreSQL's client programs", text);
    else
        snprintf(why, DB_WHY, "%s failed: %s", p->name, text);
    return DB_FAIL;
}

static enum db_rc
program_whole(const char *place, char *const argv[], char why[DB_WHY])
{
    struct program p;

    if (program_start(&p, place, argv, false, false))
        return program_end(&p, why);
    snprintf(why, DB_WHY, "%s: %s", argv[0], strerror(errno));
    return DB_FAIL;
}

/* ---- out -------------------------------------------------------------------
 */

enum db_rc
backup_pg(struct db *db, struct backup *b, char why[DB_WHY])
{
    char path[DB_PATH];
    char *const argv[] = {
        "pg_dump",         "--format=custom", "--no-owner", "--no-privileges",
        "--schema=public", "--file",          path,         NULL};

    backup_path(b->folder, DUMP, path);
    backup_add(b, DUMP);
    return program_whole(db->place, argv, why);
}

/* ---- in --------------------------------------------------------------------
 */

#define BEFORE                                                                 \
    "BEGIN;\n"                                                                 \
    "SET client_min_messages = warning;\n"                                     \
    "DROP SCHEMA public CASCADE;\n"                                            \
    "CREATE SCHEMA public;\n"

/* The epoch tells programs that are connected; the writer's number must not be
 * one that a holder may still have. */
#define AFTER                                                                  \
    "DO $$ BEGIN\n"                                                            \
    "IF to_regclass('public.epoch') IS NOT NULL THEN\n"                        \
    " UPDATE public.epoch SET number = %lld;\n"                                \
    "END IF; END $$;\n"                                                        \
    "UPDATE public.writer SET token = token + %lld;\n"                         \
    "DELETE FROM public.account_session;\n"                                    \
    "COMMIT;\n"

static bool
pipe_write(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

/* All that comes from one goes to the other. */
static bool
pipe_pump(int from, int to)
{
    char chunk[65536];
    ssize_t n;

    while ((n = read(from, chunk, sizeof chunk)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || !pipe_write(to, chunk, (size_t)n))
            return false;
    }
    return true;
}

/* Some large number that grows with time. */
static int64_t
fresh_number(void)
{
    uint32_t dice;

    random_bytes(&dice, sizeof dice);
    return (INT64_C(1) << 32) + dice;
}

/* Feeds psql; it commits only when pg_restore has come to its end well. */
static enum db_rc
script_feed(struct program *psql, struct program *maker, char why[DB_WHY])
{
    char after[1024];
    enum db_rc rc = DB_OK;

    snprintf(after, sizeof after, AFTER, (long long)fresh_number(),
             (long long)fresh_number());
    if (!pipe_write(psql->in, BEFORE, strlen(BEFORE)) ||
        !pipe_pump(maker->out, psql->in))
        rc = DB_FAIL;
    if (program_end(maker, why) != DB_OK)
        rc = DB_FAIL;
    if (rc == DB_OK && !pipe_write(psql->in, after, strlen(after)))
        rc = DB_FAIL;
    return rc;
}

static enum db_rc
dump_load(const char *place, char *path, char why[DB_WHY])
{
    char *const psql_argv[] = {"psql",  "--no-psqlrc",     "--quiet",
                               "--set", "ON_ERROR_STOP=1", NULL};
    char *const maker_argv[] = {"pg_restore",
                                "--no-owner",
                                "--no-privileges",
                                "--schema=public",
                                "--file=-",
                                path,
                                NULL};
    struct program psql, maker;
    enum db_rc rc, end;

    if (!program_start(&psql, place, psql_argv, true, false)) {
        snprintf(why, DB_WHY, "psql: %s", strerror(errno));
        return DB_FAIL;
    }
    if (!program_start(&maker, place, maker_argv, false, true)) {
        program_end(&psql, why);
        snprintf(why, DB_WHY, "pg_restore: %s", strerror(errno));
        return DB_FAIL;
    }
    rc = script_feed(&psql, &maker, why);
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
    char *const argv[] = {"pg_restore", "--file=/dev/null", path, NULL};
    enum db_rc rc;

    backup_path(b->folder, DUMP, path);
    rc = program_whole(place, argv, why); /* can it be read to its end? */
    if (rc != DB_OK)
        return rc;
    rc = db_writer_lock_bare(&bare, seconds);
    if (rc == DB_OK)
        rc = others_cut(bare.lock_conn);
    if (rc != DB_OK)
        str_copy(why, DB_WHY,
                 bare.error[0] ? bare.error : bare.lock_conn->error);
    sigaction(SIGPIPE, &ignore, &before);
    if (rc == DB_OK)
        rc = dump_load(place, path, why);
    sigaction(SIGPIPE, &before, NULL);
    if (rc == DB_OK)
        others_cut(bare.lock_conn);
    conn_close(bare.lock_conn);
    return rc;
}
