#include "source/source.h"

#include <stdio.h>
#include <time.h>

#include "source/test_charts.h"

static const struct value *json(struct charts_fixture *f, const char *text)
{
    const struct value *v = NULL;
    struct diags diags;

    diags_init(&diags, f->arena);
    if (!json_read(f->arena, text_of(charts_fill(f, text)), "test", &diags, &v))
        fail_msg("%s in %s", diags.first->detail, text);
    return v;
}

/* "alpha 1.0.0", or what was said. */
static const char *fetch(struct charts_fixture *f, const struct chart_request *request)
{
    struct call *c = charts_call(f);
    struct chart *chart;

    if (!chart_fetch(c, request, &chart)) {
        assert_true(f->diags.failed);
        return charts_said(f);
    }
    assert_false(f->diags.failed);
    assert_int_equal(strncmp(chart->digest, "sha256:", 7), 0);
    return text_f(f->arena, "%s %s", chart->name, chart->version);
}

struct fetch_case {
    const char *provider, *source; /* JSON; "" = null */
    const char *gives;
};

static void run(struct charts_fixture *f, const struct fetch_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct chart_request request = {.source = &value_null, .at = path_of(f->arena, "chart")};
        const char *wanted = charts_fill(f, cases[i].gives), *got;

        if (cases[i].source[0])
            request.source = json(f, cases[i].source);
        f->clients.provider_config =
            cases[i].provider[0] ? value_map_of(f->arena, {"charts", json(f, cases[i].provider)})
                                 : &value_null;
        got = fetch(f, &request);
        if (!strstr(got, wanted))
            fail_msg("%s gives\n%s\ninstead of\n%s", cases[i].source, got, wanted);
        charts_restart(f);
    }
}

#define CREDENTIALS "{\"username\":\"" CHARTS_USERNAME "\",\"password\":\"" CHARTS_PASSWORD "\"}"

TEST(finds_the_place)
{
    static const struct fetch_case cases[] = {
        {"", "{\"repository\":\"@plain@/charts\",\"name\":\"alpha\",\"version\":\"1.0.0\"}",
         "alpha 1.0.0"},
        {"", "{\"repository\":\"@plain@/charts//\",\"name\":\"alpha\",\"version\":\"1.0.0\"}",
         "alpha 1.0.0"},
        {"", "{\"repository\":\"oci://@host@/charts\",\"name\":\"alpha\",\"version\":\"~1.0\"}",
         "alpha 1.0.1"},
        {"{\"repository\":\"@plain@/charts\"}", "{\"name\":\"alpha\"}", "alpha 1.2.0+build.5"},
        {"{\"repository\":\"@plain@/html\"}",
         "{\"repository\":\"@plain@/charts\",\"name\":\"alpha\",\"version\":\"1.1.0\"}",
         "alpha 1.1.0"},
        {"", "{\"name\":\"alpha\"}",
         "Where is the chart?: Neither a repository nor a path is "
         "given for the chart alpha."},
        {"", "", "Where is the chart?: Neither a repository nor a path is given. Set"},
        {"", "{\"repository\":\"@plain@/charts\"}", "Which chart?"},
    };

    run(charts_fixture_new(a), cases, sizeof(cases) / sizeof(*cases));
}

TEST(finds_credentials)
{
    static const struct fetch_case cases[] = {
        {"{\"registry_auth\":{\"@host@\":" CREDENTIALS "}}",
         "{\"repository\":\"@plain@/private\",\"name\":\"alpha\",\"version\":\"1.0.0\"}",
         "alpha 1.0.0"},
        {"{\"registry_auth\":{\"127.0.0.1\":" CREDENTIALS "}}",
         "{\"repository\":\"oci://@host@/private\",\"name\":\"alpha\",\"version\":\"1.0.0\"}",
         "alpha 1.0.0"},
        {"{\"registry_auth\":{\"127.0.0.2\":" CREDENTIALS "}}",
         "{\"repository\":\"oci://@host@/private\",\"name\":\"alpha\",\"version\":\"1.0.0\"}",
         "and no credentials were given"},
        {"",
         "{\"repository\":\"@plain@/private\",\"name\":\"alpha\",\"version\":\"1.0.0\","
         "\"username\":\"" CHARTS_USERNAME "\",\"password\":\"" CHARTS_PASSWORD "\"}",
         "alpha 1.0.0"},
        {"{\"registry_auth\":{\"127.0.0.1\":" CREDENTIALS "}}",
         "{\"repository\":\"@plain@/private\",\"name\":\"alpha\",\"version\":\"1.0.0\","
         "\"username\":\"another\",\"password\":\"x\"}",
         "status 401 to the user name \"another\""},
    };

    run(charts_fixture_new(a), cases, sizeof(cases) / sizeof(*cases));
}

#define SIGNED "provider/source/testdata/provenance/"

TEST(reads_what_is_here)
{
    static const struct fetch_case cases[] = {
        {"", "{\"path\":\"" TEST_CHARTS "/alpha\"}", "alpha 1.0.0"},
        {"", "{\"path\":\"" TEST_CHARTS "/alpha/\"}", "alpha 1.0.0"},
        {"", "{\"path\":\"" TEST_CHARTS "/alpha\",\"version\":\"~1.0\"}", "alpha 1.0.0"},
        {"", "{\"path\":\"" TEST_CHARTS "/alpha\",\"version\":\"~1.1\"}",
         "This is another version: " TEST_CHARTS "/alpha is alpha 1.0.0; the version \"~1.1\" is "
         "wanted."},
        {"", "{\"path\":\"" TEST_CHARTS "/alpha\",\"name\":\"beta\"}",
         "This is another chart: " TEST_CHARTS
         "/alpha is the chart \"alpha\"; \"beta\" is wanted."},
        {"", "{\"path\":\"" TEST_CHARTS "/nothing\"}", TEST_CHARTS "/nothing"},
        {"", "{\"path\":\"" TEST_CHARTS "/alpha\",\"keyring\":\"" SIGNED "rsa.asc\"}",
         "A folder cannot be verified"},
        {"", "{\"path\":\"" SIGNED "signed-1.0.0.tgz\",\"keyring\":\"" SIGNED "rsa.asc\"}",
         "signed 1.0.0"},
        {"", "{\"path\":\"" SIGNED "signed-1.0.0.tgz\",\"keyring\":\"" SIGNED "other.asc\"}",
         "which is not in the keyring"},
        {"", "{\"path\":\"" SIGNED "signed-1.0.0.tgz\",\"keyring\":\"" SIGNED "no.asc\"}",
         "Cannot read the keyring: " SIGNED "no.asc: No such file or directory."},
        {"",
         "{\"path\":\"" SIGNED "signed-1.0.0.tgz\",\"digest\":\"sha256:"
         "A6CDEBC41E098C5710E566D55A6C41EAC648A4C1CE46DFF934F84222EAAA5A16\"}",
         "signed 1.0.0"},
        {"",
         "{\"path\":\"" SIGNED "signed-1.0.0.tgz\",\"digest\":\"sha256:"
         "00cdebc41e098c5710e566d55a6c41eac648a4c1ce46dff934f84222eaaa5a16\"}",
         "Chart " SIGNED "signed-1.0.0.tgz has a wrong digest"},
    };

    clock_shift(1798761600 - time(NULL)); /* a while after the keys were made */
    run(charts_fixture_new(a), cases, sizeof(cases) / sizeof(*cases));
}

TEST(takes_what_a_resource_has)
{
    struct charts_fixture *f = charts_fixture_new(a);
    struct chart_request request = {.source = &value_null,
                                    .at = path_of(a, "chart"),
                                    .name = "alpha",
                                    .version = "1.0.1",
                                    .repository = charts_fill(f, "@plain@/charts")};

    assert_string_equal(fetch(f, &request), "alpha 1.0.1");
    request.source = json(f, "{\"name\":\"beta\",\"version\":\"0.1.0-alpha\"}");
    assert_string_equal(fetch(f, &request), "beta 0.1.0-alpha");
}

TEST(knows_when_it_knows_enough)
{
    struct charts_fixture *f = charts_fixture_new(a);
    struct call *c = charts_call(f);
    const struct value *source = json(f, "{\"name\":\"alpha\"}");

    assert_true(chart_source_is_known(c, source));
    assert_true(chart_source_is_known(c, &value_null));
    assert_false(chart_source_is_known(c, value_with(a, source, "version", &value_unknown)));
    f->clients.provider_config = value_map_of(a, {"aws", &value_unknown});
    assert_true(chart_source_is_known(c, source));
    f->clients.provider_config = value_map_of(a, {"charts", &value_unknown});
    assert_false(chart_source_is_known(c, source));
}
