/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arenas are lists of blocks, the newest first; taking memory moves a pointer.
 * Blocks double up to 256 KiB so that a small request costs one malloc and a
 * large batch few.
 */
#include "server/base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGN       16
#define BLOCK_FIRST 4096
#define BLOCK_MOST  262144
#define PAGE_LARGE  ((uintptr_t)2 << 20)
#define SIZE_MOST   ((size_t)1 << 38) /* more is a damaged number */

struct arena_block {
    alignas(ALIGN) struct arena_block *next; /* older */
    size_t size;                             /* bytes after this header */
};

static _Noreturn void
out_of_memory(void)
{
    static const char line[] = "meterhouse: out of memory\n";

    fwrite(line, 1, sizeof line - 1, stderr);
    abort();
}

void
arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

static void
blocks_free(struct arena_block *b)
{
    while (b != NULL) {
        struct arena_block *next = b->next;

        free(b);
        b = next;
    }
}

void
arena_clear(struct arena *a)
{
    blocks_free(a->head);
    arena_init(a);
}

void
arena_reset(struct arena *a)
{
    struct arena_block *b = a->head;

    if (b == NULL)
        return;
    blocks_free(b->next);
    b->next = NULL;
    a->at = (char *)(b + 1);
    a->end = a->at + b->size;
    a->total = b->size;
}

static bool
block_add(struct arena *a, size_t need)
{
    size_t size = a->head ? a->head->size * 2 : BLOCK_FIRST;
    struct arena_block *b;

    if (size > BLOCK_MOST)
        size = BLOCK_MOST;
    if (size < need)
        size = need;
    b = malloc(sizeof *b + size);
    if (b == NULL)
        return false;
    b->next = a->head;
    b->size = size;
    a->head = b;
    a->at = (char *)(b + 1);
    a->end = a->at + size;
    a->total += size;
    return true;
}

/* Bytes as they come, not zeroed; NULL when memory is out. */
static char *
take(struct arena *a, size_t size)
{
    size_t need;
    char *p;

    if (size > SIZE_MOST)
        return NULL;
    need = size ? (size + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
    if (a->head == NULL || (size_t)(a->end - a->at) < need) {
        if (!block_add(a, need))
            return NULL;
    }
    p = a->at;
    a->at += need;
    return p;
}

void *
arena_try(struct arena *a, size_t size)
{
    char *p = take(a, size);

    if (p != NULL)
        memset(p, 0, size);
    return p;
}

void *
arena_alloc(struct arena *a, size_t size)
{
    void *p = arena_try(a, size);

    if (p == NULL)
        out_of_memory();
    return p;
}

char *
arena_dupn(struct arena *a, const void *bytes, size_t n)
{
    char *p = n < SIZE_MOST ? take(a, n + 1) : NULL;

    if (p == NULL)
        out_of_memory();
    if (n > 0)
        memcpy(p, bytes, n);
    p[n] = '\0';
    return p;
}

char *
arena_dup(struct arena *a, const char *text)
{
    return arena_dupn(a, text, strlen(text));
}

char *
arena_vprintf(struct arena *a, const char *format, va_list ap)
{
    char *here = a->at, *p;
    va_list again;
    int n;

    /* Written where it will most often lie: one pass is enough then. */
    va_copy(again, ap);
    n = vsnprintf(here, (size_t)(a->end - here), format, again);
    va_end(again);
    p = n >= 0 ? take(a, (size_t)n + 1) : NULL;
    if (p == NULL)
        out_of_memory();
    if (p != here)
        vsnprintf(p, (size_t)n + 1, format, ap);
    return p;
}

char *
arena_printf(struct arena *a, const char *format, ...)
{
    va_list ap;
    char *p;

    va_start(ap, format);
    p = arena_vprintf(a, format, ap);
    va_end(ap);
    return p;
}

/* Asks for large pages where they pay: what is reached at random needs one
 * entry of the processor's page table for 2 MiB instead of 512. */
static void *
pages_large(void *p, size_t size)
{
    uintptr_t from = ((uintptr_t)p + PAGE_LARGE - 1) & ~(PAGE_LARGE - 1);
    uintptr_t to = ((uintptr_t)p + size) & ~(PAGE_LARGE - 1);

    if (size >= 2 * PAGE_LARGE && from < to)
        madvise((char *)p + (from - (uintptr_t)p), to - from, MADV_HUGEPAGE);
    return p;
}

void *
mem_new(size_t size)
{
    void *p = calloc(1, size ? size : 1);

    if (p == NULL)
        out_of_memory();
    return pages_large(p, size);
}

void *
mem_grow(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);

    if (p == NULL)
        out_of_memory();
    return p;
}

char *
mem_dup(const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(mem_new(n), text, n);
}
