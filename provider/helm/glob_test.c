#include "helm/glob.h"

#include <string.h>

#include "base/test.h"

static const char *const names[] = {
    "a.txt", "conf/one.yaml", "conf/two.yaml", "conf/deep/three.yaml", "conf/[x].yaml", "-",
};

/* The names that match, with a blank behind each. */
static const char *found(struct arena *a, const char *pattern)
{
    struct text_builder b;
    struct glob g;

    text_builder_init(&b, a, 4096);
    text_add_z(&b, "");
    glob_init(&g, pattern);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (glob_matches(&g, names[i]))
            text_add_f(&b, "%s ", names[i]);
    assert_false(g.exceeded);
    return b.len ? b.at : "";
}

TEST(patterns_choose_files)
{
    static const char all[] = "a.txt conf/one.yaml conf/two.yaml conf/deep/three.yaml "
                              "conf/[x].yaml - ";
    static const struct {
        const char *pattern, *gives;
    } cases[] = {
        {"*", "a.txt - "},
        {"?.txt", "a.txt "},
        {"conf/*.yaml", "conf/one.yaml conf/two.yaml conf/[x].yaml "},
        {"conf/**.yaml", "conf/one.yaml conf/two.yaml conf/deep/three.yaml conf/[x].yaml "},
        {"**/three.yaml", "conf/deep/three.yaml "},
        {"**", all},
        {"conf/{one,two}.yaml", "conf/one.yaml conf/two.yaml "},
        {"{a,conf/{one,t*}}.{txt,yaml}", "a.txt conf/one.yaml conf/two.yaml "},
        {"conf/[ot]*.yaml", "conf/one.yaml conf/two.yaml "},
        {"conf/[!o]*.yaml", "conf/two.yaml conf/[x].yaml "},
        {"conf/[n-p]ne.yaml", "conf/one.yaml "},
        {"conf/\\[x\\].yaml", "conf/[x].yaml "},
        {"none", ""},
        {"", ""},
        {"conf", ""},
        /* no patterns at all: they stand for everything */
        {"conf/[", all},
        {"{a", all},
        {"[]", all},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        if (strcmp(found(a, cases[i].pattern), cases[i].gives) != 0)
            fail_msg("%s gives %s, not %s", cases[i].pattern, found(a, cases[i].pattern),
                     cases[i].gives);
}

TEST(a_pattern_cannot_take_forever)
{
    char pattern[512] = "", name[4096];
    struct glob g;

    for (size_t i = 0; i < 60; i++)
        memcpy(pattern + 8 * i, "{a,aa}**", 8);
    pattern[480] = 'b';
    memset(name, 'a', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    glob_init(&g, pattern);
    assert_false(glob_matches(&g, name));
    assert_true(g.exceeded);
}

TEST(a_long_pattern_stands_for_everything)
{
    char pattern[GLOB_PATTERN_BYTES_MAX + 2];
    struct glob g;

    memset(pattern, 'a', sizeof(pattern));
    pattern[sizeof(pattern) - 1] = '\0';
    glob_init(&g, pattern);
    assert_true(glob_matches(&g, "conf/one.yaml"));
}
