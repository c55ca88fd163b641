/* ready - the ready-made judges. What counts as ready is what `kubectl rollout
 * status` and Helm's --wait wait for. */
#include <inttypes.h>
#include <string.h>

#include "kube/wait.h"

enum { SEEN_BYTES_MAX = 2048, MESSAGE_BYTES_MAX = 500 };

static const struct value *condition_of(const struct value *object, const char *type)
{
    const struct value *conditions = value_in(object, "status", "conditions");

    for (size_t i = 0; i < value_count(conditions); i++)
        if (strcmp(value_text(value_item(conditions, i), "type"), type) == 0)
            return value_item(conditions, i);
    return &value_null;
}

static bool is_true(const struct value *condition)
{
    return strcmp(value_text(condition, "status"), "True") == 0;
}

/* "Available is False: MinimumReplicasUnavailable: …" */
static const char *condition_text(struct arena *a, const char *type, const struct value *condition)
{
    const char *reason = value_text(condition, "reason");
    const char *message =
        text_printable(a, value_string_text(value_at(condition, "message")), MESSAGE_BYTES_MAX);

    if (!value_is_set(condition))
        return text_f(a, "it has no condition %s yet", type);
    return text_f(a, "%s is %s%s%s%s%s", type, value_text(condition, "status"),
                  reason[0] ? ": " : "", reason, message[0] ? ": " : "", message);
}

static enum kube_verdict verdict(bool done)
{
    return done ? KUBE_DONE : KUBE_NOT_YET;
}

enum kube_verdict kube_judge_condition(struct call *c, void *data, const struct value *object,
                                       const char **last_seen)
{
    const char *type = data;
    const struct value *condition = condition_of(object, type);

    if (!object)
        return KUBE_NOT_YET;
    *last_seen = condition_text(c->arena, type, condition);
    return verdict(is_true(condition));
}

enum kube_verdict kube_judge_exists(struct call *c, void *data, const struct value *object,
                                    const char **last_seen)
{
    (void)c;
    (void)data;
    (void)last_seen;
    return verdict(object != NULL);
}

static void finalizers_add(struct text_builder *b, const struct value *object)
{
    const struct value *finalizers = value_in(object, "metadata", "finalizers");

    for (size_t i = 0; i < value_count(finalizers); i++)
        text_add_f(b, "%s%s", i ? ", " : "; finalizers: ", value_z(value_item(finalizers, i)));
}

/* A namespace says in its conditions what is left in it. */
static void namespace_add(struct arena *a, struct text_builder *b, const struct value *object)
{
    static const char *const types[] = {
        "NamespaceDeletionDiscoveryFailure", "NamespaceDeletionGroupVersionParsingFailure",
        "NamespaceDeletionContentFailure", "NamespaceContentRemaining",
        "NamespaceFinalizersRemaining"};

    if (strcmp(value_text(object, "kind"), "Namespace") != 0)
        return;
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        const struct value *condition = condition_of(object, types[i]);

        if (is_true(condition))
            text_add_f(b, "; %s",
                       text_printable(a, value_string_text(value_at(condition, "message")),
                                      MESSAGE_BYTES_MAX));
    }
}

enum kube_verdict kube_judge_gone(struct call *c, void *data, const struct value *object,
                                  const char **last_seen)
{
    const char *since = value_z(value_in(object, "metadata", "deletionTimestamp"));
    struct text_builder b;

    (void)data;
    if (!object)
        return KUBE_DONE;
    text_builder_init(&b, c->arena, SEEN_BYTES_MAX);
    if (since[0])
        text_add_f(&b, "it is being deleted since %s", since);
    else
        text_add_z(&b, "it exists and is not being deleted");
    finalizers_add(&b, object);
    namespace_add(c->arena, &b, object);
    *last_seen = text_built(&b).at;
    return KUBE_NOT_YET;
}

/* --- kinds -------------------------------------------------------------------- */

typedef enum kube_verdict ready_fn(struct call *c, const struct value *object,
                                   const char **last_seen);

static int64_t status_of(const struct value *object, const char *field)
{
    return value_as_integer(value_in(object, "status", field));
}

static int64_t replicas_of(const struct value *object)
{
    const struct value *replicas = value_in(object, "spec", "replicas");

    return value_is_set(replicas) ? value_as_integer(replicas) : 1;
}

/* The controller has not yet looked at the newest spec. */
static bool is_unobserved(const struct value *object, const char **last_seen)
{
    if (status_of(object, "observedGeneration") >=
        value_as_integer(value_in(object, "metadata", "generation")))
        return false;
    *last_seen = "its controller has not yet seen the change";
    return true;
}

/* "2 of 3 replicas updated, 1 old ones left, 1 available; Progressing is …" */
static enum kube_verdict ready_deployment(struct call *c, const struct value *object,
                                          const char **last_seen)
{
    int64_t wanted = replicas_of(object), updated = status_of(object, "updatedReplicas"),
            old = status_of(object, "replicas") - updated,
            available = status_of(object, "availableReplicas");
    const struct value *progress = condition_of(object, "Progressing");

    if (is_unobserved(object, last_seen))
        return KUBE_NOT_YET;
    *last_seen = text_f(c->arena,
                        "%" PRId64 " of %" PRId64 " replicas updated, %" PRId64
                        " old left, %" PRId64 " available%s%s",
                        updated, wanted, old, available, is_true(progress) ? "" : "; ",
                        is_true(progress) ? "" : condition_text(c->arena, "Progressing", progress));
    return verdict(updated >= wanted && old <= 0 && available >= updated);
}

static bool is_on_delete(const struct value *object)
{
    return strcmp(value_z(value_in(object, "spec", "updateStrategy", "type")), "OnDelete") == 0;
}

static enum kube_verdict ready_stateful_set(struct call *c, const struct value *object,
                                            const char **last_seen)
{
    int64_t wanted = replicas_of(object), ready = status_of(object, "readyReplicas"),
            updated = status_of(object, "updatedReplicas"),
            partition = value_as_integer(
                value_in(object, "spec", "updateStrategy", "rollingUpdate", "partition"));

    if (is_unobserved(object, last_seen))
        return KUBE_NOT_YET;
    *last_seen = text_f(c->arena, "%" PRId64 " of %" PRId64 " replicas ready, %" PRId64 " updated",
                        ready, wanted, updated);
    return verdict(ready >= wanted && (is_on_delete(object) || updated >= wanted - partition));
}

static enum kube_verdict ready_daemon_set(struct call *c, const struct value *object,
                                          const char **last_seen)
{
    int64_t wanted = status_of(object, "desiredNumberScheduled"),
            updated = status_of(object, "updatedNumberScheduled"),
            available = status_of(object, "numberAvailable");

    if (is_unobserved(object, last_seen))
        return KUBE_NOT_YET;
    *last_seen = text_f(c->arena, "%" PRId64 " of %" PRId64 " pods available, %" PRId64 " updated",
                        available, wanted, updated);
    return verdict(available >= wanted && (is_on_delete(object) || updated >= wanted));
}

static enum kube_verdict ready_replica_set(struct call *c, const struct value *object,
                                           const char **last_seen)
{
    int64_t wanted = replicas_of(object), available = status_of(object, "availableReplicas");

    if (is_unobserved(object, last_seen))
        return KUBE_NOT_YET;
    *last_seen =
        text_f(c->arena, "%" PRId64 " of %" PRId64 " replicas available", available, wanted);
    return verdict(available >= wanted);
}

static enum kube_verdict ready_job(struct call *c, const struct value *object,
                                   const char **last_seen)
{
    const struct value *broken = condition_of(object, "Failed");
    const struct kube_ref ref = kube_ref_of(object);

    *last_seen = text_f(c->arena, "%" PRId64 " pods active, %" PRId64 " failed",
                        status_of(object, "active"), status_of(object, "failed"));
    if (!is_true(broken))
        return verdict(is_true(condition_of(object, "Complete")));
    diag_error(c->diags, NULL, text_f(c->arena, "%s failed", kube_ref_text(c->arena, &ref)), "%s.",
               condition_text(c->arena, "Failed", broken));
    return KUBE_FAILED;
}

static enum kube_verdict ready_pod(struct call *c, const struct value *object,
                                   const char **last_seen)
{
    const char *phase = value_z(value_in(object, "status", "phase"));
    const struct value *ready = condition_of(object, "Ready");

    *last_seen = text_f(c->arena, "phase %s; %s", phase, condition_text(c->arena, "Ready", ready));
    return verdict(is_true(ready) || strcmp(phase, "Succeeded") == 0);
}

static enum kube_verdict ready_crd(struct call *c, const struct value *object,
                                   const char **last_seen)
{
    const struct value *names = condition_of(object, "NamesAccepted");
    const struct value *established = condition_of(object, "Established");
    bool refused = strcmp(value_text(names, "status"), "False") == 0;

    *last_seen = refused ? condition_text(c->arena, "NamesAccepted", names)
                         : condition_text(c->arena, "Established", established);
    return verdict(is_true(established) && !refused);
}

static enum kube_verdict ready_api_service(struct call *c, const struct value *object,
                                           const char **last_seen)
{
    return kube_judge_condition(c, (char[]){"Available"}, object, last_seen);
}

static enum kube_verdict ready_phase(struct call *c, const struct value *object, const char *wanted,
                                     const char **last_seen)
{
    const char *phase = value_z(value_in(object, "status", "phase"));

    *last_seen = text_f(c->arena, "phase %s", phase[0] ? phase : "not set");
    return verdict(strcmp(phase, wanted) == 0);
}

static enum kube_verdict ready_namespace(struct call *c, const struct value *object,
                                         const char **last_seen)
{
    return ready_phase(c, object, "Active", last_seen);
}

static enum kube_verdict ready_claim(struct call *c, const struct value *object,
                                     const char **last_seen)
{
    return ready_phase(c, object, "Bound", last_seen);
}

static enum kube_verdict ready_service(struct call *c, const struct value *object,
                                       const char **last_seen)
{
    (void)c;
    if (strcmp(value_z(value_in(object, "spec", "type")), "LoadBalancer") != 0)
        return KUBE_DONE;
    *last_seen = "its load balancer has no address yet";
    return verdict(value_count(value_in(object, "status", "loadBalancer", "ingress")) > 0);
}

static const struct {
    const char *group, *kind;
    ready_fn *ready;
} kinds[] = {
    {"apps", "Deployment", ready_deployment},
    {"apps", "StatefulSet", ready_stateful_set},
    {"apps", "DaemonSet", ready_daemon_set},
    {"apps", "ReplicaSet", ready_replica_set},
    {"batch", "Job", ready_job},
    {"", "Pod", ready_pod},
    {"", "Namespace", ready_namespace},
    {"", "PersistentVolumeClaim", ready_claim},
    {"", "Service", ready_service},
    {"apiextensions.k8s.io", "CustomResourceDefinition", ready_crd},
    {"apiregistration.k8s.io", "APIService", ready_api_service},
};

static bool is_in_group(const char *api_version, const char *group)
{
    size_t len = strlen(group);

    return len ? strncmp(api_version, group, len) == 0 && api_version[len] == '/'
               : !strchr(api_version, '/');
}

enum kube_verdict kube_judge_ready(struct call *c, void *data, const struct value *object,
                                   const char **last_seen)
{
    const char *kind = value_text(object, "kind"), *version = value_text(object, "apiVersion");

    (void)data;
    if (!object)
        return KUBE_NOT_YET;
    if (value_is_set(value_in(object, "metadata", "deletionTimestamp"))) {
        *last_seen = "it is being deleted";
        return KUBE_NOT_YET;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (strcmp(kinds[i].kind, kind) == 0 && is_in_group(version, kinds[i].group))
            return kinds[i].ready(c, object, last_seen);
    return KUBE_DONE;
}
