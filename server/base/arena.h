/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arenas: memory that ends together.  A request, a job step and a feed batch
 * each own one.  Small allocations abort the program when memory is out;
 * arena_try is for anything whose size comes from input.
 */
#ifndef MH_BASE_ARENA_H
#define MH_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *head; /* newest block */
    char *at;                 /* next free byte */
    char *end;                /* end of the newest block */
    size_t total;             /* bytes held in blocks */
};

/* An all-zero struct arena is empty and valid too. */
void arena_init(struct arena *a);
/* Frees everything taken from it; the arena is empty and usable again. */
void arena_clear(struct arena *a);
/* Forgets what was taken but keeps one block, for loops. */
void arena_reset(struct arena *a);

/* Zeroed memory aligned to 16 bytes. */
void *arena_alloc(struct arena *a, size_t size)
    __attribute__((malloc, alloc_size(2), returns_nonnull));
/* As arena_alloc, but NULL when memory is out. */
void *arena_try(struct arena *a, size_t size);
char *arena_dup(struct arena *a, const char *text);
char *arena_dupn(struct arena *a, const void *bytes, size_t n);
char *arena_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));

#define ARENA_NEW(a, type)     ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_NEWN(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (n)))

/* malloc family that abort when memory is out, for what outlives an arena;
 * mem_new is zeroed. */
void *mem_new(size_t size) __attribute__((malloc, returns_nonnull));
void *mem_grow(void *old, size_t size) __attribute__((returns_nonnull));
char *mem_dup(const char *text) __attribute__((returns_nonnull));

#endif
