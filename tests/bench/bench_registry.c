/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast a registry file enters the store: first, again, and with every REP
 * changed.
 *
 *   bench_registry STORE [ROWS]     STORE: sqlite:FOLDER or postgres:CONNINFO
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/registry/registry.h"
#include "server/base/clock.h"
#include "server/base/log.h"

static void
make_file(struct buf *b, size_t rows, const char *rep_from)
{
    b->len = 0;
    buf_puts(b, "ESIID,PREMISE,TDSP,ZONE,CLASS,SOLAR,ADDRESS,CITY,STATE,ZIP,"
                "METER,SERIAL,MAKE,INSTALLED,PROVISIONED,REMOVED,REP,REP_FROM,"
                "REP_TO\n");
    for (size_t i = 0; i < rows; i++) {
        size_t n = i * 2654435761u % 4294967296u;

        buf_printf(b,
                   "1044372%010zu,P%08zu,1039940674000,America/Chicago,"
                   "residential,N,%zu Live Oak Dr,Waco,TX,76701,1%08zu,"
                   "LG%08zu,Landis+Gyr,2014-05-06,2014-05-08,,10000%04zu,%s,\n",
                   n, n % 100000000, n % 9000, n % 100000000, n % 100000000,
                   n % 60, rep_from);
    }
    buf_text(b);
}

static bool
load(struct db *db, const char *what, const struct buf *b, int digest)
{
    struct table_rejects rejects = {0};
    struct load l = {.name = "bench", .bytes = (int64_t)b->len};
    double t = clock_monotonic();
    struct point_map *map;
    enum db_rc rc;

    if (point_map_open(db, &map) != DB_OK)
        return false;
    snprintf(l.digest, sizeof l.digest, "%064d", digest);
    rc = registry_load(db, b->at, b->len, "America/Chicago", map, &l, &rejects);
    t = clock_monotonic() - t;
    point_map_close(map);
    printf("%-20s %7.0f rows/s  %6.3f s  %5.1f MB/s  loaded %ld replaced %ld "
           "unchanged %ld rejected %ld\n",
           what, (double)l.n.read / t, t, (double)b->len / 1e6 / t,
           (long)l.n.loaded, (long)l.n.replaced, (long)l.n.unchanged,
           (long)l.n.rejected);
    if (rc != DB_OK)
        fprintf(stderr, "%s\n", db_error(db));
    table_rejects_clear(&rejects);
    return rc == DB_OK;
}

int
main(int argc, char **argv)
{
    size_t rows = argc > 2 ? strtoul(argv[2], NULL, 10) : 500000;
    struct buf b = {0};
    struct db *db;
    char why[512];
    bool ok;

    log_init(LOG_ERROR_);
    if (argc < 2 || db_open(argv[1], DB_CREATE, &db, why) != DB_OK) {
        fprintf(stderr, "%s\n", argc < 2 ? "which store?" : why);
        return 2;
    }
    make_file(&b, rows, "2023-02-01");
    ok = load(db, "new", &b, 1) && load(db, "again", &b, 2);
    make_file(&b, rows, "2025-02-01");
    ok = ok && load(db, "every REP changed", &b, 3);
    buf_clear(&b);
    db_close(db);
    return ok ? 0 : 3;
}
