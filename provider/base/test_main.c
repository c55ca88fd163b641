#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/test.h"

enum { TESTS_MAX = 1000, FILES_MAX = 4000, FILE_BYTES_MAX = 64 << 20 };

static struct test *tests;

void test_register(struct test *test)
{
    struct test **end = &tests;

    while (*end)
        end = &(*end)->next;
    *end = test;
}

static void run(void **state)
{
    struct test *test = *state;
    struct arena *a = arena_new();

    test->run(a);
    arena_free(a); /* a failed assertion jumps past this; the process ends soon */
}

struct text test_file(struct arena *a, const char *path)
{
    FILE *file = fopen(path, "rb");
    struct text_builder b;
    char part[4096];
    size_t got;

    if (!file)
        fail_msg("cannot open %s", path);
    text_builder_init(&b, a, FILE_BYTES_MAX);
    while ((got = fread(part, 1, sizeof(part), file)) > 0)
        text_add(&b, (struct text){part, got});
    fclose(file);
    return text_built(&b);
}

static int by_name(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

const char *const *test_files(struct arena *a, const char *folder, const char *suffix)
{
    const char **names = arena_array(a, FILES_MAX + 1, sizeof(*names));
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t count = 0;

    if (!dir)
        fail_msg("cannot open folder %s", folder);
    while ((entry = readdir(dir)))
        if (count < FILES_MAX && text_ends_with(text_of(entry->d_name), suffix) &&
            entry->d_name[0] != '.')
            names[count++] = arena_strdup(a, entry->d_name);
    closedir(dir);
    if (!count)
        fail_msg("no *%s in %s", suffix, folder);
    qsort(names, count, sizeof(*names), by_name);
    return names;
}

int main(int argc, char **argv)
{
    static struct CMUnitTest list[TESTS_MAX];
    size_t count = 0;

    for (struct test *test = tests; test; test = test->next)
        if (argc < 2 || strstr(test->name, argv[1]))
            list[count++] = (struct CMUnitTest){test->name, run, NULL, NULL, test};
    return _cmocka_run_group_tests(argv[0], list, count, NULL, NULL) != 0;
}
