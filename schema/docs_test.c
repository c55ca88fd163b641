#include "schema/docs.h"

#include "schema/check.h"
#include "schema/test_case.h"

static const struct attribute check_rows[] = {
    NUMBER("port", OPTIONAL | COMPUTED, "Port to ask.", .fallback = "15021", .min = 1,
           .max = 65535),
    STRING("path", REQUIRED, "Path to ask."),
    END_ATTRIBUTES,
};

static const struct attribute balancer[] = {
    STRING("type", OPTIONAL | COMPUTED, "Kind of load balancer.", .one_of = ONE_OF("nlb", "clb"),
           .fallback = "nlb"),
    NESTED("health_check", NESTING_SINGLE, check_rows, OPTIONAL, "How health is asked for."),
    NESTED("listeners", NESTING_LIST, check_rows, OPTIONAL | FORCE_NEW, "What is listened to.",
           .min_items = 1, .max_items = 5),
    STRING("arn", COMPUTED, "ARN of the load balancer."),
    END_ATTRIBUTES,
};

static const struct attribute status[] = {
    STRING("message", REQUIRED, "What the controller says."),
    END_ATTRIBUTES,
};

static const struct attribute rows[] = {
    STRING("name", REQUIRED | FORCE_NEW, "Name of the gateway.", .check = check_dns_label),
    STRING("direction", OPTIONAL | COMPUTED | FORCE_NEW, "Where traffic comes from.",
           .one_of = ONE_OF("east-west", "north-south"), .fallback = "north-south"),
    STRING("prefix", OPTIONAL | COMPUTED, "Prefix of names.", .fallback = ""),
    TYPED("labels", &type_string_map, OPTIONAL, "Labels of the objects."),
    TYPED("networks", LIST_OF(type_string_set), OPTIONAL, "Sets of networks."),
    DYNAMIC("values", OPTIONAL, "Values for the chart."),
    STRING("chart_path", OPTIONAL, "Chart in a folder.", .exactly_one_of = "chart"),
    STRING("chart_url", OPTIONAL, "Chart in a repository.", .exactly_one_of = "chart",
           .requires = NAMES("chart_version")),
    STRING("chart_version", OPTIONAL, "Version of the chart.",
           .conflicts_with = NAMES("chart_path")),
    STRING("token", OPTIONAL | SENSITIVE, "Token of the repository.", .at_most_one_of = "login"),
    STRING("key", OPTIONAL | SENSITIVE | WRITE_ONLY, "Key of the repository.",
           .version_attribute = "key_version", .at_most_one_of = "login"),
    NUMBER("key_version", OPTIONAL, "Version of `key`."),
    STRING("subset", OPTIONAL, "Subset.", .deprecated = "Use `labels`."),
    NESTED("load_balancer", NESTING_SINGLE, balancer, OPTIONAL, "The load balancer."),
    NESTED("status", NESTING_MAP, status, COMPUTED, "Status of each cluster."),
    STRING("id", COMPUTED | KEEP_STATE, "Identifier."),
    END_ATTRIBUTES,
};

static const struct attribute parameters[] = {
    STRING("pem", REQUIRED, "Certificate in PEM form."),
    TYPED("roots", &type_string_list, OPTIONAL, "Roots to trust."),
    END_ATTRIBUTES,
};

static const struct attribute variadic = DYNAMIC("more", REQUIRED, "More of them.");
static const struct type_field fields[] = {{"subject", &type_string}, {"names", &type_string_list}};
static const struct type answer = {.kind = TYPE_OBJECT, .fields = fields, .count = 2};

static const struct resource resources[] = {
    {.name = "istio_gateway",
     .summary = "A gateway and its load balancer.",
     .doc = "It waits until the load balancer answers.",
     .attributes = rows,
     .timeouts = {.create = 1200, .remove = 5400},
     .import_doc = "By namespace and name: `istio-system/gateway`."},
    {.name = "mesh_gateways", .kind = KIND_DATA, .summary = "All gateways.", .attributes = status},
    {.name = "istio_token", .kind = KIND_EPHEMERAL, .summary = "A token.", .attributes = status},
    {.name = "certificate_info",
     .kind = KIND_FUNCTION,
     .summary = "What a certificate says.",
     .doc = "Nothing is verified.",
     .attributes = parameters,
     .variadic = &variadic,
     .returns = &answer},
};

static const char *const paths[] = {"resources/gateway.md", "data-sources/mesh_gateways.md",
                                    "ephemeral-resources/token.md",
                                    "functions/certificate_info.md"};

TEST(docs_paths)
{
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_string_equal(docs_path(a, &resources[i]), paths[i]);
}

static void check_page(struct arena *a, const char *name, struct text page)
{
    struct text golden = test_file(a, text_f(a, "schema/testdata/docs/%s.md", name));

    if (!text_equal(page, golden))
        fail_msg("%s.md differs; the page is now:\n%s", name, page.at);
}

TEST(docs_pages)
{
    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++)
        check_page(a, resources[i].name,
                   docs_page(a, &resources[i], TEXT("# One of them.\nexample {}\n"),
                             i ? TEXT("") : TEXT("terraform import istio_gateway.this a/b\n")));
}

TEST(docs_provider)
{
    check_page(a, "provider",
               docs_provider_page(a, balancer, "Meshes in plain HCL.", TEXT("provider {}\n")));
}
