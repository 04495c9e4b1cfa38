/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A registry file in memory: its good rows, by ESI ID.  Texts lie one behind
 * the other in one buffer, each ended by a NUL; rows hold where they begin.
 */
#ifndef MH_REGISTRY_REGISTRY_FILE_H
#define MH_REGISTRY_REGISTRY_FILE_H

#include "api/registry/table.h"
#include "server/base/buf.h"

/* What a row states, against what is known. */
enum said {
    SAID_NOTHING, /* no REP given */
    SAID_AGAIN,   /* an earlier row of the file states the same */
    SAID_NEW,
    SAID_SAME,    /* in force already */
    SAID_CHANGED, /* differs from what is in force */
};

enum statement { OF_PREMISE, OF_METER, OF_REP, STATEMENTS };

struct registry_row {
    uint32_t line;
    uint32_t esiid;
    uint32_t premise; /* then ZONE, CLASS, SOLAR, ADDRESS, CITY, STATE, ZIP */
    uint32_t meter;   /* then SERIAL, MAKE */
    uint32_t rep;
    int32_t installed_day, provisioned_day, removed_day;
    int32_t from_day, to_day;
    int64_t point_id;         /* found later */
    uint8_t said[STATEMENTS]; /* enum said */
    bool others;              /* the point is another TDSP's */
};

#define PREMISE_TEXTS 8
#define METER_TEXTS   3

struct registry_file {
    struct buf text;
    struct registry_row *row;
    size_t n, room;
    char tdsp[16];  /* of every row */
    int64_t read;   /* rows of the file, good or not */
    int64_t warned; /* ESI IDs of neither 17 nor 22 characters */
    struct table_rejects *rejects;
};

/* False: the file as a whole is refused. */
bool registry_file_read(struct registry_file *f, const void *text, size_t n,
                        const char *sender, const char *default_zone,
                        struct table_rejects *rejects);
void registry_file_clear(struct registry_file *f);

static inline const char *
registry_text(const struct registry_file *f, uint32_t at)
{
    return f->text.at + at;
}

/* The text behind this one. */
static inline const char *
registry_text_next(const char *text)
{
    return text + strlen(text) + 1;
}

#endif
