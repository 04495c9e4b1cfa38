/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that change something must come from our own pages.
 *
 * The token of a form is an HMAC keyed by a cookie's 256 random bits: the
 * session cookie where there is one (living or not), else a cookie of its own.
 * Both are __Host- cookies, which neither another site nor a sibling host can
 * read or plant, so nobody else can make the token; no key has to be kept or
 * shared between servers, and a new session makes old tokens worthless.  Where
 * the browser tells the request's origin, that must be ours as well.
 */
#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "server/base/hash.h"
#include "server/base/str.h"
#include "server/http/call.h"
#include "server/http/headers.h"

#define FORM_COOKIE_BYTES 32
#define SECRET_LEAST      32 /* characters: anything shorter is not from us */

static bool
token_make(char to[FORM_TOKEN_SIZE], const char *purpose, const char *secret)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret,
                                strlen(secret));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)purpose,
                                  strlen(purpose));
    crypto_auth_hmacsha256_final(&state, mac);
    str_hex(to, mac, sizeof mac);
    return true;
}

/* The token that this request's cookies call for; false when there is no
 * cookie to tie one to. */
static bool
token_wanted(struct call *c, char to[FORM_TOKEN_SIZE])
{
    if (strlen(c->session) >= SECRET_LEAST)
        return token_make(to, "meterhouse form, session", c->session);
    if (strlen(c->form_cookie) < SECRET_LEAST)
        return false;
    return token_make(to, "meterhouse form", c->form_cookie);
}

void
csrf_prepare(struct call *c)
{
    if (token_wanted(c, c->form_token))
        return;
    c->form_cookie_new = true;
    c->form_cookie = arena_alloc(c->r.arena, FORM_COOKIE_BYTES * 2 + 2);
    random_token((char *)c->form_cookie, FORM_COOKIE_BYTES);
    token_wanted(c, c->form_token);
}

static bool
origin_ours(struct call *c, const char *origin)
{
    const char *host = req_header(&c->r, "Host");

    if (c->x->server->origin[0] &&
        strcasecmp(origin, c->x->server->origin) == 0)
        return true;
    return host && strncasecmp(origin, "https://", 8) == 0 &&
           strcasecmp(origin + 8, host) == 0;
}

static bool
comes_from_us(struct call *c)
{
    const char *site = req_header(&c->r, "Sec-Fetch-Site");
    const char *origin = req_header(&c->r, "Origin");

    if (site && !str_eq(site, "same-origin") && !str_eq(site, "none"))
        return false;
    return !origin || origin_ours(c, origin);
}

static bool
changes_state(const char *method)
{
    return !str_eq(method, "GET") && !str_eq(method, "HEAD") &&
           !str_eq(method, "OPTIONS");
}

/* Programs that call with a key of their own send no cookie, so no browser
 * can be tricked into sending it for them. */
static bool
browser_face(const struct call *c)
{
    enum face face = c->r.route->face;

    return c->session[0] || face == FACE_PAGE || face == FACE_FILE;
}

enum fault
csrf_check(struct call *c)
{
    const struct param *field = param_get(c, "csrf");
    const char *given = req_header(&c->r, "X-CSRF-Token");
    char wanted[FORM_TOKEN_SIZE];

    if (!changes_state(c->r.method) || !browser_face(c))
        return FAULT_NONE;
    if (!comes_from_us(c))
        return FAULT_BAD_TOKEN;
    if (!given && field && !field->twice && !field->bad)
        given = field->value;
    if (!given || !token_wanted(c, wanted) || !str_same_secret(given, wanted))
        return FAULT_BAD_TOKEN;
    return FAULT_NONE;
}
