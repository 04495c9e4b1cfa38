/* SPDX-License-Identifier: Apache-2.0 */
/* Small helpers over C strings and spans of bytes. */
#ifndef MH_BASE_STR_H
#define MH_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies with an end; false (and an empty string) when it does not fit. */
bool str_copy(char *to, size_t size, const char *from);
bool str_copyn(char *to, size_t size, const char *from, size_t n);
bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
bool str_starts(const char *text, const char *start);
bool str_ends(const char *text, const char *end);
/* A whole non-negative decimal number of 1 to 18 digits, nothing else. */
bool str_to_i64(const char *text, int64_t *n);
bool str_is_digits(const char *text, size_t n);
/* Letters A-Z a-z and digits only. */
bool str_is_alnum(const char *text, size_t n);
/* Well-formed UTF-8 without control characters (tab and newline pass when
 * `lines` is true). */
bool str_is_text(const char *text, size_t n, bool lines);
/* Lower-case hexadecimal; `to` holds 2*n + 1 bytes. */
void str_hex(char *to, const void *bytes, size_t n);
/* Constant-time comparison of two strings of any length. */
bool str_same_secret(const char *a, const char *b);

#endif
