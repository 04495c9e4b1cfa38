/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of a handler: the struct req that it sees and what the server keeps
 * beside it.  Lives on the worker's stack; its memory is the worker's arena.
 */
#ifndef MH_HTTP_CALL_H
#define MH_HTTP_CALL_H

#include "server/http/http.h"

#define PARAMS_MOST     64
#define FORM_TOKEN_SIZE 65 /* hexadecimal HMAC-SHA-256 */

struct param {
    const char *name, *value;
    size_t size;     /* of the value */
    bool twice, bad; /* given again; not decodable */
};

struct reply_head {
    struct reply_head *next;
    const char *name, *value;
};

struct reply {
    struct MHD_Response *response; /* NULL until a reply_* function ran */
    int status;
    uint64_t bytes;
    struct reply_head *heads, **last;
};

struct call {
    struct req r; /* first: handlers hold a pointer to it */
    struct reply reply;
    struct exchange *x;
    struct skin *skin;
    struct param *params;
    size_t n_params;
    json_t *body; /* a JSON body, borrowed by params */
    const char *bad_field, *bad_reason, *bad_detail;
    bool signed_in;
    const char *session;     /* cookie, "" for none */
    const char *form_cookie; /* of people without one, "" for none */
    bool form_cookie_new;    /* must be sent with the page */
    char form_token[FORM_TOKEN_SIZE];
};

static inline struct call *
call_of(struct req *r)
{
    return (struct call *)r;
}

/* Reads query or body into params, by the row (req.c). */
enum fault params_read(struct call *c);
const struct param *param_get(const struct call *c, const char *name);

/* ---- csrf.c: forms carry a token tied to a cookie that other sites cannot
 * read: the session's, or for people without one a cookie of its own. */
/* Makes the token (and the cookie, when there is none yet). */
void csrf_prepare(struct call *c);
/* Checks where a state-changing request comes from and its token. */
enum fault csrf_check(struct call *c);

/* ---- reply.c */
void reply_init(struct call *c);
/* Headers onto the finished answer. */
void reply_finish(struct call *c);
void reply_drop(struct call *c);
/* As reply_bytes; steals the buffer. */
enum fault
reply_buf(struct req *r, int status, const char *type, struct buf *bytes);

/* As reply_json with another media type; steals the value. */
enum fault
reply_json_as(struct req *r, int status, const char *type, json_t *value);

/* ---- fault_reply.c: the one place where a fault becomes an answer. */
void fault_reply(struct call *c, enum fault f);
enum face face_of(const struct exchange *x);

#endif
