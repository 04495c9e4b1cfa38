/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths and forms from wild bytes.  A path that is taken holds no step up, no
 * empty segment and no control byte, means the same row before and after being
 * escaped anew, and a form value survives its own escaping.
 */
#include <stdlib.h>
#include <string.h>

#include "server/base/str.h"
#include "server/http/router.h"
#include "server/http/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static enum fault
nothing(struct req *r)
{
    (void)r;
    return FAULT_NONE;
}

static struct router *
the_router(void)
{
    static const struct route rows[] = {
        {"GET", "/", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
        {"GET", "/meters/{}", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
        {"GET", "/meters/all", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
        {"GET", "/{}/x/{}", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
        {"POST", "/meters/{}/day", WHO_ANYONE, FACE_PAGE, nothing, NULL, 0},
        {0},
    };
    static const struct route *const tables[] = {rows};
    static struct router *router;
    char why[512];

    if (!router)
        router = router_new(tables, 1, why);
    return router;
}

static void
must(bool good)
{
    if (!good)
        abort();
}

static void
try_path(const char *raw, size_t n)
{
    struct router_match a, b;
    struct buf escaped = {0};
    char *path = malloc(n + 1), *again;

    if (url_path_decode(path, raw, n)) {
        must(path[0] == '/' && !strstr(path, "//") && !strstr(path, "/../") &&
             !str_ends(path, "/..") && !str_ends(path, "/."));
        must(str_is_text(path, strlen(path), false));
        url_encode(&escaped, path, true);
        again = malloc(escaped.len + 1);
        must(url_path_decode(again, buf_text(&escaped), escaped.len));
        must(strcmp(path, again) == 0);
        must(url_is_local(escaped.at) || escaped.len > 2000);
        router_find(the_router(), "GET", path, &a);
        router_find(the_router(), "HEAD", again, &b);
        must(a.route == b.route);
        free(again);
    }
    free(path);
    buf_clear(&escaped);
}

static void
try_form(const char *raw, size_t n)
{
    struct buf escaped = {0};
    char *text = malloc(n + 1);
    size_t size = n, again;

    memcpy(text, raw, n);
    if (url_form_decode(text, &size)) {
        must(size <= n);
        text[size] = '\0';
        must(strlen(text) == size);
        url_encode(&escaped, text, false);
        again = escaped.len;
        must(again == 0 || url_form_decode(escaped.at, &again));
        must(again == size && (size == 0 || !memcmp(escaped.at, text, size)));
    }
    free(text);
    buf_clear(&escaped);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    try_path((const char *)bytes, n);
    try_form((const char *)bytes, n);
    return 0;
}
