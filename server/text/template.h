/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mustache templates, compiled once at start, rendered from a jansson tree.
 *
 * {{x}} always escapes & < > " '.  {{{x}}} and {{&x}} are refused when the
 * template is read.  The one way to raw output is a value that the code made
 * with template_safe (an SVG chart): {{x}} writes it as it is.
 * {{#x}} {{^x}} {{/x}} {{.}} {{a.b}} {{! }} {{> partial}} as in mustache(5).
 *
 * Stricter than Mustache, so that a mistake shows at start and not on a page:
 * a partial must exist, may not include itself, and is named by its path; a
 * name is letters, digits, _ and -; delimiters cannot be changed.
 */
#ifndef MH_TEXT_TEMPLATE_H
#define MH_TEXT_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "server/base/buf.h"

struct templates;

/* Reads every *.html, *.xml and *.txt below `dir`; names are relative paths
 * ("usage/day.html").  On failure `why` says file, line and reason. */
struct templates *templates_open(const char *dir, char why[512]);
/* The same from memory; the texts are copied. */
struct template_text {
    const char *name, *text;
    size_t n;
};
struct templates *
templates_from(const struct template_text *all, size_t count, char why[512]);
void templates_close(struct templates *t);
/* False when there is no such template. `extra` (may be NULL) is looked up
 * when a name is not in `view`: the language's words under "t". */
bool template_render(const struct templates *t, const char *name,
                     const json_t *view, const json_t *extra, struct buf *to);
/*
 * A list too long for a tree of values: its rows are asked for one by one, as
 * texts of named columns, and written with the one template.  In it a name is
 * a column; {{#x}} and {{^x}} ask whether the row has text there.
 */
#define TEMPLATE_COLUMNS 16
struct template_cell {
    const char *text;
    size_t n;   /* bytes; 0: the row has no such text */
    bool plain; /* digits and the like: code vouches that nothing needs escaping
                 */
};
struct template_rows {
    const char *const *name; /* of the columns */
    size_t columns;          /* at most TEMPLATE_COLUMNS */
    size_t rows;
    /* cell[] is all zero before; what it points to must stay until the next
     * row. */
    void (*row)(void *arg, size_t i, struct template_cell *cell);
    void *arg;
};
static inline struct template_cell
template_cell(const char *text)
{
    return (struct template_cell){text, strlen(text), false};
}
static inline struct template_cell
template_cell_plain(const char *text, size_t n)
{
    return (struct template_cell){text, n, true};
}
/* False when there is no such template, or it names what is no column. */
bool template_render_rows(const struct templates *t, const char *name,
                          const struct template_rows *rows, struct buf *to);
/* Markup that code vouches for. */
json_t *template_safe(const char *markup);
/* The same without a copy: the bytes stay until the tree was rendered. */
json_t *template_safe_here(const struct buf *markup);
/* Text as {{x}} writes it. */
void template_escape(struct buf *to, const char *text);

#endif
