/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request, as a handler sees it: already routed, authorised, its
 * parameters known by the route row, running on a worker thread with that
 * worker's own store handle.  Handlers return a fault or FAULT_NONE; on
 * FAULT_NONE exactly one reply_* function has been called.
 */
#ifndef MH_HTTP_REQ_H
#define MH_HTTP_REQ_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/buf.h"
#include "server/base/clock.h"
#include "server/base/conf.h"
#include "server/base/fault.h"
#include "server/text/catalog.h"

struct db;
struct template_rows; /* server/text/template.h */
struct actor;         /* api/agreement/actor.h: who is asking */
struct route;
struct reply;

struct req {
    const struct route *route;
    const char *method, *path; /* path without query, decoded */
    const char *path_arg;      /* what the first {} of the route matched */
    const char *path_arg2;     /* the second, NULL if none */
    const struct actor *who;   /* never NULL; may be nobody */
    enum lang lang;
    int64_t now_utc;
    const char *peer;    /* address text of the client */
    const char *id;      /* request id, for the log and the page */
    struct arena *arena; /* ends with the request */
    struct db *db;       /* this worker's handle */
    const struct conf *conf;
    struct reply *reply;
};

/* ---- parameters: query on GET, urlencoded or JSON body on POST ------------
 * Only names in the route row's params exist.  A name given twice, bad UTF-8
 * or a bad form is FAULT_BAD_FIELD, whose page names the field. */
/* NULL in *text when absent. */
enum fault
req_text(struct req *r, const char *name, size_t most, const char **text);
enum fault req_i64(struct req *r, const char *name, int64_t least, int64_t most,
                   int64_t missing, int64_t *n);
/* YYYY-MM-DD; `missing` when absent. */
enum fault
req_day(struct req *r, const char *name, int32_t missing, int32_t *day);
/* One of the blank-separated words of `choices`; the first when absent. */
enum fault req_choice(struct req *r, const char *name, const char *choices,
                      const char **choice);
bool req_flag(struct req *r, const char *name);
const char *req_header(struct req *r, const char *name);
const char *req_cookie(struct req *r, const char *name);
/* Says which field and why (a catalog key) before returning BAD_FIELD or
 * PAST_LIMIT; `detail` may be NULL. */
enum fault req_bad(struct req *r, enum fault f, const char *field,
                   const char *reason_key, const char *detail);

/* ---- replies --------------------------------------------------------------*/
/* A template inside layout.html; steals the view. */
enum fault page(struct req *r, const char *name, json_t *view);
enum fault
page_status(struct req *r, int status, const char *name, json_t *view);
/* Appends a long list, row by row, for template_safe in a page's view. */
bool page_rows(struct req *r, const char *name,
               const struct template_rows *rows, struct buf *to);
/* A page in two steps, so that its content can be kept: the template alone,
 * then the frame around it.  The view of the frame holds title, styles and
 * scripts.  Both steal the view. */
enum fault
page_content(struct req *r, const char *name, json_t *view, struct buf *to);
enum fault
page_frame(struct req *r, int status, json_t *view, const struct buf *content);
/* Steals the value. */
enum fault reply_json(struct req *r, int status, json_t *value);
/* 303 to a path of ours; anything else is FAULT_OURS. */
enum fault reply_redirect(struct req *r, const char *path);
/* A whole body; steals nothing, copies the bytes. */
enum fault reply_bytes(struct req *r, int status, const char *type,
                       const void *bytes, size_t n);
/*
 * A body of any length made piece by piece: `more` appends about 64 KiB to
 * `to` each time; it runs on worker threads with a store handle, one call at
 * a time.  STREAM_END sends what was appended and ends the body well;
 * STREAM_FAIL cuts the connection, so that no reader takes a part for the
 * whole.  `free_state` runs once, whatever happens.  Nothing of the request's
 * arena may be used by it.
 */
enum stream_rc { STREAM_END, STREAM_MORE, STREAM_FAIL };
enum fault
reply_stream(struct req *r, const char *type,
             enum stream_rc (*more)(void *state, struct db *db, struct buf *to),
             void (*free_state)(void *state), void *state);
/* Content-Disposition: attachment; call before reply_*. */
void reply_file_name(struct req *r, const char *name);
void reply_header(struct req *r, const char *name, const char *value);
/* __Host- cookie, Secure, HttpOnly, SameSite=Lax, Path=/; an empty value
 * deletes; max_age -1 is a session cookie. */
void reply_cookie(struct req *r, const char *name, const char *value,
                  int64_t max_age);

/* ---- CSRF: every POST form holds {{csrf}} as the hidden field `csrf`;
 * the dispatcher puts the token in the view and checks it. */

#endif
