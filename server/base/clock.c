/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time and civil dates.  Dates are computed with the proleptic Gregorian
 * algorithm over eras of 400 years: no tables, no libc, right for any year.
 */
#include "server/base/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static _Atomic int64_t stopped = CLOCK_REAL;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
read_environment(void)
{
    const char *text = getenv("MH_CLOCK");
    int64_t utc;

    if (text != NULL && utc_parse(text, &utc))
        atomic_store(&stopped, utc);
}

int64_t
clock_now(void)
{
    int64_t utc;

    pthread_once(&once, read_environment);
    utc = atomic_load_explicit(&stopped, memory_order_relaxed);
    return utc == CLOCK_REAL ? (int64_t)time(NULL) : utc;
}

void
clock_set(int64_t utc)
{
    pthread_once(&once, read_environment);
    atomic_store(&stopped, utc);
}

double
clock_monotonic(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int32_t
day_from_civil(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

void
day_to_civil(int32_t day, int *year, int *month, int *dom)
{
    int z = day + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int day_of_era = z - era * 146097;
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
                       day_of_era / 146096) /
                      365;
    int day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int mp = (5 * day_of_year + 2) / 153;

    *dom = day_of_year - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

int
day_of_week(int32_t day)
{
    return (int)(((int64_t)day % 7 + 11) % 7); /* 1970-01-01: Thursday, 4 */
}

int32_t
day_month_start(int32_t day)
{
    int y, m, d;

    day_to_civil(day, &y, &m, &d);
    return day - (d - 1);
}

static int
month_length(int year, int month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

int32_t
day_add_months(int32_t day, int months)
{
    int y, m, d, sum;

    day_to_civil(day, &y, &m, &d);
    sum = y * 12 + (m - 1) + months;
    y = sum / 12;
    m = sum % 12;
    if (m < 0) {
        m += 12;
        y--;
    }
    m++;
    if (d > month_length(y, m))
        d = month_length(y, m);
    return day_from_civil(y, m, d);
}

/* Reads n digits; -1 when one of them is none. */
static int
digits(const char *text, int n)
{
    int sum = 0;

    for (int i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        sum = sum * 10 + (text[i] - '0');
    }
    return sum;
}

static bool
real_date(int y, int m, int d)
{
    return y >= 1970 && y <= 2199 && m >= 1 && m <= 12 && d >= 1 &&
           d <= month_length(y, m);
}

bool
day_parse(const char *text, int32_t *day)
{
    size_t n = strlen(text);
    int y, m, d;

    if (n == 10 && text[4] == '-' && text[7] == '-') {
        y = digits(text, 4);
        m = digits(text + 5, 2);
        d = digits(text + 8, 2);
    } else if (n == 10 && text[2] == '/' && text[5] == '/') {
        m = digits(text, 2);
        d = digits(text + 3, 2);
        y = digits(text + 6, 4);
    } else if (n == 8) {
        y = digits(text, 4);
        m = digits(text + 4, 2);
        d = digits(text + 6, 2);
    } else {
        return false;
    }
    if (!real_date(y, m, d))
        return false;
    *day = day_from_civil(y, m, d);
    return true;
}

/* Two digits. */
static void
put_two(char *to, int value)
{
    to[0] = (char)('0' + value / 10);
    to[1] = (char)('0' + value % 10);
}

char *
day_format(char *to, int32_t day)
{
    int y, m, d;

    day_to_civil(day, &y, &m, &d);
    if (y < 0 || y > 9999)
        y = y < 0 ? 0 : 9999;
    put_two(to, y / 100);
    put_two(to + 2, y % 100);
    to[4] = to[7] = '-';
    put_two(to + 5, m);
    put_two(to + 8, d);
    to[10] = '\0';
    return to;
}

void
utc_to_civil(int64_t utc, struct civil *c)
{
    int64_t day = utc / 86400, rest = utc % 86400;

    if (rest < 0) {
        rest += 86400;
        day--;
    }
    day_to_civil((int32_t)day, &c->year, &c->month, &c->day);
    c->hour = (int)(rest / 3600);
    c->minute = (int)(rest / 60 % 60);
    c->second = (int)(rest % 60);
}

int64_t
utc_from_civil(const struct civil *c)
{
    return (int64_t)day_from_civil(c->year, c->month, c->day) * 86400 +
           c->hour * 3600 + c->minute * 60 + c->second;
}

char *
utc_format(char *to, int64_t utc)
{
    struct civil c;

    utc_to_civil(utc, &c);
    day_format(to, day_from_civil(c.year, c.month, c.day));
    to[10] = 'T';
    put_two(to + 11, c.hour);
    to[13] = ':';
    put_two(to + 14, c.minute);
    to[16] = ':';
    put_two(to + 17, c.second);
    to[19] = 'Z';
    to[20] = '\0';
    return to;
}

bool
utc_parse(const char *text, int64_t *utc)
{
    int h, m, s;
    char date[11];
    int32_t day;

    if (strlen(text) != 20 || text[10] != 'T' || text[13] != ':' ||
        text[16] != ':' || text[19] != 'Z')
        return false;
    memcpy(date, text, 10);
    date[10] = '\0';
    h = digits(text + 11, 2);
    m = digits(text + 14, 2);
    s = digits(text + 17, 2);
    if (date[4] != '-' || !day_parse(date, &day) || h < 0 || h > 23 || m < 0 ||
        m > 59 || s < 0 || s > 59)
        return false;
    *utc = (int64_t)day * 86400 + h * 3600 + m * 60 + s;
    return true;
}
