/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FIPS 180-4 with a vector where the standard has a word.  OpenSSL's digest is
 * the oracle in the tests.
 */
#include "server/base/sha256_lanes.h"

#include <string.h>

static const uint32_t START[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                  0xa54ff53a, 0x510e527f, 0x9b05688c,
                                  0x1f83d9ab, 0x5be0cd19};

void
sha256_lanes_start(struct sha256_lanes *s, unsigned lane)
{
    for (int i = 0; i < 8; i++)
        s->h[i][lane] = START[i];
}

size_t
sha256_pad(uint8_t *to, size_t rest, uint64_t total)
{
    size_t blocks = rest + 9 > SHA256_BLOCK ? 2 : 1;
    size_t size = blocks * SHA256_BLOCK;

    to[rest] = 0x80;
    memset(to + rest + 1, 0, size - rest - 1);
    total *= 8;
    for (int i = 1; i <= 8; i++, total >>= 8)
        to[size - (size_t)i] = (uint8_t)total;
    return blocks;
}

void
sha256_lanes_end(const struct sha256_lanes *s, unsigned lane,
                 uint8_t sum[SHA256_SIZE])
{
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 4; k++)
            sum[4 * i + k] = (uint8_t)(s->h[i][lane] >> (24 - 8 * k));
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

typedef uint32_t words __attribute__((vector_size(32))); /* one of each lane */
/* The same wherever it lies. */
typedef uint32_t stored __attribute__((vector_size(32), aligned(4), may_alias));

#define INTO2 static inline __attribute__((always_inline, target("avx2")))

/* Eight words of each lane, from `at` of their blocks on, turned about so that
 * each vector holds one word of all lanes. */
INTO2 void
words_load(__m256i w[8], const uint8_t *const at[SHA256_LANES], size_t from)
{
    const __m256i swap = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
    __m256i r[8], t[8];

    for (int i = 0; i < 8; i++)
        r[i] = _mm256_shuffle_epi8(
            _mm256_loadu_si256((const __m256i *)(const void *)(at[i] + from)),
            swap);
    for (int i = 0; i < 4; i++) {
        t[2 * i] = _mm256_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm256_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int k = 0; k < 2; k++) {
            r[i + 2 * k] = _mm256_unpacklo_epi64(t[i + k], t[i + k + 2]);
            r[i + 2 * k + 1] = _mm256_unpackhi_epi64(t[i + k], t[i + k + 2]);
        }
    for (int i = 0; i < 4; i++) {
        w[i] = _mm256_permute2x128_si256(r[i], r[i + 4], 0x20);
        w[i + 4] = _mm256_permute2x128_si256(r[i], r[i + 4], 0x31);
    }
}

/* In macros, since a function is compiled for one kind of processor. */
#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define ROUND(a, b, c, d, e, f, g, h, i)                                       \
    do {                                                                       \
        words t_ = h + (ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25)) +        \
                   ((e & f) ^ (~e & g)) + k[i] + w[i];                         \
        d += t_;                                                               \
        h = t_ + (ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22)) +              \
            ((a & b) ^ (a & c) ^ (b & c));                                     \
    } while (0)
#define EIGHT(i)                                                               \
    do {                                                                       \
        ROUND(a, b, c, d, e, f, g, h, i);                                      \
        ROUND(h, a, b, c, d, e, f, g, i + 1);                                  \
        ROUND(g, h, a, b, c, d, e, f, i + 2);                                  \
        ROUND(f, g, h, a, b, c, d, e, i + 3);                                  \
        ROUND(e, f, g, h, a, b, c, d, i + 4);                                  \
        ROUND(d, e, f, g, h, a, b, c, i + 5);                                  \
        ROUND(c, d, e, f, g, h, a, b, i + 6);                                  \
        ROUND(b, c, d, e, f, g, h, a, i + 7);                                  \
    } while (0)
#define WORD(i)                                                                \
    w[i] += (ROTATE(w[(i + 1) % 16], 7) ^ ROTATE(w[(i + 1) % 16], 18) ^        \
             w[(i + 1) % 16] >> 3) +                                           \
            w[(i + 9) % 16] +                                                  \
            (ROTATE(w[(i + 14) % 16], 17) ^ ROTATE(w[(i + 14) % 16], 19) ^     \
             w[(i + 14) % 16] >> 10)

/* What GCC does at -O3 keeps the words in registers: a third faster. */
#ifdef __clang__
#define FASTEST
#else
#define FASTEST __attribute__((optimize("O3")))
#endif

#define DEFINE_ADD(name, processor)                                            \
    FASTEST __attribute__((target(processor))) static void name(               \
        struct sha256_lanes *s, const uint8_t *const first[SHA256_LANES],      \
        size_t blocks)                                                         \
    {                                                                          \
        stored *sum = (stored *)(void *)s->h;                                  \
        const uint8_t *at[SHA256_LANES];                                       \
                                                                               \
        memcpy(at, first, sizeof at);                                          \
        for (; blocks > 0; blocks--) {                                         \
            words a = sum[0], b = sum[1], c = sum[2], d = sum[3];              \
            words e = sum[4], f = sum[5], g = sum[6], h = sum[7];              \
            const uint32_t *k = K;                                             \
            words w[16];                                                       \
                                                                               \
            words_load((__m256i *)(void *)w, at, 0);                           \
            words_load((__m256i *)(void *)(w + 8), at, 32);                    \
            EIGHT(0);                                                          \
            EIGHT(8);                                                          \
            for (int i = 1; i < 4; i++) {                                      \
                k += 16;                                                       \
                _Pragma("GCC unroll 16") for (int n = 0; n < 16; n++) WORD(n); \
                EIGHT(0);                                                      \
                EIGHT(8);                                                      \
            }                                                                  \
            sum[0] += a;                                                       \
            sum[1] += b;                                                       \
            sum[2] += c;                                                       \
            sum[3] += d;                                                       \
            sum[4] += e;                                                       \
            sum[5] += f;                                                       \
            sum[6] += g;                                                       \
            sum[7] += h;                                                       \
            for (int i = 0; i < SHA256_LANES; i++)                             \
                at[i] += SHA256_BLOCK;                                         \
        }                                                                      \
    }

DEFINE_ADD(add_avx2, "avx2")
DEFINE_ADD(add_avx512, "avx2,avx512f,avx512vl")

bool
sha256_way_can(enum sha256_way way)
{
    switch (way) {
    case SHA256_AVX2:
        return __builtin_cpu_supports("avx2");
    case SHA256_AVX512:
        return __builtin_cpu_supports("avx2") &&
               __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512vl");
    case SHA256_WAYS:
        break;
    }
    return false;
}

static bool
has_sha(void)
{
    unsigned a, b, c, d;

    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 29 & 1) != 0;
}

void
sha256_lanes_add(struct sha256_lanes *s, enum sha256_way way,
                 const uint8_t *const at[SHA256_LANES], size_t blocks)
{
    if (way == SHA256_AVX512)
        add_avx512(s, at, blocks);
    else
        add_avx2(s, at, blocks);
}

#else

bool
sha256_way_can(enum sha256_way way)
{
    (void)way;
    return false;
}

static bool
has_sha(void)
{
    return false;
}

void
sha256_lanes_add(struct sha256_lanes *s, enum sha256_way way,
                 const uint8_t *const at[SHA256_LANES], size_t blocks)
{
    (void)s;
    (void)way;
    (void)at;
    (void)blocks;
}

#endif

bool
sha256_lanes_pay(enum sha256_way *way)
{
    *way = sha256_way_can(SHA256_AVX512) ? SHA256_AVX512 : SHA256_AVX2;
    return sha256_way_can(*way) && !has_sha();
}
