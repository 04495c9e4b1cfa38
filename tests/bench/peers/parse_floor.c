/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast LSE text can be read at all here: a minimal parser that takes ESI
 * ID, day, values and statuses, checks nothing but the shape of a line, and
 * keeps nothing.  One thread, read(2) into a buffer of a mebibyte.
 *
 *   parse_floor read FILE…     no parsing, only read(2)
 *   parse_floor plain FILE…    byte by byte
 *   parse_floor vector FILE…   lines of the usual shape through SSE 4.1
 *
 * Prints seconds, records, intervals, estimated ones and the sum in Wh.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#include <smmintrin.h>
#endif

#define CHUNK   (1u << 20)
#define LONGEST 8192 /* bytes of a record */

struct totals {
    int64_t records, intervals, estimated, wh;
    uint64_t ids; /* so that no compiler drops the ESI IDs */
};

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

/* A detail line, values with exactly three places; the next line, or NULL. */
static const char *
plain_detail(const char *p, struct totals *t)
{
    p += 9;
    while (*p != ',' && *p != '\n') {
        int64_t wh = 0;
        int places = -1;

        for (; *p != ','; p++) {
            if (*p == '.' && places < 0) {
                places = 0;
            } else if ((unsigned)(*p - '0') < 10) {
                wh = wh * 10 + (*p - '0');
                places += places >= 0;
            } else {
                return NULL;
            }
        }
        if (places != 3 || p[2] != ',')
            return NULL;
        t->wh += wh;
        t->intervals++;
        t->estimated += p[1] == 'E';
        for (p += 3; *p != ','; p++)
            if (*p == '\n')
                return NULL;
        p++;
    }
    for (; *p != '\n'; p++)
        if (*p != ',')
            return NULL;
    return p + 1;
}

#ifdef __x86_64__
/* "100000HH," and four times "d.ddd,S,,": 45 bytes and a line's end. */
__attribute__((target("sse4.1"))) static bool
vector_detail(const char *p, struct totals *t)
{
    const __m128i shape = _mm_setr_epi8(0, '.', 0, 0, 0, ',', 0, ',', ',', 0,
                                        '.', 0, 0, 0, ',', 0);
    const __m128i mask =
        _mm_setr_epi8(0, -1, 0, 0, 0, -1, 0, -1, -1, 0, -1, 0, 0, 0, -1, 0);
    const __m128i pick = _mm_setr_epi8(0, 2, 3, 4, 9, 11, 12, 13, -1, -1, -1,
                                       -1, -1, -1, -1, -1);
    __m128i a = _mm_loadu_si128((const __m128i *)(p + 9));
    __m128i b = _mm_loadu_si128((const __m128i *)(p + 27));
    __m128i bad = _mm_or_si128(_mm_xor_si128(_mm_and_si128(a, mask), shape),
                               _mm_xor_si128(_mm_and_si128(b, mask), shape));
    __m128i d = _mm_unpacklo_epi64(_mm_shuffle_epi8(a, pick),
                                   _mm_shuffle_epi8(b, pick));

    if (!_mm_testz_si128(bad, bad) || p[25] != ',' || p[26] != ',' ||
        p[43] != ',' || p[44] != ',' || p[45] != '\n')
        return false;
    d = _mm_sub_epi8(d, _mm_set1_epi8('0'));
    if (_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(10)),
                                         _mm_set1_epi8(10))))
        return false;
    d = _mm_maddubs_epi16(d, _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1,
                                           10, 1, 10, 1, 10, 1));
    d = _mm_madd_epi16(d, _mm_setr_epi16(100, 1, 100, 1, 100, 1, 100, 1));
    d = _mm_hadd_epi32(d, d);
    d = _mm_hadd_epi32(d, d);
    t->wh += _mm_cvtsi128_si32(d);
    t->intervals += 4;
    t->estimated +=
        (p[15] == 'E') + (p[24] == 'E') + (p[33] == 'E') + (p[42] == 'E');
    return true;
}
#else
static bool
vector_detail(const char *p, struct totals *t)
{
    (void)p;
    (void)t;
    return false;
}
#endif

static const char *
next_line(const char *p)
{
    return strchr(p, '\n') + 1;
}

/* One record, whole; returns what follows. */
static const char *
record(const char *p, bool vector, struct totals *t)
{
    uint64_t id = 0;

    if (memcmp(p, "00000001,", 9) != 0) {
        fprintf(stderr, "parse_floor: not a record: %.40s\n", p);
        exit(1);
    }
    for (p += 9; (unsigned)(*p - '0') < 10; p++)
        id = id * 10 + (unsigned)(*p - '0');
    for (p += 3; (unsigned)(*p - '0') < 10; p++) /* the channel, the day */
        id = id * 3 + (unsigned)(*p - '0');
    t->ids ^= id;
    t->records++;
    for (int i = 0; i < 5; i++)
        p = next_line(p);
    while (*p == '1') {
        const char *next =
            vector && vector_detail(p, t) ? p + 46 : plain_detail(p, t);

        if (!next) {
            fprintf(stderr, "parse_floor: not a detail line: %.60s\n", p);
            exit(1);
        }
        p = next;
    }
    return p;
}

static void
scan(const char *path, const char *mode, struct totals *t)
{
    static char bytes[CHUNK + 2 * LONGEST];
    bool vector = mode[0] == 'v', parse = mode[0] != 'r';
    size_t have = 0;
    ssize_t n;
    int fd = open(path, O_RDONLY);

    if (fd < 0)
        die(path);
    do {
        const char *p = bytes, *end;

        n = read(fd, bytes + have, CHUNK);
        if (n < 0)
            die(path);
        if (!parse)
            continue;
        end = bytes + have + n;
        memset(bytes + have + n, 0, 64);
        while (n == 0 ? p < end : end - p > LONGEST)
            p = record(p, vector, t);
        have = (size_t)(end - p);
        memmove(bytes, p, have);
    } while (n > 0);
    close(fd);
}

int
main(int argc, char **argv)
{
    struct totals t = {0};
    double began = now();

    if (argc < 3 || !strchr("rpv", argv[1][0])) {
        fprintf(stderr, "usage: parse_floor read|plain|vector FILE...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++)
        scan(argv[i], argv[1], &t);
    printf("%.4f s, %lld records, %lld intervals, %lld estimated, %lld Wh "
           "(%llx)\n",
           now() - began, (long long)t.records, (long long)t.intervals,
           (long long)t.estimated, (long long)t.wh, (unsigned long long)t.ids);
    return 0;
}
