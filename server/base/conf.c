/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings: everything here is driven by the rows of conf_table.h; a new
 * setting is one row there and nothing here.
 */
#include "server/base/conf.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/buf.h"
#include "server/base/file.h"
#include "server/base/str.h"

#define FILE_MOST 1048576
#define TEXT_SIZE 512

enum row_kind { ROW_TEXT, ROW_INT, ROW_BOOL };

struct row {
    const char *name, *text;
    enum row_kind kind;
    size_t at; /* offset in struct conf */
    const char *text_def;
    int64_t def, least, most;
};

static const struct row ROWS[] = {
#define TEXT_ROW(name_, def_, text_)                                           \
    {.name = #name_,                                                           \
     .text = text_,                                                            \
     .kind = ROW_TEXT,                                                         \
     .at = offsetof(struct conf, name_),                                       \
     .text_def = def_},
#define INT_ROW(name_, def_, least_, most_, text_)                             \
    {.name = #name_,                                                           \
     .text = text_,                                                            \
     .kind = ROW_INT,                                                          \
     .at = offsetof(struct conf, name_),                                       \
     .def = def_,                                                              \
     .least = least_,                                                          \
     .most = most_},
#define BOOL_ROW(name_, def_, text_)                                           \
    {.name = #name_,                                                           \
     .text = text_,                                                            \
     .kind = ROW_BOOL,                                                         \
     .at = offsetof(struct conf, name_),                                       \
     .def = def_},
    CONF_TABLE(TEXT_ROW, INT_ROW, BOOL_ROW)};

#define ROW_COUNT (sizeof ROWS / sizeof ROWS[0])

static void *
place(const struct row *r, const struct conf *c)
{
    return (char *)(uintptr_t)c + r->at;
}

void
conf_init(struct conf *c)
{
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct row *r = &ROWS[i];

        if (r->kind == ROW_TEXT)
            str_copy(place(r, c), TEXT_SIZE, r->text_def);
        else if (r->kind == ROW_INT)
            *(int64_t *)place(r, c) = r->def;
        else
            *(bool *)place(r, c) = r->def != 0;
    }
}

static const struct row *
row_find(const char *name)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(ROWS[i].name, name) == 0)
            return &ROWS[i];
    }
    return NULL;
}

static bool
set_int(const struct row *r, struct conf *c, const char *value, char why[512])
{
    int64_t n;

    if (!str_to_i64(value, &n) || n < r->least || n > r->most) {
        snprintf(why, 512,
                 "%s: \"%.64s\" is not a whole number from %" PRId64
                 " to %" PRId64,
                 r->name, value, r->least, r->most);
        return false;
    }
    *(int64_t *)place(r, c) = n;
    return true;
}

static bool
set_bool(const struct row *r, struct conf *c, const char *value, char why[512])
{
    static const char *const words[] = {"no",    "yes",  "0",   "1",
                                        "false", "true", "off", "on"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(value, words[i]) == 0) {
            *(bool *)place(r, c) = i % 2 == 1;
            return true;
        }
    }
    snprintf(why, 512, "%s: \"%.64s\" is neither yes nor no", r->name, value);
    return false;
}

static bool
set_text(const struct row *r, struct conf *c, const char *value, char why[512])
{
    if (strlen(value) >= TEXT_SIZE) {
        snprintf(why, 512, "%s: longer than %d bytes", r->name, TEXT_SIZE - 1);
        return false;
    }
    if (!str_is_text(value, strlen(value), false)) {
        snprintf(why, 512, "%s: control characters or not UTF-8", r->name);
        return false;
    }
    return str_copy(place(r, c), TEXT_SIZE, value);
}

bool
conf_set(struct conf *c, const char *name, const char *value, char why[512])
{
    const struct row *r = row_find(name);

    if (r == NULL) {
        snprintf(why, 512, "%.64s: no such setting", name);
        return false;
    }
    switch (r->kind) {
    case ROW_INT:
        return set_int(r, c, value, why);
    case ROW_BOOL:
        return set_bool(r, c, value, why);
    default:
        return set_text(r, c, value, why);
    }
}

/* ---- the file ------------------------------------------------------------ */

static char *
trim(char *text)
{
    char *end;

    while (*text == ' ' || *text == '\t')
        text++;
    end = text + strlen(text);
    while (end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    *end = '\0';
    return text;
}

/* A # starts a comment at the start or after a blank, outside of quotes. */
static void
cut_comment(char *text)
{
    bool quoted = false;

    for (char *p = text; *p != '\0'; p++) {
        if (*p == '"')
            quoted = !quoted;
        if (*p == '#' && !quoted &&
            (p == text || p[-1] == ' ' || p[-1] == '\t')) {
            *p = '\0';
            return;
        }
    }
}

/* Takes the quotes off "a value"; false when only one of them is there. */
static bool
unquote(char **value)
{
    size_t n = strlen(*value);

    if (n == 0 || **value != '"')
        return true;
    if (n < 2 || (*value)[n - 1] != '"')
        return false;
    (*value)[n - 1] = '\0';
    (*value)++;
    return true;
}

static bool
read_line(struct conf *c, char *line, char why[512])
{
    char *name, *value, *equals;

    cut_comment(line);
    name = trim(line);
    if (*name == '\0')
        return true;
    equals = strchr(name, '=');
    if (equals == NULL) {
        snprintf(why, 512, "%.64s: no = after the name", name);
        return false;
    }
    *equals = '\0';
    name = trim(name);
    value = trim(equals + 1);
    if (!unquote(&value)) {
        snprintf(why, 512, "%.64s: the quote is not closed", name);
        return false;
    }
    /* whether a # is a comment then would hang on how the value is written */
    if (strchr(value, '"') != NULL && strchr(value, '#') != NULL) {
        snprintf(why, 512, "%.64s: a value cannot hold both \" and #", name);
        return false;
    }
    return conf_set(c, name, value, why);
}

static bool
read_lines(struct conf *c, const char *path, struct buf *text, char why[512])
{
    char reason[512];
    char *line = (char *)(uintptr_t)buf_text(text), *next;

    if (strlen(line) != text->len) {
        snprintf(why, 512, "%.200s: holds a NUL byte", path);
        return false;
    }
    for (long n = 1; line != NULL; n++, line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (read_line(c, line, reason))
            continue;
        snprintf(why, 512, "%.200s:%ld: %.280s", path, n, reason);
        return false;
    }
    return true;
}

bool
conf_read(struct conf *c, const char *path, char why[512])
{
    struct buf text = {0};
    bool ok;

    if (!file_read(path, FILE_MOST, &text)) {
        snprintf(why, 512, "%.300s: %s", path, strerror(errno));
        return false;
    }
    ok = read_lines(c, path, &text, why);
    buf_clear(&text);
    return ok;
}

/* ---- the environment ----------------------------------------------------- */

static bool
take_env(struct conf *c, const char *env, const char *name, char why[512])
{
    const char *value = getenv(env);
    char reason[512];

    if (value == NULL || conf_set(c, name, value, reason))
        return true;
    snprintf(why, 512, "environment %s: %.400s", env, reason);
    return false;
}

bool
conf_env(struct conf *c, char why[512])
{
    if (!take_env(c, "DATA_DIR", "data_dir", why) ||
        !take_env(c, "PORT", "port", why))
        return false;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        char env[64] = "MH_";
        size_t n = 3;

        for (const char *p = ROWS[i].name; *p != '\0'; p++)
            env[n++] = (char)toupper((unsigned char)*p);
        env[n] = '\0';
        if (!take_env(c, env, ROWS[i].name, why))
            return false;
    }
    return true;
}

/* ---- printing ------------------------------------------------------------ */

static void
print_comment(FILE *to, const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t n = strcspn(text, " ");

        if (column == 0 || column + 1 + n > 78) {
            fprintf(to, column == 0 ? "# " : "\n# ");
            column = 2;
        } else {
            fputc(' ', to);
            column++;
        }
        fwrite(text, 1, n, to);
        column += n;
        text += n;
        text += strspn(text, " ");
    }
    fputc('\n', to);
}

static void
print_text(FILE *to, const char *value)
{
    size_t n = strlen(value);
    bool quote = n > 0 && (strchr(value, '#') != NULL || value[0] == ' ' ||
                           value[0] == '"' || value[n - 1] == ' ');

    fprintf(to, quote ? "\"%s\"\n" : "%s\n", value);
}

void
conf_print(FILE *to, const struct conf *current)
{
    struct conf defaults;
    const struct conf *c = current;

    if (c == NULL) {
        conf_init(&defaults);
        c = &defaults;
    }
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct row *r = &ROWS[i];

        print_comment(to, r->text);
        if (r->kind == ROW_INT)
            fprintf(to, "# From %" PRId64 " to %" PRId64 ".\n", r->least,
                    r->most);
        fprintf(to, "%s%s = ", current != NULL ? "" : "#", r->name);
        if (r->kind == ROW_TEXT)
            print_text(to, place(r, c));
        else if (r->kind == ROW_INT)
            fprintf(to, "%" PRId64 "\n", *(int64_t *)place(r, c));
        else
            fprintf(to, "%s\n", *(bool *)place(r, c) ? "yes" : "no");
        fputc('\n', to);
    }
}

bool
conf_setting_get(size_t at, struct conf_setting *s)
{
    const struct row *r = &ROWS[at];

    if (at >= ROW_COUNT)
        return false;
    *s = (struct conf_setting){.name = r->name, .text = r->text};
    s->kind = r->kind == ROW_TEXT  ? "text"
              : r->kind == ROW_INT ? "number"
                                   : "yes or no";
    s->least = r->least;
    s->most = r->most;
    if (r->kind == ROW_TEXT)
        str_copy(s->missing, sizeof s->missing, r->text_def);
    else if (r->kind == ROW_INT)
        snprintf(s->missing, sizeof s->missing, "%" PRId64, r->def);
    else
        str_copy(s->missing, sizeof s->missing, r->def ? "yes" : "no");
    return true;
}
