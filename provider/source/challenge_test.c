#include "source/challenge.h"

#include "base/test.h"
#include "codec/json.h"

TEST(reads_challenges)
{
    static const char *const cases[][2] = {
        {"Basic", "[{\"scheme\":\"basic\"}]"},
        {"Basic realm=\"x\"", "[{\"scheme\":\"basic\",\"realm\":\"x\"}]"},
        {"Bearer realm=\"https://a.example/token\",service=\"a b\",scope=\"repository:x/y:pull\"",
         "[{\"scheme\":\"bearer\",\"realm\":\"https://a.example/token\",\"service\":\"a b\","
         "\"scope\":\"repository:x/y:pull\"}]"},
        {"BEARER Realm = https://a.example , Scope=x",
         "[{\"scheme\":\"bearer\",\"realm\":\"https://a.example\",\"scope\":\"x\"}]"},
        {"Basic realm=\"a\", Bearer realm=\"b\"",
         "[{\"scheme\":\"basic\",\"realm\":\"a\"},{\"scheme\":\"bearer\",\"realm\":\"b\"}]"},
        {"Negotiate, Basic realm=\"a\"",
         "[{\"scheme\":\"negotiate\"},{\"scheme\":\"basic\",\"realm\":\"a\"}]"},
        {"Bearer realm=\"a\\\"b\\\\c\"", "[{\"scheme\":\"bearer\",\"realm\":\"a\\\"b\\\\c\"}]"},
        {"Bearer realm=\"a,b\", error=\"x=y\"",
         "[{\"scheme\":\"bearer\",\"realm\":\"a,b\",\"error\":\"x=y\"}]"},
        {"Bearer realm=\"a", "[{\"scheme\":\"bearer\"}]"},
        {"Bearer realm=", "[{\"scheme\":\"bearer\"}]"},
        {"Bearer scheme=\"basic\", realm=\"b\"", "[{\"scheme\":\"bearer\",\"realm\":\"b\"}]"},
        {"Basic ,, , ", "[{\"scheme\":\"basic\"}]"},
        {"=x", "[]"},
        {"\"x\"", "[]"},
        {"", "[]"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(json_write(a, challenge_read(a, text_of(cases[i][0]))).at, cases[i][1]);
}

TEST(finds_one)
{
    const struct value *all = challenge_read(a, TEXT("Basic realm=\"a\", Bearer realm=\"b\""));

    assert_string_equal(value_text(challenge_find(all, "bearer"), "realm"), "b");
    assert_true(value_is_null(challenge_find(all, "digest")));
}
