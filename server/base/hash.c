/* SPDX-License-Identifier: Apache-2.0 */
/* Checksums and digests: thin names over OpenSSL and libsodium. */
#include "server/base/hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/log.h"
#include "server/base/str.h"

#ifdef __x86_64__
#include <nmmintrin.h>
#endif

struct sha256; /* an EVP_MD_CTX under a name of ours */

/* A digest that cannot be made is a broken installation. */
static void
must(bool ok)
{
    if (ok)
        return;
    log_ours("sha256 failed", NULL);
    abort();
}

struct sha256 *
sha256_new(void)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();

    must(c != NULL && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1);
    return (struct sha256 *)c;
}

void
sha256_add(struct sha256 *h, const void *bytes, size_t n)
{
    must(EVP_DigestUpdate((EVP_MD_CTX *)h, bytes, n) == 1);
}

void
sha256_end(struct sha256 *h, char hex[SHA256_HEX])
{
    unsigned char sum[SHA256_SIZE];

    must(EVP_DigestFinal_ex((EVP_MD_CTX *)h, sum, NULL) == 1);
    EVP_MD_CTX_free((EVP_MD_CTX *)h);
    str_hex(hex, sum, sizeof sum);
}

void
sha256_hex(char hex[SHA256_HEX], const void *bytes, size_t n)
{
    struct sha256 *h = sha256_new();

    sha256_add(h, bytes, n);
    sha256_end(h, hex);
}

void
sha256_bytes(uint8_t sum[SHA256_SIZE], const void *bytes, size_t n)
{
    must(EVP_Digest(bytes, n, sum, NULL, EVP_sha256(), NULL) == 1);
}

/* ---- CRC-32C ------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint32_t table[256];
static bool hardware;
static uint64_t secret[2]; /* of hash64, drawn at start */

static void
prepare(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;

        for (int bit = 0; bit < 8; bit++)
            c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
        table[i] = c;
    }
#ifdef __x86_64__
    __builtin_cpu_init();
    hardware = __builtin_cpu_supports("sse4.2");
#endif
    if (sodium_init() < 0) {
        log_ours("libsodium cannot start", NULL);
        abort();
    }
    randombytes_buf(secret, sizeof secret);
}

static uint32_t
crc_plain(uint32_t c, const unsigned char *p, size_t n)
{
    while (n-- > 0)
        c = table[(c ^ *p++) & 0xff] ^ c >> 8;
    return c;
}

#ifdef __x86_64__
static inline uint64_t
eight(const unsigned char *p)
{
    uint64_t word;

    memcpy(&word, p, 8);
    return word;
}

__attribute__((target("sse4.2"))) static uint32_t
crc_hardware(uint32_t c, const unsigned char *p, size_t n)
{
    uint64_t wide = c;

    for (; n >= 32; n -= 32, p += 32) {
        wide = _mm_crc32_u64(wide, eight(p));
        wide = _mm_crc32_u64(wide, eight(p + 8));
        wide = _mm_crc32_u64(wide, eight(p + 16));
        wide = _mm_crc32_u64(wide, eight(p + 24));
    }
    for (; n >= 8; n -= 8, p += 8)
        wide = _mm_crc32_u64(wide, eight(p));
    c = (uint32_t)wide;
    while (n-- > 0)
        c = _mm_crc32_u8(c, *p++);
    return c;
}
#endif

uint32_t
crc32c(uint32_t seed, const void *bytes, size_t n)
{
    uint32_t c = ~seed;

    pthread_once(&once, prepare);
#ifdef __x86_64__
    if (hardware)
        return ~crc_hardware(c, bytes, n);
#endif
    return ~crc_plain(c, bytes, n);
}

/* ---- hash64: multiply and fold, keyed so that input cannot aim at it ------
 */

static uint64_t
fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t
word_at(const unsigned char *p, size_t n)
{
    uint64_t word = 0;

    memcpy(&word, p, n);
    return word;
}

uint64_t
hash64(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    uint64_t h;
    size_t left = n;

    pthread_once(&once, prepare);
    h = secret[0] ^ n * 0x9e3779b97f4a7c15u;
    for (; left > 16; left -= 16, p += 16)
        h = fold(word_at(p, 8) ^ 0xa0761d6478bd642fu ^ secret[1],
                 word_at(p + 8, 8) ^ h);
    if (left > 8)
        h = fold(word_at(p, 8) ^ 0xe7037ed1a0b428dbu ^ secret[1],
                 word_at(p + 8, left - 8) ^ h);
    else if (left > 0)
        h = fold(word_at(p, left) ^ 0x8ebc6af09c88c6e3u ^ secret[1], h);
    return fold(h ^ 0x589965cc75374cc3u, secret[1] ^ 0x1d8e4e27c47d124fu);
}

/* ---- random -------------------------------------------------------------- */

void
random_bytes(void *to, size_t n)
{
    pthread_once(&once, prepare);
    randombytes_buf(to, n);
}

void
random_token(char *to, size_t n)
{
    unsigned char bytes[256];

    if (n > sizeof bytes)
        n = sizeof bytes;
    random_bytes(bytes, n);
    sodium_bin2base64(to, 2 * n + 2, bytes, n,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
}
