/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Style sheets, scripts and pictures: read once into memory, so that a name
 * of a request is looked up among known names and never reaches the file
 * system.  Answers are made beforehand and shared by all connections.
 */
#ifndef MH_HTTP_FILES_H
#define MH_HTTP_FILES_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct files;

/* Reads every file below `dir` (names beginning with a dot are passed over). */
struct files *files_open(const char *dir, char why[512]);
void files_close(struct files *f);
/* Closes `old` together with f: answers may still hold its bytes. */
void files_keep(struct files *f, struct files *old);
/* A hash over all of them: ?v=THIS lets browsers keep a file for a year. */
const char *files_version(const struct files *f);

struct files_ask {
    const char *name;            /* relative, "css/site.css" */
    const char *version;         /* what stood behind ?v=, or NULL */
    const char *if_none_match;   /* header or NULL */
    const char *accept_encoding; /* header or NULL */
};

/* The answer, borrowed; NULL when there is no such file. */
struct MHD_Response *
files_answer(const struct files *f, const struct files_ask *ask, int *status,
             uint64_t *bytes);

#endif
