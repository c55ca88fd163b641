#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "base/test.h"

TEST(blocks_are_zeroed_aligned_and_apart)
{
    unsigned char *blocks[300];

    for (size_t i = 0; i < 300; i++) {
        size_t size = i * 37;

        blocks[i] = arena_alloc(a, size);
        assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++)
            assert_int_equal(blocks[i][j], 0);
        memset(blocks[i], (int)(i & 0xff), size);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t j = 0; j < i * 37; j++)
            assert_int_equal(blocks[i][j], i & 0xff);
}

TEST(empty_blocks_have_addresses_of_their_own)
{
    void *first = arena_alloc(a, 0), *second = arena_alloc(a, 0);

    assert_non_null(first);
    assert_ptr_not_equal(first, second);
    assert_non_null(arena_array(a, 0, 8));
    assert_non_null(arena_array(a, 8, 0));
}

TEST(copies_end_with_nul)
{
    char *copy = arena_copy(a, "a\0b", 3);

    assert_memory_equal(copy, "a\0b", 4);
    assert_string_equal(arena_copy(a, NULL, 0), "");
    assert_string_equal(arena_strdup(a, "text"), "text");
    assert_null(arena_strdup(a, NULL));
}

/* Appends to a string what its handle says, so that the order can be seen. */
static char order[16];

static void note(void *handle)
{
    size_t len = strlen(order);

    order[len] = *(const char *)handle;
    order[len + 1] = '\0';
}

TEST(closers_run_newest_first)
{
    struct arena *own = arena_new();
    char first = '1', second = '2', third = '3';

    order[0] = '\0';
    arena_defer(own, note, &first);
    arena_defer(own, note, &second);
    arena_defer(own, note, &third);
    arena_free(own);
    assert_string_equal(order, "321");
    arena_free(NULL);
}

struct late {
    struct arena *arena;
    char *note;
};

static void defer_another(void *handle)
{
    struct late *late = handle;

    arena_defer(late->arena, note, late->note);
}

TEST(a_closer_may_defer_another)
{
    struct arena *own = arena_new();
    char letter = 'x';
    struct late late = {own, &letter};

    order[0] = '\0';
    arena_defer(own, defer_another, &late);
    arena_free(own);
    assert_string_equal(order, "x");
}

TEST(adopted_arenas_end_with_their_parent)
{
    struct arena *parent = arena_new(), *child = arena_new();
    char letters[] = "pc";

    order[0] = '\0';
    arena_defer(parent, note, &letters[0]);
    arena_defer(child, note, &letters[1]);
    arena_adopt(parent, child);
    arena_free(parent);
    assert_string_equal(order, "cp");
}

TEST(long_lived_memory_grows)
{
    char *block = memory_new(3, 4);

    assert_memory_equal(block, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
    memcpy(block, "hello", 6);
    block = memory_resize(block, 100000);
    assert_string_equal(block, "hello");
    memory_free(block);
    block = memory_strdup("copy");
    assert_string_equal(block, "copy");
    memory_free(block);
    memory_free(memory_new(0, 0));
    memory_free(NULL);
}
