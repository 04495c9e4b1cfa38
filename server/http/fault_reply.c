/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fault becomes an answer here and nowhere else: a page in the site's frame
 * and language, a problem+json (RFC 9457), or the way to the sign-in page.
 */
#include <stdio.h>
#include <string.h>

#include "server/base/log.h"
#include "server/base/str.h"
#include "server/http/call.h"
#include "server/http/url.h"

enum face
face_of(const struct exchange *x)
{
    const char *accept;

    if (x->match.route)
        return x->match.route->face;
    if (x->path && str_starts(x->path, "/api/"))
        return FACE_JSON;
    accept = MHD_lookup_connection_value(x->mhd, MHD_HEADER_KIND, "Accept");
    return accept && str_starts(accept, "application/json") ? FACE_JSON
                                                            : FACE_PAGE;
}

static const char *
words(struct call *c, enum fault f, const char *part)
{
    return tr(c->r.lang,
              arena_printf(c->r.arena, "fault.%s.%s", fault_key(f), part));
}

/* "field: why (detail)", in the reader's words; NULL when nothing is known. */
static const char *
reason(struct call *c)
{
    const char *why = c->bad_reason ? tr(c->r.lang, c->bad_reason) : NULL;

    if (!c->bad_field)
        return why;
    return arena_printf(c->r.arena, "%s%s%s%s%s", c->bad_field, why ? ": " : "",
                        why ? why : "", c->bad_detail ? " — " : "",
                        c->bad_detail ? c->bad_detail : "");
}

static enum fault
reply_problem(struct call *c, enum fault f)
{
    json_t *p =
        json_pack("{s:o, s:s, s:i, s:s, s:s, s:s}", "type",
                  json_sprintf("urn:meterhouse:problem:%s", fault_key(f)),
                  "title", words(c, f, "title"), "status", fault_http(f),
                  "detail", reason(c) ? reason(c) : words(c, f, "text"), "code",
                  fault_key(f), "id", c->r.id);

    if (c->bad_field)
        json_object_set_new(p, "field", json_string(c->bad_field));
    return reply_json_as(&c->r, fault_http(f), "application/problem+json", p);
}

static enum fault
reply_fault_page(struct call *c, enum fault f)
{
    json_t *fault =
        json_pack("{s:i, s:s, s:s, s:s, s:s}", "status", fault_http(f), "title",
                  words(c, f, "title"), "text", words(c, f, "text"), "id",
                  c->r.id, "code", fault_key(f));
    json_t *view =
        json_pack("{s:s, s:o}", "title", words(c, f, "title"), "fault", fault);

    if (!view)
        return FAULT_OURS;
    if (c->bad_field)
        json_object_set_new(fault, "field", json_string(c->bad_field));
    if (reason(c))
        json_object_set_new(fault, "reason", json_string(reason(c)));
    if (f == FAULT_SIGNED_OUT || f == FAULT_BAD_LOGIN)
        json_object_set_new(fault, "sign_in", json_true());
    if (f == FAULT_BUSY || f == FAULT_AWAY || f == FAULT_READ_ONLY ||
        f == FAULT_TOO_MANY)
        json_object_set_new(fault, "retry", json_true());
    return page_status(&c->r, fault_http(f), "error.html", view);
}

/* People who only have to sign in are taken there, and back afterwards. */
static enum fault
reply_sign_in(struct call *c)
{
    struct buf to = {0}, back = {0};
    enum fault f;

    buf_puts(&to, "/sign-in");
    if (str_eq(c->r.method, "GET")) {
        url_encode(&back, c->r.path, true);
        if (*c->x->query) {
            buf_putc(&back, '?');
            buf_puts(&back, c->x->query);
        }
        if (url_is_local(buf_text(&back))) {
            buf_puts(&to, "?next=");
            url_encode(&to, back.at, false);
        }
    }
    f = reply_redirect(&c->r, buf_text(&to));
    if (f != FAULT_NONE)
        f = reply_redirect(&c->r, "/sign-in");
    buf_clear(&back);
    buf_clear(&to);
    return f;
}

/* When even the error page cannot be made. */
static void
reply_plain(struct call *c, enum fault f)
{
    char text[64];
    int n = snprintf(text, sizeof text, "%d %s\n", fault_http(f), fault_key(f));

    reply_bytes(&c->r, fault_http(f), "text/plain; charset=utf-8", text,
                (size_t)n);
}

static enum fault
reply_by_face(struct call *c, enum fault f)
{
    enum face face = face_of(c->x);

    if (face == FACE_JSON || face == FACE_SOAP)
        return reply_problem(c, f);
    if (f == FAULT_SIGNED_OUT && c->r.route)
        return reply_sign_in(c);
    return reply_fault_page(c, f);
}

void
fault_reply(struct call *c, enum fault f)
{
    reply_drop(c);
    if (f == FAULT_BAD_METHOD)
        reply_header(
            &c->r, "Allow",
            arena_printf(c->r.arena, "%s, OPTIONS", c->x->match.allow));
    if (f == FAULT_BUSY)
        reply_header(&c->r, "Retry-After", "2");
    if (f == FAULT_AWAY || f == FAULT_READ_ONLY)
        reply_header(&c->r, "Retry-After", "30");
    if (reply_by_face(c, f) != FAULT_NONE) {
        reply_drop(c);
        reply_plain(c, f);
    }
}
