/* SPDX-License-Identifier: Apache-2.0 */
/* Runs PostgreSQL's own programs: pg_dump, pg_restore, psql. */
#include "config.h"

#include "db/pg_program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

bool
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

enum db_rc
program_end(struct program *p, char why[DB_WHY])
{
    char text[256];
    size_t n = 0;
    ssize_t got;
    int status = 0;

    end_close(&p->in);
    /* before it is waited for: it may have more to say than anybody hears */
    end_close(&p->out);
    while ((got = read(p->err, text + n, sizeof text - 1 - n)) > 0)
        n += (size_t)got;
    text[n] = '\0';
    end_close(&p->err);
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

enum db_rc
program_whole(const char *place, char *const argv[], char why[DB_WHY])
{
    struct program p;

    if (program_start(&p, place, argv, false, false))
        return program_end(&p, why);
    snprintf(why, DB_WHY, "%s: %s", argv[0], strerror(errno));
    return DB_FAIL;
}

bool
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

bool
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
