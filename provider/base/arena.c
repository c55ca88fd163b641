#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16 * 1024, ALIGNMENT = _Alignof(max_align_t) };

struct block {
    struct block *next;
    size_t used, size;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct closer {
    struct closer *next;
    void (*close)(void *handle);
    void *handle;
};

struct arena {
    struct block *blocks; /* the first one is being filled */
    struct closer *closers;
    size_t bytes; /* handed out */
};

static void out_of_memory(void)
{
    static const char line[] = "[ERROR] out of memory\n";

    (void)fputs(line, stderr);
    abort();
}

void *memory_new(size_t count, size_t size)
{
    void *block = calloc(count ? count : 1, size ? size : 1);

    if (!block)
        out_of_memory();
    return block;
}

void *memory_resize(void *old, size_t size)
{
    void *block = realloc(old, size ? size : 1);

    if (!block)
        out_of_memory();
    return block;
}

char *memory_strdup(const char *z)
{
    size_t size = strlen(z) + 1;

    return memcpy(memory_new(1, size), z, size);
}

void memory_free(void *block)
{
    free(block);
}

struct arena *arena_new(void)
{
    return memory_new(1, sizeof(struct arena));
}

void arena_free(struct arena *a)
{
    struct closer *closer;
    struct block *block;

    if (!a)
        return;
    while ((closer = a->closers)) { /* a closer may defer another one */
        a->closers = closer->next;
        closer->close(closer->handle);
    }
    while ((block = a->blocks)) {
        a->blocks = block->next;
        memory_free(block);
    }
    memory_free(a);
}

static struct block *block_add(size_t size)
{
    struct block *block;

    if (size > SIZE_MAX - sizeof(*block))
        out_of_memory();
    block = memory_new(1, sizeof(*block) + size);
    block->size = size;
    return block;
}

static bool wants_own_block(size_t size)
{
#ifdef ARENA_DEBUG
    (void)size;
    return true;
#else
    return size > BLOCK_BYTES / 4;
#endif
}

void *arena_alloc(struct arena *a, size_t size)
{
    struct block *block = a->blocks;
    void *at;

    a->bytes += size;
    if (wants_own_block(size)) {
        struct block *own = block_add(size);

        own->used = size;
        if (block) { /* keep filling the open block */
            own->next = block->next;
            block->next = own;
        } else {
            a->blocks = own;
        }
        return own->bytes;
    }
    size = size ? (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : ALIGNMENT;
    if (!block || block->size - block->used < size) {
        block = block_add(BLOCK_BYTES);
        block->next = a->blocks;
        a->blocks = block;
    }
    at = block->bytes + block->used;
    block->used += size;
    return at;
}

size_t arena_bytes(const struct arena *a)
{
    return a->bytes;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        out_of_memory();
    return arena_alloc(a, count * size);
}

void *arena_copy(struct arena *a, const void *data, size_t len)
{
    char *copy = arena_alloc(a, len + 1);

    if (len)
        memcpy(copy, data, len);
    return copy;
}

char *arena_strdup(struct arena *a, const char *z)
{
    return z ? arena_copy(a, z, strlen(z)) : NULL;
}

void arena_defer(struct arena *a, void (*close)(void *handle), void *handle)
{
    struct closer *closer = arena_alloc(a, sizeof(*closer));

    closer->next = a->closers;
    closer->close = close;
    closer->handle = handle;
    a->closers = closer;
}

static void close_arena(void *child)
{
    arena_free(child);
}

void arena_adopt(struct arena *parent, struct arena *child)
{
    arena_defer(parent, close_arena, child);
}
