/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast new ESI IDs enter the store, and how fast they are found.
 *
 *   bench_points STORE [POINTS]     STORE: sqlite:FOLDER or postgres:CONNINFO
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/point.h"
#include "server/base/clock.h"
#include "server/base/log.h"

static void
line(const char *what, size_t n, double seconds)
{
    printf("%-28s %9zu in %6.3f s = %9.0f/s\n", what, n, seconds, n / seconds);
}

static char *
make_esiids(size_t n)
{
    char *text = malloc(n * 24);

    /* As files hold them: in no order that helps. */
    for (size_t i = 0; i < n; i++)
        snprintf(text + i * 24, 24, i % 3 ? "1044372%010zu" : "1008901%015zu",
                 (i * 2654435761u) % 4294967296u);
    return text;
}

int
main(int argc, char **argv)
{
    size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 500000, found = 0;
    char *text = make_esiids(n), why[512];
    const char **list = malloc(n * sizeof *list);
    struct point_map *m;
    struct point_known k;
    struct db *db;
    double t;

    log_init(LOG_ERROR_);
    if (argc < 2 || db_open(argv[1], DB_CREATE, &db, why) != DB_OK ||
        point_map_open(db, &m) != DB_OK) {
        fprintf(stderr, "%s\n", argc < 2 ? "which store?" : why);
        return 2;
    }
    for (size_t i = 0; i < n; i++)
        list[i] = text + i * 24;
    t = clock_monotonic();
    if (point_map_add(m, db, n, list, "America/Chicago") != DB_OK) {
        fprintf(stderr, "%s\n", db_error(db));
        return 3;
    }
    line("new points, durable", n, clock_monotonic() - t);
    t = clock_monotonic();
    for (size_t i = 0; i < n; i++)
        found += point_map_find(m, list[i], strlen(list[i]), &k);
    line("look-ups", found, clock_monotonic() - t);
    point_map_close(m);
    t = clock_monotonic();
    if (point_map_open(db, &m) != DB_OK)
        return 3;
    line("map opened", n, clock_monotonic() - t);
    t = clock_monotonic();
    for (size_t i = 0; i < n; i++)
        found += point_map_find(m, list[i], strlen(list[i]), &k);
    line("look-ups", n, clock_monotonic() - t);
    printf("%-28s %9.1f\n", "bytes a point, map",
           (double)point_map_bytes(m) / n);
    point_map_close(m);
    db_close(db);
    free(list);
    free(text);
    return found == 2 * n ? 0 : 3;
}
