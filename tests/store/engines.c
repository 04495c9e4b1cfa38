/* SPDX-License-Identifier: Apache-2.0 */
/* An empty store on either engine for each test. */
#include "config.h"

#include "tests/store/engines.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/engine.h"
#include "server/base/file.h"
#include "server/base/log.h"
#include "server/base/str.h"

/* ---- the cluster -----------------------------------------------------------
 */

/* This file's folder, as the compiler saw it, holds the fixture. */
bool
engine_fixture(const char *args, char *line, size_t size)
{
    char here[] = __FILE__, command[1024];
    FILE *pipe;
    bool ok;

    *strrchr(here, '/') = '\0';
    snprintf(command, sizeof command, "sh '%s/pg_fixture' %s", here, args);
    pipe = popen(command, "r");
    if (!pipe)
        return false;
    ok = fgets(line, (int)size, pipe) != NULL;
    if (ok)
        line[strcspn(line, "\n")] = '\0';
    return pclose(pipe) == 0 && ok;
}

/* The conninfo of the cluster, or NULL. */
static const char *
cluster(void)
{
    static char conninfo[256];
    static int tried;
    const char *given = getenv("MH_TEST_PG");
    char args[64];

    if (given && *given)
        return given;
    if (!tried) {
        tried = 1;
        /* One for all programs that the same shell or make runs; an orphan
         * has its own. */
        snprintf(args, sizeof args, "shared %ld",
                 (long)(getppid() > 1 ? getppid() : getpid()));
        if (!engine_fixture(args, conninfo, sizeof conninfo))
            conninfo[0] = '\0';
    }
    return conninfo[0] ? conninfo : NULL;
}

static bool
cluster_run(const char *sql)
{
    PGconn *c = PQconnectdb(cluster());
    PGresult *r = PQexec(c, sql);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;

    if (!ok)
        fprintf(stderr, "%s: %s", sql, PQerrorMessage(c));
    PQclear(r);
    PQfinish(c);
    return ok;
}

/* ---- stores ----------------------------------------------------------------
 */

static void
make_postgres(struct engine *e)
{
    static int count;
    char sql[256];

    if (!cluster()) {
        str_copy(e->missing, sizeof e->missing,
                 "PostgreSQL is not installed here and MH_TEST_PG is not set: "
                 "the store was not tested on it");
        return;
    }
    snprintf(e->database, sizeof e->database, "test_%ld_%d", (long)getpid(),
             ++count);
    snprintf(sql, sizeof sql,
             "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8' "
             "LC_COLLATE 'C' LC_CTYPE 'C'",
             e->database);
    assert_true(cluster_run(sql));
    /* The last dbname of a conninfo is the one that counts. */
    snprintf(e->store, sizeof e->store, "postgres:%s dbname=%s", cluster(),
             e->database);
}

void
engine_make(struct engine *e, enum db_engine kind)
{
    const char *tmp = getenv("TMPDIR");

    log_init(LOG_ERROR_);
    *e = (struct engine){.kind = kind};
    snprintf(e->folder, sizeof e->folder, "%s/meterhouse-test-XXXXXX",
             tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(e->folder));
    if (kind == DB_POSTGRES)
        make_postgres(e);
    else
        snprintf(e->store, sizeof e->store, "sqlite:%s/store", e->folder);
    if (!e->missing[0])
        engine_reopen(e, DB_CREATE);
}

void
engine_drop(struct engine *e)
{
    char sql[256];

    db_close(e->db);
    if (e->database[0]) {
        snprintf(sql, sizeof sql, "DROP DATABASE %s WITH (FORCE)", e->database);
        cluster_run(sql);
    }
    file_remove_all(e->folder);
}

void
engine_reopen(struct engine *e, enum db_mode mode)
{
    char why[512] = "";

    db_close(e->db);
    e->db = NULL;
    if (db_open(e->store, mode, &e->db, why) != DB_OK)
        fail_msg("%s: %s", e->store, why);
}

static int
set_up(void **state, enum db_engine kind)
{
    struct engine *e = malloc(sizeof *e);

    engine_make(e, kind);
    *state = e;
    return 0;
}

int
engine_set_up_sqlite(void **state)
{
    return set_up(state, DB_SQLITE);
}

int
engine_set_up_postgres(void **state)
{
    return set_up(state, DB_POSTGRES);
}

int
engine_tear_down(void **state)
{
    engine_drop(*state);
    free(*state);
    return 0;
}

struct engine *
engine_of(void **state)
{
    struct engine *e = *state;

    if (e->missing[0]) {
        print_message("skipped: %s\n", e->missing);
        skip();
    }
    return e;
}
