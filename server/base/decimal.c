/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact decimals, read and written digit by digit.  Every interval of every
 * file passes through here, so the readers take two runs of digits and the
 * writers use a table of digit pairs.
 */
#include "server/base/decimal.h"

#include <string.h>

#define WHOLE_MOST 9 /* significant digits before the point */

static const int32_t POWER[DECIMAL_PLACES + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000,
};

static const char PAIRS[] =
    "00010203040506070809101112131415161718192021222324"
    "25262728293031323334353637383940414243444546474849"
    "50515253545556575859606162636465666768697071727374"
    "75767778798081828384858687888990919293949596979899";

/* Why the text is no decimal; `at` is the first byte that is no digit of a
 * whole part. */
static enum decimal_rc
refusal(const char *text, size_t n)
{
    if (n == 0)
        return DECIMAL_EMPTY;
    return text[0] == '-' || text[0] == '+' ? DECIMAL_SIGN : DECIMAL_FORM;
}

enum decimal_rc
decimal_parse(const char *text, size_t n, struct decimal *d)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t i = 0, first, places = 0;
    uint64_t whole = 0, part = 0;
    unsigned digit;

    while (i < n && p[i] == '0')
        i++;
    first = i;
    while (i < n && (digit = p[i] - '0') <= 9) {
        whole = whole * 10 + digit; /* wraps only past WHOLE_MOST digits */
        i++;
    }
    if (i == 0)
        return refusal(text, n);
    first = i - first;
    if (i < n && p[i] == '.') {
        size_t start = ++i;

        while (i < n && (digit = p[i] - '0') <= 9) {
            part = part * 10 + digit;
            i++;
        }
        places = i - start;
        if (places == 0)
            return DECIMAL_FORM;
    }
    if (i != n)
        return DECIMAL_FORM;
    if (places > DECIMAL_PLACES)
        return DECIMAL_LONG;
    if (first > WHOLE_MOST)
        return DECIMAL_RANGE;
    d->micro = (int64_t)(whole * DECIMAL_ONE +
                         part * (uint64_t)POWER[DECIMAL_PLACES - places]);
    d->places = (uint8_t)places;
    return DECIMAL_OK;
}

/* Writes the digits of n (at least one); returns where it ended. */
static char *
put_whole(char *to, uint64_t n)
{
    char digits[20];
    char *p = digits + sizeof digits;
    size_t len;

    if (n < 10) {
        *to = (char)('0' + n);
        return to + 1;
    }
    while (n >= 100) {
        p -= 2;
        memcpy(p, PAIRS + n % 100 * 2, 2);
        n /= 100;
    }
    if (n >= 10) {
        p -= 2;
        memcpy(p, PAIRS + n * 2, 2);
    } else {
        *--p = (char)('0' + n);
    }
    len = (size_t)(digits + sizeof digits - p);
    memcpy(to, p, len);
    return to + len;
}

/* The six digits after the point; returns how many cannot be left out.  Most
 * numbers of this trade have three places or fewer. */
static size_t
part_digits(char six[8], uint32_t part)
{
    uint32_t high = part / 1000, low = part % 1000, last = low ? low : high;
    size_t places = low ? DECIMAL_PLACES : high ? DECIMAL_PLACES / 2 : 0;

    memcpy(six, PAIRS + high / 10 * 2, 2);
    six[2] = (char)('0' + high % 10);
    six[3] = six[4] = six[5] = '0';
    if (low) {
        memcpy(six + 3, PAIRS + low / 10 * 2, 2);
        six[5] = (char)('0' + low % 10);
    }
    while (places > 0 && last % 10 == 0) {
        last /= 10;
        places--;
    }
    return places;
}

/* What nearly every interval is: less than ten, and three places at most.
 * Returns 0 for any other. */
static inline size_t
write_usual(char *to, int64_t micro, size_t places, bool bare)
{
    uint32_t milli = (uint32_t)micro / 1000, part;
    char *p = to;
    size_t least;

    if ((uint64_t)micro >= 10 * DECIMAL_ONE || places > 3 ||
        milli * 1000 != (uint32_t)micro)
        return 0;
    part = milli % 1000;
    least = part % 10 ? 3 : part % 100 ? 2 : part ? 1 : 0;
    places = places < least ? least : places;
    *p = (char)('0' + milli / 1000);
    p += !bare || milli >= 1000 || places == 0;
    p[0] = '.';
    memcpy(p + 1, PAIRS + part / 10 * 2, 2);
    p[3] = (char)('0' + part % 10);
    p += places ? places + 1 : 0;
    *p = '\0';
    return (size_t)(p - to);
}

static size_t
write_decimal(char *to, int64_t micro, size_t places, bool bare)
{
    uint64_t all = micro < 0 ? 0 - (uint64_t)micro : (uint64_t)micro;
    uint32_t part = (uint32_t)(all % DECIMAL_ONE);
    char six[8], *p = to;
    size_t least = write_usual(to, micro, places, bare);

    if (least)
        return least;
    least = part_digits(six, part);
    if (places < least)
        places = least; /* never lose a digit */
    if (micro < 0)
        *p++ = '-';
    if (!bare || all >= DECIMAL_ONE || places == 0)
        p = put_whole(p, all / DECIMAL_ONE);
    if (places > 0) {
        *p++ = '.';
        memcpy(p, six, DECIMAL_PLACES); /* those not wanted are written over */
        p += places;
    }
    *p = '\0';
    return (size_t)(p - to);
}

size_t
decimal_format(char *to, struct decimal d)
{
    size_t places = d.places < DECIMAL_PLACES ? d.places : DECIMAL_PLACES;

    return write_decimal(to, d.micro, places, false);
}

size_t
decimal_trim(char *to, int64_t micro)
{
    return write_decimal(to, micro, 0, false);
}

size_t
decimal_trim_bare(char *to, int64_t micro)
{
    return write_decimal(to, micro, 0, true);
}
