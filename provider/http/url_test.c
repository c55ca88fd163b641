#include "http/url.h"

#include <string.h>

#include "base/test.h"

TEST(parses_addresses)
{
    static const struct {
        const char *z;
        struct url url;
    } cases[] = {
        {"https://a.example", {"https", "a.example", "", "", 443, false}},
        {"HTTP://a.example/", {"http", "a.example", "/", "", 80, false}},
        {"https://10.0.0.1:6443/api/v1", {"https", "10.0.0.1", "/api/v1", "", 6443, false}},
        {"https://[::1]:8443/x?y=1&z#f", {"https", "::1", "/x", "y=1&z", 8443, false}},
        {"https://[fe80::1]", {"https", "fe80::1", "", "", 443, false}},
        {"https://a?b=c", {"https", "a", "", "b=c", 443, false}},
        {"https://a#frag?x", {"https", "a", "", "", 443, false}},
        {"https://me:pw@a:1/p", {"https", "a", "/p", "", 1, true}},
        {"https://me@x@a/p", {"https", "a", "/p", "", 443, true}},
        {"http://a_b-c.d:65535", {"http", "a_b-c.d", "", "", 65535, false}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct url url;

        if (!url_parse(a, cases[i].z, &url))
            fail_msg("%s was refused", cases[i].z);
        assert_string_equal(url.scheme, cases[i].url.scheme);
        assert_string_equal(url.host, cases[i].url.host);
        assert_string_equal(url.path, cases[i].url.path);
        assert_string_equal(url.query, cases[i].url.query);
        assert_int_equal(url.port, cases[i].url.port);
        assert_int_equal(url.has_user_information, cases[i].url.has_user_information);
    }
}

TEST(refuses_what_is_no_address)
{
    static const char *const cases[] = {
        "",
        "a.example",
        "//a.example",
        "ftp://a.example",
        "https:/a.example",
        "https://",
        "https:///path",
        "https://:443",
        "https://a:0",
        "https://a:65536",
        "https://a:123456",
        "https://a:",
        "https://a:44x",
        "https://a b",
        "https://a\n",
        "https://a\\b",
        "https://\xc3\xa4.example",
        "https://a%2eb",
        "https://[::1",
        "https://[::1]x",
        "https://[fe80::1%25eth0]",
        "https://[a.example]",
        "https://me@",
        "https://.a",
        "https://-a",
    };
    struct url url;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (url_parse(a, cases[i], &url))
            fail_msg("%s was taken", cases[i]);
    assert_false(url_parse(a, NULL, &url));
    assert_string_equal(url.host, "");
}

TEST(escapes)
{
    assert_string_equal(url_escape(a, TEXT("az AZ09-._~/:+"), NULL), "az%20AZ09-._~%2F%3A%2B");
    assert_string_equal(url_escape(a, TEXT("/a b/c"), "/"), "/a%20b/c");
    assert_string_equal(url_escape(a, TEXT("\0\xff%"), "/"), "%00%FF%25");
    assert_string_equal(url_escape(a, TEXT(""), NULL), "");
}

TEST(builds_queries)
{
    const char *const all[] = {"a", "1", "b", "x y&", "c d", "=", NULL};
    const char *const some[] = {"a", NULL, "b", "", "c", "3", NULL};
    const char *const none[] = {"a", NULL, NULL};

    assert_string_equal(url_query(a, all), "?a=1&b=x%20y%26&c%20d=%3D");
    assert_string_equal(url_query(a, some), "?c=3");
    assert_string_equal(url_query(a, none), "");
}

TEST(names_origins)
{
    static const struct {
        const char *url, *origin;
        bool loopback;
    } cases[] = {
        {"https://Charts.Example.com/a?b", "https://charts.example.com", false},
        {"https://a.example:443", "https://a.example", false},
        {"https://a.example:80", "https://a.example:80", false},
        {"http://LOCALHOST:8080/x", "http://localhost:8080", true},
        {"http://127.1.2.3", "http://127.1.2.3", true},
        {"https://[::1]:8443/", "https://[::1]:8443", true},
        {"http://[::2]", "http://[::2]", false},
        {"http://127.0.0.1.example", "http://127.0.0.1.example", false},
        {"http://localhost.example", "http://localhost.example", false},
    };
    struct url url;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(url_parse(a, cases[i].url, &url));
        assert_string_equal(url_origin(a, &url), cases[i].origin);
        assert_int_equal(url_is_loopback(&url), cases[i].loopback);
    }
}

/* The first half is section 5.4's own table. */
TEST(resolves_references)
{
    static const char *const cases[][2] = {
        {"g:h", "g:h"},
        {"g", "https://a/b/c/g"},
        {"./g", "https://a/b/c/g"},
        {"g/", "https://a/b/c/g/"},
        {"/g", "https://a/g"},
        {"//g", "https://g"},
        {"?y", "https://a/b/c/d;p?y"},
        {"g?y", "https://a/b/c/g?y"},
        {"#s", "https://a/b/c/d;p?q"},
        {"g#s", "https://a/b/c/g"},
        {"", "https://a/b/c/d;p?q"},
        {".", "https://a/b/c/"},
        {"..", "https://a/b/"},
        {"../g", "https://a/b/g"},
        {"../..", "https://a/"},
        {"../../../g", "https://a/g"},
        {"/./g", "https://a/g"},
        {"/../g", "https://a/g"},
        {"g.", "https://a/b/c/g."},
        {"..g", "https://a/b/c/..g"},
        {"./g/.", "https://a/b/c/g/"},
        {"g/../h", "https://a/b/c/h"},
        {"http://x.example/y?z#s", "http://x.example/y?z"},
        {"g?y/../x", "https://a/b/c/g?y/../x"},
        {"g//h", "https://a/b/c/g//h"},
    };
    struct url base, bare;

    assert_true(url_parse(a, "https://a/b/c/d;p?q", &base));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(url_resolve(a, &base, cases[i][0]), cases[i][1]);
    assert_true(url_parse(a, "https://a:8443", &bare));
    assert_string_equal(url_resolve(a, &bare, "g"), "https://a:8443/g");
    assert_string_equal(url_resolve(a, &bare, "../g?x"), "https://a:8443/g?x");
}
