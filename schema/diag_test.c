#include "schema/diag.h"

#include <string.h>

#include "base/test.h"

TEST(errors_are_false_and_remembered)
{
    struct diags d;

    diags_init(&d, a);
    diag_warning(&d, NULL, "Careful", "%s", "it may break");
    assert_false(d.failed);
    assert_false(diag_error(&d, path_of(a, "name"), "Broken", "After %d tries.", 3));
    assert_true(d.failed);
    assert_int_equal(d.count, 2);
    assert_int_equal(d.first->severity, DIAG_WARNING);
    assert_string_equal(d.first->detail, "it may break");
    assert_ptr_equal(d.first->next, d.last);
    assert_int_equal(d.last->severity, DIAG_ERROR);
    assert_string_equal(d.last->detail, "After 3 tries.");
    assert_string_equal(path_text(a, d.last->path), "name");
    assert_null(d.last->next);
}

TEST(equal_entries_are_kept_once)
{
    struct diags d;

    diags_init(&d, a);
    for (int i = 0; i < 3; i++) {
        diag_error(&d, path_of(a, "x"), "S", "D");
        diag_error(&d, path_of(a, "y"), "S", "D");
        diag_error(&d, NULL, "S", "D");
        diag_error(&d, path_of(a, "x"), "S", "E");
        diag_error(&d, path_of(a, "x"), "T", "D");
        diag_warning(&d, path_of(a, "x"), "S", "D");
    }
    assert_int_equal(d.count, 6);
}

TEST(foreign_text_is_made_printable)
{
    struct diags d;

    diags_init(&d, a);
    diag_error(&d, NULL, "two\nlines\x1b[31m\ttab", "%s", "bad \xff\x1b]0;x\x07 byte\nnext line");
    assert_string_equal(d.first->summary, "two lines[31m tab");
    assert_string_equal(d.first->detail, "bad \xef\xbf\xbd]0;x byte\nnext line");
}

TEST(texts_have_limits)
{
    char *lengthy = arena_alloc(a, 100001);
    struct diags d;

    memset(lengthy, 'x', 100000);
    diags_init(&d, a);
    diag_error(&d, NULL, lengthy, "%s", lengthy);
    assert_int_equal(strlen(d.first->summary), DIAG_SUMMARY_BYTES_MAX);
    assert_int_equal(strlen(d.first->detail), DIAG_DETAIL_BYTES_MAX);
}

TEST(a_late_error_is_never_lost)
{
    struct diags d;

    diags_init(&d, a);
    for (int i = 0; i < 2 * DIAG_COUNT_MAX; i++)
        diag_warning(&d, NULL, "W", "%d", i);
    assert_int_equal(d.count, DIAG_COUNT_MAX);
    assert_int_equal(d.last->severity, DIAG_WARNING);
    assert_string_equal(d.last->summary, "More problems were found");
    assert_false(diag_error(&d, NULL, "E", "late"));
    assert_true(d.failed);
    assert_int_equal(d.count, DIAG_COUNT_MAX);
    assert_int_equal(d.last->severity, DIAG_ERROR);
}

TEST(lists_are_appended_across_arenas)
{
    struct arena *short_lived = arena_new();
    struct diags from, to;

    diags_init(&from, short_lived);
    diags_init(&to, a);
    diag_warning(&to, NULL, "W", "same");
    diag_warning(&from, NULL, "W", "same");
    diag_error(&from, path_of(short_lived, "a", "b"), "E", "other");
    diags_append(&to, &from);
    arena_free(short_lived);
    assert_int_equal(to.count, 2);
    assert_true(to.failed);
    assert_string_equal(to.last->detail, "other");
    assert_string_equal(path_text(a, to.last->path), "a.b");
}
