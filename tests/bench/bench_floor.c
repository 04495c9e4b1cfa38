/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bare SQLite takes: the packed days of LSE files as blobs, keyed as they
 * arrive, one synced transaction a file, nothing else.  Reading and packing
 * are not counted.
 *
 *   bench_floor DATABASE FILE…
 *
 * Prints rows, seconds, rows a second and bytes a row on disk.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "api/feed/lse.h"
#include "db/reading.h"
#include "server/base/arena.h"
#include "server/base/buf.h"
#include "server/base/clock.h"
#include "server/base/file.h"

#define MOST (1u << 30)

/* The days of one file. */
struct days {
    size_t n;
    int32_t day[LSE_MOST_RECORDS];
    size_t at[LSE_MOST_RECORDS + 1];
    struct buf packed;
};

static void
must(sqlite3 *db, int rc)
{
    if (rc == SQLITE_OK || rc == SQLITE_DONE)
        return;
    fprintf(stderr, "bench_floor: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static void
run(sqlite3 *db, const char *sql)
{
    must(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

static void
days_read(struct days *d, const char *path)
{
    struct buf text = {0};
    struct lse_record r;
    struct lse in;

    if (!file_read(path, MOST, &text)) {
        perror(path);
        exit(1);
    }
    buf_room(&text, LSE_PAD);
    memset(text.at + text.len, 0, LSE_PAD);
    feed_lse_init_text(&in, text.at, text.len);
    d->n = 0;
    d->packed.len = 0;
    while (feed_lse_next(&in, &r) == LSE_RECORD) {
        d->day[d->n] = r.d.day;
        d->at[d->n++] = d->packed.len;
        reading_pack(&r.d, &d->packed);
    }
    d->at[d->n] = d->packed.len;
    buf_clear(&text);
}

static void
days_insert(sqlite3 *db, sqlite3_stmt *insert, const struct days *d)
{
    run(db, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < d->n; i++) {
        sqlite3_bind_int(insert, 1, d->day[i]);
        sqlite3_bind_int64(insert, 2, (int64_t)i);
        sqlite3_bind_blob(insert, 3, d->packed.at + d->at[i],
                          (int)(d->at[i + 1] - d->at[i]), SQLITE_STATIC);
        must(db, sqlite3_step(insert));
        sqlite3_reset(insert);
    }
    run(db, "COMMIT");
}

int
main(int argc, char **argv)
{
    static struct days d;
    sqlite3_stmt *insert;
    struct stat size;
    double took = 0, since;
    size_t rows = 0;
    sqlite3 *db;

    if (argc < 3) {
        fprintf(stderr, "usage: bench_floor DATABASE FILE...\n");
        return 2;
    }
    must(NULL, sqlite3_open(argv[1], &db));
    run(db, "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;"
            "PRAGMA synchronous = FULL; PRAGMA cache_size = -262144;"
            "CREATE TABLE reading (day INTEGER, point INTEGER, packed BLOB,"
            " PRIMARY KEY (day, point)) WITHOUT ROWID");
    must(db, sqlite3_prepare_v2(db, "INSERT INTO reading VALUES (?, ?, ?)", -1,
                                &insert, NULL));
    for (int i = 2; i < argc; i++) {
        days_read(&d, argv[i]);
        since = clock_monotonic();
        days_insert(db, insert, &d);
        took += clock_monotonic() - since;
        rows += d.n;
    }
    since = clock_monotonic();
    run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    took += clock_monotonic() - since;
    sqlite3_finalize(insert);
    sqlite3_close(db);
    stat(argv[1], &size);
    buf_clear(&d.packed);
    printf("%zu rows, %.3f s, %.0f rows/s, %.1f bytes a row\n", rows, took,
           (double)rows / took, (double)size.st_size / (double)rows);
    return 0;
}
