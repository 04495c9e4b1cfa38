/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast LSE text is read, step by step, on one core: digest, of the text
 * as one and of its pieces; parsing, in each way that the processor has;
 * parsing and checking; parsing, checking and packing.
 *
 *   bench_lse [FILE…]
 *
 * Without files it makes one day of 50,000 ESI IDs in memory.  Prints the
 * median of seven runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/feed/check.h"
#include "api/feed/lse_row.h"
#include "server/base/arena.h"
#include "server/base/buf.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/hash.h"
#include "server/base/piece_hash.h"

#define RUNS 7
#define MOST (1u << 30)

static uint64_t
next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

static void
make_record(struct buf *to, unsigned esiid, uint64_t *seed)
{
    buf_printf(to,
               "00000001,1044372%010u,4,20250701000000,20250701235900,Y,N\n"
               "00000002,0,0,0,,0,,900,01,1,-1,0.0,0.0,CST\n"
               "00000003,999000111IntervalData20250702061500%06u\n"
               "00000004,202507020618%02u,M\n"
               "00000030,ATTRIBUTE_VALUE_PAIRS,MRE=999000111,"
               "Sender=999000111,Receiver=183529049,REP=%09u\n",
               esiid, esiid % 1000000, esiid % 60, 111111111 + esiid % 60);
    for (unsigned row = 0; row < 24; row++) {
        buf_printf(to, "100000%02u", row);
        for (unsigned i = 0; i < 4; i++) {
            uint64_t r = next_random(seed);
            unsigned wh = (unsigned)(r >> 20) % (r % 50 == 0 ? 14000 : 2200);

            buf_printf(to, ",%u.%03u,%c,", wh / 1000, wh % 1000,
                       r % 100 == 7 ? 'E' : 'A');
        }
        buf_puts(to, ",\n");
    }
}

static void
make_text(struct buf *to)
{
    uint64_t seed = 20250701;

    for (unsigned i = 0; i < LSE_MOST_RECORDS; i++)
        make_record(to, i, &seed);
}

struct sums {
    int64_t records, rejects, ukwh, packed;
};

static enum lse_way way;

static void
parse(const struct buf *text, struct sums *sums)
{
    struct lse in;
    struct lse_record r;
    enum lse_rc rc;

    *sums = (struct sums){0};
    feed_lse_init_text(&in, text->at, text->len);
    lse_use(&in, way);
    while ((rc = feed_lse_next(&in, &r)) != LSE_END) {
        if (rc != LSE_RECORD) {
            sums->rejects++;
            continue;
        }
        sums->records++;
        for (unsigned i = 0; i < r.d.n; i++)
            sums->ukwh += r.d.value_ukwh[i];
    }
}

static void
parse_and(const struct buf *text, struct sums *sums, struct buf *packed)
{
    struct feed_point point = {.zone = tz_get("America/Chicago")};
    struct feed_check check;
    struct lse in;
    struct lse_record r;
    uint32_t warnings;
    enum lse_rc rc;

    *sums = (struct sums){0};
    feed_check_init(&check, "183529049", "", clock_now());
    feed_lse_init_text(&in, text->at, text->len);
    while ((rc = feed_lse_next(&in, &r)) != LSE_END) {
        if (rc != LSE_RECORD ||
            !feed_check_record(&check, &in, &r, &point, &warnings)) {
            sums->rejects++;
            continue;
        }
        sums->records++;
        if (packed != NULL)
            reading_pack(&r.d, packed);
    }
}

static void
parse_check(const struct buf *text, struct sums *sums)
{
    parse_and(text, sums, NULL);
}

static void
parse_pack(const struct buf *text, struct sums *sums)
{
    static struct buf packed;

    packed.len = 0;
    parse_and(text, sums, &packed);
    sums->packed = (int64_t)packed.len;
}

static void
digest(const struct buf *text, struct sums *sums)
{
    char hex[SHA256_HEX];

    (void)sums;
    sha256_hex(hex, text->at, text->len);
}

static void
digest_pieces(const struct buf *text, struct sums *sums)
{
    struct piece_hash *h = piece_hash_new();
    char hex[SHA256_HEX];

    (void)sums;
    piece_hash_add(h, text->at, text->len);
    piece_hash_end(h, hex);
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
measure(const char *name, const struct buf *text, int64_t records,
        void (*fn)(const struct buf *, struct sums *))
{
    double took[RUNS];
    struct sums sums = {0};

    for (int i = 0; i < RUNS; i++) {
        double start = clock_monotonic();

        fn(text, &sums);
        took[i] = clock_monotonic() - start;
    }
    qsort(took, RUNS, sizeof took[0], by_size);
    if (sums.records > 0)
        records = sums.records;
    printf("%-8s %8.4f s %8.0f MB/s", name, took[RUNS / 2],
           (double)text->len / 1e6 / took[RUNS / 2]);
    if (records > 0)
        printf(" %9.0f records/s", (double)records / took[RUNS / 2]);
    if (sums.records > 0)
        printf(", %lld records, %lld rejects", (long long)sums.records,
               (long long)sums.rejects);
    if (sums.ukwh > 0)
        printf(", %lld.%06lld kWh", (long long)(sums.ukwh / 1000000),
               (long long)(sums.ukwh % 1000000));
    if (sums.packed > 0)
        printf(", %.1f bytes a record packed",
               (double)sums.packed / (double)sums.records);
    putchar('\n');
}

static const char *const NAMES[LSE_WAYS] = {"plain", "sse", "avx2"};

int
main(int argc, char **argv)
{
    struct buf text = {0};
    struct sums sums;

    if (argc < 2)
        make_text(&text);
    for (int i = 1; i < argc; i++)
        if (!file_read(argv[i], MOST, &text)) {
            perror(argv[i]);
            return 1;
        }
    buf_room(&text, LSE_PAD);
    memset(text.at + text.len, 0, LSE_PAD);
    parse(&text, &sums);
    measure("digest", &text, sums.records, digest);
    measure("pieces", &text, sums.records, digest_pieces);
    for (way = LSE_PLAIN; way < LSE_WAYS; way++)
        if (lse_can(way))
            measure(NAMES[way], &text, 0, parse);
    measure("check", &text, 0, parse_check);
    measure("pack", &text, 0, parse_pack);
    buf_clear(&text);
    return 0;
}
