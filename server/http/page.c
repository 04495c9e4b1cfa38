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

#define FRAME_USUAL 8192 /* bytes around a page */

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

bool
page_rows(struct req *r, const char *name, const struct template_rows *rows,
          struct buf *to)
{
    return template_render_rows(call_of(r)->skin->templates, name, rows, to);
}

/* Puts the content, which code vouches for, into the frame. */
static enum fault
frame_answer(struct call *c, int status, json_t *view,
             const struct buf *content)
{
    struct req *r = &c->r;
    struct buf text = {0};

    buf_room(&text, content->len + FRAME_USUAL);
    json_object_set_new(view, "content", template_safe_here(content));
    if (!template_render(c->skin->templates, "layout.html", view,
                         catalog_tree(r->lang), &text)) {
        buf_clear(&text);
        return FAULT_OURS;
    }
    if (c->form_cookie_new &&
        memmem(text.at, text.len, c->form_token, FORM_TOKEN_SIZE - 1))
        reply_cookie(r, COOKIE_FORM, c->form_cookie, -1);
    reply_header(r, "Content-Language", lang_code(r->lang));
    return reply_buf(r, status, "text/html; charset=utf-8", &text);
}

static bool
content_render(struct call *c, const char *name, const json_t *view,
               struct buf *to)
{
    if (template_render(c->skin->templates, name, view, catalog_tree(c->r.lang),
                        to))
        return true;
    log_ours("page not rendered", "id=%s template=%s", c->r.id, name);
    return false;
}

enum fault
page_content(struct req *r, const char *name, json_t *view, struct buf *to)
{
    bool good = content_render(call_of(r), name, view, to);

    json_decref(view);
    return good ? FAULT_NONE : FAULT_OURS;
}

enum fault
page_frame(struct req *r, int status, json_t *view, const struct buf *content)
{
    struct call *c = call_of(r);
    enum fault f;

    csrf_prepare(c);
    frame_add(c, view);
    f = frame_answer(c, status, view, content);
    json_decref(view);
    return f;
}

enum fault
page_status(struct req *r, int status, const char *name, json_t *view)
{
    struct call *c = call_of(r);
    struct buf content = {0};
    enum fault f = FAULT_OURS;

    if (!view)
        view = json_object();
    csrf_prepare(c);
    frame_add(c, view);
    if (content_render(c, name, view, &content))
        f = frame_answer(c, status, view, &content);
    json_decref(view);
    buf_clear(&content);
    return f;
}

enum fault
page(struct req *r, const char *name, json_t *view)
{
    return page_status(r, 200, name, view);
}
