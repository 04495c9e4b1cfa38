/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact decimals.  Energy is int64 millionths of a kWh (suffix _ukwh); text is
 * read and written digit by digit, never through binary floating point.
 */
#ifndef MH_BASE_DECIMAL_H
#define MH_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_PLACES 6
#define DECIMAL_ONE    1000000
/* The largest value read: 999,999,999.999999. */
#define DECIMAL_MAX 999999999999999
/* Longest text written, with sign and NUL. */
#define DECIMAL_TEXT 24

/* A number as it was written: its value and how many digits stood after the
 * point, so that 0.140 comes back as 0.140. */
struct decimal {
    int64_t micro;  /* value in millionths */
    uint8_t places; /* 0..6 digits after the point as written */
};

enum decimal_rc {
    DECIMAL_OK,
    DECIMAL_EMPTY,
    DECIMAL_FORM,
    DECIMAL_SIGN,
    DECIMAL_LONG,
    DECIMAL_RANGE
};

/* Digits, at most one point with at least one digit on each side, no sign, no
 * exponent, no blank, at most six places.  DECIMAL_SIGN: a leading - or +;
 * DECIMAL_LONG: more than six places. */
enum decimal_rc decimal_parse(const char *text, size_t n, struct decimal *d);
/* Writes with exactly d.places digits; returns the length.  `to` holds
 * DECIMAL_TEXT bytes. */
size_t decimal_format(char *to, struct decimal d);
/* Without trailing zeros: "0.145", "12", "0". */
size_t decimal_trim(char *to, int64_t micro);
/* As Smart Meter Texas writes it: ".145", "2.232", "12", "0". */
size_t decimal_trim_bare(char *to, int64_t micro);

#endif
