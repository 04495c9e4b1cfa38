/* SPDX-License-Identifier: Apache-2.0 */
/* Checksums and digests: thin names over OpenSSL and libsodium. */
#ifndef MH_BASE_HASH_H
#define MH_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32
#define SHA256_HEX  65

struct sha256;
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *h, const void *bytes, size_t n);
/* Writes lower-case hexadecimal and frees. */
void sha256_end(struct sha256 *h, char hex[SHA256_HEX]);
void sha256_hex(char hex[SHA256_HEX], const void *bytes, size_t n);
void sha256_bytes(uint8_t sum[SHA256_SIZE], const void *bytes, size_t n);
/* CRC-32C (Castagnoli), hardware where the processor has it. */
uint32_t crc32c(uint32_t seed, const void *bytes, size_t n);
/* A fast 64-bit hash for tables inside the process; never stored. */
uint64_t hash64(const void *bytes, size_t n);
/* Cryptographic random bytes (libsodium). */
void random_bytes(void *to, size_t n);
/* n random bytes as URL-safe base64 text; `to` holds 2*n + 2 bytes. */
void random_token(char *to, size_t n);

#endif
