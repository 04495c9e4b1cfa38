/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages: a template inside layout.html.  The frame's own keys (language,
 * token, switch of languages, style version) are put in here, those about the
 * person by the application; see layout.html for the list.
 */
#include "config.h"

#include <string.h>

#include "server/base/log.h"
#include "server/http/call.h"
#include "server/http/headers.h"
#include "server/http/url.h"
#include "server/text/template.h"

/* Path and query of this page, to come back to it. */
static char *
here(struct call *c)
{
    struct buf b = {0};
    char *text;

    url_encode(&b, c->r.path, true);
    if (*c->x->query && strcmp(c->r.method, "GET") == 0) {
        buf_putc(&b, '?');
        buf_puts(&b, c->x->query);
    }
    text = arena_dup(c->r.arena, url_is_local(buf_text(&b)) ? b.at : "/");
    buf_clear(&b);
    return text;
}

static void
frame_add(struct call *c, json_t *view)
{
    enum lang other = c->r.lang == LANG_EN ? LANG_ES : LANG_EN;

    json_object_set_new(view, "lang", json_string(lang_code(c->r.lang)));
    json_object_set_new(view, "csrf", json_string(c->form_token));
    json_object_set_new(view, "back", json_string(here(c)));
    json_object_set_new(
        view, "assets",
        json_string(files_version(atomic_load(&c->x->server->files))));
    json_object_set_new(view, "other",
                        json_pack("{s:s, s:s}", "code", lang_code(other),
                                  "name", tr(other, "language.name")));
    if (c->x->server->app.frame)
        c->x->server->app.frame(&c->r, view);
}

static bool
page_render(struct call *c, const char *name, json_t *view, struct buf *to)
{
    const struct templates *t = c->skin->templates;
    const json_t *words = catalog_tree(c->r.lang);
    struct buf content = {0};
    bool good = template_render(t, name, view, words, &content);

    if (good) {
        json_object_set_new(view, "content", template_safe(buf_text(&content)));
        good = template_render(t, "layout.html", view, words, to);
    }
    buf_clear(&content);
    return good;
}

enum fault
page_status(struct req *r, int status, const char *name, json_t *view)
{
    struct call *c = call_of(r);
    struct buf text = {0};

    if (!view)
        view = json_object();
    csrf_prepare(c);
    frame_add(c, view);
    if (!page_render(c, name, view, &text)) {
        log_ours("page not rendered", "id=%s template=%s", r->id, name);
        json_decref(view);
        buf_clear(&text);
        return FAULT_OURS;
    }
    json_decref(view);
    if (c->form_cookie_new &&
        memmem(text.at, text.len, c->form_token, FORM_TOKEN_SIZE - 1))
        reply_cookie(r, COOKIE_FORM, c->form_cookie, -1);
    reply_header(r, "Content-Language", lang_code(r->lang));
    return reply_buf(r, status, "text/html; charset=utf-8", &text);
}

enum fault
page(struct req *r, const char *name, json_t *view)
{
    return page_status(r, 200, name, view);
}
