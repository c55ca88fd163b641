/* The cluster's issuer as an identity provider in IAM: service accounts may take roles. */
#include "aws/iam.h"
#include "aws/tags.h"
#include "aws/wait.h"
#include "eks/cluster_parts.h"
#include "eks/text_set.h"

#define AUDIENCE "sts.amazonaws.com"

enum { PENDING_MS = 2 * 60 * 1000 };

static bool make(struct eks_cluster_work *w, const char *issuer)
{
    struct arena *a = w->call->arena;
    const struct value *tags =
        cluster_tags(w->call, value_at(w->eks, "tags"), w->name, "oidc-provider");
    struct aws_reply reply;

    if (!aws_try(w->call, w->aws, &iam_create_open_id_connect_provider,
                 value_map_of(a, {"Url", cluster_text(w, issuer)},
                              {"ClientIDList", value_list_of(a, cluster_text(w, AUDIENCE))},
                              {"Tags", tags_list(a, tags)}),
                 &reply))
        return false;
    return reply.output || aws_error_is(&reply.error, iam_create_open_id_connect_provider.exists) ||
           aws_refused(w->call, w->aws, &iam_create_open_id_connect_provider, issuer, &reply.error);
}

static bool add_audience(struct eks_cluster_work *w, const struct value *provider)
{
    const struct value *output;

    if (text_set_has(value_at(provider, "ClientIDList"), AUDIENCE) ||
        !cluster_may_change(w, "OIDC provider: audience " AUDIENCE))
        return true;
    return aws_call_until(
        w->call, w->aws, &iam_add_client_id_to_open_id_connect_provider,
        value_map_of(w->call->arena,
                     {"OpenIDConnectProviderArn", cluster_text(w, w->oidc_provider_arn)},
                     {"ClientID", cluster_text(w, AUDIENCE)}),
        PENDING_MS, &output);
}

static bool change_tags(struct eks_cluster_work *w, const struct aws_operation *operation,
                        const char *member, const struct value *v)
{
    const struct value *output;

    return !value_count(v) || aws_call_until(w->call, w->aws, operation,
                                             value_map_of(w->call->arena,
                                                          {"OpenIDConnectProviderArn",
                                                           cluster_text(w, w->oidc_provider_arn)},
                                                          {member, v}),
                                             PENDING_MS, &output);
}

/* Those of a provider that others made are theirs. */
static bool ensure_tags(struct eks_cluster_work *w, const struct value *provider)
{
    struct arena *a = w->call->arena;
    const struct value *now = tags_map(a, value_at(provider, "Tags")), *wanted, *missing, *going;

    if (!cluster_tags_are_ours(now, w->name))
        return true;
    wanted = cluster_tags(w->call, value_at(w->eks, "tags"), w->name, "oidc-provider");
    missing = cluster_tags_missing(a, now, wanted);
    going = cluster_tag_keys(a, cluster_tags_dropped(a, now, wanted, w->old_tags));
    if (!value_count(missing) && !value_count(going))
        return true;
    return !cluster_may_change(w, "OIDC provider: tags") ||
           (change_tags(w, &iam_tag_open_id_connect_provider, "Tags", tags_list(a, missing)) &&
            change_tags(w, &iam_untag_open_id_connect_provider, "TagKeys", going));
}

bool cluster_provider_converge(struct eks_cluster_work *w)
{
    const char *issuer = value_z(value_in(w->found, "identity", "oidc", "issuer")), *arn;
    bool is_wanted = value_flag(w->eks, "oidc_provider");
    const struct value *provider;

    w->oidc_provider_arn = "";
    if (!*issuer || (!is_wanted && w->look_only))
        return true;
    if (!iam_open_id_connect_provider_arn(w->call, w->aws, issuer, &arn))
        return false;
    if (!is_wanted)
        return cluster_provider_remove(w, arn);
    if (!iam_get_open_id_connect_provider(w->call, w->aws, arn, &provider))
        return false;
    w->oidc_provider_arn = arn;
    if (provider)
        return add_audience(w, provider) && ensure_tags(w, provider);
    return !cluster_may_change(w, "OIDC provider: missing") || make(w, issuer);
}

static bool find_ours(struct eks_cluster_work *w, const char *arn, bool *found)
{
    const struct value *provider = NULL;

    if (*arn && !iam_get_open_id_connect_provider(w->call, w->aws, arn, &provider))
        return false;
    *found = provider &&
             cluster_tags_are_ours(tags_map(w->call->arena, value_at(provider, "Tags")), w->name);
    return true;
}

bool cluster_provider_is_there(struct eks_cluster_work *w, bool *found)
{
    return find_ours(w, w->oidc_provider_arn, found);
}

/* Only our own. */
bool cluster_provider_remove(struct eks_cluster_work *w, const char *arn)
{
    const struct value *output;
    bool found;

    if (!find_ours(w, arn, &found))
        return false;
    return !found || aws_call_until(w->call, w->aws, &iam_delete_open_id_connect_provider,
                                    value_map_of(w->call->arena, {"OpenIDConnectProviderArn",
                                                                  cluster_text(w, arn)}),
                                    PENDING_MS, &output);
}
