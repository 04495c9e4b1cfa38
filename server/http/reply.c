/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that handlers give. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/log.h"
#include "server/base/str.h"
#include "server/http/call.h"
#include "server/http/headers.h"
#include "server/http/stream.h"
#include "server/http/url.h"

void
reply_init(struct call *c)
{
    c->r.reply = &c->reply;
    c->reply.last = &c->reply.heads;
}

static enum fault
reply_set(struct req *r, int status, struct MHD_Response *response,
          const char *type, uint64_t bytes)
{
    struct reply *reply = r->reply;

    if (!response)
        return FAULT_OURS;
    if (reply->response) {
        log_ours("answered twice", "id=%s path=%s", r->id, r->path);
        MHD_destroy_response(response);
        return FAULT_OURS;
    }
    reply->response = response;
    reply->status = status;
    reply->bytes = bytes;
    if (type)
        MHD_add_response_header(response, "Content-Type", type);
    return FAULT_NONE;
}

enum fault
reply_buf(struct req *r, int status, const char *type, struct buf *bytes)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        bytes->len, bytes->at, MHD_RESPMEM_MUST_FREE);
    uint64_t n = bytes->len;

    if (response)
        *bytes = (struct buf){0};
    else
        buf_clear(bytes);
    return reply_set(r, status, response, type, n);
}

enum fault
reply_bytes(struct req *r, int status, const char *type, const void *bytes,
            size_t n)
{
    return reply_set(r, status,
                     MHD_create_response_from_buffer(n, (void *)bytes,
                                                     MHD_RESPMEM_MUST_COPY),
                     type, n);
}

static int
dump_into(const char *bytes, size_t n, void *to)
{
    buf_add(to, bytes, n);
    return 0;
}

enum fault
reply_json_as(struct req *r, int status, const char *type, json_t *value)
{
    struct buf text = {0};
    int rc = value ? json_dump_callback(value, dump_into, &text,
                                        JSON_COMPACT | JSON_ENCODE_ANY)
                   : -1;

    json_decref(value);
    if (rc != 0) {
        buf_clear(&text);
        return FAULT_OURS;
    }
    return reply_buf(r, status, type, &text);
}

enum fault
reply_json(struct req *r, int status, json_t *value)
{
    return reply_json_as(r, status, "application/json", value);
}

enum fault
reply_redirect(struct req *r, const char *path)
{
    enum fault f;

    if (!url_is_local(path)) {
        log_ours("redirect refused", "id=%s to=%s", r->id, path);
        return FAULT_OURS;
    }
    f = reply_bytes(r, 303, NULL, "", 0);
    if (f == FAULT_NONE)
        reply_header(r, "Location", path);
    return f;
}

enum fault
reply_stream(struct req *r, const char *type,
             enum stream_rc (*more)(void *state, struct db *db, struct buf *to),
             void (*free_state)(void *state), void *state)
{
    struct stream_source source = {more, free_state, state};
    enum fault f =
        reply_set(r, 200, stream_answer(call_of(r)->x, &source), type, 0);

    /* libmicrohttpd 0.9 answers a HEAD with the end mark of a chunked body,
     * which the next request's reader would trip over. */
    if (f == FAULT_NONE && str_eq(r->method, "HEAD"))
        reply_header(r, "Connection", "close");
    return f;
}

void
reply_header(struct req *r, const char *name, const char *value)
{
    struct reply_head *head = ARENA_NEW(r->arena, struct reply_head);

    if (strpbrk(name, "\r\n: ") || strpbrk(value, "\r\n")) {
        log_ours("header refused", "id=%s name=%s", r->id, name);
        return;
    }
    head->name = arena_dup(r->arena, name);
    head->value = arena_dup(r->arena, value);
    *r->reply->last = head;
    r->reply->last = &head->next;
}

void
reply_file_name(struct req *r, const char *name)
{
    char *value = arena_printf(r->arena, "attachment; filename=\"%s\"", name);

    for (char *at = value + strlen("attachment; filename=\""); at[1]; at++) {
        if (!str_is_alnum(at, 1) && !strchr("-._", *at))
            *at = '_';
    }
    reply_header(r, "Content-Disposition", value);
}

void
reply_cookie(struct req *r, const char *name, const char *value,
             int64_t max_age)
{
    char age[40] = "";

    if (value[strcspn(value, " \",;\\\r\n\t")] != '\0') {
        log_ours("cookie refused", "id=%s name=%s", r->id, name);
        return;
    }
    if (!*value)
        max_age = 0;
    if (max_age >= 0)
        snprintf(age, sizeof age, "; Max-Age=%lld", (long long)max_age);
    reply_header(r, "Set-Cookie",
                 arena_printf(r->arena,
                              "__Host-%s=%s; Path=/; Secure; HttpOnly; "
                              "SameSite=Lax%s",
                              name, value, age));
}

void
reply_drop(struct call *c)
{
    if (c->reply.response)
        MHD_destroy_response(c->reply.response);
    c->reply.response = NULL;
}

void
reply_finish(struct call *c)
{
    struct MHD_Response *response = c->reply.response;

    headers_secure(response);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Request-Id", c->r.id);
    for (struct reply_head *h = c->reply.heads; h; h = h->next)
        MHD_add_response_header(response, h->name, h->value);
}
