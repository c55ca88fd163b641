#include "acceptance/sandbox/aws/balancer.h"

#include <string.h>

#include "acceptance/sandbox/aws/cloud_eks.h"
#include "codec/json.h"
#include "crypto/digest.h"

enum { ROUNDS_MAX = 8 }; /* one look may give the next one something to do */

static const char controller_name[] = "aws-load-balancer-controller";
static const char webhook_service[] = "aws-load-balancer-webhook-service";
static const char refusal[] =
    "Internal error occurred: failed calling webhook \"mservice.elbv2.k8s.aws\": failed to call "
    "webhook: Post \"https://aws-load-balancer-webhook-service.kube-system.svc:443/"
    "mutate-v1-service?timeout=10s\": no endpoints available for service "
    "\"aws-load-balancer-webhook-service\"";

/* --- tools --------------------------------------------------------------------------------- */
const struct value *balancer_list(const struct balancer *b, const char *path)
{
    char *json = sandbox_get(b->sandbox, path);
    const struct value *v = &value_null;

    if (json && json_try(b->a, text_of(arena_strdup(b->a, json)), &v))
        v = &value_null;
    memory_free(json);
    return value_at(v, "items");
}

const char *balancer_hash(struct arena *a, const char *text)
{
    struct diags diags;

    diags_init(&diags, a);
    return text_f(a, "%.10s", digest_sha256_hex(a, &diags, text_of(text)));
}

/* --- the controller ------------------------------------------------------------------------- */
/* The Deployment, when it is available; NULL = none is. */
static const struct value *find_controller(const struct balancer *b)
{
    const struct value *all = balancer_list(b, "/apis/apps/v1/deployments");

    for (size_t i = 0; i < value_count(all); i++) {
        const struct value *one = value_item(all, i);

        if (strcmp(value_z(value_in(one, "metadata", "labels", "app.kubernetes.io/name")),
                   controller_name) == 0 &&
            value_integer_at(value_at(one, "status"), "availableReplicas") > 0)
            return one;
    }
    return NULL;
}

/* The value of "--cluster-name=east" among its arguments; "" = it is not there. */
static const char *argument(const struct balancer *b, const struct value *deployment,
                            const char *option)
{
    const struct value *containers = value_in(deployment, "spec", "template", "spec", "containers");
    const struct value *arguments = value_at(value_item(containers, 0), "args");
    const char *start = text_f(b->a, "--%s=", option);

    for (size_t i = 0; i < value_count(arguments); i++)
        if (strncmp(value_z(value_item(arguments, i)), start, strlen(start)) == 0)
            return value_z(value_item(arguments, i)) + strlen(start);
    return "";
}

static const struct value *account_of(const struct balancer *b, const struct value *deployment)
{
    const char *ns = value_z(value_in(deployment, "metadata", "namespace"));
    const char *name =
        value_z(value_in(deployment, "spec", "template", "spec", "serviceAccountName"));
    char *json = sandbox_object(b->sandbox, text_f(b->a, "/api/v1/namespaces/%s/serviceaccounts/%s",
                                                   ns, *name ? name : "default"));
    const struct value *v = &value_null;

    if (json && json_try(b->a, text_of(arena_strdup(b->a, json)), &v))
        v = &value_null;
    memory_free(json);
    return v;
}

/* Does it have the webhook that gives Services its class? */
static bool has_webhook(const struct balancer *b)
{
    const struct value *all =
        balancer_list(b, "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations");

    for (size_t i = 0; i < value_count(all); i++) {
        const struct value *webhooks = value_at(value_item(all, i), "webhooks");

        for (size_t k = 0; k < value_count(webhooks); k++)
            if (strcmp(
                    value_z(value_in(value_item(webhooks, k), "clientConfig", "service", "name")),
                    webhook_service) == 0 &&
                strstr(
                    value_z(value_in(value_item(webhooks, k), "clientConfig", "service", "path")),
                    "/mutate-v1-service"))
                return true;
    }
    return false;
}

/* --- its work --------------------------------------------------------------------------------- */
static void serve(const struct balancer *b, struct balancer_plan *p)
{
    if (!p->is_wanted && b->denied)
        balancer_event(b, p, "Warning", "FailedDeployModel",
                       text_f(b->a, "Failed deploy model due to %s", b->denied));
    else if (!p->is_wanted)
        balancer_withdraw(b, p);
    else if (b->denied)
        balancer_event(b, p, "Warning", "FailedBuildModel",
                       text_f(b->a, "Failed build model due to %s", b->denied));
    else {
        balancer_plan_fill(b, p);
        balancer_deploy(b, p);
    }
}

static void work(const struct balancer *b)
{
    const struct value *services = balancer_list(b, "/api/v1/services");
    const struct value *ingresses = balancer_list(b, "/apis/networking.k8s.io/v1/ingresses");
    struct balancer_plan p;

    for (size_t i = 0; i < value_count(services); i++)
        if (balancer_plan_service(b, value_item(services, i), &p))
            serve(b, &p);
    for (size_t i = 0; i < value_count(ingresses); i++)
        if (balancer_plan_ingress(b, value_item(ingresses, i), &p))
            serve(b, &p);
}

static bool is_auto(const struct record *cluster)
{
    return value_flag(value_at(cluster->body, "computeConfig"), "enabled");
}

static void look(struct cloud *c, struct arena *a, const struct record *cluster)
{
    struct balancer b = {.c = c,
                         .a = a,
                         .cluster = cluster,
                         .sandbox = cloud_eks_server(c, cluster->region, cluster->id),
                         .name = cluster->id,
                         .vpc = value_z(value_in(cluster->body, "resourcesVpcConfig", "vpcId"))};
    struct balancer own = b;
    const struct value *deployment = find_controller(&b);
    const char *name = deployment ? argument(&b, deployment, "cluster-name") : "";
    const char *vpc = deployment ? argument(&b, deployment, "aws-vpc-id") : "";
    bool webhook = has_webhook(&b);

    own.is_auto = true;
    b.name = *name ? name : b.name;
    b.vpc = *vpc ? vpc : b.vpc;
    sandbox_set_service_webhook(b.sandbox,
                                webhook && deployment ? "service.k8s.aws/nlb"
                                : is_auto(cluster)    ? "eks.amazonaws.com/nlb"
                                                      : NULL,
                                webhook && !deployment ? refusal : NULL);
    if (deployment) {
        b.denied = balancer_denied(&b, account_of(&b, deployment));
        work(&b);
    }
    if (is_auto(cluster))
        work(&own);
}

void balancer_run(struct cloud *c)
{
    bool stirred = true;

    for (int round = 0; stirred && round < ROUNDS_MAX; round++) {
        struct record *cluster = NULL;

        stirred = false;
        while ((cluster = record_next(c, cluster, NULL, "cluster"))) {
            struct arena *a;

            if (!cloud_eks_server_stirred(c, cluster))
                continue;
            a = arena_new();
            look(c, a, cluster);
            arena_free(a);
            stirred = true;
        }
        if (stirred)
            records_ripen(c);
    }
}
