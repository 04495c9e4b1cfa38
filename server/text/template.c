/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates: reading a folder of them once, and rendering one from a tree of
 * values.  Rendering only reads, so every thread may render at the same time.
 */
#include "server/text/template.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "server/base/arena.h"
#include "server/base/file.h"
#include "server/base/hash.h"
#include "server/base/log.h"
#include "server/base/str.h"
#include "server/text/template_parse.h"

#define FILE_MOST   1048576
#define FILES_MOST  4096
#define FOLDER_DEEP 8

struct templates {
    struct arena arena;
    struct template *all; /* by name */
    size_t n;
};

/* ---- opening ----------------------------------------------------------------
 */

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct template *)a)->name,
                  ((const struct template *)b)->name);
}

struct templates *
templates_from(const struct template_text *all, size_t count, char why[512])
{
    struct templates *t = mem_new(sizeof *t);

    t->all = ARENA_NEWN(&t->arena, struct template, count);
    for (; t->n < count; t->n++) {
        if (!template_parse(all, count, t->n, &t->arena, &t->all[t->n], why)) {
            templates_close(t);
            return NULL;
        }
    }
    qsort(t->all, t->n, sizeof *t->all, by_name);
    return t;
}

void
templates_close(struct templates *t)
{
    if (t == NULL)
        return;
    arena_clear(&t->arena);
    free(t);
}

/* The files of a folder, while they are gathered. */
struct files {
    struct arena arena;
    struct template_text text[FILES_MOST];
    size_t n;
    size_t root; /* bytes of the folder's name and the slash */
    char *why;
};

static bool
cannot(struct files *f, const char *path, const char *reason)
{
    snprintf(f->why, 512, "%.300s: %.180s", path, reason);
    return false;
}

static bool
file_take(struct files *f, const char *path)
{
    struct buf b = {0};

    if (!str_ends(path, ".html") && !str_ends(path, ".xml") &&
        !str_ends(path, ".txt"))
        return true;
    if (f->n == FILES_MOST)
        return cannot(f, path, "too many templates");
    if (!file_read(path, FILE_MOST, &b)) {
        buf_clear(&b);
        return cannot(f, path, strerror(errno));
    }
    f->text[f->n].name = arena_dup(&f->arena, path + f->root);
    f->text[f->n].text = arena_dupn(&f->arena, b.at, b.len);
    f->text[f->n++].n = b.len;
    buf_clear(&b);
    return true;
}

static bool folder_take(struct files *f, const char *path, int deep);

static bool
entry_take(struct files *f, const char *folder, const char *name, int deep)
{
    char path[PATH_MAX];
    struct stat st;

    if (name[0] == '.')
        return true;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >=
        sizeof path)
        return cannot(f, folder, strerror(ENAMETOOLONG));
    if (stat(path, &st) != 0)
        return cannot(f, path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return folder_take(f, path, deep + 1);
    return file_take(f, path);
}

static bool
folder_take(struct files *f, const char *path, int deep)
{
    struct dirent *entry;
    DIR *dir = opendir(path);
    bool ok = true;

    if (dir == NULL)
        return cannot(f, path, strerror(errno));
    if (deep == FOLDER_DEEP)
        ok = cannot(f, path, "too deep");
    while (ok && (entry = readdir(dir)) != NULL)
        ok = entry_take(f, path, entry->d_name, deep);
    closedir(dir);
    return ok;
}

struct templates *
templates_open(const char *dir, char why[512])
{
    struct files *f = mem_new(sizeof *f);
    struct templates *t = NULL;

    f->root = strlen(dir) + 1;
    f->why = why;
    if (folder_take(f, dir, 0))
        t = templates_from(f->text, f->n, why);
    arena_clear(&f->arena);
    free(f);
    return t;
}

/* ---- safe markup
 * ------------------------------------------------------------- An object under
 * a key that was drawn at start: no input can hold it. */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char safe_key[64];

static void
draw_key(void)
{
    random_token(safe_key, 24);
}

json_t *
template_safe(const char *markup)
{
    json_t *value = json_object();

    pthread_once(&once, draw_key);
    /* Not checked for UTF-8 once more: only rendered, never sent as JSON. */
    json_object_set_new(value, safe_key, json_string_nocheck(markup));
    return value;
}

json_t *
template_safe_here(const struct buf *markup)
{
    json_t *value = json_object(), *place = json_array();

    pthread_once(&once, draw_key);
    json_array_append_new(place,
                          json_integer((json_int_t)(intptr_t)markup->at));
    json_array_append_new(place, json_integer((json_int_t)markup->len));
    json_object_set_new(value, safe_key, place);
    return value;
}

static void
put_safe(struct buf *to, const json_t *object)
{
    const json_t *markup;

    pthread_once(&once, draw_key);
    markup = json_object_get(object, safe_key);
    if (json_is_string(markup))
        buf_add(to, json_string_value(markup), json_string_length(markup));
    else if (json_is_array(markup))
        buf_add(to,
                (const char *)(intptr_t)json_integer_value(
                    json_array_get(markup, 0)),
                (size_t)json_integer_value(json_array_get(markup, 1)));
}

/* ---- rendering
 * --------------------------------------------------------------- */

/* The values that names are looked up in, innermost first. */
struct scope {
    const json_t *value;
    const struct scope *outer;
};

/* The value behind the parts of a name inside one value; NULL when the last
 * part is not there. */
static const json_t *
descend(const json_t *value, const struct node *name)
{
    for (size_t i = 0; i < name->n && value != NULL; i++)
        value = json_object_get(value, name->u.part[i]);
    return value;
}

static const json_t *
look_up(const struct scope *s, const struct node *name)
{
    const json_t *found = NULL;

    if (name->n == 0)
        return s->value;
    for (; s != NULL && found == NULL; s = s->outer)
        found = descend(s->value, name);
    return found;
}

/* What {{x}} writes instead of a byte; NULL for most. */
static const char *const ESCAPES[256] = {
    ['&'] = "&amp;",  ['<'] = "&lt;",   ['>'] = "&gt;",
    ['"'] = "&quot;", ['\''] = "&#39;",
};

void
template_escape(struct buf *to, const char *text)
{
    for (;;) {
        const char *plain = text;

        while (*text && !ESCAPES[(unsigned char)*text])
            text++;
        buf_add(to, plain, (size_t)(text - plain));
        if (*text == '\0')
            return;
        buf_puts(to, ESCAPES[(unsigned char)*text++]);
    }
}

/* The shortest digits that give the same number back. */
static void
put_real(struct buf *to, double value)
{
    char text[40];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_puts(to, text);
}

static void
put_value(struct buf *to, const json_t *value)
{
    if (value == NULL)
        return;
    switch (json_typeof(value)) {
    case JSON_STRING:
        template_escape(to, json_string_value(value));
        break;
    case JSON_INTEGER:
        buf_int(to, json_integer_value(value));
        break;
    case JSON_REAL:
        put_real(to, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        buf_puts(to, json_is_true(value) ? "true" : "false");
        break;
    case JSON_OBJECT:
        put_safe(to, value);
        break;
    default: /* null and lists have no text */
        break;
    }
}

/* False for what a section passes over: nothing, false, 0, "", an empty list.
 */
static bool
is_true(const json_t *value)
{
    if (value == NULL)
        return false;
    switch (json_typeof(value)) {
    case JSON_STRING:
        return json_string_length(value) > 0;
    case JSON_INTEGER:
        return json_integer_value(value) != 0;
    case JSON_REAL:
        return json_real_value(value) != 0;
    case JSON_ARRAY:
        return json_array_size(value) > 0;
    default:
        return json_is_object(value) || json_is_true(value);
    }
}

static void render(const struct template *t, size_t from, size_t to,
                   const struct scope *s, struct buf *out);

static void
render_section(const struct template *t, size_t at, const struct scope *s,
               struct buf *out)
{
    const struct node *node = &t->node[at];
    const json_t *value = look_up(s, node);
    struct scope inner = {value, s};

    if (!is_true(value))
        return;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            inner.value = json_array_get(value, i);
            render(t, at + 1, node->end, &inner, out);
        }
        return;
    }
    render(t, at + 1, node->end, json_is_true(value) ? s : &inner, out);
}

static void
render(const struct template *t, size_t from, size_t to, const struct scope *s,
       struct buf *out)
{
    for (size_t i = from; i < to;) {
        const struct node *node = &t->node[i];

        switch (node->kind) {
        case NODE_TEXT:
            buf_add(out, node->u.text, node->n);
            break;
        case NODE_VALUE:
            put_value(out, look_up(s, node));
            break;
        case NODE_SECTION:
            render_section(t, i, s, out);
            break;
        case NODE_INVERTED:
            if (!is_true(look_up(s, node)))
                render(t, i + 1, node->end, s, out);
            break;
        }
        i = node->kind == NODE_SECTION || node->kind == NODE_INVERTED
                ? node->end
                : i + 1;
    }
}

static const struct template *
template_find(const struct templates *t, const char *name)
{
    struct template key = {.name = name};
    const struct template *found =
        bsearch(&key, t->all, t->n, sizeof *t->all, by_name);

    if (found == NULL)
        log_ours("template missing", "name=%s", name);
    return found;
}

bool
template_render(const struct templates *t, const char *name, const json_t *view,
                const json_t *extra, struct buf *to)
{
    struct scope below = {extra, NULL};
    struct scope s = {view, &below};
    const struct template *found = template_find(t, name);

    if (found == NULL)
        return false;
    render(found, 0, found->n, &s, to);
    return true;
}

/* ---- rows ------------------------------------------------------------------
 */

#define ROW_NODES 128 /* of a template for rows */

/* Which column each node of the template means, found once. */
static bool
columns_find(const struct template *t, const struct template_rows *rows,
             uint8_t *column)
{
    if (t->n > ROW_NODES || rows->columns > TEMPLATE_COLUMNS)
        return false;
    for (size_t i = 0; i < t->n; i++) {
        const struct node *node = &t->node[i];
        size_t c = 0;

        if (node->kind == NODE_TEXT)
            continue;
        while (c < rows->columns &&
               (node->n != 1 || !str_eq(rows->name[c], node->u.part[0])))
            c++;
        if (c == rows->columns)
            return false;
        column[i] = (uint8_t)c;
    }
    return true;
}

static void
put_bytes(struct buf *to, const char *bytes, size_t n)
{
    if (n == 0)
        return;
    if (n > to->size - to->len)
        buf_room(to, n);
    memcpy(to->at + to->len, bytes, n);
    to->len += n;
}

static void
put_cell(struct buf *to, const struct template_cell *cell)
{
    size_t plain = 0;

    while (!cell->plain && plain < cell->n &&
           !ESCAPES[(unsigned char)cell->text[plain]])
        plain++;
    if (cell->plain || plain == cell->n)
        put_bytes(to, cell->text, cell->n);
    else
        template_escape(to, cell->text);
}

static void
render_row(const struct template *t, const uint8_t *column,
           const struct template_cell *cell, struct buf *to)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct node *node = &t->node[i];
        bool some;

        if (node->kind == NODE_TEXT) {
            put_bytes(to, node->u.text, node->n);
            continue;
        }
        some = cell[column[i]].n > 0;
        if (node->kind == NODE_VALUE && some)
            put_cell(to, &cell[column[i]]);
        else if (node->kind != NODE_VALUE &&
                 some != (node->kind == NODE_SECTION))
            i = node->end - 1;
    }
}

bool
template_render_rows(const struct templates *t, const char *name,
                     const struct template_rows *rows, struct buf *to)
{
    const struct template *found = template_find(t, name);
    uint8_t column[ROW_NODES] = {0};

    if (found == NULL)
        return false;
    if (!columns_find(found, rows, column)) {
        log_ours("template of rows names no column", "name=%s", name);
        return false;
    }
    for (size_t i = 0; i < rows->rows; i++) {
        struct template_cell cell[TEMPLATE_COLUMNS];

        memset(cell, 0, rows->columns * sizeof *cell);
        rows->row(rows->arg, i, cell);
        render_row(found, column, cell, to);
    }
    return true;
}
