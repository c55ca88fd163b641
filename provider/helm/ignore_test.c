#include "helm/ignore.h"

#include "helm/test_pure.h"

static bool is_ignored(struct arena *a, const char *rules, const char *name)
{
    struct call *c = pure_call(a);
    struct ignore_rules *read;
    bool folder = text_ends_with(text_of(name), "/");

    if (!ignore_read(c, text_of(rules), ".helmignore", NULL, &read))
        fail_msg("%s: %s", rules, pure_said(c));
    return ignore_matches(read, text_z(a, (struct text){name, strlen(name) - folder}), folder);
}

/* A name that ends with "/" is a folder. */
TEST(patterns_say_what_is_left_out)
{
    static const struct {
        const char *rules, *ignored[4], *kept[4];
    } cases[] = {
        {"", {"templates/.x", "templates/.dir/"}, {"templates/x", ".x", "templates/a/.x"}},
        {"*.bak\n", {"a.bak", "x/y/a.bak"}, {"a.bakx", "bak"}},
        {"# a.txt\n\n  b.txt  \r\n", {"b.txt", "x/b.txt"}, {"a.txt", "# a.txt"}},
        {"/a.txt", {"a.txt"}, {"x/a.txt"}},
        {"docs/", {"docs/", "x/docs/"}, {"docs", "x/docs"}},
        {"docs/*.md", {"docs/a.md"}, {"a.md", "docs/x/a.md", "x/docs/a.md"}},
        {"a?c", {"abc"}, {"ac", "abbc"}},
        {"[a-c]x", {"ax", "cx"}, {"dx", "-x"}},
        {"[^a-c]x", {"dx"}, {"ax"}},
        {"\\*x", {"*x"}, {"ax"}},
        {"!*.md", {"a.txt", "b/"}, {"a.md"}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        for (size_t j = 0; j < 4 && cases[i].ignored[j]; j++)
            if (!is_ignored(a, cases[i].rules, cases[i].ignored[j]))
                fail_msg("%s keeps %s", cases[i].rules, cases[i].ignored[j]);
        for (size_t j = 0; j < 4 && cases[i].kept[j]; j++)
            if (is_ignored(a, cases[i].rules, cases[i].kept[j]))
                fail_msg("%s leaves out %s", cases[i].rules, cases[i].kept[j]);
    }
}

TEST(patterns_that_are_none_are_told)
{
    static const char *const cases[] = {"**/a", "[a", "[]a]", "[a-]", "a\\", "[-a]"};
    struct ignore_rules *rules;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct call *c = pure_call(a);

        assert_false(ignore_read(c, text_of(cases[i]), ".helmignore", NULL, &rules));
        assert_string_equal(pure_said(c),
                            text_f(a,
                                   "The chart cannot be read: .helmignore: the pattern \"%s\" is "
                                   "not understood (\"**\" and unfinished \"[\" are none of "
                                   ".helmignore's).",
                                   cases[i]));
    }
}

/* Go's path.Match, which istio's and other layers use too. */
TEST(names_match_as_a_whole)
{
    static const struct {
        const char *pattern, *name;
        bool matches, bad;
    } cases[] = {
        {"", "", true, false},
        {"*", "", true, false},
        {"*", "a/b", false, false},
        {"*/*", "a/b", true, false},
        {"a*b*c", "aXbYbZc", true, false},
        {"a*b", "aXbc", false, false},
        {"?", "/", false, false},
        {"[a/]", "/", true, false},
        {"\\[a", "[a", true, false},
        {"[a", "a", false, true},
        {"a[", "ab", false, true},
        {"a\\", "ab", false, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        bool bad, matches = ignore_glob(cases[i].pattern, cases[i].name, &bad);

        if (matches != cases[i].matches || bad != cases[i].bad)
            fail_msg("%s against %s: %d %d", cases[i].pattern, cases[i].name, matches, bad);
    }
}

/* A matcher that tries every star at every place would not come back. */
TEST(many_stars_end_soon)
{
    char pattern[201], name[20001];
    bool bad;

    for (size_t i = 0; i < 200; i++)
        pattern[i] = i % 2 ? 'a' : '*';
    pattern[199] = 'b';
    pattern[200] = '\0';
    memset(name, 'a', 20000);
    name[20000] = '\0';
    assert_false(ignore_glob(pattern, name, &bad));
    assert_false(bad);
}
