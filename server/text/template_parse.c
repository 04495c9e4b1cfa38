/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The template compiler.  It walks the text line by line because Mustache has
 * one rule about lines: a line that holds nothing but blanks and tags other
 * than values leaves no trace.  A partial is compiled where it stands, with the
 * blanks before it put before each of its lines.
 */
#include "server/text/template_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/str.h"

#define NODES_MOST    100000 /* of one template with its partials */
#define INCLUDES_MOST 10000
#define INDENT_MOST   64

struct section {
    size_t node;
    const char *name; /* as written */
    size_t n;
    long line;
};

/* What grows while one template is compiled. */
struct made {
    struct arena *a;
    struct node *node;
    size_t n, size;
    size_t includes; /* partials taken in so far; each is numbered */
    const struct template_text *all;
    size_t count;
    char *why;
};

/* One text on its way through: the template or a partial inside it. */
struct parse {
    struct made *m;
    const struct template_text *in;
    const struct parse *outer; /* who includes this one */
    const char *at, *end;
    long line;
    char indent[INDENT_MOST + 1];
    size_t number; /* marks the texts of this parse */
    size_t depth;  /* sections open, outer ones counted */
    struct section open[TEMPLATE_DEPTH];
    size_t opened;             /* sections of this text in open[] */
    size_t line_node;          /* first node of the line */
    bool line_begun;           /* its indent is written */
    bool line_tag, line_solid; /* it has a tag; has more than tags */
};

static bool
refuse(const struct parse *p, const char *reason, const char *what, size_t n)
{
    snprintf(p->m->why, 512, "%.200s:%ld: %s%s%.*s", p->in->name, p->line,
             reason, n > 0 ? ": " : "", (int)(n < 100 ? n : 100), what);
    return false;
}

static struct node *
node_add(struct made *m, enum node_kind kind)
{
    struct node *node;

    if (m->n == NODES_MOST)
        return NULL;
    if (m->n == m->size) {
        m->size = m->size ? m->size * 2 : 64;
        m->node = mem_grow(m->node, m->size * sizeof *m->node);
    }
    node = &m->node[m->n++];
    memset(node, 0, sizeof *node);
    node->kind = kind;
    return node;
}

static bool
text_add(struct parse *p, const char *text, size_t n)
{
    struct node *node;

    if (n == 0)
        return true;
    node = node_add(p->m, NODE_TEXT);
    if (node == NULL)
        return refuse(p, "too many tags and lines", "", 0);
    node->u.text = arena_dupn(p->m->a, text, n);
    node->n = n;
    node->end = p->number; /* until nodes_pack */
    return true;
}

/* ---- lines -----------------------------------------------------------------
 */

static bool
is_blank(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strchr(" \t\r\n", text[i]) == NULL || text[i] == '\0')
            return false;
    }
    return true;
}

/* The end of a line, or of the text: takes out the blanks of a line of tags. */
static void
line_end(struct parse *p)
{
    struct made *m = p->m;

    if (p->line_tag && !p->line_solid) {
        for (size_t i = p->line_node; i < m->n; i++) {
            struct node *node = &m->node[i];

            if (node->kind == NODE_TEXT && node->end == p->number)
                node->n = 0;
        }
    }
    p->line_node = m->n;
    p->line_begun = p->line_tag = p->line_solid = false;
}

/* Puts the indent before a line that is not empty. */
static bool
line_begin(struct parse *p)
{
    if (p->line_begun || *p->at == '\n')
        return true;
    p->line_begun = true;
    return text_add(p, p->indent, strlen(p->indent));
}

/* Text up to the next tag, cut at line ends. */
static bool
read_text(struct parse *p, const char *until)
{
    while (p->at < until) {
        const char *nl = memchr(p->at, '\n', (size_t)(until - p->at));
        const char *stop = nl != NULL ? nl + 1 : until;

        if (!line_begin(p) || !text_add(p, p->at, (size_t)(stop - p->at)))
            return false;
        if (!is_blank(p->at, (size_t)(stop - p->at)))
            p->line_solid = true;
        p->at = stop;
        if (nl != NULL) {
            p->line++;
            line_end(p);
        }
    }
    return true;
}

/* ---- tags ------------------------------------------------------------------
 */

static const char *
find(const char *at, const char *end, char c)
{
    for (; end - at >= 2; at++) {
        at = memchr(at, c, (size_t)(end - at - 1));
        if (at == NULL)
            return NULL;
        if (at[1] == c)
            return at;
    }
    return NULL;
}

/* Cuts a dotted name into parts. */
static bool
name_read(struct parse *p, struct node *node, const char *name, size_t n)
{
    const char *end = name + n;

    if (n == 1 && *name == '.')
        return true;
    for (;;) {
        const char *s = name;

        while (s < end && (str_is_alnum(s, 1) || *s == '_' || *s == '-'))
            s++;
        if (s == name || (s < end && *s != '.'))
            return refuse(p, "not a name", end - n, n);
        if (node->n == TEMPLATE_PARTS)
            return refuse(p, "too many points in", end - n, n);
        node->u.part[node->n++] = arena_dupn(p->m->a, name, (size_t)(s - name));
        if (s == end)
            return true;
        name = s + 1;
    }
}

static bool
value_read(struct parse *p, const char *name, size_t n)
{
    struct node *node = node_add(p->m, NODE_VALUE);

    p->line_solid = true;
    if (node == NULL)
        return refuse(p, "too many tags and lines", "", 0);
    return name_read(p, node, name, n);
}

static bool
section_read(struct parse *p, enum node_kind kind, const char *name, size_t n)
{
    size_t at = p->m->n;
    struct node *node = node_add(p->m, kind);

    if (node == NULL || p->depth == TEMPLATE_DEPTH)
        return refuse(p, "too many tags or too deep", name, n);
    p->open[p->opened++] = (struct section){at, name, n, p->line};
    p->depth++;
    return name_read(p, node, name, n);
}

static bool
section_close(struct parse *p, const char *name, size_t n)
{
    const struct section *s;

    if (p->opened == 0)
        return refuse(p, "closes what is not open", name, n);
    s = &p->open[p->opened - 1];
    if (s->n != n || memcmp(s->name, name, n) != 0)
        return refuse(p, "closed before the section inside it", name, n);
    p->m->node[s->node].end = p->m->n;
    p->opened--;
    p->depth--;
    return true;
}

static bool parse_text(struct parse *p);

/* The blanks before a tag that stands first on its line. */
static bool
partial_indent(const struct parse *p, struct parse *inner)
{
    size_t n = 0;

    for (size_t i = p->line_node; i < p->m->n; i++) {
        const struct node *node = &p->m->node[i];

        if (node->kind != NODE_TEXT || n + node->n > INDENT_MOST)
            return false;
        memcpy(inner->indent + n, node->u.text, node->n);
        n += node->n;
    }
    inner->indent[n] = '\0';
    return true;
}

/* Whether nothing but blanks follows on the line. */
static bool
rest_is_blank(const struct parse *p)
{
    const char *nl = memchr(p->at, '\n', (size_t)(p->end - p->at));

    return is_blank(p->at, (size_t)((nl != NULL ? nl : p->end) - p->at));
}

static const struct template_text *
text_find(const struct made *m, const char *name, size_t n)
{
    for (size_t i = 0; i < m->count; i++) {
        if (strlen(m->all[i].name) == n && memcmp(m->all[i].name, name, n) == 0)
            return &m->all[i];
    }
    return NULL;
}

static bool
partial_read(struct parse *p, const char *name, size_t n)
{
    struct parse inner = {.m = p->m, .outer = p, .depth = p->depth, .line = 1};
    bool alone = !p->line_solid && !p->line_tag && rest_is_blank(p);
    bool solid = p->line_solid;

    inner.in = text_find(p->m, name, n);
    if (inner.in == NULL)
        return refuse(p, "no such partial", name, n);
    inner.number = ++p->m->includes;
    if (inner.depth++ == TEMPLATE_DEPTH || inner.number == INCLUDES_MOST)
        return refuse(p, "too deep or too many partials", name, n);
    for (const struct parse *o = p; o != NULL; o = o->outer) {
        if (o->in == inner.in)
            return refuse(p, "the partial includes itself", name, n);
    }
    if (alone && !partial_indent(p, &inner))
        return refuse(p, "too many blanks before a partial", "", 0);
    if (alone) { /* take the line's blanks now, keep what the partial says */
        p->line_tag = true;
        line_end(p);
    }
    inner.at = inner.in->text;
    inner.end = inner.at + inner.in->n;
    inner.line_node = p->m->n;
    if (!parse_text(&inner))
        return false;
    p->line_begun = p->line_tag = true;
    p->line_solid = solid;
    return true;
}

static void
count_lines(struct parse *p, const char *until)
{
    for (; p->at < until; p->at++)
        p->line += *p->at == '\n';
}

static bool
tag_read(struct parse *p, char sigil, const char *name, size_t n)
{
    switch (sigil) {
    case '#':
        p->line_tag = true;
        return section_read(p, NODE_SECTION, name, n);
    case '^':
        p->line_tag = true;
        return section_read(p, NODE_INVERTED, name, n);
    case '/':
        p->line_tag = true;
        return section_close(p, name, n);
    case '>':
        return partial_read(p, name, n);
    case '!':
        p->line_tag = true;
        return true;
    case '{':
    case '&':
        return refuse(p, "raw values are not written by templates", name, n);
    case '=':
        return refuse(p, "the delimiters cannot be changed", name, n);
    default:
        return value_read(p, name, n);
    }
}

/* The tag at p->at. */
static bool
read_tag(struct parse *p)
{
    const char *close = find(p->at + 2, p->end, '}');
    const char *name = p->at + 2, *stop = close;
    char sigil = '\0';

    if (close == NULL)
        return refuse(p, "{{ without }}", "", 0);
    while (name < stop && is_blank(name, 1))
        name++;
    if (name < stop && strchr("#^/>!{&=", *name) != NULL)
        sigil = *name++;
    while (name < stop && is_blank(name, 1))
        name++;
    while (stop > name && is_blank(stop - 1, 1))
        stop--;
    if (sigil == '!') { /* its lines count, its words do not */
        count_lines(p, close + 2);
        return tag_read(p, sigil, name, 0);
    }
    if (memchr(p->at, '\n', (size_t)(close - p->at)) != NULL)
        return refuse(p, "a line end inside a tag", "", 0);
    p->at = close + 2;
    return tag_read(p, sigil, name, (size_t)(stop - name));
}

static bool
parse_text(struct parse *p)
{
    while (p->at < p->end) {
        const char *tag = find(p->at, p->end, '{');

        if (!read_text(p, tag != NULL ? tag : p->end))
            return false;
        if (tag != NULL && (!line_begin(p) || !read_tag(p)))
            return false;
    }
    line_end(p);
    if (p->opened > 0) {
        const struct section *s = &p->open[p->opened - 1];

        p->line = s->line;
        return refuse(p, "section is not closed", s->name, s->n);
    }
    return true;
}

/* ---- the whole -------------------------------------------------------------
 */

/* Drops empty texts; the ends of sections follow. */
static void
nodes_pack(struct made *m, struct template *t)
{
    size_t *moved = mem_new((m->n + 1) * sizeof *moved);
    size_t n = 0;

    t->node = ARENA_NEWN(m->a, struct node, m->n);
    for (size_t i = 0; i < m->n; i++) {
        moved[i] = n;
        if (m->node[i].kind != NODE_TEXT || m->node[i].n > 0)
            t->node[n++] = m->node[i];
    }
    moved[m->n] = n;
    for (size_t i = 0; i < n; i++) {
        if (t->node[i].kind != NODE_TEXT)
            t->node[i].end = moved[t->node[i].end];
    }
    t->n = n;
    free(moved);
}

/* UTF-8 in lines that end in LF or CRLF. */
static bool
text_is_sound(const char *at, const char *end)
{
    while (at < end) {
        const char *cr = memchr(at, '\r', (size_t)(end - at));
        const char *stop = cr != NULL ? cr : end;

        if (!str_is_text(at, (size_t)(stop - at), true))
            return false;
        at = cr != NULL ? stop + 1 : end;
    }
    return true;
}

bool
template_parse(const struct template_text *all, size_t count, size_t at,
               struct arena *a, struct template *t, char why[512])
{
    struct made m = {.a = a, .all = all, .count = count, .why = why};
    struct parse p = {.m = &m, .in = &all[at], .line = 1};
    bool ok;

    why[0] = '\0';
    p.at = p.in->text;
    p.end = p.at + p.in->n;
    ok = text_is_sound(p.at, p.end) && parse_text(&p);
    if (!ok && why[0] == '\0')
        refuse(&p, "not UTF-8, or control characters", "", 0);
    if (ok) {
        t->name = arena_dup(a, all[at].name);
        nodes_pack(&m, t);
    }
    free(m.node);
    return ok;
}
