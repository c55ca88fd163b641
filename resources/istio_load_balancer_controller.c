#include <string.h>

#include "aws/eks.h"
#include "eks/controller.h"
#include "helm/arguments.h"
#include "istio/load_balancer_controller.h"
#include "istio/namespace.h"
#include "kube/connection.h"
#include "release/release_state.h"
#include "schema/check.h"
#include "schema/fallback.h"
#include "schema/resource.h"
#include "source/source.h"

#define REVISION "release_revision"

static const struct attribute attributes[] = {
    CLUSTER("cluster", REQUIRED, "The EKS cluster: its connection has `eks`."),
    STRING("namespace", OPTIONAL | COMPUTED | FORCE_NEW,
           "Namespace of the controller. It is made when it is missing.", .fallback = "kube-system",
           .check = check_dns_label),
    STRING("service_account", OPTIONAL | COMPUTED | FORCE_NEW,
           "Name of the service account that the chart makes.",
           .fallback = LOAD_BALANCER_CONTROLLER, .check = check_dns_subdomain),
    STRING("identity", OPTIONAL | COMPUTED,
           "How its pods get their role: `pod-identity`, for which the cluster needs the add-on "
           "`eks-pod-identity-agent` (or Auto Mode), or `irsa`, for which it needs an OIDC "
           "provider in IAM.",
           .fallback = "pod-identity", .one_of = ONE_OF("pod-identity", "irsa")),
    STRING("role_arn", OPTIONAL | COMPUTED,
           "Role of the controller. Left out, one is made whose policy lets it change what carries "
           "the tag `elbv2.k8s.aws/cluster` with this cluster's name, and the rules of security "
           "groups.",
           .check = check_arn),
    STRING("chart_version", OPTIONAL | COMPUTED,
           "Version of the chart `" LOAD_BALANCER_CONTROLLER "`. Default: that of "
           "`chart` where it names one or is a folder, else `" LOAD_BALANCER_CONTROLLER_CHART "`. "
           "The role that is made has the rights that this one needs.",
           .check = check_not_empty),
    CHART("chart", OPTIONAL,
          "Where the chart comes from. Default: what the provider names, else "
          "`" LOAD_BALANCER_CONTROLLER_REPOSITORY "`."),
    NUMBER("replicas", OPTIONAL, "Number of pods. Left out, the chart's: 2.", .min = 1, .max = 100),
    VALUES_ROWS,
    BOOL("wait", OPTIONAL | COMPUTED,
         "Wait until its pods run and its webhook answers. Until then the cluster refuses every "
         "new Service.",
         .fallback = "true"),
    BOOL("force_conflicts", OPTIONAL | COMPUTED, "Take fields over that another manager owns.",
         .fallback = "false"),
    BOOL("take_ownership", OPTIONAL | COMPUTED,
         "Take over a release of this name that others installed.", .fallback = "false"),
    TYPED("tags", &type_string_map, OPTIONAL,
          "Tags of the role and of the pod identity association."),
    STRING("id", COMPUTED | KEEP_STATE,
           "`<cluster>/<namespace>/" LOAD_BALANCER_CONTROLLER "`: `load_balancer.controller` of "
           "istio_gateway."),
    STRING("vpc_id", COMPUTED | KEEP_STATE, "The cluster's VPC, where it makes load balancers."),
    STRING("version", COMPUTED, "Version of the controller."),
    NUMBER("release_revision", COMPUTED, "Number of the Helm release's newest record."),
    STRING("status", COMPUTED, "Status of that record: `deployed`, `failed`."),
    RELEASE_OBJECTS("objects", "The objects by `Kind.group/namespace/name`, and what the last "
                               "change of each was."),
    TYPED("drift", &type_string_list, COMPUTED,
          "What has changed on the cluster or in AWS since the last apply: "
          "`Deployment.apps/kube-system/aws-load-balancer-controller: spec.replicas`, `role "
          "east-eu-west-1-lbc: trust policy`. The next apply puts it right."),
    END_ATTRIBUTES,
};

/* --- what all hooks need -------------------------------------------------------------------- */

static const char *eks_name(const struct value *object)
{
    return value_z(value_in(object, "cluster", "eks", "cluster_name"));
}

static bool open_session(struct call *c, const struct value *object, struct aws **aws)
{
    const struct value *eks = value_in(object, "cluster", "eks");
    const struct aws_access access = {.region = value_text(eks, "region"),
                                      .profile = value_text(eks, "profile"),
                                      .role_arn = value_text(eks, "role_arn")};

    return aws_open(c, &access, path_of(c->arena, "cluster", "eks", "region"), aws);
}

static bool open_cluster(struct call *c, const struct value *object, struct kube **k)
{
    return kube_open(c, value_at(object, "cluster"), path_of(c->arena, "cluster"), k);
}

/* A role that is not the one that would be made is somebody's own. */
static struct controller_plan identity_of(struct call *c, struct aws *aws,
                                          const struct value *object, const struct value *prior)
{
    const char *role = value_text(object, "role_arn");
    bool own = *role && !controller_is_made(c->arena, aws, eks_name(object), role);

    return (struct controller_plan){
        .cluster = eks_name(object),
        .namespace = value_text(object, "namespace"),
        .service_account = value_text(object, "service_account"),
        .irsa = strcmp(value_text(object, "identity"), "irsa") == 0,
        .role_arn = own ? role : NULL,
        .tags = value_at(object, "tags"),
        .old_tags = value_at(prior, "tags"),
    };
}

static struct load_balancer_controller_place place_of(const struct aws *aws,
                                                      const struct value *object)
{
    return (struct load_balancer_controller_place){
        .cluster = eks_name(object),
        .region = aws_region(aws),
        .vpc_id = value_text(object, "vpc_id"),
        .role_arn = value_text(object, "role_arn"),
    };
}

static const char *vpc_of(const struct value *cluster)
{
    return value_z(value_in(cluster, "resourcesVpcConfig", "vpcId"));
}

static bool find_cluster(struct call *c, struct aws *aws, const struct value *object,
                         const struct value **cluster)
{
    const char *name = eks_name(object);

    return eks_describe_cluster(c, aws, name, cluster) &&
           (*cluster ||
            diag_error(c->diags, path_of(c->arena, "cluster"),
                       text_f(c->arena, "There is no EKS cluster %s", name),
                       "Region %s, seen with the identity of the connection.", aws_region(aws)));
}

/* --- create, update, remove ----------------------------------------------------------------- */

struct work {
    struct call *call;
    struct aws *aws;
    struct kube *k;
    const struct value *object; /* the plan, with what is known by now */
    struct controller_plan identity;
    struct release release;
    struct release_memory now;
};

/* All that can be refused before something is made. */
static bool prepare(struct work *w, const struct value *prior, const struct value *planned)
{
    struct call *c = w->call;
    struct load_balancer_controller_place place;
    const struct value *cluster;

    if (!open_session(c, planned, &w->aws) || !find_cluster(c, w->aws, planned, &cluster) ||
        !open_cluster(c, planned, &w->k))
        return false;
    w->identity = identity_of(c, w->aws, planned, prior);
    w->identity.found = cluster;
    place = place_of(w->aws, planned);
    place.vpc_id = vpc_of(cluster);
    place.role_arn = w->identity.role_arn;
    if (!controller_check(c, w->aws, &w->identity) ||
        (!place.role_arn &&
         !controller_role_arn(c, w->aws, w->identity.cluster, &place.role_arn)) ||
        !load_balancer_controller_release(c, planned, &place, &w->release))
        return false;
    w->object = value_with(c->arena, planned, "vpc_id", value_string(c->arena, place.vpc_id));
    w->object = value_with(c->arena, w->object, "role_arn", value_string(c->arena, place.role_arn));
    w->object = value_with(c->arena, w->object, "id",
                           value_f(c->arena, "%s/%s/" LOAD_BALANCER_CONTROLLER,
                                   connection_name(value_at(planned, "cluster")),
                                   value_text(planned, "namespace")));
    w->object = value_with(c->arena, w->object, "version",
                           value_string(c->arena, w->release.chart->app_version));
    if (value_is_unknown(value_at(planned, "chart_version")))
        w->object = value_with(c->arena, w->object, "chart_version",
                               value_string(c->arena, w->release.chart->version));
    return true;
}

static bool is_untouched(const struct value *prior, const struct value *planned)
{
    return !value_is_null(prior) &&
           value_equal(value_at(prior, "objects"), value_at(planned, "objects")) &&
           value_equal(value_at(prior, REVISION), value_at(planned, REVISION));
}

/* The role comes before its pods; what it replaces goes when no pod has it any more. */
static bool run(struct work *w, const struct value *prior, const struct value *planned)
{
    const struct release_memory before = release_state_memory(w->call, prior, REVISION);
    struct call *c = w->call;
    const char *role;

    w->now = before;
    if (!controller_converge(c, w->aws, &w->identity, &role))
        return false;
    w->release.planned = value_at(planned, "objects");
    w->release.planned_revision = value_integer_at(planned, REVISION);
    if (!is_untouched(prior, planned) && (!namespace_ensure(c, w->k, w->release.namespace, "") ||
                                          !release_apply(c, w->k, &w->release, &before, &w->now)))
        return false;
    return (!value_flag(planned, "wait") ||
            load_balancer_controller_wait(c, w->k, w->release.namespace)) &&
           controller_prune(c, w->aws, &w->identity);
}

static bool controller_create(struct call *c, const struct value *planned, const struct value **out)
{
    struct work w = {.call = c};
    bool done;

    *out = NULL;
    if (!prepare(&w, &value_null, planned))
        return false;
    done = run(&w, &value_null, planned);
    *out = release_state_kept(c, w.object, REVISION, &w.now, &value_empty_list);
    return done;
}

static bool controller_update(struct call *c, const struct value *prior,
                              const struct value *planned, const struct value **out)
{
    struct work w = {.call = c};
    bool done;

    *out = prior;
    if (!prepare(&w, prior, planned))
        return false;
    done = run(&w, prior, planned);
    /* Of a failed one what was reached; the arguments stay those of before, so that the next
     * plan shows the change again. */
    *out = release_state_kept(c, done ? w.object : prior, REVISION, &w.now,
                              done ? &value_empty_list : value_at(prior, "drift"));
    return done;
}

static bool remove_release(struct call *c, const struct value *state)
{
    const struct release_memory before = release_state_memory(c, state, REVISION);
    const struct release release = load_balancer_controller_named(state);
    struct release_memory left;
    struct kube *k;

    return open_cluster(c, state, &k) && load_balancer_controller_wait_unused(c, k) &&
           release_remove(c, k, &release, &before, &left) &&
           namespace_release(c, k, release.namespace);
}

static bool controller_destroy(struct call *c, const struct value *state)
{
    const struct value *cluster;
    struct controller_plan identity;
    struct aws *aws;

    if (!open_session(c, state, &aws) || !eks_describe_cluster(c, aws, eks_name(state), &cluster))
        return false;
    identity = identity_of(c, aws, state, &value_null);
    return (!cluster /* gone with all that was on it */ || remove_release(c, state)) &&
           controller_remove(c, aws, &identity);
}

/* --- read ----------------------------------------------------------------------------------- */

static bool read_drift(struct call *c, const struct value *state, const struct value **drift,
                       bool *exists)
{
    struct controller_plan identity;
    struct aws *aws;

    if (!open_session(c, state, &aws))
        return false;
    identity = identity_of(c, aws, state, &value_null);
    return (!identity.irsa || find_cluster(c, aws, state, &identity.found)) &&
           controller_drift(c, aws, &identity, drift, exists);
}

/* The role that its pods have: by IRSA the release says it, else the association does. */
static bool read_identity(struct call *c, const struct value **object)
{
    const struct value *cluster, *association;
    struct aws *aws;

    if (!open_session(c, *object, &aws) || !find_cluster(c, aws, *object, &cluster) ||
        !eks_find_pod_identity_association(c, aws, eks_name(*object),
                                           value_text(*object, "namespace"),
                                           value_text(*object, "service_account"), &association))
        return false;
    *object = value_with(c->arena, *object, "vpc_id", value_string(c->arena, vpc_of(cluster)));
    if (!*value_text(*object, "role_arn"))
        *object = value_with(c->arena, *object, "role_arn",
                             association ? value_at(association, "roleArn") : &value_null);
    return true;
}

static bool read_imported(struct call *c, struct kube *k, const struct value *state,
                          const struct value **out)
{
    const char *namespace = value_text(state, "namespace");
    struct release_found found;

    *out = NULL;
    if (!release_look(c, k, LOAD_BALANCER_CONTROLLER, namespace, &found))
        return false;
    if (!found.found)
        return true;
    state = load_balancer_controller_adopt(c->arena, fallback_fill(c->arena, attributes, state),
                                           found.values);
    state = release_state_kept(c, state, REVISION, &found.memory, &value_empty_list);
    state =
        value_with(c->arena, state, "chart_version", value_string(c->arena, found.chart_version));
    state = value_with(c->arena, state, "version", value_string(c->arena, found.app_version));
    *out = value_with(c->arena, state, "id",
                      value_f(c->arena, "%s/%s/" LOAD_BALANCER_CONTROLLER,
                              connection_name(value_at(state, "cluster")), namespace));
    return read_identity(c, out);
}

static bool controller_read(struct call *c, const struct value *state, const struct value **out)
{
    const struct release_memory before = release_state_memory(c, state, REVISION);
    const struct value *drift, *of_identity;
    struct release_memory now;
    bool exists, ours;
    struct kube *k;

    *out = state;
    if (!kube_reachable(c, value_at(state, "cluster"), path_of(c->arena, "cluster")))
        return true;
    if (!open_cluster(c, state, &k))
        return false;
    if (value_is_null(value_at(state, "id")))
        return read_imported(c, k, state, out);
    if (!release_refresh(c, k, LOAD_BALANCER_CONTROLLER, value_text(state, "namespace"), &before,
                         &now, &drift) ||
        !read_drift(c, state, &of_identity, &exists) ||
        !namespace_is_ours(c, k, value_text(state, "namespace"), &ours))
        return false;
    *out = NULL;
    if (!value_count(now.objects) && !now.revision && !exists && !ours)
        return true;
    for (size_t i = 0; i < value_count(of_identity); i++)
        drift = value_append(c->arena, drift, value_item(of_identity, i));
    *out = release_state_kept(c, state, REVISION, &now, drift);
    return true;
}

/* --- plan ----------------------------------------------------------------------------------- */

static const char *const outputs[] = {"objects",       REVISION,  "status",
                                      "chart_version", "version", NULL};

/* What AWS tells may wait for the apply: nothing is said when it cannot be asked. */
static bool ask(struct call *c, struct plan *plan, bool vpc, bool role)
{
    const struct value *object = plan->planned, *cluster = NULL;
    const char *arn = "";
    struct aws *aws;

    if (!open_session(c, object, &aws) ||
        (vpc && !eks_describe_cluster(c, aws, eks_name(object), &cluster)) ||
        (role && !controller_role_arn(c, aws, eks_name(object), &arn)))
        return false;
    if (cluster)
        plan_set(c, plan, "vpc_id", value_string(c->arena, vpc_of(cluster)));
    if (role)
        plan_set(c, plan, "role_arn", value_string(c->arena, arn));
    return true;
}

static void plan_place(struct call *c, struct plan *plan)
{
    const char *before = value_text(plan->prior, "role_arn");
    bool vpc = plan_is_create(plan), role = value_is_null(value_at(plan->config, "role_arn"));
    struct diags unheard;
    struct call quiet;
    struct aws *aws;

    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, &unheard);
    if (role && *before && connection_is_known(value_at(plan->planned, "cluster")) &&
        open_session(&quiet, plan->planned, &aws) &&
        controller_is_made(c->arena, aws, eks_name(plan->planned), before))
        role = false; /* kept */
    if (role)
        plan_set_unknown(c, plan, "role_arn");
    if ((vpc || role) && connection_is_known(value_at(plan->planned, "cluster")))
        (void)!ask(&quiet, plan, vpc, role);
}

/* A version that was chosen before does not stay when the default is another by now. */
static const struct value *wanted_of(struct call *c, const struct plan *plan)
{
    return value_with(c->arena, plan->planned, "chart_version",
                      value_at(plan->config, "chart_version"));
}

static bool plan_release(struct call *c, struct plan *plan)
{
    const struct value *wanted = wanted_of(c, plan);
    const struct release_memory before = release_state_memory(c, plan->prior, REVISION);
    struct load_balancer_controller_place place;
    struct release_outlook outlook;
    struct release release;
    struct aws *aws;
    struct kube *k;

    if (!open_session(c, wanted, &aws))
        return false;
    place = place_of(aws, wanted);
    if (!load_balancer_controller_release(c, wanted, &place, &release) ||
        !kube_open_for_plan(c, value_at(plan->planned, "cluster"), path_of(c->arena, "cluster"),
                            &k) ||
        !release_plan(c, k, &release, &before, &outlook))
        return false;
    release_state_plan(c, plan, REVISION, &release, &outlook);
    plan_set(c, plan, "version", value_string(c->arena, release.chart->app_version));
    return true;
}

static bool controller_plan_change(struct call *c, struct plan *plan)
{
    connection_plan(c, plan, "cluster");
    plan_place(c, plan);
    if (load_balancer_controller_is_known(c, wanted_of(c, plan)))
        return plan_release(c, plan);
    plan_set_all_unknown(c, plan, outputs);
    plan_set(c, plan, "drift", &value_empty_list);
    return true;
}

static bool controller_validate(struct call *c, const struct value *config)
{
    const struct value *cluster = value_at(config, "cluster");

    return value_is_unknown(cluster) || !value_is_null(value_at(cluster, "eks")) ||
           diag_error(c->diags, path_of(c->arena, "cluster"), "Not an EKS cluster",
                      "The controller needs a role in AWS, which belongs to an EKS cluster: the "
                      "connection has to have `eks` with the cluster's name and region.");
}

static bool controller_import(struct call *c, const char *id, const struct value **out)
{
    static const char *const keys[] = {"namespace?", NULL};
    const struct value *connection, *rest, *namespace;

    if (!connection_import_id(c, id, keys, &connection, &rest))
        return false;
    namespace = value_at(rest, "namespace");
    *out = value_map_of(
        c->arena, {"cluster", connection},
        {"namespace", value_is_set(namespace) ? namespace : value_string(c->arena, "kube-system")});
    return true;
}

RESOURCE(istio_load_balancer_controller) = {
    .name = "istio_load_balancer_controller",
    .kind = KIND_MANAGED,
    .summary = "The AWS load balancer controller of an EKS cluster, with its role.",
    .doc = "Makes an IAM role that may do what the controller has to, gives it to the "
           "controller's service account by EKS Pod Identity or IRSA, and installs the "
           "controller's chart as a Helm release (`helm list` knows it), planned object by object. "
           "Its pods are replaced when the role changes. The webhook's certificate is made once "
           "and kept.\n\n"
           "An istio_gateway whose `load_balancer.controller` is the `id` of this resource is made "
           "after it and destroyed before it. **Destroy** waits while Services, Ingresses, "
           "Gateways or TargetGroupBindings are being deleted that need the controller for that, "
           "and is refused, with their names, when they stay. Then release, CRDs, association and "
           "role go.",
    .attributes = attributes,
    .timeouts = {.create = 900, .read = 120, .update = 900, .remove = 1800},
    .continues = NAMES("cluster", "namespace"),
    .import_doc = "`" LOAD_BALANCER_CONTROLLER_IMPORT "`: the release is read from Helm's own "
                  "record. The namespace may be left out: `kube-system`.",
    .validate = controller_validate,
    .plan = controller_plan_change,
    .create = controller_create,
    .read = controller_read,
    .update = controller_update,
    .remove = controller_destroy,
    .import = controller_import,
};
