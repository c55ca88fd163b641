#include "istio/token_policy.h"

#include <string.h>

#include "base/clock.h"
#include "base/test.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "istio/service_token.h"

enum { HOUR = 3600 };

static const struct value *claims(struct arena *a, int64_t age, int64_t left)
{
    int64_t now = clock_now();

    return value_map_of(a, {"iat", value_integer(a, now - age)},
                        {"exp", value_integer(a, now + left)});
}

TEST(defaults_and_durations)
{
    struct token_policy p = token_policy_of(&value_null);

    assert_int_equal(p.type, READER_TOKEN_SECRET);
    assert_int_equal(p.validity_seconds, 8760 * HOUR);
    assert_int_equal(p.renew_before_seconds, 720 * HOUR);
    p = token_policy_of(value_map_of(a, {"type", value_string(a, "bound")},
                                     {"validity", value_string(a, "24h")},
                                     {"renew_before", value_string(a, "90m")}));
    assert_int_equal(p.type, READER_TOKEN_BOUND);
    assert_int_equal(p.validity_seconds, 24 * HOUR);
    assert_int_equal(p.renew_before_seconds, 90 * 60);
}

/* The margin is renew_before, but not more than a third of the token's life. */
TEST(when_a_token_is_due)
{
    static const struct {
        int64_t age, left;
        bool due;
    } cases[] = {
        {0, 100 * HOUR, false},      {79 * HOUR, 21 * HOUR, false}, {80 * HOUR, 20 * HOUR, true},
        {100 * HOUR, -1, true},      {0, 24 * HOUR, false},         {15 * HOUR, 9 * HOUR, false},
        {16 * HOUR, 8 * HOUR, true},
    };
    const struct token_policy p = {READER_TOKEN_BOUND, 100 * HOUR, 20 * HOUR};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (token_policy_is_due(&p, claims(a, cases[i].age, cases[i].left)) != cases[i].due)
            fail_msg("case %zu", i);
    assert_false(token_policy_is_due(&p, &value_empty_map)); /* one that never expires */
    assert_true(token_policy_is_near(&p, clock_now() + 20 * HOUR));
    assert_false(token_policy_is_near(&p, clock_now() + 21 * HOUR));
}

TEST(claims_of_tokens)
{
    static const char payload[] = "{\"sub\": \"system:serviceaccount:a:b\", \"exp\": 7}";
    const char *encoded = base64_encode(a, TEXT(payload), BASE64_URL_RAW).at;
    static const char *const others[] = {"",        "x",       "a.b", "..", "a.e30.c.d.e",
                                         "a.W10.c", "a.\x01.c"};
    const struct value *found = service_token_claims(a, text_f(a, "head.%s.sign", encoded));

    assert_string_equal(value_text(found, "sub"), "system:serviceaccount:a:b");
    assert_int_equal(value_integer_at(found, "exp"), 7);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(value_count(service_token_claims(a, others[i])), 0);
}
