/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings: one typed table (conf_table.h) gives the parser, the defaults, the
 * printed sample, the manual page and the environment names.  Order of force:
 * default, file, environment (MH_NAME), command line.
 */
#ifndef MH_BASE_CONF_H
#define MH_BASE_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "server/base/conf_table.h"

struct conf {
#define CONF_TEXT_(name, def, text)          char name[512];
#define CONF_INT_(name, def, min, max, text) int64_t name;
#define CONF_BOOL_(name, def, text)          bool name;
    CONF_TABLE(CONF_TEXT_, CONF_INT_, CONF_BOOL_)
#undef CONF_TEXT_
#undef CONF_INT_
#undef CONF_BOOL_
};

/* Every default. */
void conf_init(struct conf *c);
/* Reads `name = value` lines (# starts a comment).  On failure writes one
 * line "file:line: name: reason" to `why` (512 bytes) and returns false. */
bool conf_read(struct conf *c, const char *path, char why[512]);
/* Takes MH_NAME for each name; DATA_DIR and PORT are accepted as well. */
bool conf_env(struct conf *c, char why[512]);
bool
conf_set(struct conf *c, const char *name, const char *value, char why[512]);
/* A commented sample file; with `current`, the values in force. */
void conf_print(FILE *to, const struct conf *current);

/* One row of the table, for manuals. */
struct conf_setting {
    const char *name, *text;
    const char *kind;    /* "text", "number" or "yes or no" */
    char missing[512];   /* its default, as it would be written */
    int64_t least, most; /* of a number */
};
/* The setting at a position from 0; false past the last. */
bool conf_setting_get(size_t at, struct conf_setting *s);

#endif
