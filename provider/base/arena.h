/* arena - memory that lives exactly as long as one RPC.
 *
 * Every block is zeroed and aligned for any type; none is freed singly.
 * arena_free() runs the deferred closers, newest first, then drops all blocks.
 * Running out of memory ends the process: untrusted sizes are refused by the
 * readers, long before they get here. Not thread-safe: one arena belongs to
 * one call, or to one job that is handed over whole.
 * With -DARENA_DEBUG (sanitizer builds) each block is its own malloc, so that
 * the address sanitizer sees overruns and stale use. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
/* NULL is allowed and does nothing. */
void arena_free(struct arena *a);

/* Never NULL; size 0 gives a valid, unique address. */
void *arena_alloc(struct arena *a, size_t size);
/* count * size with overflow check (overflow ends the process). */
void *arena_array(struct arena *a, size_t count, size_t size);
/* A copy of len bytes followed by one NUL byte. */
void *arena_copy(struct arena *a, const void *data, size_t len);
/* NULL gives NULL. */
char *arena_strdup(struct arena *a, const char *z);

/* All that was taken out of it so far, for limits on work. */
size_t arena_bytes(const struct arena *a);

/* Ties a foreign handle (CURL, EVP_MD_CTX, FILE ...) to the arena's life. */
void arena_defer(struct arena *a, void (*close)(void *handle), void *handle);
/* Makes child live as long as parent: freed with it, newest first. */
void arena_adopt(struct arena *parent, struct arena *child);

/* Long-lived memory outside any call: zeroed, never NULL, given back with
 * memory_free(). The only other owner of malloc in the program. */
void *memory_new(size_t count, size_t size);
/* Grows or shrinks; new bytes are not zeroed. */
void *memory_resize(void *old, size_t size);
char *memory_strdup(const char *z);
void memory_free(void *block);

#endif
