/* SPDX-License-Identifier: Apache-2.0 */
/* Header rows of LSE: one to four and thirty. */
#include "api/feed/lse_row.h"

#include "server/base/clock.h"
#include "server/base/decimal.h"

#define SORT_CODE 9 /* bytes, with its comma */

static const struct {
    char code[SORT_CODE + 1];
    enum lse_field field;
} ROWS[] = {
    {"00000001,", LSE_FIELD_ROW_ONE},    {"00000002,", LSE_FIELD_ROW_TWO},
    {"00000003,", LSE_FIELD_ROW_THREE},  {"00000004,", LSE_FIELD_ROW_FOUR},
    {"00000030,", LSE_FIELD_ROW_THIRTY}, {"10000000,", LSE_FIELD_DETAIL},
};

static inline bool
is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* ---- sort codes ---------------------------------------------------------- */

const char *
lse_wrong_row(struct lse *in, const char *p, enum lse_row row)
{
    for (unsigned i = 0; i < LSE_DETAIL; i++) {
        if (memcmp(p, ROWS[i].code, SORT_CODE) != 0)
            continue;
        if (i > 0 && i < row)
            return lse_fail(in, p, FEED_ROW_TWICE, ROWS[i].field);
        return lse_fail(in, p, FEED_ROW_MISSING, ROWS[row].field);
    }
    if (p >= in->span.end || memcmp(p, "1000", 4) == 0)
        return lse_fail(in, p, FEED_ROW_MISSING, ROWS[row].field);
    return lse_fail_here(in, p, FEED_ROW_UNKNOWN, LSE_FIELD_SORT);
}

static inline const char *
read_row(struct lse *in, const char *p, struct lse_record *r, enum lse_row row)
{
    if (memcmp(p, ROWS[row].code, SORT_CODE) != 0)
        return lse_wrong_row(in, p, row);
    r->row[row] = p;
    return p + SORT_CODE;
}

/* ---- fields -------------------------------------------------------------- */

static const char *
read_comma(struct lse *in, const char *p, enum feed_code code,
           enum lse_field field)
{
    return *p == ',' ? p + 1 : lse_fail_here(in, p, code, field);
}

/* Exactly this text, then a comma. */
static const char *
read_fixed(struct lse *in, const char *p, const char *text, enum feed_code code,
           enum lse_field field)
{
    size_t n = strlen(text);

    if (memcmp(p, text, n) != 0)
        return lse_fail_here(in, p, code, field);
    if (lse_in_field(p[n]))
        return lse_fail(in, p + n, code, field);
    return p + n;
}

static bool
is_time(uint32_t date, uint32_t clock)
{
    static const uint8_t DAYS[] = {31, 29, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31};
    uint32_t year = date / 10000, month = date / 100 % 100, day = date % 100;

    if (year < 1970 || year > 2199 || month < 1 || month > 12 || day < 1 ||
        day > DAYS[month - 1])
        return false;
    if (month == 2 && day == 29 &&
        (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)))
        return false;
    return clock / 10000 < 24 && clock / 100 % 100 < 60 && clock % 100 < 60;
}

const char *
lse_read_time(struct lse *in, const char *p, enum lse_field field,
              int64_t *time)
{
    uint64_t a = lse_eight(p) - LSE_EACH('0');
    uint64_t b = lse_eight(p + 6) - LSE_EACH('0');
    uint32_t date, clock;
    const char *q = p;

    if (!lse_all_digits(a) || !lse_all_digits(b)) {
        while (*q >= '0' && *q <= '9')
            q++;
        return lse_fail_here(in, q, FEED_TIME_FORM, field);
    }
    if (lse_in_field(p[14]))
        return lse_fail(in, p + 14, FEED_TIME_FORM, field);
    date = lse_number(a);
    clock = lse_number(b) % 1000000;
    if (!is_time(date, clock))
        return lse_fail(in, p, FEED_TIME_VALUE, field);
    *time = (int64_t)date * 1000000 + clock;
    return p + 14;
}

/* ---- rows that come again ---------------------------------------------------
 *
 * Rows two and thirty are the same in most records of a file: what the last one
 * said is said again by the same bytes.
 */

static bool
kept_again(const struct lse *in, const struct lse_kept *k, const char *p)
{
    return k->n > 0 && in->span.end - p >= k->n &&
           memcmp(p, k->text, k->n) == 0;
}

/* Behind a row that was kept. */
static const char *
kept_next(struct lse *in, const struct lse_kept *k, const char *p)
{
    in->row = p + k->n;
    in->line++;
    return in->row;
}

/* False when the row is not to be kept: where things stand in it follows. */
static bool
kept_put(struct lse *in, struct lse_kept *k, const char *row, const char *end)
{
    k->n = 0;
    if (!in->swift || end == NULL || end - row > LSE_KEPT || end[-1] != '\n')
        return false;
    k->n = (uint16_t)(end - row);
    memcpy(k->text, row, k->n);
    return true;
}

/* ---- row one ------------------------------------------------------------- */

static const char *
read_esiid(struct lse *in, const char *p, struct lse_record *r)
{
    const char *start = p;

    while (in->swift && lse_all_digits(lse_eight(p) - LSE_EACH('0')))
        p += 8;
    while (is_alnum(*p))
        p++;
    if (*p == ',' && p == start)
        return lse_fail(in, p, FEED_ESIID_EMPTY, LSE_FIELD_ESIID);
    if (p - start > LSE_MOST_ESIID)
        return lse_fail(in, start + LSE_MOST_ESIID, FEED_ESIID_LONG,
                        LSE_FIELD_ESIID);
    if (*p != ',')
        return lse_fail_here(in, p, FEED_ESIID_FORM, LSE_FIELD_ESIID);
    r->esiid = start;
    r->esiid_n = (uint8_t)(p - start);
    r->field[LSE_FIELD_ESIID] = start;
    return p + 1;
}

/* The operating day from start and stop: local midnight to 23:59:00. */
static const char *
read_day(struct lse *in, const char *p, struct lse_record *r)
{
    const char *start = p, *stop;
    int64_t from, to;

    p = lse_read_time(in, p, LSE_FIELD_START, &from);
    if (p == NULL)
        return NULL;
    p = read_comma(in, p, FEED_TIME_FORM, LSE_FIELD_STOP);
    if (p == NULL)
        return NULL;
    stop = p;
    p = lse_read_time(in, p, LSE_FIELD_STOP, &to);
    if (p == NULL)
        return NULL;
    if (from % 1000000 != 0)
        return lse_fail(in, start, FEED_START, LSE_FIELD_START);
    if (to != from + 235900)
        return lse_fail(in, stop, FEED_STOP, LSE_FIELD_STOP);
    if (memcmp(in->day_text, start, 8) != 0) {
        from /= 1000000;
        in->day = day_from_civil((int)(from / 10000), (int)(from / 100 % 100),
                                 (int)(from % 100));
        memcpy(in->day_text, start, 8);
    }
    r->d.day = in->day;
    r->field[LSE_FIELD_START] = start;
    r->field[LSE_FIELD_STOP] = stop;
    return read_comma(in, p, FEED_TIME_FORM, LSE_FIELD_DST);
}

static const char *
read_one(struct lse *in, const char *p, struct lse_record *r)
{
    p = read_row(in, p, r, LSE_ONE);
    if (p == NULL || (p = read_esiid(in, p, r)) == NULL)
        return NULL;
    if ((*p != '1' && *p != '4') || lse_in_field(p[1]))
        return lse_fail_here(in, p, FEED_CHANNEL, LSE_FIELD_CHANNEL);
    r->d.channel = (uint8_t)(*p - '0');
    p = read_comma(in, p + 1, FEED_CHANNEL, LSE_FIELD_START);
    if (p == NULL || (p = read_day(in, p, r)) == NULL)
        return NULL;
    p = read_fixed(in, p, "Y", FEED_DST, LSE_FIELD_DST);
    if (p == NULL)
        return NULL;
    p = read_comma(in, p, FEED_DST, LSE_FIELD_FLAG);
    if (p == NULL)
        return NULL;
    p = read_fixed(in, p, "N", FEED_FLAG, LSE_FIELD_FLAG);
    return p == NULL ? NULL : lse_read_end(in, p, LSE_FIELD_ROW_ONE);
}

/* ---- row two ------------------------------------------------------------- */

enum {
    TWO_START,
    TWO_STOP,
    TWO_SECONDS = 6,
    TWO_UNIT,
    TWO_ZONE = 12,
    TWO_FIELDS
};

/* A register read; none when the field is empty. */
static const char *
read_register(struct lse *in, const char *p, const char *end,
              enum lse_field field, struct decimal *d)
{
    switch (decimal_parse(p, (size_t)(end - p), d)) {
    case DECIMAL_OK:
    case DECIMAL_EMPTY:
        return end;
    case DECIMAL_SIGN:
        return lse_fail(in, p, *p == '-' ? FEED_READ_SIGN : FEED_READ_FORM,
                        field);
    case DECIMAL_RANGE:
        return lse_fail(in, p, FEED_READ_RANGE, field);
    case DECIMAL_LONG:
    case DECIMAL_FORM:
        break;
    }
    return lse_fail(in, p, FEED_READ_FORM, field);
}

/* Midnight register reads; 0 and 0 (or nothing) mean that there are none. */
static const char *
read_registers(struct lse *in, const char *const *at, struct reading_day *d)
{
    d->has_reads = false;
    d->start_read = d->stop_read = (struct decimal){0, 0};
    if (memcmp(at[TWO_START], "0,0,", 4) == 0)
        return at[TWO_START];
    if (read_register(in, at[TWO_START], at[TWO_STOP] - 1, LSE_FIELD_START_READ,
                      &d->start_read) == NULL ||
        read_register(in, at[TWO_STOP], at[TWO_STOP + 1] - 1,
                      LSE_FIELD_STOP_READ, &d->stop_read) == NULL)
        return NULL;
    d->has_reads = d->start_read.micro != 0 || d->stop_read.micro != 0;
    if (d->has_reads && *at[TWO_START] == ',')
        return lse_fail(in, at[TWO_START], FEED_READ_FORM,
                        LSE_FIELD_START_READ);
    if (d->has_reads && *at[TWO_STOP] == ',')
        return lse_fail(in, at[TWO_STOP], FEED_READ_FORM, LSE_FIELD_STOP_READ);
    if (!d->has_reads)
        d->start_read = d->stop_read = (struct decimal){0, 0};
    return at[TWO_START];
}

/* Without register reads. */
static void
two_again(const struct lse_kept *k, const char *p, struct lse_record *r)
{
    r->row[LSE_TWO] = p;
    r->d.has_reads = false;
    r->d.start_read = r->d.stop_read = (struct decimal){0, 0};
    r->zone = r->field[LSE_FIELD_ZONE] = p + k->place[0];
    r->zone_n = (uint8_t)k->place[1];
}

static void
two_keep(struct lse *in, const char *end, const struct lse_record *r)
{
    if (r->d.has_reads || !kept_put(in, &in->two, r->row[LSE_TWO], end))
        return;
    in->two.place[0] = (uint16_t)(r->zone - r->row[LSE_TWO]);
    in->two.place[1] = r->zone_n;
}

static const char *
read_two(struct lse *in, const char *p, struct lse_record *r)
{
    const char *at[TWO_FIELDS];

    if (kept_again(in, &in->two, p)) {
        two_again(&in->two, p, r);
        return kept_next(in, &in->two, p);
    }
    p = read_row(in, p, r, LSE_TWO);
    if (p == NULL)
        return NULL;
    for (unsigned i = 0;; i++) {
        at[i] = p;
        p = lse_skip_field(in, p);
        if (p - in->row >= LSE_MOST_LINE)
            return lse_fail(in, p, FEED_LINE_LONG, LSE_FIELD_LINE);
        if (i == TWO_FIELDS - 1)
            break;
        p = read_comma(in, p, FEED_FIELD_MISSING, LSE_FIELD_ROW_TWO);
        if (p == NULL)
            return NULL;
    }
    if (read_registers(in, at, &r->d) == NULL)
        return NULL;
    if (memcmp(at[TWO_SECONDS], "900,", 4) != 0)
        return lse_fail(in, at[TWO_SECONDS], FEED_SECONDS, LSE_FIELD_SECONDS);
    if (memcmp(at[TWO_UNIT], "01,", 3) != 0)
        return lse_fail(in, at[TWO_UNIT], FEED_UNIT, LSE_FIELD_UNIT);
    if (p - at[TWO_ZONE] > UINT8_MAX)
        return lse_fail(in, at[TWO_ZONE], FEED_ZONE, LSE_FIELD_ZONE);
    r->zone = r->field[LSE_FIELD_ZONE] = at[TWO_ZONE];
    r->zone_n = (uint8_t)(p - at[TWO_ZONE]);
    p = lse_read_end(in, p, LSE_FIELD_ROW_TWO);
    two_keep(in, p, r);
    return p;
}

/* ---- rows three and four --------------------------------------------------
 */

static const char *
read_three(struct lse *in, const char *p, struct lse_record *r)
{
    const char *start;
    size_t n;

    p = start = read_row(in, p, r, LSE_THREE);
    if (p == NULL)
        return NULL;
    p = lse_skip_field(in, p);
    n = (size_t)(p - start);
    if (n == 0 && p < in->span.end)
        return lse_fail(in, p, FEED_ID_EMPTY, LSE_FIELD_ID);
    if (n > LSE_MOST_ID)
        return lse_fail(in, start + LSE_MOST_ID, FEED_ID_LONG, LSE_FIELD_ID);
    memcpy(r->d.transaction, start, n);
    r->d.transaction[n] = '\0';
    if (*p != ',' && !lse_is_end(in, p))
        return lse_fail_byte(in, p, FEED_BYTE, LSE_FIELD_ID);
    return lse_read_end(in, p, LSE_FIELD_ROW_THREE);
}

static const char *
read_four(struct lse *in, const char *p, struct lse_record *r)
{
    p = read_row(in, p, r, LSE_FOUR);
    if (p == NULL)
        return NULL;
    r->field[LSE_FIELD_STAMP] = p;
    p = lse_read_time(in, p, LSE_FIELD_STAMP, &r->d.stamp);
    if (p == NULL)
        return NULL;
    p = read_comma(in, p, FEED_TIME_FORM, LSE_FIELD_ORIGIN);
    if (p == NULL)
        return NULL;
    p = read_fixed(in, p, "M", FEED_ORIGIN, LSE_FIELD_ORIGIN);
    return p == NULL ? NULL : lse_read_end(in, p, LSE_FIELD_ROW_FOUR);
}

/* ---- row thirty ------------------------------------------------------------
 */

/* The digits of a DUNS number up to a comma or the line's end. */
static const char *
read_duns(struct lse *in, const char *p, enum lse_field field, char to[16])
{
    const char *start = p;
    size_t n;

    if (to[0] != '\0')
        return lse_fail(in, p, FEED_PAIR_TWICE, field);
    while (*p >= '0' && *p <= '9')
        p++;
    n = (size_t)(p - start);
    if ((n != 9 && n != 13) || lse_in_field(*p))
        return lse_fail_byte(in, n > 13 ? start + 13 : p, FEED_DUNS, field);
    memcpy(to, start, n);
    to[n] = '\0';
    return p;
}

/* One name=value; attributes that we do not know are passed over. */
static const char *
read_pair(struct lse *in, const char *p, struct lse_record *r)
{
    const struct {
        const char *name;
        size_t n;
        enum lse_field field;
        char *to;
    } names[] = {
        {"MRE=", 4, LSE_FIELD_MRE, r->d.mre},
        {"Sender=", 7, LSE_FIELD_SENDER, r->sender},
        {"Receiver=", 9, LSE_FIELD_RECEIVER, r->receiver},
        {"REP=", 4, LSE_FIELD_REP, r->d.rep},
    };
    const char *start = p;

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (memcmp(p, names[i].name, names[i].n) != 0)
            continue;
        r->field[names[i].field] = p + names[i].n;
        return read_duns(in, p + names[i].n, names[i].field, names[i].to);
    }
    while (is_alnum(*p) || *p == '_')
        p++;
    if (*p != '=' || p == start)
        return lse_fail_byte(in, p, FEED_PAIRS, LSE_FIELD_PAIRS);
    p = lse_skip_field(in, p);
    return p;
}

static const enum lse_field NAMED[] = {LSE_FIELD_MRE, LSE_FIELD_SENDER,
                                       LSE_FIELD_RECEIVER, LSE_FIELD_REP};

static void
thirty_again(const struct lse *in, const char *p, struct lse_record *r)
{
    char *to[] = {r->d.mre, r->sender, r->receiver, r->d.rep};

    r->row[LSE_THIRTY] = p;
    for (unsigned i = 0; i < 4; i++) {
        uint16_t place = in->thirty.place[i];

        memcpy(to[i], in->duns[i], sizeof in->duns[i]);
        r->field[NAMED[i]] = place > 0 ? p + place : NULL;
    }
}

static void
thirty_keep(struct lse *in, const char *end, const struct lse_record *r)
{
    const char *from[] = {r->d.mre, r->sender, r->receiver, r->d.rep};
    const char *row = r->row[LSE_THIRTY];

    if (!kept_put(in, &in->thirty, row, end))
        return;
    for (unsigned i = 0; i < 4; i++) {
        const char *at = r->field[NAMED[i]];

        memcpy(in->duns[i], from[i], sizeof in->duns[i]);
        in->thirty.place[i] = (uint16_t)(at != NULL ? at - row : 0);
    }
}

static const char *
read_thirty(struct lse *in, const char *p, struct lse_record *r)
{
    if (kept_again(in, &in->thirty, p)) {
        thirty_again(in, p, r);
        return kept_next(in, &in->thirty, p);
    }
    p = read_row(in, p, r, LSE_THIRTY);
    if (p == NULL)
        return NULL;
    p = read_fixed(in, p, "ATTRIBUTE_VALUE_PAIRS", FEED_PAIRS, LSE_FIELD_PAIRS);
    if (p == NULL)
        return NULL;
    r->d.mre[0] = r->sender[0] = r->receiver[0] = r->d.rep[0] = '\0';
    r->field[LSE_FIELD_REP] = NULL;
    while (*p == ',')
        if ((p = read_pair(in, p + 1, r)) == NULL)
            return NULL;
    if (!lse_is_end(in, p) || p >= in->span.end)
        return lse_read_end(in, p, LSE_FIELD_ROW_THIRTY);
    if (r->d.mre[0] == '\0')
        return lse_fail(in, p, FEED_PAIR_MISSING, LSE_FIELD_MRE);
    if (r->sender[0] == '\0')
        return lse_fail(in, p, FEED_PAIR_MISSING, LSE_FIELD_SENDER);
    if (r->receiver[0] == '\0')
        return lse_fail(in, p, FEED_PAIR_MISSING, LSE_FIELD_RECEIVER);
    p = lse_read_end(in, p, LSE_FIELD_ROW_THIRTY);
    thirty_keep(in, p, r);
    return p;
}

const char *
lse_read_headers(struct lse *in, const char *p, struct lse_record *r)
{
    if ((p = read_one(in, p, r)) == NULL || (p = read_two(in, p, r)) == NULL ||
        (p = read_three(in, p, r)) == NULL || (p = read_four(in, p, r)) == NULL)
        return NULL;
    return read_thirty(in, p, r);
}
