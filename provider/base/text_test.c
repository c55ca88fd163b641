#include "base/text.h"

#include <string.h>

#include "base/test.h"

TEST(slices_are_compared_by_bytes)
{
    assert_true(text_equal(TEXT("a\0b"), TEXT("a\0b")));
    assert_false(text_equal(TEXT("a\0b"), TEXT("a\0c")));
    assert_true(text_equal((struct text){NULL, 0}, TEXT("")));
    assert_true(text_is(text_of(NULL), ""));
    assert_true(text_starts_with(TEXT("abc"), "ab"));
    assert_false(text_starts_with(TEXT("a"), "ab"));
    assert_true(text_ends_with(TEXT("abc"), "bc"));
    assert_true(text_ends_with(TEXT("abc"), ""));
    assert_false(text_ends_with(TEXT("c"), "bc"));
}

TEST(order_is_by_bytes_then_length)
{
    static const struct text sorted[] = {{"", 0},   {"A", 1}, {"a", 1},       {"a\0", 2},
                                         {"ab", 2}, {"b", 1}, {"\xc3\xa9", 2}};

    for (size_t i = 0; i < sizeof(sorted) / sizeof(sorted[0]); i++)
        for (size_t j = 0; j < sizeof(sorted) / sizeof(sorted[0]); j++) {
            int order = text_compare(sorted[i], sorted[j]);

            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
}

TEST(blanks_are_trimmed_from_both_ends)
{
    assert_true(text_is(text_trim(TEXT(" \t\r\na b\n ")), "a b"));
    assert_true(text_is(text_trim(TEXT(" \n ")), ""));
    assert_true(text_is(text_trim(TEXT("")), ""));
}

TEST(splitting_gives_every_piece)
{
    struct text rest = TEXT("a,,b,"), piece;
    struct text_builder b;

    text_builder_init(&b, a, 100);
    while (text_split(&rest, ',', &piece)) {
        text_add_char(&b, '<');
        text_add(&b, piece);
        text_add_char(&b, '>');
    }
    assert_string_equal(b.at, "<a><><b><>");
    rest = TEXT("");
    assert_true(text_split(&rest, ',', &piece));
    assert_int_equal(piece.len, 0);
    assert_false(text_split(&rest, ',', &piece));
}

static const struct {
    const char *bytes;
    bool valid;
} utf8[] = {
    {"", true},
    {"plain", true},
    {"\x7f", true},
    {"\xc2\x80", true},
    {"\xdf\xbf", true},
    {"\xe0\xa0\x80", true},
    {"\xed\x9f\xbf", true},
    {"\xee\x80\x80", true},
    {"\xef\xbf\xbf", true},
    {"\xf0\x90\x80\x80", true},
    {"\xf4\x8f\xbf\xbf", true},
    {"\x80", false}, /* a continuation alone */
    {"\xbf", false},
    {"\xc0\x80", false}, /* overlong */
    {"\xc1\xbf", false},
    {"\xe0\x9f\xbf", false},
    {"\xf0\x8f\xbf\xbf", false},
    {"\xed\xa0\x80", false}, /* surrogates */
    {"\xed\xbf\xbf", false},
    {"\xf4\x90\x80\x80", false}, /* above U+10FFFF */
    {"\xf5\x80\x80\x80", false},
    {"\xf8\x88\x80\x80\x80", false}, /* five bytes */
    {"\xff", false},
    {"\xc2", false}, /* cut */
    {"\xe2\x82", false},
    {"\xf0\x9f\x98", false},
    {"\xc2"
     "a",
     false},
    {"\xe2\x82"
     "a",
     false},
    {"a\xff"
     "b",
     false},
};

TEST(utf8_is_what_rfc_3629_says)
{
    for (size_t i = 0; i < sizeof(utf8) / sizeof(utf8[0]); i++) {
        struct text t = text_of(utf8[i].bytes);
        char *exact = memory_new(1, t.len); /* not a byte behind it */

        memcpy(exact, t.at, t.len);
        if (text_utf8_valid((struct text){exact, t.len}) != utf8[i].valid)
            fail_msg("case %zu", i);
        memory_free(exact);
        assert_true(text_utf8_valid(text_of(text_printable(a, t, 100))));
    }
    assert_true(text_utf8_valid(TEXT("a\0b")));
}

TEST(foreign_text_becomes_printable)
{
    assert_string_equal(text_printable(a, TEXT("a\tb\nc"), 100), "a\tb\nc");
    assert_string_equal(text_printable(a, TEXT("\x1b[1ma\x07\x7f\r\0z"), 100), "[1maz");
    assert_string_equal(text_printable(a,
                                       TEXT("a\xc2\x9b"
                                            "1mb"),
                                       100),
                        "a1mb");
    assert_string_equal(text_printable(a,
                                       TEXT("\xff"
                                            "a\xe2\x82"),
                                       100),
                        "\xef\xbf\xbd"
                        "a\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(text_printable(a, TEXT("abcdef"), 3), "abc");
    /* A character is never cut in two. */
    assert_string_equal(text_printable(a, TEXT("ab\xe2\x82\xac"), 4), "ab");
    assert_string_equal(text_printable(a, (struct text){NULL, 0}, 4), "");
}

TEST(printf_goes_into_the_arena)
{
    char *wide = text_f(a, "%5000d|%s", 7, "end");

    assert_int_equal(strlen(wide), 5004);
    assert_string_equal(wide + 4999, "7|end");
    assert_string_equal(text_z(a, (struct text){"abcdef", 3}), "abc");
}

TEST(builder_grows_up_to_its_limit)
{
    struct text_builder b;

    text_builder_init(&b, a, 10000);
    for (int i = 0; i < 1000; i++)
        text_add_f(&b, "%04d", i);
    text_add_z(&b, "end");
    assert_false(b.overflow);
    assert_int_equal(text_built(&b).len, 4003);
    assert_string_equal(b.at + 3996, "0999end");
}

TEST(builder_remembers_what_it_refused)
{
    struct text_builder b;

    text_builder_init(&b, a, 5);
    text_add_z(&b, "abc");
    text_add_z(&b, "defg");
    assert_true(b.overflow);
    text_add_z(&b, "x"); /* would fit, but a gap before it would be worse */
    assert_string_equal(b.at, "abc");
    text_builder_init(&b, a, 0);
    text_add_z(&b, "");
    assert_false(b.overflow);
    text_add_char(&b, 'x');
    assert_true(b.overflow);
    assert_string_equal(b.at, "");
}
