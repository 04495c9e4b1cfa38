/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of a request: decoded once, before the handler runs, into a flat
 * list; the getters check type and range.  A name that the row does not list
 * does not exist.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/base/str.h"
#include "server/http/call.h"
#include "server/http/headers.h"
#include "server/http/url.h"

#define JSON_DEPTH  32
#define COOKIE_MOST 512

const struct param *
param_get(const struct call *c, const char *name)
{
    for (size_t i = 0; i < c->n_params; i++) {
        if (str_eq(c->params[i].name, name))
            return &c->params[i];
    }
    return NULL;
}

/* Whether the blank-separated `words` hold the word. */
static bool
word_in(const char *words, const char *word, size_t n)
{
    for (const char *at = words; *at;) {
        size_t len = strcspn(at, " ");

        if (len == n && memcmp(at, word, n) == 0)
            return true;
        at += len;
        at += strspn(at, " ");
    }
    return false;
}

static bool
name_known(const struct call *c, const char *name)
{
    const char *params = c->r.route->params;

    return str_eq(name, "csrf") ||
           (params && word_in(params, name, strlen(name)));
}

static enum fault
param_add(struct call *c, const char *name, const char *value, size_t size,
          bool bad)
{
    struct param *p = (struct param *)param_get(c, name);

    if (!name_known(c, name)) {
        if (c->r.route->face != FACE_JSON)
            return FAULT_NONE;
        return req_bad(&c->r, FAULT_BAD_FIELD, name, "entry.unknown", NULL);
    }
    if (p) {
        p->twice = true;
        return FAULT_NONE;
    }
    if (c->n_params == PARAMS_MOST)
        return FAULT_BAD_REQUEST;
    c->params[c->n_params++] =
        (struct param){.name = name, .value = value, .size = size, .bad = bad};
    return FAULT_NONE;
}

/* One name=value of a form, decoded in place. */
static enum fault
pair_add(struct call *c, char *pair, size_t n)
{
    char *equals = memchr(pair, '=', n);
    size_t name_size = equals ? (size_t)(equals - pair) : n;
    char *value = equals ? equals + 1 : pair + n;
    size_t size = equals ? n - name_size - 1 : 0;
    bool good;

    if (n == 0)
        return FAULT_NONE;
    if (!url_form_decode(pair, &name_size))
        return FAULT_BAD_REQUEST;
    good = url_form_decode(value, &size);
    pair[name_size] = '\0';
    value[size] = '\0';
    return param_add(c, pair, value, size, !good);
}

static enum fault
form_read(struct call *c, const char *text, size_t n)
{
    char *at = arena_dupn(c->r.arena, text, n);
    enum fault f = FAULT_NONE;

    while (n > 0 && f == FAULT_NONE) {
        char *amp = memchr(at, '&', n);
        size_t len = amp ? (size_t)(amp - at) : n;

        if (amp)
            *amp = '\0';
        f = pair_add(c, at, len);
        at += len + (amp != NULL);
        n -= len + (amp != NULL);
    }
    return f;
}

/* jansson recurses: bound the depth before it reads. */
static bool
json_depth_fits(const char *text, size_t n)
{
    bool in_string = false;
    int depth = 0;

    for (size_t i = 0; i < n; i++) {
        char ch = text[i];

        if (in_string) {
            if (ch == '\\')
                i++;
            else if (ch == '"')
                in_string = false;
        } else if (ch == '"') {
            in_string = true;
        } else if (ch == '{' || ch == '[') {
            if (++depth > JSON_DEPTH)
                return false;
        } else if (ch == '}' || ch == ']') {
            depth--;
        }
    }
    return true;
}

/* A member of a JSON body as the text that a form would have sent. */
static enum fault
member_add(struct call *c, const char *name, const json_t *value)
{
    const char *text;

    if (json_is_null(value))
        return FAULT_NONE;
    if (json_is_string(value)) {
        text = json_string_value(value);
        return param_add(c, name, text, strlen(text),
                         !str_is_text(text, json_string_length(value), true));
    }
    if (json_is_integer(value)) {
        text = arena_printf(c->r.arena, "%lld",
                            (long long)json_integer_value(value));
        return param_add(c, name, text, strlen(text), false);
    }
    if (json_is_boolean(value)) {
        text = json_is_true(value) ? "1" : "0";
        return param_add(c, name, text, 1, false);
    }
    return req_bad(&c->r, FAULT_BAD_FIELD, name, "entry.type", NULL);
}

static enum fault
json_read(struct call *c, const char *text, size_t n)
{
    const char *name;
    json_t *value;
    json_error_t error;
    enum fault f = FAULT_NONE;

    if (!json_depth_fits(text, n))
        return FAULT_BAD_REQUEST;
    c->body = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(c->body))
        return FAULT_BAD_REQUEST;
    json_object_foreach(c->body, name, value)
    {
        if ((f = member_add(c, name, value)) != FAULT_NONE)
            break;
    }
    return f;
}

/* The media type before any parameter. */
static bool
is_type(const char *header, const char *type)
{
    size_t n = strlen(type);

    return header && strncasecmp(header, type, n) == 0 &&
           (header[n] == '\0' || strchr("; \t", header[n]));
}

static enum fault
body_read(struct call *c)
{
    const char *type = req_header(&c->r, "Content-Type");
    const struct buf *body = &c->x->body;

    if (is_type(type, "application/json"))
        return json_read(c, body->at, body->len);
    if (body->len == 0)
        return FAULT_NONE;
    if (is_type(type, "application/x-www-form-urlencoded"))
        return form_read(c, body->at, body->len);
    return FAULT_BAD_TYPE;
}

enum fault
params_read(struct call *c)
{
    c->params = ARENA_NEWN(c->r.arena, struct param, PARAMS_MOST);
    if (str_eq(c->r.method, "GET") || str_eq(c->r.method, "HEAD"))
        return form_read(c, c->x->query, strlen(c->x->query));
    return body_read(c);
}

enum fault
req_bad(struct req *r, enum fault f, const char *field, const char *reason_key,
        const char *detail)
{
    struct call *c = call_of(r);

    c->bad_field = field ? arena_dup(r->arena, field) : NULL;
    c->bad_reason = reason_key;
    c->bad_detail = detail ? arena_dup(r->arena, detail) : NULL;
    return f;
}

static enum fault
bad_field(struct req *r, const char *name, const char *reason,
          const char *detail)
{
    return req_bad(r, FAULT_BAD_FIELD, name, reason, detail);
}

enum fault
req_text(struct req *r, const char *name, size_t most, const char **text)
{
    const struct param *p = param_get(call_of(r), name);
    char limit[24];

    *text = NULL;
    if (!p)
        return FAULT_NONE;
    if (p->twice)
        return bad_field(r, name, "entry.twice", NULL);
    if (p->bad)
        return bad_field(r, name, "entry.form", NULL);
    if (p->size > most) {
        snprintf(limit, sizeof limit, "%zu", most);
        return bad_field(r, name, "entry.long", limit);
    }
    *text = p->value;
    return FAULT_NONE;
}

enum fault
req_i64(struct req *r, const char *name, int64_t least, int64_t most,
        int64_t missing, int64_t *n)
{
    const char *text;
    enum fault f = req_text(r, name, 20, &text);
    bool minus;
    char range[64];

    *n = missing;
    if (f != FAULT_NONE || !text || !*text)
        return f;
    minus = *text == '-';
    if (!str_to_i64(text + minus, n))
        return bad_field(r, name, "entry.number", NULL);
    if (minus)
        *n = -*n;
    if (*n >= least && *n <= most)
        return FAULT_NONE;
    snprintf(range, sizeof range, "%lld … %lld", (long long)least,
             (long long)most);
    *n = missing;
    return bad_field(r, name, "entry.range", range);
}

enum fault
req_day(struct req *r, const char *name, int32_t missing, int32_t *day)
{
    const char *text;
    enum fault f = req_text(r, name, 10, &text);

    *day = missing;
    if (f != FAULT_NONE || !text || !*text)
        return f;
    if (strlen(text) == 10 && text[4] == '-' && day_parse(text, day))
        return FAULT_NONE;
    *day = missing;
    return bad_field(r, name, "entry.day", NULL);
}

enum fault
req_choice(struct req *r, const char *name, const char *choices,
           const char **choice)
{
    const char *text;
    enum fault f = req_text(r, name, 64, &text);

    *choice = NULL;
    if (f != FAULT_NONE)
        return f;
    if (!text || !*text) {
        *choice = arena_dupn(r->arena, choices, strcspn(choices, " "));
        return FAULT_NONE;
    }
    if (!word_in(choices, text, strlen(text)))
        return bad_field(r, name, "entry.choice", choices);
    *choice = text;
    return FAULT_NONE;
}

bool
req_flag(struct req *r, const char *name)
{
    const struct param *p = param_get(call_of(r), name);

    return p && !p->bad && !str_eq(p->value, "0") && !str_eq(p->value, "false");
}

const char *
req_header(struct req *r, const char *name)
{
    return MHD_lookup_connection_value(call_of(r)->x->mhd, MHD_HEADER_KIND,
                                       name);
}

/* Cookies are read from the header itself: libmicrohttpd's own list repairs
 * what we would rather not have.  A name given twice counts as absent. */
const char *
req_cookie(struct req *r, const char *name)
{
    const char *at = req_header(r, "Cookie");
    const char *found = NULL;
    char full[64];
    size_t n = (size_t)snprintf(full, sizeof full, "__Host-%s=", name);

    if (!at)
        return NULL;
    for (;;) {
        size_t len;

        at += strspn(at, " \t;");
        if (!*at)
            return found;
        len = strcspn(at, ";");
        if (len > n && len - n < COOKIE_MOST && strncmp(at, full, n) == 0) {
            if (found)
                return NULL;
            found = arena_dupn(r->arena, at + n, len - n);
        }
        at += len;
    }
}
