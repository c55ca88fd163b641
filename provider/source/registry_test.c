#include "source/registry.h"

#include "source/test_charts.h"

/* What a case gives: "1.0.1 alpha-1.0.1.tgz", or what was said. */
static const char *get(struct charts_fixture *f, const struct wanted *w)
{
    struct call *c = charts_call(f);
    struct package package = {.version = ""};

    if (!registry_get(c, f->clients.charts, w, &package))
        return charts_said(f);
    assert_int_equal(f->diags.count, 0);
    assert_true(package.archive.len > 100);
    return text_f(f->arena, "%s %s", package.version, package.file);
}

static void expect(struct charts_fixture *f, const struct wanted *w, const char *wanted)
{
    const char *got = get(f, w);

    wanted = charts_fill(f, wanted);
    if (!strstr(got, wanted))
        fail_msg("%s %s of %s gives\n%sinstead of\n%s", w->name, w->version, w->repository, got,
                 wanted);
}

TEST(gets_charts)
{
    static const struct {
        const char *repository, *name, *version, *gives;
    } cases[] = {
        {"oci://@host@/charts", "alpha", "", "1.2.0+build.5 alpha-1.2.0+build.5.tgz"},
        {"oci://@host@/charts", "alpha", "1.2.0+build.5", "1.2.0+build.5 "},
        {"oci://@host@/charts", "alpha", "~1.0", "1.0.1 "},
        {"oci://@host@/charts", "alpha", "1.0", "1.0.1 "},
        {"oci://@host@/charts", "alpha", "2.0.0-rc.1", "2.0.0-rc.1 "},
        {"oci://@host@/charts/alpha", "", "1.0.0", "1.0.0 alpha-1.0.0.tgz"},
        {"oci://@host@/index", "alpha", "1.0.0", "1.0.0 alpha-1.0.0.tgz"},
        {"oci://@host@/charts", "alpha", "3.0.0",
         "No version \"3.0.0\" of chart oci://@host@/charts/alpha: The newest are 2.0.0-rc.1, "
         "1.2.0+build.5, 1.1.0, 1.0.1, 1.0.0."},
        {"oci://@host@/charts", "alpha", ">=3", "No version \">=3\" of chart oci://@host@/charts/"},
        {"oci://@host@/charts", "alpha", "so so", "Malformed version"},
        {"oci://@host@/charts", "gamma", "",
         "No chart oci://@host@/charts/gamma: The list of its tags answered with status 404. "
         "NAME_UNKNOWN: repository name not known to registry."},
        {"oci://@host@/charts", "gamma", "1.0.0",
         "No chart oci://@host@/charts/gamma: The manifest of version 1.0.0 answered with status "
         "404. NAME_UNKNOWN: "},
        {"oci://@host@/image", "alpha", "1.0.0",
         "oci://@host@/image/alpha:1.0.0 is not a Helm chart: Its manifest has the config type "
         "\"application/vnd.oci.image.config.v1+json\" and no chart layer. It is a container"},
        {"oci://@host@/forged", "alpha", "1.0.0",
         "The registry @host@ sent something else: @plain@ was asked for sha256:"},
        {"oci://@host@/private", "alpha", "1.0.0",
         "The registry @host@ refuses private/alpha: It answered with status 401, and no "
         "credentials were given. UNAUTHORIZED: authentication required. Give them in the "
         "provider block: charts = { registry_auth = { \"@host@\" = "},
        {"oci://@host@/charts", "Alpha", "1.0.0", "Malformed address: \"charts/Alpha\" is no name"},
        {"oci://@host@/charts/alpha:1.0.0", "", "", "Malformed address: \"charts/alpha:1.0.0\" is"},
        {"oci://", "alpha", "", "Malformed address: \"oci://\" is not of the form"},
    };
    struct charts_fixture *f = charts_fixture_new(a);

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct wanted w =
            charts_wanted(charts_fill(f, cases[i].repository), cases[i].name, cases[i].version);

        expect(f, &w, cases[i].gives);
        charts_restart(f);
    }
}

TEST(asks_as_the_user)
{
    struct charts_fixture *f = charts_fixture_new(a);
    struct wanted w = charts_wanted(charts_fill(f, "oci://@host@/private"), "alpha", "1.0.0");

    w.username = CHARTS_USERNAME;
    w.password = "wrong";
    expect(f, &w,
           "The registry @host@ refuses private/alpha: It answered with status 401 to the "
           "user name \"reader\". UNAUTHORIZED: wrong user name or password.");
    w.password = CHARTS_PASSWORD;
    expect(f, &w, "1.0.0 alpha-1.0.0.tgz");
    w.repository = charts_fill(f, "oci://@host@/basic");
    w.version = "1.1.0";
    expect(f, &w, "1.1.0 ");
    w.username = "";
    w.version = "1.0.1";
    expect(f, &w, "The registry @host@ refuses basic/alpha: It answered with status 401, and no");
}

TEST(speaks_tls)
{
    struct charts_fixture *f = charts_fixture_new(a);
    struct wanted w = charts_wanted(charts_fill(f, "oci://@tlshost@/charts"), "alpha", "1.0.0");

    w.ca_pem = charts_ca_pem(f->server);
    expect(f, &w, "1.0.0 alpha-1.0.0.tgz");
}

/* "sha256:…" as "@". */
static const char *without_digests(struct arena *a, const char *lines)
{
    struct text_builder b;
    const char *found;

    text_builder_init(&b, a, 1 << 20);
    for (; (found = strstr(lines, "sha256:")); lines = found + 7 + 64) {
        text_add(&b, (struct text){lines, (size_t)(found - lines)});
        text_add_char(&b, '@');
    }
    text_add_z(&b, lines);
    return b.at;
}

TEST(asks_once)
{
    struct charts_fixture *f = charts_fixture_new(a);
    struct wanted w = charts_wanted(charts_fill(f, "oci://@host@/charts"), "alpha", "~1.0");

    expect(f, &w, "1.0.1 ");
    assert_string_equal(without_digests(a, charts_asked(f)),
                        "GET /v2/charts/alpha/tags/list 401\n"
                        "GET /token 200\n"
                        "GET /v2/charts/alpha/tags/list 200\n"
                        "GET /v2/charts/alpha/tags/list 200\n"
                        "GET /v2/charts/alpha/tags/list 200\n"
                        "GET /v2/charts/alpha/manifests/1.0.1 200\n"
                        "GET /v2/charts/alpha/blobs/@ 307\n"
                        "GET /blob/@ 200\n");
    expect(f, &w, "1.0.1 ");
    w.version = "1.0.1";
    expect(f, &w, "1.0.1 ");
    assert_string_equal(charts_asked(f), "");
}

TEST(wants_what_is_signed)
{
    struct charts_fixture *f = charts_fixture_new(a);
    struct wanted w = charts_wanted(charts_fill(f, "oci://@host@/charts"), "alpha", "1.0.0");

    w.provenance = true;
    expect(f, &w,
           "Chart oci://@host@/charts/alpha:1.0.0 is not signed: A keyring is given, so "
           "that a provenance layer is needed, but its manifest has none.");
}

/* --- manifests ------------------------------------------------------------------------ */

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CONFIG "\"config\":{\"mediaType\":\"application/vnd.cncf.helm.config.v1+json\"}"
#define LAYER(type, digest)                                                                        \
    "{\"mediaType\":\"application/" type "\",\"digest\":\"" digest "\",\"size\":5}"

TEST(reads_manifests)
{
    static const struct {
        const char *manifest, *gives;
    } cases[] = {
        {"{" CONFIG
         ",\"layers\":[" LAYER("vnd.cncf.helm.chart.provenance.v1.prov", "sha256:" HEX) "," LAYER(
             "vnd.cncf.helm.chart.content.v1.tar+gzip", "sha256:" HEX) "]}",
         "{\"chart\":\"sha256:" HEX "\",\"size\":5,\"provenance\":\"sha256:" HEX "\"}"},
        {"{" CONFIG ",\"layers\":[" LAYER("tar+gzip", "sha256:" HEX) "]}",
         "{\"chart\":\"sha256:" HEX "\",\"size\":5,\"provenance\":\"\"}"},
        {"{" CONFIG ",\"layers\":[" LAYER("tar+gzip", "sha512:" HEX) "]}",
         "it has a malformed manifest: The digest \"sha512:" HEX "\" of a layer"},
        {"{" CONFIG ",\"layers\":[" LAYER("tar+gzip", "../../x") "]}", "it has a malformed"},
        {"{" CONFIG ",\"layers\":[]}", "it is not a Helm chart"},
        {"{" CONFIG ",\"layers\":{}}", "it is not a Helm chart"},
        {"{\"layers\":[" LAYER("tar+gzip", "sha256:" HEX) "]}", "it is not a Helm chart"},
        {"[]", "it is not a Helm chart"},
        {"<html>", "it"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct value *parts;
        struct diags diags;
        struct call c = {.arena = a, .diags = &diags};
        const char *got;

        diags_init(&diags, a);
        if (registry_read_manifest(&c, text_of(cases[i].manifest), "it", NULL, &parts))
            got = json_write(a, parts).at;
        else
            got = text_f(a, "%s: %s", diags.first->summary, diags.first->detail);
        if (!strstr(got, cases[i].gives))
            fail_msg("%s gives\n%s\ninstead of\n%s", cases[i].manifest, got, cases[i].gives);
    }
}
