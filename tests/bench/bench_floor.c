/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bare SQLite takes: one blob a record, keyed as records arrive, one
 * synced transaction a file, nothing read, parsed, packed or looked up.
 *
 *   bench_floor DATABASE RECORDS [BYTES [RECORDS_A_FILE]]
 *
 * Blobs are random, of BYTES (120).  Prints rows, seconds, rows a second and
 * bytes a row on disk.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "server/base/clock.h"

#define DAY 20270

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
fill(unsigned char *blob, size_t n)
{
    static uint64_t x = 88172645463325252u;

    for (size_t i = 0; i < n; i += sizeof x) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        memcpy(blob + i, &x, sizeof x);
    }
}

static void
insert_all(sqlite3 *db, long records, int bytes, long a_file)
{
    unsigned char *blob = calloc(1, (size_t)bytes + 8);
    sqlite3_stmt *insert;

    must(db, sqlite3_prepare_v2(db, "INSERT INTO reading VALUES (?, ?, ?)", -1,
                                &insert, NULL));
    for (long i = 0; i < records; i++) {
        if (i % a_file == 0)
            run(db, i ? "COMMIT; BEGIN IMMEDIATE" : "BEGIN IMMEDIATE");
        fill(blob, (size_t)bytes);
        sqlite3_bind_int(insert, 1, DAY);
        sqlite3_bind_int64(insert, 2, i);
        sqlite3_bind_blob(insert, 3, blob, bytes, SQLITE_STATIC);
        must(db, sqlite3_step(insert));
        sqlite3_reset(insert);
    }
    run(db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite3_finalize(insert);
    free(blob);
}

int
main(int argc, char **argv)
{
    long records = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    int bytes = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 120;
    long a_file = argc > 4 ? strtol(argv[4], NULL, 10) : 50000;
    struct stat size;
    double took;
    sqlite3 *db;

    if (records < 1 || bytes < 1 || a_file < 1) {
        fprintf(stderr, "usage: bench_floor DATABASE RECORDS [BYTES "
                        "[RECORDS_A_FILE]]\n");
        return 2;
    }
    must(NULL, sqlite3_open(argv[1], &db));
    run(db, "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;"
            "PRAGMA synchronous = FULL; PRAGMA cache_size = -262144;"
            "CREATE TABLE reading (day INTEGER, point INTEGER, packed BLOB,"
            " PRIMARY KEY (day, point)) WITHOUT ROWID");
    took = clock_monotonic();
    insert_all(db, records, bytes, a_file);
    took = clock_monotonic() - took;
    sqlite3_close(db);
    stat(argv[1], &size);
    printf("%ld rows, %.3f s, %.0f rows/s, %.1f bytes a row\n", records, took,
           (double)records / took, (double)size.st_size / (double)records);
    return 0;
}
