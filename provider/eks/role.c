/* One role at a time: looked up by name, made or repaired, deleted. Documents are compared
 * as JSON; IAM gives them back as they were written, but not always byte for byte. */
#include "eks/role.h"

#include <string.h>

#include "aws/iam.h"
#include "aws/tags.h"
#include "aws/wait.h"
#include "base/clock.h"
#include "codec/json.h"
#include "crypto/digest.h"

enum {
    NAME_BYTES_MAX = 64,
    HASH_BYTES = 8,
    USED_MS = 3 * 60 * 1000, /* EKS leaves roles and instance profiles some time after it ends */
    POLL_MS = 1000,
};

/* --- names and documents --------------------------------------------------------------------- */

const char *role_name(struct arena *a, const char *cluster, const char *region, const char *suffix)
{
    const char *name = text_f(a, "%s-%s-%s", cluster, region, suffix);
    struct diags diags;

    if (strlen(name) <= NAME_BYTES_MAX)
        return name;
    diags_init(&diags, a);
    return text_f(a, "%.*s-%.*s", NAME_BYTES_MAX - HASH_BYTES - 1, name, HASH_BYTES,
                  digest_sha256_hex(a, &diags, text_of(name)));
}

const char *role_managed_policy_arn(struct arena *a, struct aws *aws, const char *name)
{
    return partition_managed_policy(a, aws_partition(aws), name);
}

static const char *document(struct arena *a, const struct value *principal,
                            const struct value *actions, const struct value *condition)
{
    const struct value *statement = value_map_of(a, {"Effect", value_string(a, "Allow")},
                                                 {"Principal", principal}, {"Action", actions});

    if (condition)
        statement = value_with(a, statement, "Condition", condition);
    return json_write(a, value_map_of(a, {"Version", value_string(a, "2012-10-17")},
                                      {"Statement", value_list_of(a, statement)}))
        .at;
}

static const char *service_document(struct arena *a, const char *service, bool tags_sessions)
{
    const struct value *assume = value_string(a, "sts:AssumeRole");

    return document(
        a, value_map_of(a, {"Service", value_string(a, service)}),
        tags_sessions ? value_list_of(a, assume, value_string(a, "sts:TagSession")) : assume, NULL);
}

const char *role_trust_service(struct arena *a, const char *service)
{
    return service_document(a, service, strcmp(service, "eks.amazonaws.com") == 0);
}

const char *role_trust_pod_identity(struct arena *a)
{
    return service_document(a, "pods.eks.amazonaws.com", true);
}

const char *role_trust_service_account(struct arena *a, const char *provider_arn,
                                       const char *issuer, const char *namespace,
                                       const char *service_account)
{
    static const char scheme[] = "https://";

    if (strncmp(issuer, scheme, sizeof(scheme) - 1) == 0)
        issuer += sizeof(scheme) - 1;
    return document(
        a, value_map_of(a, {"Federated", value_string(a, provider_arn)}),
        value_string(a, "sts:AssumeRoleWithWebIdentity"),
        value_map_of(
            a,
            {"StringEquals",
             value_map_of(a,
                          {text_f(a, "%s:sub", issuer),
                           value_f(a, "system:serviceaccount:%s:%s", namespace, service_account)},
                          {text_f(a, "%s:aud", issuer), value_string(a, "sts.amazonaws.com")})}));
}

/* IAM's grammar lets one string stand for a list of one. */
static const struct value *canonical(struct arena *a, const struct value *v)
{
    struct value_builder b;

    if (v->kind == VALUE_LIST && value_count(v) == 1)
        return canonical(a, value_item(v, 0));
    if (v->kind != VALUE_LIST && v->kind != VALUE_MAP)
        return v;
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(v); i++)
        if (v->kind == VALUE_LIST)
            value_builder_add(&b, canonical(a, value_item(v, i)));
        else
            value_builder_push(&b, v->map.entries[i].key, canonical(a, v->map.entries[i].value));
    return v->kind == VALUE_LIST ? value_builder_list(&b) : value_builder_map(&b);
}

static bool documents_equal(struct arena *a, const struct value *there, const char *wanted)
{
    return there && value_equal(canonical(a, there), canonical(a, iam_document(a, wanted)));
}

/* --- work ------------------------------------------------------------------------------------- */

struct role_work {
    struct call *call;
    struct aws *aws;
    const struct role_plan *plan;
    bool look_only;
    const struct value *drift; /* a list of strings */
    const struct value *role;  /* as found or made; NULL = none */
    bool made;                 /* just now: so it has no policies yet */
};

static const struct value *text(const struct role_work *w, const char *z)
{
    return value_string(w->call->arena, z);
}

/* False = only said that it differs. */
static bool may_change(struct role_work *w, const char *what)
{
    struct arena *a = w->call->arena;

    if (w->look_only)
        w->drift = value_append(a, w->drift, value_f(a, "role %s: %s", w->plan->name, what));
    return !w->look_only;
}

static bool change(struct role_work *w, const struct aws_operation *operation, const char *member,
                   const struct value *v)
{
    struct arena *a = w->call->arena;
    const struct value *output,
        *input = value_with(a, value_map_of(a, {"RoleName", text(w, w->plan->name)}), member, v);

    return aws_call_until(w->call, w->aws, operation, input, AWS_VISIBLE_MS, &output);
}

/* --- the role --------------------------------------------------------------------------------- */

static bool is_ours(struct arena *a, const struct value *role, const char *cluster)
{
    return cluster_tags_are_ours(tags_map(a, value_at(role, "Tags")), cluster);
}

static bool check_owner(struct role_work *w)
{
    if (is_ours(w->call->arena, w->role, w->plan->cluster))
        return true;
    return diag_error(w->call->diags, NULL, "A role of that name is not ours",
                      "%s does not carry the tag " CLUSTER_TAG "=%s, which proves what belongs to "
                      "the cluster. If it is to be taken over, give it this tag; else delete it, "
                      "or name another role in the arguments.",
                      value_text(w->role, "Arn"), w->plan->cluster);
}

/* What an apply that was killed had made may be known to CreateRole before GetRole sees it. */
static bool see_existing(struct role_work *w, const struct aws_error *error)
{
    int64_t until = clock_monotonic_ms() + AWS_VISIBLE_MS;

    for (;;) {
        if (!iam_get_role(w->call, w->aws, w->plan->name, &w->role))
            return false;
        if (w->role)
            return true;
        if (clock_monotonic_ms() >= until)
            return aws_refused(w->call, w->aws, &iam_create_role, w->plan->name, error);
        if (!call_wait_ms(w->call, POLL_MS, text_f(w->call->arena, "role %s", w->plan->name),
                          "IAM says that it exists, but does not show it yet."))
            return false;
    }
}

static const struct value *wanted_tags(const struct role_work *w)
{
    return cluster_tags(w->call, w->plan->tags, w->plan->cluster, w->plan->role);
}

static bool create(struct role_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *input = value_map_of(
        a, {"RoleName", text(w, w->plan->name)},
        {"AssumeRolePolicyDocument", text(w, w->plan->trust)},
        {"Description", value_f(a, "For %s of cluster %s", w->plan->role, w->plan->cluster)},
        {"Tags", tags_list(a, wanted_tags(w))});
    int64_t until = clock_monotonic_ms() + AWS_VISIBLE_MS;
    struct aws_reply reply;

    for (;;) {
        if (!aws_try(w->call, w->aws, &iam_create_role, input, &reply))
            return false;
        if (reply.output) {
            w->role = value_at(reply.output, "Role");
            w->made = true;
            return true;
        }
        if (aws_error_is(&reply.error, iam_create_role.exists))
            return see_existing(w, &reply.error);
        if (!aws_error_is(&reply.error, iam_create_role.pending) || clock_monotonic_ms() >= until)
            return aws_refused(w->call, w->aws, &iam_create_role, w->plan->name, &reply.error);
        if (!call_wait_ms(w->call, POLL_MS,
                          text_f(a, "IAM to accept the trust policy of role %s", w->plan->name),
                          reply.error.message))
            return false;
    }
}

static bool ensure_role(struct role_work *w)
{
    if (!iam_get_role(w->call, w->aws, w->plan->name, &w->role))
        return false;
    if (!w->role && may_change(w, "missing") && !create(w))
        return false;
    return !w->role || w->made || check_owner(w);
}

static bool ensure_trust(struct role_work *w)
{
    if (documents_equal(w->call->arena, value_at(w->role, "AssumeRolePolicyDocument"),
                        w->plan->trust) ||
        !may_change(w, "trust policy"))
        return true;
    return change(w, &iam_update_assume_role_policy, "PolicyDocument", text(w, w->plan->trust));
}

static bool ensure_tags(struct role_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *now = tags_map(a, value_at(w->role, "Tags")), *wanted = wanted_tags(w),
                       *missing = &value_empty_map, *dropped = &value_empty_list;

    for (size_t i = 0; i < value_count(wanted); i++) {
        const struct value_entry *tag = &wanted->map.entries[i];

        if (!value_equal(value_at(now, tag->key), tag->value))
            missing = value_with(a, missing, tag->key, tag->value);
    }
    for (size_t i = 0; i < value_count(w->plan->old_tags); i++) {
        const char *key = w->plan->old_tags->map.entries[i].key;

        if (!value_has(wanted, key) && value_has(now, key))
            dropped = value_append(a, dropped, text(w, key));
    }
    if ((!value_count(missing) && !value_count(dropped)) || !may_change(w, "tags"))
        return true;
    return (!value_count(missing) || change(w, &iam_tag_role, "Tags", tags_list(a, missing))) &&
           (!value_count(dropped) || change(w, &iam_untag_role, "TagKeys", dropped));
}

/* --- what it may do --------------------------------------------------------------------------- */

static bool is_attached(const struct value *attached, const char *arn)
{
    for (size_t i = 0; i < value_count(attached); i++)
        if (strcmp(value_text(value_item(attached, i), "PolicyArn"), arn) == 0)
            return true;
    return false;
}

static bool ensure_attached(struct role_work *w)
{
    struct arena *a = w->call->arena;
    const struct value *attached = &value_empty_list;
    const char *const *arn = w->plan->managed_policies;

    if (!arn || !*arn)
        return true;
    if (!w->made && !aws_list(w->call, w->aws, &iam_list_attached_role_policies,
                              value_map_of(a, {"RoleName", text(w, w->plan->name)}), &attached))
        return false;
    for (; *arn; arn++)
        if (!is_attached(attached, *arn) &&
            may_change(w, text_f(a, "policy %s is not attached", *arn)) &&
            !change(w, &iam_attach_role_policy, "PolicyArn", text(w, *arn)))
            return false;
    return true;
}

static bool ensure_inline(struct role_work *w)
{
    struct arena *a = w->call->arena;
    const char *name = w->plan->name;
    const struct value *there = NULL, *output;

    if (!w->plan->inline_policy)
        return true;
    if (!w->made && !iam_get_role_policy(w->call, w->aws, name, name, &there))
        return false;
    if (documents_equal(a, there, w->plan->inline_policy) || !may_change(w, "inline policy"))
        return true;
    return aws_call_until(w->call, w->aws, &iam_put_role_policy,
                          value_map_of(a, {"RoleName", text(w, name)},
                                       {"PolicyName", text(w, name)},
                                       {"PolicyDocument", text(w, w->plan->inline_policy)}),
                          AWS_VISIBLE_MS, &output);
}

static bool run(struct role_work *w, const char **arn)
{
    bool done = ensure_role(w) && (!w->role || w->made || (ensure_trust(w) && ensure_tags(w))) &&
                (!w->role || (ensure_attached(w) && ensure_inline(w)));

    *arn = value_text(w->role, "Arn");
    return done;
}

bool role_converge(struct call *c, struct aws *aws, const struct role_plan *plan, const char **arn)
{
    struct role_work w = {.call = c, .aws = aws, .plan = plan, .drift = &value_empty_list};

    return run(&w, arn);
}

bool role_drift(struct call *c, struct aws *aws, const struct role_plan *plan,
                const struct value **drift, const char **arn)
{
    struct role_work w = {
        .call = c, .aws = aws, .plan = plan, .look_only = true, .drift = &value_empty_list};
    bool done = run(&w, arn);

    *drift = w.drift;
    return done;
}

bool role_remove(struct call *c, struct aws *aws, const char *name, const char *cluster)
{
    const struct value *role;

    return iam_get_role(c, aws, name, &role) &&
           (!role || !is_ours(c->arena, role, cluster) || iam_delete_role(c, aws, name, USED_MS));
}
