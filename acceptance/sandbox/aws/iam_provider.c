/* OpenID Connect providers of the stand-in IAM: issuers whose tokens may become roles. */
#include <string.h>

#include "acceptance/sandbox/aws/cloud_iam.h"

static const char scheme[] = "https://";
enum { SCHEME_BYTES = sizeof(scheme) - 1, CLIENTS_MAX = 100, THUMBPRINT_BYTES = 40 };

static const char *arn_of(const struct cloud_request *r, const char *url)
{
    return text_f(r->a, "arn:aws:iam::%s:oidc-provider/%s", r->cloud->account, url + SCHEME_BYTES);
}

static struct record *provider_of(struct cloud_request *r, bool is_seen)
{
    const char *arn = cloud_text(r, "OpenIDConnectProviderArn");

    return is_seen ? cloud_iam_get(r, "oidc-provider", arn)
                   : cloud_iam_get_any(r, "oidc-provider", arn);
}

static bool thumbprints_fit(struct cloud_request *r, const struct value *list)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strlen(value_z(value_item(list, i))) != THUMBPRINT_BYTES)
            return cloud_refuse(r, 400, "ValidationError", "A thumbprint has 40 characters, not %s",
                                value_z(value_item(list, i)));
    return true;
}

static bool create_provider(struct cloud_request *r)
{
    const char *url = cloud_text(r, "Url");
    const struct value *thumbprints = cloud_items(r->a, value_at(r->parameters, "ThumbprintList"));
    struct record *provider;

    if (strncmp(url, scheme, SCHEME_BYTES) != 0)
        return cloud_refuse(r, 400, "ValidationError", "Invalid Open ID Connect Provider URL");
    if (!thumbprints_fit(r, thumbprints))
        return false;
    if (record_find(r->cloud, "", "oidc-provider", arn_of(r, url)))
        return cloud_iam_exists(r, "provider with url", url);
    provider = record_add(
        r->cloud, "", "oidc-provider", arn_of(r, url),
        value_map_of(r->a, {"Url", value_string(r->a, url + SCHEME_BYTES)},
                     {"ClientIDList", cloud_items(r->a, value_at(r->parameters, "ClientIDList"))},
                     {"ThumbprintList", thumbprints}, {"CreateDate", cloud_iam_now(r->a)}));
    if (!cloud_iam_tag(r, provider)) {
        record_remove(r->cloud, provider);
        return false;
    }
    return cloud_answer(
        r, value_map_of(r->a, {"OpenIDConnectProviderArn", value_string(r->a, provider->id)}));
}

static bool get_provider(struct cloud_request *r)
{
    const struct record *provider = provider_of(r, true);

    return provider && cloud_answer(r, value_with(r->a, provider->body, "Tags",
                                                  cloud_iam_tags(r->a, provider)));
}

static bool list_providers(struct cloud_request *r)
{
    const struct record *provider = NULL;
    struct value_builder b;

    value_builder_init(&b, r->a);
    while ((provider = record_next(r->cloud, provider, "", "oidc-provider")))
        value_builder_add(&b, value_map_of(r->a, {"Arn", value_string(r->a, provider->id)}));
    return cloud_answer(r,
                        value_map_of(r->a, {"OpenIDConnectProviderList", value_builder_list(&b)}));
}

static bool delete_provider(struct cloud_request *r)
{
    struct record *provider = provider_of(r, false);

    if (!provider)
        return false;
    record_remove(r->cloud, provider);
    return cloud_iam_done(r);
}

static bool update_thumbprint(struct cloud_request *r)
{
    struct record *provider = provider_of(r, true);
    const struct value *list = cloud_items(r->a, value_at(r->parameters, "ThumbprintList"));

    if (!provider || !thumbprints_fit(r, list))
        return false;
    record_set(provider, "ThumbprintList", list);
    return cloud_iam_done(r);
}

static const struct value *without(struct arena *a, const struct value *list, const char *item)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_z(value_item(list, i)), item) != 0)
            value_builder_add(&b, value_item(list, i));
    return value_builder_list(&b);
}

static bool add_client(struct cloud_request *r)
{
    struct record *provider = provider_of(r, true);
    const char *client = cloud_text(r, "ClientID");
    const struct value *list =
        provider ? without(r->a, value_at(provider->body, "ClientIDList"), client) : &value_null;

    if (!provider)
        return false;
    if (value_count(list) == CLIENTS_MAX)
        return cloud_refuse(r, 409, "LimitExceeded",
                            "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: %d",
                            CLIENTS_MAX);
    record_set(provider, "ClientIDList", value_append(r->a, list, value_string(r->a, client)));
    return cloud_iam_done(r);
}

static bool remove_client(struct cloud_request *r)
{
    struct record *provider = provider_of(r, true);

    if (!provider)
        return false;
    record_set(provider, "ClientIDList",
               without(r->a, value_at(provider->body, "ClientIDList"), cloud_text(r, "ClientID")));
    return cloud_iam_done(r);
}

static bool tag_provider(struct cloud_request *r)
{
    struct record *provider = provider_of(r, true);

    return provider && cloud_iam_tag(r, provider) && cloud_iam_done(r);
}

static bool untag_provider(struct cloud_request *r)
{
    struct record *provider = provider_of(r, true);

    return provider && cloud_iam_untag(r, provider) && cloud_iam_done(r);
}

const struct cloud_operation cloud_iam_provider_operations[] = {
    {.name = "CreateOpenIDConnectProvider",
     .handle = create_provider,
     .parameters = "!Url ClientIDList ThumbprintList Tags"},
    {.name = "GetOpenIDConnectProvider",
     .handle = get_provider,
     .parameters = "!OpenIDConnectProviderArn"},
    {.name = "ListOpenIDConnectProviders", .handle = list_providers, .parameters = ""},
    {.name = "DeleteOpenIDConnectProvider",
     .handle = delete_provider,
     .parameters = "!OpenIDConnectProviderArn"},
    {.name = "UpdateOpenIDConnectProviderThumbprint",
     .handle = update_thumbprint,
     .parameters = "!OpenIDConnectProviderArn !ThumbprintList"},
    {.name = "AddClientIDToOpenIDConnectProvider",
     .handle = add_client,
     .parameters = "!OpenIDConnectProviderArn !ClientID"},
    {.name = "RemoveClientIDFromOpenIDConnectProvider",
     .handle = remove_client,
     .parameters = "!OpenIDConnectProviderArn !ClientID"},
    {.name = "TagOpenIDConnectProvider",
     .handle = tag_provider,
     .parameters = "!OpenIDConnectProviderArn !Tags"},
    {.name = "UntagOpenIDConnectProvider",
     .handle = untag_provider,
     .parameters = "!OpenIDConnectProviderArn !TagKeys"},
    {.name = NULL}};
