/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Store tests run on both engines: each test gets an empty store of its own.
 *
 *   static void
 *   test_thing(void **state)
 *   {
 *       struct engine *e = engine_of(state);   skips without PostgreSQL
 *       … e->db …
 *   }
 *   const struct CMUnitTest tests[] = { ENGINE_TESTS(test_thing) };
 *
 * Add tests/store/engines.c and tests/store/engines.h to the test's SOURCES.
 * PostgreSQL is the cluster of MH_TEST_PG (a conninfo that may make databases),
 * or one that tests/store/pg_fixture starts for this run.
 */
#ifndef MH_TEST_STORE_ENGINES_H
#define MH_TEST_STORE_ENGINES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/db.h"

struct engine {
    enum db_engine kind;
    struct db *db;     /* opened with DB_CREATE */
    char store[512];   /* its name for db_open */
    char folder[256];  /* a folder of the test's own, removed afterwards */
    char database[64]; /* PostgreSQL */
    char missing[128]; /* why this engine cannot be tested here */
};

int engine_set_up_sqlite(void **state);
int engine_set_up_postgres(void **state);
int engine_tear_down(void **state);
/* The engine of a test; skips the test where it is missing. */
struct engine *engine_of(void **state);
/* Closes the handle and opens it anew. */
void engine_reopen(struct engine *e, enum db_mode mode);
/* A store of that engine, for tests that have several or none in `state`;
 * NULL folder and database when it cannot be. */
void engine_make(struct engine *e, enum db_engine kind);
void engine_drop(struct engine *e);
/* Every row of every table of the store, one a line, sorted, as text that is
 * equal for equal stores on both engines; free() it. */
char *engine_dump(struct engine *e);
/* Runs tests/store/pg_fixture and takes the first line that it prints. */
bool engine_fixture(const char *args, char *line, size_t size);

#define ENGINE_TESTS(fn)                                                       \
    {#fn " on SQLite", fn, engine_set_up_sqlite, engine_tear_down, NULL},      \
    {                                                                          \
#fn " on PostgreSQL", fn, engine_set_up_postgres, engine_tear_down,    \
            NULL                                                               \
    }

#endif
