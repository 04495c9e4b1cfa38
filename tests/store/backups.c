/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/store/backups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/registry/registry.h"
#include "db/backup.h"
#include "db/store.h"
#include "server/base/str.h"
#include "tests/store/table_files.h"

/* ---- a store with something in it ------------------------------------------
 */

static void
say_bad(void *arg, const char *line)
{
    (void)arg;
    fail_msg("%s", line);
}

void
is_sound(struct db *db)
{
    assert_int_equal(db_store_check(db, say_bad, NULL), DB_OK);
}

static void
registry_add(struct engine *e, int point)
{
    struct outcome o = {.rc = DB_OK};
    char text[256];

    snprintf(text, sizeof text,
             "ESIID,TDSP,METER,INSTALLED\n9%d,1039940674000,M%d,2020-01-01\n",
             point, point);
    table_file_load(e, registry_load, text, "", &o);
    assert_int_equal(o.rc, DB_OK);
    table_rejects_clear(&o.rejects);
}

/* Readings in October and November. */
void
first_content(struct engine *e)
{
    points_make(e->db, POINTS);
    registry_add(e, 1);
    records_load(e->db,
                 FILE_OF(1, 1, {1, 0, 4, 10, 1, "a"}, {2, 0, 4, 10, 2, "b"},
                         {1, 20, 4, 10, 3, "c"}),
                 NULL);
}

/* A corrected day, another point, a month that was not there. */
void
later_content(struct engine *e)
{
    registry_add(e, 2);
    records_load(e->db,
                 FILE_OF(2, 1, {1, 0, 4, 20, 7, "d"}, {3, 1, 4, 20, 8, "e"},
                         {1, 50, 4, 20, 9, "f"}),
                 NULL);
}

/* Everything that can be read of it, as text; free it. */
char *
content(struct engine *e)
{
    char *rows = engine_dump(e);
    struct buf b = {0};

    dump(e->db, POINTS, &b);
    buf_puts(&b, rows);
    buf_text(&b);
    free(rows);
    return b.at;
}

void
backup_name(const struct engine *e, const char *name, char to[400])
{
    snprintf(to, 400, "%s/%s", e->folder, name);
}

void
backup(struct engine *e, const char *name)
{
    char folder[400], why[512];
    struct backup_facts f;

    backup_name(e, name, folder);
    if (db_backup(e->db, folder, NULL, 5, &f, why) != DB_OK)
        fail_msg("%s", why);
    assert_true(f.files > 0 && f.bytes > 0);
}

enum db_rc
restore(struct engine *e, const char *store, const char *name, char why[512])
{
    char folder[400];
    struct backup_facts f;

    backup_name(e, name, folder);
    return db_restore(store, folder, 5, &f, why);
}

void
must_restore(struct engine *e, const char *store, const char *name)
{
    char why[512];

    if (restore(e, store, name, why) != DB_OK)
        fail_msg("%s", why);
}

/* Without what a restore sets anew. */
char *
comparable(char *text)
{
    for (char *s = text, *to = text;;) {
        char *end = strchr(s, '\n');

        if (!end) {
            *to = '\0';
            return text;
        }
        if (!str_starts(s, "epoch|") && !str_starts(s, "writer|") &&
            !str_starts(s, "shard_map|")) {
            memmove(to, s, (size_t)(end + 1 - s));
            to += end + 1 - s;
        }
        s = end + 1;
    }
}

void
is_content(struct engine *e, char *want)
{
    char *got = content(e);

    assert_string_equal(comparable(got), comparable(want));
    free(got);
}

/* ---- a load that goes on meanwhile ------------------------------------------
 */

static void *
load_on(void *arg)
{
    struct loader *l = arg;
    char why[512];

    assert_int_equal(db_open(l->e.store, DB_WRITE, &l->e.db, why), DB_OK);
    for (int i = 0; i < 200 && !atomic_load(&l->stop); i++) {
        while (db_writer_lock(l->e.db, 5) != DB_OK)
            ;
        records_load(l->e.db,
                     FILE_OF(10 + i, 1, {i % POINTS + 1, i % 60, 4, 10, i, "x"},
                             {(i + 7) % POINTS + 1, i % 60, 1, 10, i, "y"}),
                     NULL);
        db_writer_unlock(l->e.db);
        atomic_fetch_add(&l->loads, 1);
    }
    db_close(l->e.db);
    return NULL;
}

void
loader_start(struct loader *l, const struct engine *e)
{
    *l = (struct loader){.e = *e};
    pthread_create(&l->thread, NULL, load_on, l);
}

void
loader_wait(struct loader *l, int loads)
{
    while (atomic_load(&l->loads) < loads)
        usleep(1000);
}

void
loader_stop(struct loader *l)
{
    atomic_store(&l->stop, true);
    pthread_join(l->thread, NULL);
}

void
is_of_one_moment(struct db *db, int64_t least)
{
    int64_t loads, newest;

    is_sound(db);
    assert_int_equal(db_one(db, DB_MARKET,
                            "SELECT count(*), max(seq) FROM load "
                            "WHERE state = 2",
                            IN_NONE, OUT(out_i64(&loads), out_i64(&newest))),
                     DB_OK);
    assert_int_equal(loads, newest);
    assert_true(loads >= least);
}

/* ---- files ------------------------------------------------------------------
 */

void
change_file(const struct engine *e, const char *path, const char *text, long at)
{
    char whole[700];
    FILE *f;

    snprintf(whole, sizeof whole, "%s/%s", e->folder, path);
    f = fopen(whole, "r+");
    assert_non_null(f);
    fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
    fputs(text, f);
    fclose(f);
}
