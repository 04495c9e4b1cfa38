/* SPDX-License-Identifier: Apache-2.0 */
/* Prepared statements by the address of their text, and OUT targets. */
#include "db/engine.h"

#include <stdlib.h>
#include <string.h>

#include "server/base/str.h"

#define FIRST_SLOTS 64

static size_t
slot_home(const struct stmt_cache *c, const char *sql)
{
    uint64_t h = (uint64_t)(uintptr_t)sql * 0x9e3779b97f4a7c15u;

    return (size_t)(h >> 32) & (c->size - 1);
}

static struct db_stmt *
slot_find(struct stmt_cache *c, const char *sql)
{
    size_t i = slot_home(c, sql);

    while (c->slot[i].sql && c->slot[i].sql != sql)
        i = (i + 1) & (c->size - 1);
    return &c->slot[i];
}

static void
slots_grow(struct stmt_cache *c)
{
    struct stmt_cache old = *c;

    c->size = old.size ? old.size * 2 : FIRST_SLOTS;
    c->slot = mem_new(c->size * sizeof *c->slot);
    memset(c->slot, 0, c->size * sizeof *c->slot);
    for (size_t i = 0; i < old.size; i++) {
        if (old.slot[i].sql)
            *slot_find(c, old.slot[i].sql) = old.slot[i];
    }
    free(old.slot);
}

struct db_stmt *
stmt_slot(struct stmt_cache *c, const char *sql)
{
    if (c->used * 2 >= c->size)
        slots_grow(c);
    return slot_find(c, sql);
}

void
stmt_clear(struct stmt_cache *c, void (*free_handle)(void *handle))
{
    for (size_t i = 0; i < c->size; i++) {
        if (!c->slot[i].sql)
            continue;
        if (free_handle)
            free_handle(c->slot[i].handle);
        free(c->slot[i].text);
    }
    free(c->slot);
    *c = (struct stmt_cache){0};
}

const char *
out_put_i64(const struct db_out *o, int64_t n)
{
    switch (o->kind) {
    case DB_I64:
        *(int64_t *)o->to = n;
        return NULL;
    case DB_I32:
        if (n < INT32_MIN || n > INT32_MAX)
            return "a number does not fit 32 bits";
        *(int32_t *)o->to = (int32_t)n;
        return NULL;
    case DB_BOOL:
        *(bool *)o->to = n != 0;
        return NULL;
    default:
        return "a number where text is wanted";
    }
}

const char *
out_put_text(const struct db_out *o, const char *text, size_t n)
{
    if (o->kind == DB_TEXT)
        return str_copyn(o->to, o->size, text, n) ? NULL : "a text is too long";
    if (o->kind != DB_TEXT_ARENA)
        return "text where a number or bytes are wanted";
    *(const char **)o->to = arena_dupn(o->arena, text, n);
    return NULL;
}

const char *
out_put_blob(const struct db_out *o, const void *bytes, size_t n)
{
    if (o->kind != DB_BLOB)
        return "bytes where text or a number is wanted";
    *(const void **)o->to = arena_dupn(o->arena, bytes, n);
    *o->n = n;
    return NULL;
}

const char *
out_put_null(const struct db_out *o)
{
    switch (o->kind) {
    case DB_TEXT:
        return out_put_text(o, "", 0);
    case DB_TEXT_ARENA:
        *(const char **)o->to = "";
        return NULL;
    case DB_BLOB:
        *(const void **)o->to = "";
        *o->n = 0;
        return NULL;
    default:
        return out_put_i64(o, 0);
    }
}
