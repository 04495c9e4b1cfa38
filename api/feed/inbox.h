/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inbox: where files arrive.
 *
 *   inbox/<DUNS>/NAME              a sender's file; its folder says who sent it
 *   inbox/<DUNS>/NAME.done         says that NAME is complete (may be empty)
 *   inbox/<DUNS>/done/             what was loaded, with activity reports
 *   inbox/<DUNS>/rejected/         what was refused, with activity reports
 *   inbox/.work/<DUNS>/NAME        a file that is being loaded
 *
 * A file is complete when NAME.done stands beside it, or when it was renamed
 * into its name: nobody has it open for writing and it has rested for a while.
 * Names that begin with a point or end like an unfinished transfer are left
 * alone.  A complete file is first moved into .work, out of the sender's
 * reach, so that what is checked is what is loaded.
 *
 * Senders may write in their own folder, so nothing in it is followed: no
 * links, and the folders are held open while they are used.
 */
#ifndef MH_FEED_INBOX_H
#define MH_FEED_INBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "server/base/conf.h"

#define INBOX_NAME 256

/* Seconds that a file without .done must have rested: where the kernel can
 * tell that nobody writes to it, and where it cannot. */
#define INBOX_REST         2
#define INBOX_REST_UNKNOWN 30

struct inbox {
    int root, work; /* the folders inbox and inbox/.work */
};

/* Makes the folders where they are missing. */
bool inbox_open(const struct conf *conf, struct inbox *in, char why[512]);
void inbox_close(struct inbox *in);

/* A sender's folders, held open. */
struct inbox_sender {
    char duns[16];
    int folder, work, done, rejected;
};

bool inbox_sender_open(const struct inbox *in, const char *duns,
                       struct inbox_sender *s, char why[512]);
void inbox_sender_close(struct inbox_sender *s);
/* Calls `row` for each sender who has files to load; false when the inbox
 * cannot be read. */
bool inbox_each_ready(const struct inbox *in,
                      void (*row)(void *arg, const char *duns), void *arg,
                      char why[512]);

/* Moves complete files into .work until it holds `most`; then names what lies
 * there, sorted, for free() with inbox_names_free. */
struct inbox_names {
    char (*name)[INBOX_NAME];
    size_t n;
};
bool inbox_take(const struct inbox_sender *s, size_t most,
                struct inbox_names *names, char why[512]);
void inbox_names_free(struct inbox_names *names);
/* Path of a file in .work that can be opened while `s` is open. */
void
inbox_work_path(const struct inbox_sender *s, const char *name, char to[512]);
/* Path of done/ or rejected/, likewise. */
void inbox_end_path(const struct inbox_sender *s, bool done, char to[64]);
/* The name that a file will have in done/ or rejected/: its own, or with .2, .3
 * … where it is taken. */
void inbox_end_name(const struct inbox_sender *s, bool done, const char *name,
                    char to[INBOX_NAME]);
/* Moves a file out of .work and forgets its .done. */
bool inbox_finish(const struct inbox_sender *s, bool done, const char *name,
                  const char *end_name, char why[512]);

#endif
