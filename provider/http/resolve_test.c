#include "http/resolve.h"

#include "codec/json.h"
#include "http/test_server.h"

/* None of these asks a name server. */
TEST(names_have_addresses_or_a_reason)
{
    static const char too_long[] = "a-label-of-more-than-sixty-three-characters-is-not-a-name-for-"
                                   "any-resolver-of-this-world.example";
    static const struct {
        const char *name, *first, *why;
    } rows[] = {
        {"localhost", "127.0.0.1", ""},
        {"k8s-istioing-edge-0123456789.elb.eu-west-1.amazonaws.com.localhost", "127.0.0.1", ""},
        {"EDGE.LOCALHOST", "127.0.0.1", ""},
        {"192.0.2.7", "192.0.2.7", ""},
        {"2001:db8::1", "2001:db8::1", ""},
        {too_long, "", "the name"},
        {"", "", "has no address"},
    };
    struct fixture *f = fixture_new(a);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct value *addresses;
        const char *why, *all;

        assert_true(resolve_name(&f->call, rows[i].name, &addresses, &why));
        all = json_write(a, addresses).at;
        if (*rows[i].first)
            assert_non_null(strstr(all, text_f(a, "\"%s\"", rows[i].first)));
        else
            assert_string_equal(all, "[]");
        assert_non_null(strstr(why, rows[i].why));
        assert_int_equal(*why != '\0', *rows[i].why != '\0');
    }
}

TEST(a_cancelled_call_says_so)
{
    struct fixture *f = fixture_new(a);
    const struct value *addresses;
    const char *why;

    cancel_fire(f->call.cancel);
    assert_false(resolve_name(&f->call, "edge.localhost", &addresses, &why));
    assert_string_equal(f->diags.first->summary, "Interrupted");
}
