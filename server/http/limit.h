/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rate limits: token buckets by key (an address, an account).  Memory is
 * fixed; when it is full the bucket nearest to full is forgotten, which errs
 * on the side of letting people in.  Safe for every thread.
 */
#ifndef MH_HTTP_LIMIT_H
#define MH_HTTP_LIMIT_H

#include <stdbool.h>
#include <stddef.h>

struct limit;

/* `burst` at once, then `per_second` for long.  `keys` that can be watched at
 * a time (rounded up to a power of two). */
struct limit *limit_new(double per_second, double burst, size_t keys);
void limit_free(struct limit *l);
/* Takes one token; false when there is none, with the whole seconds until
 * there will be one. */
bool limit_take(struct limit *l, const char *key, int *retry_after);
/* The key of an address: an IPv6 address counts by its /64. */
void limit_key_of(char *to, size_t size, const char *address);

#endif
