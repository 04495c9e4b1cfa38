/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a record or a file is refused, and what is odd about one that loads.
 *
 * One table: our fine code, ERCOT's nearest result code (Interval Data LSE
 * Activity Report), what it says.  The enum, the activity report, the command
 * line and docs/lse-codes.md are all made from it.
 */
#ifndef MH_FEED_REJECT_H
#define MH_FEED_REJECT_H

#include <stdint.h>

#include "server/base/buf.h"

/*    id             ours   ERCOT  reason */
/* clang-format off */
#define FEED_CODES(X)                                                          \
    X(TOO_MANY,      "M01", "F1", "more than 50,000 records")                  \
    X(NO_RECORD,     "M02", "F2", "no record in the file")                     \
    X(NOT_LSE,       "M03", "F2", "the file does not begin with an LSE row")   \
    X(UTF16,         "M04", "F2", "UTF-16 text where ASCII is due")            \
    X(CR_ALONE,      "M05", "F2", "lines end in a carriage return alone")      \
    X(DAMAGED,       "M06", "F2", "the file cannot be read to its end")        \
    X(KIND,          "M07", "F2", "not a kind of file that is loaded here")    \
    X(CONTENT,       "M08", "F2", "the file as a whole was refused")           \
    X(NAME,          "M09", "F2", "the file name must be DUNS, IntervalData, " \
                                  "date and time, counter, .lse")              \
    X(ROW_MISSING,   "M10", "02", "the row is missing")                        \
    X(ROW_TWICE,     "M11", "02", "the row stands twice")                      \
    X(ROW_UNKNOWN,   "M12", "02", "no such sort code")                         \
    X(ROW_ORDER,     "M13", "02", "sort codes must rise by one from 10000000") \
    X(FIELD_MISSING, "M14", "02", "the row has too few fields")                \
    X(FIELD_EXTRA,   "M15", "02", "there is text after the last field")        \
    X(LINE_LONG,     "M16", "02", "the line is longer than 2,048 bytes")       \
    X(BYTE,          "M17", "02", "a byte is not printable ASCII")             \
    X(CUT,           "M18", "03", "the file ends inside the record")           \
    X(ESIID_EMPTY,   "M20", "01", "the ESI ID is empty")                       \
    X(ESIID_FORM,    "M21", "02", "an ESI ID has letters and digits only")     \
    X(ESIID_LONG,    "M22", "02", "an ESI ID has at most 64 characters")       \
    X(CHANNEL,       "M23", "01", "channel must be 1 (generation) or 4 (load)")\
    X(TIME_FORM,     "M24", "02", "a time has 14 digits, YYYYMMDDHHMMSS")      \
    X(TIME_VALUE,    "M25", "01", "there is no such date or time")             \
    X(START,         "M26", "03", "a day must start at 00:00:00")              \
    X(STOP,          "M27", "03", "a day must stop at 23:59:00 of its date")   \
    X(DST,           "M28", "01", "DST participation must be Y")               \
    X(FLAG,          "M29", "01", "the invalid record flag must be N")         \
    X(READ_FORM,     "M30", "02", "a register read is digits, at most six of " \
                                  "them after a point")                        \
    X(READ_SIGN,     "M31", "01", "a register read may not be negative")       \
    X(READ_RANGE,    "M32", "01", "a register read is above "                  \
                                  "999,999,999.999999")                        \
    X(SECONDS,       "M33", "01", "seconds per interval must be 900")          \
    X(UNIT,          "M34", "01", "the unit of measure must be 01 (kWh)")      \
    X(ZONE,          "M35", "01", "not the standard-time name of the meter's " \
                                  "zone")                                      \
    X(ID_EMPTY,      "M36", "01", "the transaction ID is empty")               \
    X(ID_LONG,       "M37", "02", "a transaction ID has at most 64 characters")\
    X(ORIGIN,        "M38", "01", "the origin must be M (metered)")            \
    X(STAMP_FUTURE,  "M39", "04", "the creation stamp lies in the future")     \
    X(PAIRS,         "M40", "02", "ATTRIBUTE_VALUE_PAIRS and name=value pairs "\
                                  "are due")                                   \
    X(PAIR_TWICE,    "M41", "02", "the attribute stands twice")                \
    X(PAIR_MISSING,  "M42", "01", "the attribute is missing")                  \
    X(DUNS,          "M43", "01", "a DUNS number has 9 or 13 digits")          \
    X(RECEIVER,      "M44", "01", "files for this receiver are not taken here")\
    X(SENDER,        "M45", "01", "not the sender of this file")               \
    X(KWH_EMPTY,     "M50", "01", "there is no energy value")                  \
    X(KWH_FORM,      "M51", "02", "energy is digits, with a point only "       \
                                  "between digits")                            \
    X(KWH_SIGN,      "M52", "01", "energy may not be negative")                \
    X(KWH_PLACES,    "M53", "02", "energy has at most six digits after the "   \
                                  "point")                                     \
    X(KWH_RANGE,     "M54", "01", "energy is above 9,999,999.999999 kWh")    \
    X(STATUS,        "M55", "01", "status must be A (actual) or E (estimated)")\
    X(TIME_GIVEN,    "M56", "02", "the interval time must be empty")           \
    X(DAY_SHORT,     "M60", "03", "the day has more intervals than were sent") \
    X(DAY_LONG,      "M61", "03", "the day has fewer intervals than were sent")\
    X(FUTURE,        "M62", "04", "the day is not over yet")                   \
    X(DUPLICATE,     "M63", "05", "the file holds a more recent record of "    \
                                  "this ESI ID, channel and day")            \
    X(PAST,          "M64", "01", "the day is older than what is kept here")
/* clang-format on */

/* What loads but is counted and flagged. */
/*    id             ours   text */
/* clang-format off */
#define FEED_WARNINGS(X)                                                       \
    X(ESIID_LENGTH,  "W01", "the ESI ID has neither 17 nor 22 characters")     \
    X(UNREGISTERED,  "W02", "the registry does not know the ESI ID")           \
    X(REP_DIFFERS,   "W03", "the REP is not the registry's REP of that day")   \
    X(SENDER_DIFFERS,"W04", "the sender is not the registry's TDSP")           \
    X(BEFORE_METER,  "W05", "the day lies before the meter was installed")     \
    X(NO_REP,        "W06", "the record names no REP")                         \
    X(STAMP_EARLY,   "W07", "the creation stamp lies before the day's end")    \
    X(BYTE_ORDER,    "W08", "the file begins with a UTF-8 byte order mark")
/* clang-format on */

enum feed_code {
#define X(id, ours, ercot, reason) FEED_##id,
    FEED_CODES(X)
#undef X
        FEED_CODE_COUNT
};

enum feed_warning {
#define X(id, ours, text) FEED_WARN_##id,
    FEED_WARNINGS(X)
#undef X
        FEED_WARNING_COUNT
};

#define FEED_EXCERPT 96

/* One refusal, of a record or (line 0) of a file. */
struct feed_reject {
    enum feed_code code;               /* FEED_CODE_COUNT: of another table */
    const char *ours, *ercot, *reason; /* static: "M51", "02" */
    const char *field;                 /* static: "ESI ID", "energy" */
    uint16_t interval; /* 1 to 100 for a field of an interval, else 0 */
    uint8_t channel;   /* 0 where not known */
    int32_t day;       /* operating day, DAY_NONE where not known */
    uint32_t line;     /* from 1; 0: the whole file */
    uint32_t column;   /* byte in that line, from 1; 0: not known */
    char esiid[65];    /* "" where not known */
    char note[40];     /* what was found, "95 of 96"; may be "" */
    uint8_t caret;     /* byte of `excerpt` that is wrong */
    char excerpt[FEED_EXCERPT]; /* the line around it, printable; may be "" */
};

const char *feed_warning_ours(enum feed_warning w);
const char *feed_warning_text(enum feed_warning w);

/* Sets the code and its texts. */
void feed_reject_code(struct feed_reject *r, enum feed_code c);
/* "energy of interval 37", "ESI ID". */
void feed_reject_field(const struct feed_reject *r, struct buf *to);
/* The reason with its note: "… than were sent (95 of 96)". */
void feed_reject_reason(const struct feed_reject *r, struct buf *to);
/* For people: one line, then the excerpt with a caret under the wrong byte. */
void feed_reject_print(const struct feed_reject *r, const char *file,
                       struct buf *to);
/* Cuts the excerpt of `r` out of the line [line, end) and points it at `at`. */
void feed_reject_excerpt(struct feed_reject *r, const char *line,
                         const char *end, const char *at);
/* The whole of docs/lse-codes.md. */
void feed_codes_document(struct buf *to);

#endif
