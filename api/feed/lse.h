/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads ERCOT LSE text: one record is an ESI ID, a channel and an operating
 * day, made of the header rows one to four and thirty and the detail rows of
 * four quarter hours each.
 *
 * The reader pulls spans of text and parses them in place.  It knows the
 * format and nothing of zones, points or the time of day: that a day is over
 * and has the intervals its zone gives it is feed/check.h's business.
 *
 * A bad record is refused and reading goes on at the next one; only text that
 * cannot be followed at all, or too much of it, refuses the file.
 * Sources: LSE File Definition v.04; the layout of rows two to thirty from
 * the market's example record.
 */
#ifndef MH_FEED_LSE_H
#define MH_FEED_LSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/feed/reject.h"
#include "db/reading.h"

#define LSE_MOST_RECORDS 50000
#define LSE_MOST_LINE    2048 /* bytes, line end not counted */
#define LSE_MOST_ESIID   64
#define LSE_MOST_ID      64
/* Of an interval, 40 GW: beyond any meter, and a hundred years of such days
 * still add up without overflow. */
#define LSE_MOST_UKWH 9999999999999
/* No record that is followed to its end is longer than this. */
#define LSE_ROOM (32 * (LSE_MOST_LINE + 2))
/* Bytes that must be readable behind every span. */
#define LSE_PAD 32

/* Fields by which a refusal can be told; the texts are for people. */
/* clang-format off */
#define LSE_FIELDS(X)                                                          \
    X(FILE, "file")                                                            \
    X(LINE, "line")                                                            \
    X(SORT, "sort code")                                                       \
    X(ROW_ONE, "row one")                                                      \
    X(ROW_TWO, "row two")                                                      \
    X(ROW_THREE, "row three")                                                  \
    X(ROW_FOUR, "row four")                                                    \
    X(ROW_THIRTY, "row thirty")                                                \
    X(DETAIL, "detail row")                                                    \
    X(ESIID, "ESI ID")                                                         \
    X(CHANNEL, "channel")                                                      \
    X(START, "start time")                                                     \
    X(STOP, "stop time")                                                       \
    X(DST, "DST participation")                                                \
    X(FLAG, "invalid record flag")                                             \
    X(START_READ, "start reading")                                             \
    X(STOP_READ, "stop reading")                                               \
    X(SECONDS, "seconds per interval")                                         \
    X(UNIT, "unit of measure")                                                 \
    X(ZONE, "time-zone name")                                                  \
    X(ID, "transaction ID")                                                    \
    X(STAMP, "creation stamp")                                                 \
    X(ORIGIN, "origin")                                                        \
    X(PAIRS, "attributes")                                                     \
    X(MRE, "MRE")                                                              \
    X(SENDER, "Sender")                                                        \
    X(RECEIVER, "Receiver")                                                    \
    X(REP, "REP")                                                              \
    X(KWH, "energy")                                                           \
    X(STATUS, "status")                                                        \
    X(TIME, "interval time")                                                   \
    X(DAY, "intervals")
/* clang-format on */

enum lse_field {
#define X(id, text) LSE_FIELD_##id,
    LSE_FIELDS(X)
#undef X
        LSE_FIELD_COUNT
};

const char *lse_field_text(enum lse_field f);

enum lse_row { LSE_ONE, LSE_TWO, LSE_THREE, LSE_FOUR, LSE_THIRTY, LSE_DETAIL };

/* One record.  Pointers are good until the next call of feed_lse_next. */
struct lse_record {
    struct reading_day d; /* point_id is 0 */
    const char *esiid;    /* in the text, not ended */
    uint8_t esiid_n;
    uint8_t zone_n;
    uint32_t line;    /* of row one, from 1 */
    const char *zone; /* row two's time-zone name, not ended */
    char sender[16], receiver[16];
    const char *row[LSE_DETAIL];        /* where each header row begins */
    const char *field[LSE_FIELD_COUNT]; /* where it stands, for refusals that
                                         * feed/check.c makes; some are NULL */
};

/*
 * Gives the reader more text: a span that begins with the `keep` bytes at
 * `from`, which are not yet read, and LSE_PAD readable bytes behind it of
 * which the first is NUL.  `*last` says that nothing follows the span.
 */
struct lse_span {
    const char *at, *end;
    bool last;
};
typedef void
lse_more(void *arg, const char *from, size_t keep, struct lse_span *span);
/* The header rows of a record are read, its details are not yet; they may turn
 * out to be bad. */
typedef void lse_soon(void *arg, const struct lse_record *r);

enum lse_rc {
    LSE_RECORD,  /* *r is good as far as the format goes */
    LSE_REJECT,  /* a record is refused: in->reject */
    LSE_REFUSED, /* the file is refused: in->reject; records is their count */
    LSE_END,
};

/* A header row that records often share, as it stood with its line end. */
#define LSE_KEPT 192
struct lse_kept {
    char text[LSE_KEPT];
    uint16_t n;        /* 0: none */
    uint16_t place[4]; /* of fields in it, 0: none */
};

struct lse {
    struct lse_span span; /* what is not yet read */
    lse_more *more;
    lse_soon *soon; /* may be NULL */
    void *arg;
    uint32_t line;    /* number of the line that span.at begins */
    uint32_t records; /* met so far, good or bad */
    bool begun, over;
    bool byte_order; /* the text began with a UTF-8 mark */
    struct feed_reject reject;
    /* the row being read, and what was wrong with it */
    const char *row;
    const char *bad;
    enum feed_code code;
    enum lse_field field;
    uint16_t interval;
    /* the last day seen, so that its text is read once */
    char day_text[8];
    int32_t day;
    /* how detail rows are read: by words, or by this processor's vectors */
    const char *(*details)(struct lse *in, const char *p, struct lse_record *r);
    bool swift; /* by vectors, and rows are remembered: */
    struct lse_kept two, thirty;
    char duns[4][16]; /* MRE, Sender, Receiver, REP of row thirty */
};

/* Chooses the fastest way of reading that this processor has; all of them say
 * the same (lse_row.h has them by name, for tests). */
void feed_lse_init(struct lse *in, lse_more *more, void *arg);
/* All of the text at once; LSE_PAD bytes behind it are readable, text[n] is
 * NUL. */
void feed_lse_init_text(struct lse *in, const char *text, size_t n);
enum lse_rc feed_lse_next(struct lse *in, struct lse_record *r);
/* Refuses the record that feed_lse_next gave last: fills in->reject. */
void
feed_lse_refuse(struct lse *in, const struct lse_record *r,
                enum lse_field field, enum feed_code code, const char *note);

#endif
