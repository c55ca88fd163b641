#include "istio/gateway_balancer.h"

#include <string.h>

#include "base/clock.h"
#include "istio/gateway.h"
#include "network/load_balancer.h"

#define ARN "load_balancer_arn"
#define HEALTH "target_health"

enum { LAST_LOOK_MS = 10 * 1000, REFRESH_MS = 30 * 1000 };

/* Whose Deployments have this label, whichever way they were installed. */
static const char controller_label[] = "app.kubernetes.io/name=aws-load-balancer-controller";

const struct value *gateway_balancer_none(struct arena *a, const struct value *object)
{
    return value_with(a, value_with(a, object, ARN, &value_null), HEALTH, &value_null);
}

static bool is_on_eks(const struct value *object)
{
    return value_is_set(value_in(object, "cluster", "eks"));
}

static bool is_in_aws(const struct value *object)
{
    return is_on_eks(object) && load_balancer_is_hostname(value_text(object, "hostname"));
}

static const struct value *told(struct arena *a, const struct value *object,
                                const struct value *load_balancer)
{
    if (!load_balancer)
        return gateway_balancer_none(a, object);
    object = value_with(a, object, ARN, value_at(load_balancer, "arn"));
    return value_with(a, object, HEALTH, load_balancer_health(a, load_balancer));
}

/* --- serving ---------------------------------------------------------------------------- */

struct asking {
    struct kube *kube;
    const struct value **object;
};

static bool ask_again(struct call *c, void *data, const char **hostname)
{
    const struct asking *asking = data;

    if (!gateway_ask_addresses(c, asking->kube, asking->object))
        return false;
    *hostname = value_text(*asking->object, "hostname");
    return true;
}

static bool wait(struct call *c, struct kube *k, struct aws *aws, const struct value **object)
{
    struct asking asking = {k, object};
    const struct load_balancer_key key = {
        .hostname = value_text(*object, "hostname"), .rename = ask_again, .data = &asking};
    const struct value *found = NULL;
    bool serves = load_balancer_wait(c, aws, &key, &found);

    *object = told(c->arena, *object, found);
    return serves;
}

bool gateway_balancer_serve(struct call *c, struct kube *k, const struct value **object)
{
    const char *missing;
    struct aws *aws;

    *object = gateway_balancer_none(c->arena, *object);
    if (!is_in_aws(*object))
        return true;
    if (!value_flag(*object, "wait_for_load_balancer"))
        return gateway_balancer_look(c, object, &missing);
    return load_balancer_open(c, value_at(*object, "cluster"), &aws) && wait(c, k, aws, object);
}

static void warn_unseen(struct call *c, const struct value *object, const struct diags *heard)
{
    const struct diag *first = heard->first;

    diag_warning(c->diags, NULL, "The gateway's load balancer could not be looked at",
                 "%s: its " ARN " and " HEALTH " are shown as they were known last. %s%s%s",
                 value_text(object, "hostname"), first ? first->summary : "", first ? ": " : "",
                 first ? first->detail : "");
}

/* False = AWS did not say: a warning. *found NULL = there is none. */
static bool find_quietly(struct call *c, const struct value *object,
                         const struct load_balancer_key *key, const struct value **found)
{
    struct diags heard;
    struct call quiet;
    struct aws *aws;

    diags_init(&heard, c->arena);
    quiet = call_quietly(c, &heard);
    if (call_left_ms(c) > REFRESH_MS)
        quiet.deadline_ms = clock_monotonic_ms() + REFRESH_MS;
    if (load_balancer_open(&quiet, value_at(object, "cluster"), &aws) &&
        load_balancer_describe(&quiet, aws, key, found))
        return true;
    warn_unseen(c, object, &heard);
    return false;
}

bool gateway_balancer_look(struct call *c, const struct value **object, const char **missing)
{
    const struct load_balancer_key key = {.hostname = value_text(*object, "hostname")};
    const struct value *found;

    *missing = "";
    if (!is_in_aws(*object)) {
        *object = gateway_balancer_none(c->arena, *object);
        return true;
    }
    if (!find_quietly(c, *object, &key, &found))
        return true;
    if (!found && !load_balancer_may_be_classic(key.hostname))
        *missing = key.hostname;
    *object = told(c->arena, *object, found);
    return true;
}

bool gateway_balancer_remains(struct call *c, const struct value *state)
{
    const struct load_balancer_key key = {.arn = value_text(state, ARN)};
    const struct value *found;

    return *key.arn && is_on_eks(state) && (!find_quietly(c, state, &key, &found) || found);
}

/* --- one that is missing ------------------------------------------------------------------ */

static const char drift_begins[] = "load balancer ";

const struct value *gateway_balancer_drift(struct arena *a, const char *missing)
{
    return value_f(a, "%s%s: (gone)", drift_begins, missing);
}

bool gateway_balancer_is_missing(const struct value *state)
{
    const struct value *drift = value_at(state, "drift");

    for (size_t i = 0; i < value_count(drift); i++)
        if (strncmp(value_z(value_item(drift, i)), drift_begins, strlen(drift_begins)) == 0)
            return true;
    return false;
}

bool gateway_balancer_revive(struct call *c, struct kube *k, const struct value *object)
{
    const struct kube_ref ref = gateway_front_ref(object);
    const struct value *unused,
        *now = value_string(c->arena, clock_rfc3339(c->arena, clock_now())),
        *patch = value_with_in(c->arena, &value_empty_map, now, "metadata", "annotations",
                               KUBE_FIELD_MANAGER "/load-balancer-missed-at");

    return kube_patch(c, k, &ref, patch, KUBE_ASIDE, &unused);
}

/* --- its end ------------------------------------------------------------------------------ */

/* Finalizers by which controllers hold a Service or Ingress until its load balancer is gone. */
static const char *finalizer_of(const struct value *front)
{
    static const char *const known[] = {
        "service.k8s.aws/resources", "ingress.k8s.aws/resources", "group.ingress.k8s.aws/",
        "service.eks.amazonaws.com/resources", "ingress.eks.amazonaws.com/resources"};
    const struct value *finalizers = value_in(front, "metadata", "finalizers");

    for (size_t i = 0; i < value_count(finalizers); i++)
        for (size_t n = 0; n < sizeof(known) / sizeof(*known); n++)
            if (strncmp(value_z(value_item(finalizers, i)), known[n], strlen(known[n])) == 0)
                return value_z(value_item(finalizers, i));
    return "";
}

/* Auto Mode's controller runs where nobody sees it. */
static bool controller_is_away(struct call *c, struct kube *k, const char *finalizer, bool *away)
{
    const struct kube_ref deployments = {"apps/v1", "Deployment", NULL, NULL};
    const struct value *list;

    *away = false;
    if (!*finalizer || strstr(finalizer, "eks.amazonaws.com"))
        return true;
    if (!kube_list(c, k, &deployments, controller_label, &list))
        return false;
    for (size_t i = 0; i < value_count(list); i++)
        if (value_as_integer(value_in(value_item(list, i), "status", "readyReplicas")) > 0)
            return true;
    *away = true;
    return true;
}

bool gateway_balancer_before_end(struct call *c, struct kube *k, const struct value *state,
                                 struct gateway_farewell *out)
{
    const struct value *front, *now = state;

    *out = (struct gateway_farewell){.hostname = "", .arn = "", .finalizer = ""};
    if (!is_on_eks(state) || !gateway_gets_address(state))
        return true;
    if (!gateway_front_now(c, k, state, &front))
        return false;
    if (front)
        now = gateway_with_addresses(c->arena, state, front);
    if (!is_in_aws(now) && front)
        now = state;
    if (is_in_aws(now))
        out->hostname = value_text(now, "hostname");
    if (strcmp(out->hostname, value_text(state, "hostname")) == 0)
        out->arn = value_text(state, ARN);
    out->finalizer = front ? finalizer_of(front) : "";
    return controller_is_away(c, k, out->finalizer, &out->orphaned);
}

void gateway_balancer_explain_stuck(struct call *c, struct kube *k, const struct value *state,
                                    const struct gateway_farewell *before)
{
    const struct value *front;
    struct diags unheard;
    struct call late;

    diags_init(&unheard, c->arena);
    late = call_quietly(c, &unheard);
    late.deadline_ms = clock_monotonic_ms() + LAST_LOOK_MS;
    if (!*before->finalizer || !gateway_front_now(&late, k, state, &front) || !front ||
        !*finalizer_of(front))
        return;
    (void)!diag_error(
        c->diags, NULL,
        text_f(c->arena, "%s %s/%s is held by its load balancer controller",
               value_text(front, "kind"), value_text(state, "namespace"),
               value_text(state, "name")),
        before->orphaned
            ? "It has the finalizer %s, which that controller takes off when the load balancer is "
              "gone; but no Deployment with the label %s has a ready pod. Bring the controller "
              "back, with its role and permissions; Terraform does in an apply that keeps the "
              "gateway. Then destroy again. Gateways have to go before the controller: let them "
              "name it (load_balancer.controller)."
            : "It has the finalizer %s, which that controller (label %s) takes off when the load "
              "balancer is gone. Its log and the events of the object say what keeps it: often "
              "its role or permissions are gone already, or deletion protection is on.",
        finalizer_of(front), controller_label);
}

bool gateway_balancer_end(struct call *c, const struct value *state,
                          const struct gateway_farewell *before)
{
    const struct load_balancer_key key = {.arn = before->arn, .hostname = before->hostname};
    const char *owner =
        text_f(c->arena, "%s/%s", value_text(state, "namespace"), value_text(state, "name"));
    struct aws *aws;

    return !*before->hostname || (load_balancer_open(c, value_at(state, "cluster"), &aws) &&
                                  load_balancer_wait_gone(c, aws, &key, owner));
}
