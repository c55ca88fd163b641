/* test - how a unit test is written: TEST(name) { ... } and nothing else.
 *
 * Tests find themselves: each TEST registers before main, which test_main.c
 * provides over cmocka. One program per *_test.c file. Every test gets a fresh
 * arena as `a`, freed after it; the address sanitizer's leak check covers the
 * rest. Assertions are cmocka's (assert_int_equal, assert_string_equal ...).
 * Files under testdata/ are read with test_file(); the path is relative to the
 * repository's root, where the tests run. */
#ifndef BASE_TEST_H
#define BASE_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"

struct test {
    const char *name;
    void (*run)(struct arena *a);
    struct test *next;
};

void test_register(struct test *test);

#define TEST(name)                                                                                 \
    static void test_##name(struct arena *a);                                                      \
    static struct test test_entry_##name = {#name, test_##name, NULL};                             \
    __attribute__((constructor)) static void test_register_##name(void)                            \
    {                                                                                              \
        test_register(&test_entry_##name);                                                         \
    }                                                                                              \
    static void test_##name(__attribute__((unused)) struct arena *a)

/* The whole file; fails the test when it cannot be read. */
struct text test_file(struct arena *a, const char *path);
/* Names (not paths) of the entries of a folder, sorted, that end with suffix;
 * NULL at the end. Fails the test when there is none: an empty case folder is
 * a mistake, not a success. */
const char *const *test_files(struct arena *a, const char *folder, const char *suffix);

#endif
