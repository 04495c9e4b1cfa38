/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For test programs that sign in by the hundred: Argon2id with the least that
 * it takes.  Calls of libsodium are answered here; what the product asks for is
 * tested by tests/unit/test_password.c.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sodium.h>

#define PASSES crypto_pwhash_OPSLIMIT_MIN
#define MEMORY crypto_pwhash_MEMLIMIT_MIN

#define REAL(name) __typeof__(&name) real = real_of(#name)

static void *
real_of(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

int
crypto_pwhash_str_alg(char out[crypto_pwhash_STRBYTES], const char *password,
                      unsigned long long n, unsigned long long passes,
                      size_t memory, int alg)
{
    REAL(crypto_pwhash_str_alg);
    (void)passes;
    (void)memory;
    return real(out, password, n, PASSES, MEMORY, alg);
}

int
crypto_pwhash(unsigned char *out, unsigned long long out_n,
              const char *password, unsigned long long n,
              const unsigned char *salt, unsigned long long passes,
              size_t memory, int alg)
{
    REAL(crypto_pwhash);
    (void)passes;
    (void)memory;
    return real(out, out_n, password, n, salt, PASSES, MEMORY, alg);
}

int
crypto_pwhash_str_needs_rehash(const char hash[crypto_pwhash_STRBYTES],
                               unsigned long long passes, size_t memory)
{
    REAL(crypto_pwhash_str_needs_rehash);
    (void)passes;
    (void)memory;
    return real(hash, PASSES, MEMORY);
}
