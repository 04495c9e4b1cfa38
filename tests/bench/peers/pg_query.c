/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PostgreSQL as a program of libpq asks it: a prepared statement, binary
 * results, which are fetched and thrown away.
 *
 *   pg_query CONNINFO IDS FROM TO    table reading (esiid, day, kwh, status)
 *
 * Asks for the days of each ESI ID of the file, twice; prints p50 and p99 of
 * the second round in ms.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST 20000

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(PGconn *c, PGresult *r, ExecStatusType want)
{
    if (PQresultStatus(r) != want) {
        fprintf(stderr, "pg_query: %s", PQerrorMessage(c));
        exit(3);
    }
    PQclear(r);
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
    static char ids[MOST][80];
    static double took[MOST];
    FILE *file = argc == 5 ? fopen(argv[2], "r") : NULL;
    size_t n = 0;
    PGconn *c;

    if (!file) {
        fprintf(stderr, "usage: pg_query CONNINFO IDS FROM TO\n");
        return 2;
    }
    while (n < MOST && fscanf(file, "%79s", ids[n]) == 1)
        n++;
    fclose(file);
    c = PQconnectdb(argv[1]);
    must(c,
         PQprepare(c, "days",
                   "SELECT day, kwh, status FROM reading WHERE esiid = $1 AND "
                   "day BETWEEN $2::date AND $3::date ORDER BY day",
                   3, NULL),
         PGRES_COMMAND_OK);
    for (size_t i = 0; n > 0 && i < 2 * n; i++) {
        const char *given[] = {ids[i % n], argv[3], argv[4]};
        double began = now();

        must(c, PQexecPrepared(c, "days", 3, given, NULL, NULL, 1),
             PGRES_TUPLES_OK);
        took[i % n] = now() - began;
    }
    qsort(took, n, sizeof *took, by_size);
    printf("%.4f %.4f\n", took[n / 2] * 1e3, took[n * 99 / 100] * 1e3);
    PQfinish(c);
    return 0;
}
