/* SPDX-License-Identifier: Apache-2.0 */
/* Interprets the edits of lse_hostile.txt, which describes them. */
#include "config.h"

#include "tests/golden/hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/arena.h"
#include "tests/golden/golden.h"

/* ---- text ------------------------------------------------------------------
 */

/* Adds the text of an edit with its escapes carried out. */
static void
unescape(struct buf *to, const char *p, size_t n)
{
    for (const char *end = p + n; p < end; p++) {
        unsigned byte;
        char times[24] = "", c;
        int used = 0;

        if (*p != '\\') {
            buf_putc(to, *p);
        } else if (p[1] == 'x' && sscanf(p + 2, "%2x", &byte) == 1) {
            buf_putc(to, (char)byte);
            p += 3;
        } else if (p[1] == '{') {
            struct buf one = {0};
            const char *star = strchr(p + 2, '*');

            unescape(&one, p + 2, (size_t)(star - p - 2));
            c = one.at[0];
            sscanf(star, "*%23[0-9]}%n", times, &used);
            for (long i = atol(times); i > 0; i--)
                buf_putc(to, c);
            p = star + used - 1;
            buf_clear(&one);
        } else {
            static const char NAMES[] = "nrt0p", BYTES[] = "\n\r\t\0|";

            buf_putc(to, BYTES[strchr(NAMES, *++p) - NAMES]);
        }
    }
}

/* Where line `line` (from 1) begins; the end when there are fewer. */
static size_t
line_at(const struct buf *b, long line)
{
    size_t at = 0;

    while (line-- > 1 && at < b->len) {
        const char *p = memchr(b->at + at, '\n', b->len - at);

        at = p == NULL ? b->len : (size_t)(p - b->at) + 1;
    }
    return at;
}

/* Replaces [from, to) by other bytes. */
static void
splice(struct buf *b, size_t from, size_t to, const void *bytes, size_t n)
{
    struct buf out = {0};

    buf_add(&out, b->at, from);
    buf_add(&out, bytes, n);
    buf_add(&out, b->at + to, b->len - to);
    buf_clear(b);
    *b = out;
}

/* ---- edits -----------------------------------------------------------------
 */

static bool
edit_replace(struct buf *b, const char *args)
{
    const char *old = strchr(args, '/') + 1, *mid = strchr(old, '/'),
               *end = strrchr(args, '/');
    size_t from = line_at(b, atol(args)), to = line_at(b, atol(args) + 1);
    struct buf a = {0}, c = {0};
    const char *found;

    unescape(&a, old, (size_t)(mid - old));
    unescape(&c, mid + 1, (size_t)(end - mid - 1));
    found = memmem(b->at + from, to - from, a.at, a.len);
    if (found != NULL) {
        from = (size_t)(found - b->at);
        splice(b, from, from + a.len, c.at, c.len);
    }
    buf_clear(&a);
    buf_clear(&c);
    return found != NULL;
}

static void
edit_block(struct buf *b, char what, long first, long last, long times)
{
    size_t from = line_at(b, first), to = line_at(b, last + 1);
    struct buf block = {0};

    buf_add(&block, b->at + from, to - from);
    if (what == 'd')
        splice(b, from, to, "", 0);
    if (what == 'u')
        splice(b, to, to, block.at, block.len);
    if (what == 'r') {
        b->len = 0;
        while (times-- > 0)
            buf_add(b, block.at, block.len);
    }
    buf_clear(&block);
}

static void
edit_move(struct buf *b, long line, long before)
{
    size_t from = line_at(b, line), to = line_at(b, line + 1);
    struct buf row = {0};

    buf_add(&row, b->at + from, to - from);
    splice(b, from, to, "", 0);
    from = line_at(b, before);
    splice(b, from, from, row.at, row.len);
    buf_clear(&row);
}

/* Every line end, or every byte, becomes something else. */
static void
edit_bytes(struct buf *b, const char *how)
{
    struct buf out = {0};

    for (size_t i = 0; i < b->len; i++) {
        char c = b->at[i];

        if (c == '\n' && how[0] == 'c')
            buf_puts(&out, strcmp(how, "crlf") == 0 ? "\r\n" : "\r");
        else if (c == '\n' && strcmp(how, "bare") == 0 && out.len > 1 &&
                 memcmp(out.at + out.len - 2, ",,", 2) == 0)
            out.at[out.len - 1] = c;
        else
            buf_putc(&out, c);
        if (strcmp(how, "utf16") == 0)
            buf_putc(&out, '\0');
    }
    buf_clear(b);
    *b = out;
}

static void
edit_text(struct buf *b, char where, const char *text)
{
    struct buf t = {0};

    unescape(&t, text, strlen(text));
    if (where == 'a')
        b->len = 0;
    splice(b, where == 'f' ? 0 : b->len, where == 'f' ? 0 : b->len, t.at,
           t.len);
    buf_clear(&t);
}

static void
edit_insert(struct buf *b, const char *args)
{
    size_t at = line_at(b, atol(args));
    const char *text = args + strspn(args, "0123456789");
    struct buf row = {0};

    text += *text == ' ';
    unescape(&row, text, strlen(text));
    buf_putc(&row, '\n');
    splice(b, at, at, row.at, row.len);
    buf_clear(&row);
}

/* The argument behind the edit's name, or NULL when it is another edit. */
static const char *
edit_is(const char *edit, const char *name)
{
    size_t n = strlen(name);

    if (strncmp(edit, name, n) != 0 || (edit[n] != ' ' && edit[n] != '\0'))
        return NULL;
    return edit + n + (edit[n] == ' ');
}

static bool
edit_lines(struct buf *b, const char *edit)
{
    static const char *const NAMES[] = {"d", "dup", "rep"};
    long first, last, times = 0;
    const char *a;

    for (unsigned i = 0; i < 3; i++) {
        if ((a = edit_is(edit, NAMES[i])) == NULL)
            continue;
        if (sscanf(a, "%ld-%ld %ld", &first, &last, &times) < 2)
            last = first;
        edit_block(b, "dur"[i], first, last, times);
        return true;
    }
    return false;
}

static bool
edit_apply(struct buf *b, const char *edit)
{
    long line, before;
    const char *a;

    if ((a = edit_is(edit, "s")) != NULL)
        return edit_replace(b, a);
    if ((a = edit_is(edit, "ins")) != NULL)
        edit_insert(b, a);
    else if ((a = edit_is(edit, "mv")) != NULL &&
             sscanf(a, "%ld %ld", &line, &before) == 2)
        edit_move(b, line, before);
    else if ((a = edit_is(edit, "join")) != NULL)
        splice(b, line_at(b, atol(a) + 1) - 1, line_at(b, atol(a) + 1), "", 0);
    else if ((a = edit_is(edit, "head")) != NULL)
        b->len = line_at(b, atol(a) + 1);
    else if ((a = edit_is(edit, "cut")) != NULL)
        b->len -= (size_t)atol(a);
    else if ((a = edit_is(edit, "all")) != NULL ||
             (a = edit_is(edit, "first")) != NULL ||
             (a = edit_is(edit, "last")) != NULL)
        edit_text(b, edit[0], a);
    else if (edit_is(edit, "crlf") || edit_is(edit, "cr") ||
             edit_is(edit, "utf16") || edit_is(edit, "bare"))
        edit_bytes(b, edit);
    else
        return edit_lines(b, edit);
    return true;
}

/* ---- rows -------------------------------------------------------------------
 */

/* Cuts at the first `mark` and takes the blanks around it away. */
static char *
cut_at(char **rest, const char *mark)
{
    char *start = *rest, *end = strstr(start, mark);

    if (end == NULL) {
        end = start + strlen(start);
        *rest = end;
    } else {
        *rest = end + strlen(mark);
    }
    start += strspn(start, " ");
    while (end > start && end[-1] == ' ')
        end--;
    if (*end != '\0')
        *end = '\0';
    return start;
}

static bool
read_row(char *line, const struct buf *good, struct hostile *h)
{
    char *edits, *edit;

    *h = (struct hostile){.row = h->row};
    snprintf(h->name, sizeof h->name, "%s", cut_at(&line, " |"));
    edits = cut_at(&line, " | ");
    h->loads = atoi(cut_at(&line, "|"));
    while (*(edit = cut_at(&line, " ; ")) != '\0') {
        strcat(h->expect, edit);
        strcat(h->expect, "\n");
        h->twice = h->twice || strncmp(edit, "05 ", 3) == 0;
    }
    buf_add(&h->text, good->at, good->len);
    while (*(edit = cut_at(&edits, " & ")) != '\0')
        if (!edit_apply(&h->text, edit)) {
            fprintf(stderr, "lse_hostile.txt:%ld: edit '%s' does nothing\n",
                    h->row, edit);
            return false;
        }
    buf_room(&h->text, LSE_PAD);
    memset(h->text.at + h->text.len, 0, LSE_PAD);
    return true;
}

int
hostile_each(void (*fn)(void *arg, struct hostile *h), void *arg)
{
    struct buf good = {0}, table = {0};
    struct hostile h = {.row = 0};
    int rows = 0;
    char *line, *next;

    if (!golden_read(&good, golden_path("lse_good.lse")) ||
        !golden_read(&table, golden_path("lse_hostile.txt")))
        return 0;
    for (line = table.at; line != NULL && *line != '\0'; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        h.row++;
        if (*line == '#' || *line == '\0')
            continue;
        if (!read_row(line, &good, &h))
            return 0;
        fn(arg, &h);
        buf_clear(&h.text);
        rows++;
    }
    buf_clear(&good);
    buf_clear(&table);
    return rows;
}
