/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiled template: a flat array of nodes in which a section knows where it
 * ends.  Partials are already in place.  Private to the template engine.
 */
#ifndef MH_TEXT_TEMPLATE_PARSE_H
#define MH_TEXT_TEMPLATE_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "server/base/arena.h"
#include "server/text/template.h"

#define TEMPLATE_DEPTH 64 /* sections and partials inside one another */
#define TEMPLATE_PARTS 8  /* of a dotted name */

enum node_kind { NODE_TEXT, NODE_VALUE, NODE_SECTION, NODE_INVERTED };

struct node {
    enum node_kind kind;
    size_t end; /* of a section: node behind it */
    size_t n;   /* bytes of a text, parts of a name */
    union {
        const char *text;                 /* not ended by NUL */
        const char *part[TEMPLATE_PARTS]; /* n is 0 for {{.}} */
    } u;
};

struct template
{
    const char *name;
    struct node *node;
    size_t n;
};

/* Compiles all[at]; its partials come from the same array.  On failure `why`
 * says "name:line: reason". */
bool template_parse(const struct template_text *all, size_t count, size_t at,
                    struct arena *a, struct template *t, char why[512]);

#endif
