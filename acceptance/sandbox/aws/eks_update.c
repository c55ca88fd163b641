/* Updates of the stand-in EKS: of clusters, and how all of them go; tags by ARN. */
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_eks.h"
#include "acceptance/sandbox/identity.h"
#include "base/clock.h"

enum { CONFIG_SECONDS = 120, VERSION_SECONDS = 600 };

/* --- how updates go ------------------------------------------------------------------------ */
static const struct value *update_view(struct arena *a, const struct record *update)
{
    return value_with(a, update->body, ".change", NULL);
}

static bool answer_update(struct cloud_request *r, const struct record *update)
{
    return cloud_answer(r, value_map_of(r->a, {"update", update_view(r->a, update)}));
}

static void succeed(struct cloud *c, struct record *update)
{
    const char *kind = record_text(update, ".kind");
    struct record *subject = record_find(c, update->region, kind, record_text(update, ".subject"));
    const struct value *change = value_at(update->body, ".change");

    cloud_eks_set_status(update, "Successful");
    if (!subject || !record_is(subject, "status", "UPDATING"))
        return; /* it is being deleted */
    for (size_t i = 0; i < value_count(change); i++)
        record_set(subject, change->map.entries[i].key, change->map.entries[i].value);
    cloud_eks_set_status(subject, "ACTIVE");
    if (strcmp(kind, "nodegroup") == 0)
        cloud_eks_nodes_settle(c, subject);
    if (strcmp(kind, "cluster") == 0 && value_has(change, "version"))
        cloud_eks_server_upgrade(c, subject);
}

bool cloud_eks_update(struct cloud_request *r, struct record *subject, const char *type,
                      const struct value *change, int64_t seconds)
{
    const char *token = cloud_text(r, "clientRequestToken"), *id = identity_random_uid(r->a);
    struct record *again, *update;
    struct arena *a = r->a;

    if (!token_check(r, token, &again))
        return false;
    if (again)
        return answer_update(r, again);
    if (!record_is(subject, "status", "ACTIVE") && !record_is(subject, "status", "DEGRADED"))
        return cloud_refuse(r, 409, "ResourceInUseException",
                            "Cannot update %s %s: it is %s, an update is in progress",
                            subject->kind, subject->id, record_text(subject, "status"));
    cloud_eks_set_status(subject, "UPDATING");
    update = record_add(
        r->cloud, r->region, "eks-update", id,
        value_map_of(a, {"id", value_string(a, id)}, {"status", value_string(a, "InProgress")},
                     {"type", value_string(a, type)}, {"params", &value_empty_list},
                     {"createdAt", value_integer(a, clock_now())}, {"errors", &value_empty_list},
                     {".kind", value_string(a, subject->kind)},
                     {".subject", value_string(a, subject->id)}, {".change", change}));
    update->ghost = true;
    record_later(r->cloud, update, seconds, succeed);
    token_keep(r, token, update);
    return answer_update(r, update);
}

static bool describe_update(struct cloud_request *r)
{
    const struct record *cluster = cloud_eks_cluster(r), *update;
    const char *id = cloud_text(r, "updateId");

    if (!cluster)
        return false;
    update = record_seen(r->cloud, r->region, "eks-update", id);
    if (!update || strncmp(record_text(update, ".subject"), cluster->id, strlen(cluster->id)) != 0)
        return cloud_refuse(r, 404, "ResourceNotFoundException", "No update found for ID: %s", id);
    return answer_update(r, update);
}

/* --- of clusters ----------------------------------------------------------------------------- */
/* What may be changed together; each row is one kind of update. */
static const struct change {
    const char *type;
    const char *members[4];
} changes[] = {
    {"VpcConfigUpdate", {"resourcesVpcConfig", NULL}},
    {"LoggingUpdate", {"logging", NULL}},
    {"AccessConfigUpdate", {"accessConfig", NULL}},
    {"UpgradePolicyUpdate", {"upgradePolicy", NULL}},
    {"AutoModeUpdate", {"computeConfig", "kubernetesNetworkConfig", "storageConfig", NULL}},
    {"DeletionProtectionUpdate", {"deletionProtection", NULL}},
};

/* The one kind of change that the request asks for; NULL = refused. */
static const struct change *change_of(struct cloud_request *r)
{
    const struct change *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
        bool asked = false;

        for (const char *const *at = changes[i].members; *at; at++)
            asked = asked || value_is_set(value_at(r->parameters, *at));
        found = asked ? &changes[i] : found;
        count += asked;
    }
    if (count == 1)
        return found;
    cloud_refuse(r, 400, "InvalidParameterException",
                 count ? "Only one type of update can be allowed."
                       : "At least one type of update must be specified.");
    return NULL;
}

/* CONFIG_MAP, API_AND_CONFIG_MAP, API: never back. */
static bool access_fits(struct cloud_request *r, const struct record *cluster)
{
    static const char *const modes[] = {"CONFIG_MAP", "API_AND_CONFIG_MAP", "API"};
    const char *from = value_z(value_in(cluster->body, "accessConfig", "authenticationMode"));
    const char *to = value_z(value_in(r->parameters, "accessConfig", "authenticationMode"));
    size_t at[2] = {0, 0};

    if (!*to)
        return true;
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        at[0] = strcmp(modes[i], from) == 0 ? i : at[0];
        at[1] = strcmp(modes[i], to) == 0 ? i : at[1];
    }
    return at[1] >= at[0] ||
           cloud_refuse(r, 400, "InvalidParameterException",
                        "Unsupported authentication mode update from %s to %s", from, to);
}

static bool update_cluster_config(struct cloud_request *r)
{
    struct record *cluster = cloud_eks_cluster(r), *again;
    const struct change *change = cluster ? change_of(r) : NULL;
    const struct value *merged = &value_empty_map;
    bool differs = false;

    if (!change || !access_fits(r, cluster) ||
        !token_check(r, cloud_text(r, "clientRequestToken"), &again))
        return false;
    for (const char *const *at = change->members; *at; at++) {
        const struct value *given = value_at(r->parameters, *at);
        const struct value *now = value_at(cluster->body, *at);

        if (!value_is_set(given))
            continue;
        if (given->kind == VALUE_MAP && now->kind == VALUE_MAP)
            given = value_merge(r->a, now, given);
        differs = differs || !value_equal(given, now);
        merged = value_with(r->a, merged, *at, given);
    }
    if (!differs && !again)
        return cloud_refuse(r, 400, "InvalidParameterException",
                            "No changes needed for the requested update");
    return cloud_eks_update(r, cluster, change->type, merged, CONFIG_SECONDS);
}

static long minor_of(const char *version)
{
    const char *dot = strchr(version, '.');

    return dot ? strtol(dot + 1, NULL, 10) : 0;
}

static bool update_cluster_version(struct cloud_request *r)
{
    struct record *cluster = cloud_eks_cluster(r), *again;
    const char *to = cloud_text(r, "version");

    if (!cluster || !token_check(r, cloud_text(r, "clientRequestToken"), &again))
        return false;
    if (!again && minor_of(to) != minor_of(record_text(cluster, "version")) + 1)
        return cloud_refuse(r, 400, "InvalidParameterException",
                            "Unsupported Kubernetes minor version update from %s to %s",
                            record_text(cluster, "version"), to);
    return cloud_eks_update(r, cluster, "VersionUpdate",
                            value_map_of(r->a, {"version", value_string(r->a, to)}),
                            VERSION_SECONDS);
}

const struct cloud_operation cloud_eks_update_operations[] = {
    {.name = "UpdateClusterConfig",
     .handle = update_cluster_config,
     .method = "POST",
     .path = "/clusters/{name}/update-config"},
    {.name = "UpdateClusterVersion",
     .handle = update_cluster_version,
     .method = "POST",
     .path = "/clusters/{name}/updates"},
    {.name = "DescribeUpdate",
     .handle = describe_update,
     .method = "GET",
     .path = "/clusters/{name}/updates/{updateId}"},
    {.name = NULL}};

/* --- tags --------------------------------------------------------------------------------------
 */
static struct record *tagged(struct cloud_request *r)
{
    static const char *const kinds[][2] = {{"cluster", "arn"},
                                           {"nodegroup", "nodegroupArn"},
                                           {"addon", "addonArn"},
                                           {"access-entry", "accessEntryArn"},
                                           {"pod-identity-association", "associationArn"}};
    const char *arn = cloud_text(r, "resourceArn");
    struct record *at = NULL;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        while ((at = record_next(r->cloud, at, r->region, kinds[i][0])))
            if (record_is(at, kinds[i][1], arn))
                return at;
    cloud_refuse(r, 404, "NotFoundException", "No resource found for ARN: %s", arn);
    return NULL;
}

static bool tag_resource(struct cloud_request *r)
{
    struct record *record = tagged(r);

    if (!record)
        return false;
    record->tags =
        value_copy(record->arena, value_merge(r->a, record->tags, value_at(r->parameters, "tags")));
    return cloud_answer(r, &value_empty_map);
}

/* The key may be there many times: tagKeys=a&tagKeys=b. */
static bool untag_resource(struct cloud_request *r)
{
    struct record *record = tagged(r);
    struct text rest = text_of(r->query), piece;

    if (!record)
        return false;
    while (rest.len && text_split(&rest, '&', &piece)) {
        const struct value *form = cloud_form(r->a, piece);

        if (value_has(form, "tagKeys"))
            record->tags =
                value_with(record->arena, record->tags, value_text(form, "tagKeys"), NULL);
    }
    return cloud_answer(r, &value_empty_map);
}

static bool list_tags(struct cloud_request *r)
{
    const struct record *record = tagged(r);

    return record && cloud_answer(r, value_map_of(r->a, {"tags", record->tags}));
}

const struct cloud_operation cloud_eks_tag_operations[] = {{.name = "TagResource",
                                                            .handle = tag_resource,
                                                            .method = "POST",
                                                            .path = "/tags/{resourceArn}"},
                                                           {.name = "UntagResource",
                                                            .handle = untag_resource,
                                                            .method = "DELETE",
                                                            .path = "/tags/{resourceArn}"},
                                                           {.name = "ListTagsForResource",
                                                            .handle = list_tags,
                                                            .method = "GET",
                                                            .path = "/tags/{resourceArn}"},
                                                           {.name = NULL}};
