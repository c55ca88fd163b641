#include "helm/render.h"
#include "helm/root.h"
#include "helm/test_pure.h"
#include "template/template.h"

static const char *kube_version(struct arena *a, const char *version)
{
    struct capabilities c = {.git_version = "none"};

    return capabilities_kube_version(a, version, &c) ? c.git_version : "refused";
}

TEST(versions_are_taken_as_kube_version_takes_them)
{
    static const char *const cases[][2] = {
        {"1.28", "v1.28"},          {"v1.28", "v1.28"},
        {"1.28.3", "v1.28.3"},      {"v1.33.4-eks-1", "v1.33.4"},
        {"1.28.3+k3s1", "v1.28.3"}, {"1.28.x", "v1.28"},
        {"1", "refused"},           {"", "refused"},
        {"latest", "refused"},      {"1.", "refused"},
        {".28", "refused"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(kube_version(a, cases[i][0]), cases[i][1]);
}

/* The text that a template makes of .Capabilities. */
static const char *shown(struct arena *a, const struct capabilities *capabilities,
                         const char *source)
{
    struct call *c = pure_call(a);
    struct template_set *set = template_set_new(c, NULL);
    const struct datum *dot = datum_map_new(a);
    struct text out;

    datum_set(dot, TEXT("Capabilities"), capabilities_datum(a, capabilities));
    if (!template_parse(set, "t", text_of(source)) || !template_execute(set, "t", dot, &out))
        return template_error(set);
    return text_z(a, out);
}

#define KUBE ".Capabilities.KubeVersion"

TEST(a_servers_version_is_shown_as_it_says_it)
{
    static const struct capabilities server = {
        .git_version = "v1.33.4-eks-1", .major = "1", .minor = "33+"};

    assert_string_equal(shown(a, &server,
                              "{{ " KUBE " }} {{ print " KUBE " }} {{ " KUBE
                              ".Minor }} {{ toJson " KUBE " }}"),
                        "v1.33.4-eks-1 {v1.33.4-eks-1 1 33+} 33+ "
                        "{\"Version\":\"v1.33.4-eks-1\",\"Major\":\"1\",\"Minor\":\"33+\"}");
    assert_string_equal(shown(a, &(struct capabilities){.git_version = "v1.28.3-gke.100"},
                              "{{ " KUBE ".Major }}.{{ " KUBE ".Minor }} {{ " KUBE ".String }}"),
                        "1.28 v1.28.3-gke.100");
    assert_string_equal(shown(a, &server, "{{ (first (list " KUBE ")).String }}"),
                        "template: t:1:29: executing \"t\" at <.Capabilities.KubeVersion>: can't "
                        "evaluate field String in type chartutil.KubeVersion");
}

#define VERSIONS ".Capabilities.APIVersions"

TEST(api_versions_are_asked_for_by_their_whole_name)
{
    struct capabilities offline;

    capabilities_offline(a, &offline);
    assert_string_equal(shown(a, &offline,
                              "{{ " VERSIONS ".Has \"apps/v1\" }} "
                              "{{ " VERSIONS ".Has \"apps/v1/Deployment\" }} "
                              "{{ has \"v1\" " VERSIONS " }} {{ " VERSIONS " | first }}"),
                        "true false true v1");
    offline.api_versions =
        value_append(a, offline.api_versions, value_string(a, "apps/v1/Deployment"));
    assert_string_equal(shown(a, &offline, "{{ " VERSIONS ".Has \"apps/v1/Deployment\" }}"),
                        "true");
    assert_string_equal(shown(a, &offline, "{{ " VERSIONS ".Has 1 }}"),
                        "template: t:1:33: executing \"t\" at <1>: expected string; found 1");
    offline.api_versions = &value_null;
    assert_string_equal(shown(a, &offline, "{{ " VERSIONS ".Has \"v1\" }} {{ len " VERSIONS " }}"),
                        "false 0");
}
