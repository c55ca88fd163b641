#include "acceptance/sandbox/builtin.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>

#include "acceptance/sandbox/crd.h"
#include "acceptance/sandbox/selector.h"
#include "acceptance/sandbox/store.h"
#include "codec/base64.h"
#include "codec/json.h"

enum { NODE_PORT_FIRST = 30000, NODE_PORTS = 2768, DATA_BYTES_MAX = 1 << 20 };

static bool is(const struct kind *kind, const char *name)
{
    return strcmp(kind->kind, name) == 0 && !(kind->flags & KIND_CUSTOM);
}

/* v with f(item) for every element of the list under key. */
static const struct value *each(struct arena *a, const struct value *v, const char *key,
                                const struct value *(*change)(struct arena *a,
                                                              const struct value *item))
{
    const struct value *list = value_at(v, key), *out = &value_empty_list;

    if (list->kind != VALUE_LIST || value_count(list) == 0)
        return v;
    for (size_t i = 0; i < value_count(list); i++)
        out = value_append(a, out, change(a, value_item(list, i)));
    return value_with(a, v, key, out);
}

static const struct value *or_default(struct arena *a, const struct value *v, const char *key,
                                      const struct value *fallback)
{
    return value_has(v, key) ? v : value_with(a, v, key, fallback);
}

/* --- defaults -------------------------------------------------------------------------------- */
static const struct value *default_container(struct arena *a, const struct value *v)
{
    const char *image = value_text(v, "image"), *slash = strrchr(image, '/');
    const char *tag = strchr(slash ? slash : image, ':');
    bool latest = !tag || strcmp(tag, ":latest") == 0;

    if (strchr(image, '@'))
        latest = false;
    return or_default(a, v, "imagePullPolicy", value_string(a, latest ? "Always" : "IfNotPresent"));
}

static const struct value *default_pod_spec(struct arena *a, const struct value *v)
{
    v = each(a, v, "containers", default_container);
    v = each(a, v, "initContainers", default_container);
    if (value_has(v, "serviceAccountName"))
        v = value_with(a, v, "serviceAccount", value_at(v, "serviceAccountName"));
    return v;
}

static const struct value *default_rolling_update(struct arena *a, const struct value *spec,
                                                  const char *key, const char *surge)
{
    const struct value *strategy = value_at(spec, key), *rolling;

    if (strcmp(value_text(strategy, "type"), "RollingUpdate") != 0)
        return spec;
    rolling = value_at(strategy, "rollingUpdate");
    rolling = or_default(a, rolling, "maxUnavailable",
                         *surge == '2' ? value_string(a, "25%") : value_integer(a, 1));
    rolling = or_default(a, rolling, "maxSurge",
                         *surge == '2' ? value_string(a, surge) : value_integer(a, 0));
    return value_with_in(a, spec, rolling, key, "rollingUpdate");
}

static const struct value *default_port(struct arena *a, const struct value *v)
{
    return or_default(a, v, "targetPort", value_at(v, "port"));
}

static const struct value *default_service(struct arena *a, const struct value *spec)
{
    const char *type = value_text(spec, "type");
    bool outside = strcmp(type, "LoadBalancer") == 0 || strcmp(type, "NodePort") == 0;

    spec = each(a, spec, "ports", default_port);
    if (strcmp(type, "ExternalName") != 0)
        spec = or_default(a, spec, "internalTrafficPolicy", value_string(a, "Cluster"));
    if (outside)
        spec = or_default(a, spec, "externalTrafficPolicy", value_string(a, "Cluster"));
    if (strcmp(type, "LoadBalancer") == 0)
        spec = or_default(a, spec, "allocateLoadBalancerNodePorts", &value_true);
    return spec;
}

/* stringData is written, data is read. */
static const struct value *fold_string_data(struct arena *a, const struct value *v)
{
    const struct value *plain = value_at(v, "stringData"), *data = value_at(v, "data");

    for (size_t i = 0; i < value_count(plain); i++)
        data = value_with(
            a, data, plain->map.entries[i].key,
            value_string_of(a, base64_encode(a, value_string_text(plain->map.entries[i].value),
                                             BASE64_STANDARD)));
    v = value_with(a, v, "stringData", NULL);
    return value_count(data) ? value_with(a, v, "data", data) : v;
}

static const struct value *default_subject(struct arena *a, const struct value *v)
{
    if (strcmp(value_text(v, "kind"), "ServiceAccount") == 0)
        return v;
    return or_default(a, v, "apiGroup", value_string(a, "rbac.authorization.k8s.io"));
}

static const struct value *default_webhook(struct arena *a, const struct value *v)
{
    const struct value *service = value_in(v, "clientConfig", "service");

    if (value_is_set(service))
        v = value_with_in(a, v, or_default(a, service, "port", value_integer(a, 443)),
                          "clientConfig", "service");
    return v;
}

static const struct value *default_network_policy(struct arena *a, const struct value *spec)
{
    const struct value *types = value_list_of(a, value_string(a, "Ingress"));

    if (value_count(value_at(spec, "egress")))
        types = value_append(a, types, value_string(a, "Egress"));
    return or_default(a, spec, "policyTypes", types);
}

const struct value *builtin_default(struct arena *a, const struct kind *kind, const struct value *v)
{
    const struct value *spec = value_at(v, "spec");
    const struct value *template = value_in(spec, "template", "spec");

    if (is(kind, "Namespace")) {
        const char *name = value_z(value_in(v, "metadata", "name"));

        if (*name)
            v = value_with_in(a, v, value_string(a, name), "metadata", "labels",
                              "kubernetes.io/metadata.name");
    }
    if (is(kind, "Secret"))
        return fold_string_data(a, v);
    if (is(kind, "Service"))
        return value_with(a, v, "spec", default_service(a, spec));
    if (is(kind, "NetworkPolicy"))
        return value_with(a, v, "spec", default_network_policy(a, spec));
    if (is(kind, "Pod"))
        return value_with(
            a, v, "spec",
            or_default(a, default_pod_spec(a, spec), "enableServiceLinks", &value_true));
    if (is(kind, "CustomResourceDefinition"))
        return crd_default(a, v);
    if (is(kind, "ClusterRoleBinding") || is(kind, "RoleBinding"))
        return each(a, v, "subjects", default_subject);
    if (is(kind, "MutatingWebhookConfiguration") || is(kind, "ValidatingWebhookConfiguration"))
        return each(a, v, "webhooks", default_webhook);
    if (value_is_set(template) && *kind->group) {
        spec = value_with_in(a, spec, default_pod_spec(a, template), "template", "spec");
        if (is(kind, "Deployment"))
            spec = default_rolling_update(a, spec, "strategy", "25%");
        if (is(kind, "DaemonSet"))
            spec = default_rolling_update(a, spec, "updateStrategy", "0");
        v = value_with(a, v, "spec", spec);
    }
    return v;
}

/* --- allocation ------------------------------------------------------------------------------- */
static unsigned hash_of(const char *text)
{
    unsigned h = 2166136261U;

    for (const char *c = text; *c; c++)
        h = (h ^ (unsigned char)*c) * 16777619U;
    return h;
}

static const struct value *allocate_ports(struct arena *a, const struct value *spec,
                                          const struct value *before, const char *uid)
{
    const struct value *ports = value_at(spec, "ports"), *out = &value_empty_list;
    const struct value *old = value_in(before, "spec", "ports");

    for (size_t i = 0; i < value_count(ports); i++) {
        const struct value *port = value_item(ports, i);
        const struct value *kept = value_at(value_item(old, i), "nodePort");
        unsigned h = hash_of(text_f(a, "%s/%zu", uid, i)) % NODE_PORTS;

        port =
            or_default(a, port, "nodePort",
                       value_is_set(kept) ? kept : value_integer(a, NODE_PORT_FIRST + (int64_t)h));
        out = value_append(a, out, port);
    }
    return value_count(out) ? value_with(a, spec, "ports", out) : spec;
}

static const struct value *without_node_port(struct arena *a, const struct value *port)
{
    return value_with(a, port, "nodePort", NULL);
}

static const struct value *without_node_ports(struct arena *a, const struct value *spec)
{
    return each(a, spec, "ports", without_node_port);
}

static const struct value *prepare_service(struct arena *a, const struct value *before,
                                           const struct value *v)
{
    const char *uid = value_z(value_in(v, "metadata", "uid"));
    const struct value *spec = value_at(v, "spec"), *address;
    const char *type = value_text(spec, "type");
    unsigned h = hash_of(uid);
    bool balanced = strcmp(type, "LoadBalancer") == 0;

    if (!value_has(v, "status") || !balanced)
        v = value_with_in(a, v, &value_empty_map, "status", "loadBalancer");
    if (!balanced)
        spec = value_with(a, spec, "allocateLoadBalancerNodePorts", NULL);
    if (!balanced && strcmp(type, "NodePort") != 0)
        spec = without_node_ports(a, value_with(a, spec, "externalTrafficPolicy", NULL));
    v = value_with(a, v, "spec", spec);
    if (strcmp(type, "ExternalName") == 0)
        return v;
    address = value_in(before, "spec", "clusterIP");
    if (!value_is_set(address))
        address = value_f(a, "10.96.%u.%u", (h >> 8) % 255, 1 + h % 254);
    spec = or_default(a, spec, "clusterIP", address);
    spec = value_with(a, spec, "clusterIPs", value_list_of(a, value_at(spec, "clusterIP")));
    spec = or_default(a, spec, "ipFamilies", value_list_of(a, value_string(a, "IPv4")));
    spec = or_default(a, spec, "ipFamilyPolicy", value_string(a, "SingleStack"));
    if (strcmp(type, "NodePort") == 0 ||
        (strcmp(type, "LoadBalancer") == 0 && value_flag(spec, "allocateLoadBalancerNodePorts")))
        spec = allocate_ports(a, spec, before, uid);
    return value_with(a, v, "spec", spec);
}

static const struct value *prepare_job(struct arena *a, const struct value *v)
{
    const struct value *uid = value_in(v, "metadata", "uid");
    const struct value *name = value_in(v, "metadata", "name");
    const struct value *labels = value_map_of(a, {"batch.kubernetes.io/controller-uid", uid},
                                              {"batch.kubernetes.io/job-name", name},
                                              {"controller-uid", uid}, {"job-name", name});

    labels = value_merge(a, value_in(v, "spec", "template", "metadata", "labels"), labels);
    v = value_with_in(a, v, labels, "spec", "template", "metadata", "labels");
    if (!value_has(value_at(v, "metadata"), "labels"))
        v = value_with_in(a, v, labels, "metadata", "labels");
    return value_with_in(a, v, value_map_of(a, {"batch.kubernetes.io/controller-uid", uid}), "spec",
                         "selector", "matchLabels");
}

static const struct value *no_disruptions(struct arena *a)
{
    const struct value *none = value_integer(a, 0);

    return value_map_of(a, {"disruptionsAllowed", none}, {"currentHealthy", none},
                        {"desiredHealthy", none}, {"expectedPods", none});
}

const struct value *builtin_prepare(struct sandbox *s, struct arena *a, const struct kind *kind,
                                    const struct value *before, const struct value *after)
{
    (void)s;
    if (is(kind, "Service"))
        return prepare_service(a, before ? before : &value_null, after);
    if (is(kind, "Job") && !before)
        after = prepare_job(a, after);
    if (is(kind, "Namespace") && !before) {
        after = value_with_in(a, after, value_list_of(a, value_string(a, "kubernetes")), "spec",
                              "finalizers");
        after = value_with_in(a, after, value_string(a, "Active"), "status", "phase");
    }
    if ((is(kind, "Pod") || is(kind, "PersistentVolumeClaim")) && !before)
        after = value_with_in(a, after, value_string(a, "Pending"), "status", "phase");
    if (is(kind, "CustomResourceDefinition") && !before)
        after = crd_born(a, after);
    if (is(kind, "PodDisruptionBudget") && !before)
        after = value_with(a, after, "status", no_disruptions(a));
    if (is(kind, "HorizontalPodAutoscaler") && !before)
        after = value_with(a, after, "status",
                           value_map_of(a, {"desiredReplicas", value_integer(a, 0)},
                                        {"currentMetrics", &value_null}));
    if ((kind->flags & KIND_STATUS) && !before && !value_has(after, "status"))
        after = value_with(a, after, "status", &value_empty_map);
    return after;
}

/* --- refusals ----------------------------------------------------------------------------------
 */
static bool matches_pattern(const char *text, const char *pattern)
{
    regex_t regex;
    bool match;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    match = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return match;
}

#define LABEL "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
#define SUBDOMAIN LABEL "(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"

void builtin_validate_name(const struct kind *kind, const char *name, struct problems *p)
{
    bool rbac = strcmp(kind->group, "rbac.authorization.k8s.io") == 0;
    bool label = kind_is(kind, "", "namespaces") || kind_is(kind, "", "services");

    if (rbac) {
        if (strchr(name, '/') || strchr(name, '%') || strcmp(name, ".") == 0 ||
            strcmp(name, "..") == 0)
            problem(p, "FieldValueInvalid", "metadata.name",
                    "Invalid value: \"%s\": may not contain '/'", name);
    } else if (label && (strlen(name) > 63 || !matches_pattern(name, "^" LABEL "$"))) {
        problem(p, "FieldValueInvalid", "metadata.name",
                "Invalid value: \"%s\": a lowercase RFC 1123 label must consist of lower case "
                "alphanumeric characters or '-', and must start and end with an alphanumeric "
                "character (e.g. 'my-name',  or '123-abc', regex used for validation is '" LABEL
                "')",
                name);
    } else if (!label && (strlen(name) > 253 || !matches_pattern(name, "^" SUBDOMAIN "$"))) {
        problem(p, "FieldValueInvalid", "metadata.name",
                "Invalid value: \"%s\": a lowercase RFC 1123 subdomain must consist of lower case "
                "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric "
                "character (e.g. 'example.com', regex used for validation is '" SUBDOMAIN "')",
                name);
    }
}

static void validate_labels(const struct value *v, struct problems *p)
{
    const struct value *labels = value_in(v, "metadata", "labels");

    for (size_t i = 0; i < value_count(labels); i++) {
        const char *text = value_z(labels->map.entries[i].value);

        if (strlen(text) > 63)
            problem(p, "FieldValueInvalid", "metadata.labels",
                    "Invalid value: \"%s\": must be no more than 63 bytes", text);
        else if (!matches_pattern(text, "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"))
            problem(p, "FieldValueInvalid", "metadata.labels",
                    "Invalid value: \"%s\": a valid label must be an empty string or consist of "
                    "alphanumeric characters, '-', '_' or '.', and must start and end with an "
                    "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex "
                    "used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
                    text);
    }
}

static void validate_keys(const struct value *v, struct problems *p)
{
    const struct value *data = value_at(v, "data");
    size_t bytes = 0;

    for (size_t i = 0; i < value_count(data); i++) {
        const char *key = data->map.entries[i].key;

        bytes += value_string_text(data->map.entries[i].value).len;
        if (!matches_pattern(key, "^[-._a-zA-Z0-9]+$") || strlen(key) > 253)
            problem(p, "FieldValueInvalid", text_f(p->arena, "data[%s]", key),
                    "Invalid value: \"%s\": a valid config key must consist of alphanumeric "
                    "characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
                    "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
                    key);
    }
    if (bytes > DATA_BYTES_MAX * (size_t)4 / 3)
        problem(p, "FieldValueTooLong", "", "Too long: may not be more than 1048576 bytes");
}

static void immutable(const struct value *before, const struct value *after, const char *field,
                      const char *why, struct problems *p)
{
    if (!value_equal(value_at(before, field), value_at(after, field)))
        problem(p, "FieldValueForbidden", field, "Forbidden: %s", why);
}

static void validate_data(const struct value *before, const struct value *after, struct problems *p)
{
    static const char why[] = "field is immutable when `immutable` is set";

    validate_keys(after, p);
    if (!before || !value_flag(before, "immutable"))
        return;
    if (!value_flag(after, "immutable"))
        problem(p, "FieldValueForbidden", "immutable", "Forbidden: %s", why);
    immutable(before, after, "data", why, p);
    immutable(before, after, "binaryData", why, p);
}

static void require_data(const struct value *v, const char *const *keys, struct problems *p)
{
    for (size_t i = 0; keys[i]; i++)
        if (!value_has(value_at(v, "data"), keys[i]))
            problem(p, "FieldValueRequired", text_f(p->arena, "data[%s]", keys[i]),
                    "Required value");
}

static void validate_secret(const struct value *before, const struct value *after,
                            struct problems *p)
{
    static const char account[] = "kubernetes.io/service-account.name";
    static const char *const tls[] = {"tls.crt", "tls.key", NULL};
    static const char *const registry[] = {".dockerconfigjson", NULL};
    const char *type = value_text(after, "type");

    validate_data(before, after, p);
    if (before && strcmp(value_text(before, "type"), type) != 0)
        problem(p, "FieldValueInvalid", "type", "Invalid value: \"%s\": field is immutable", type);
    if (strcmp(type, "kubernetes.io/service-account-token") == 0 &&
        !*value_z(value_in(after, "metadata", "annotations", account)))
        problem(p, "FieldValueRequired", text_f(p->arena, "metadata.annotations[%s]", account),
                "Required value");
    if (strcmp(type, "kubernetes.io/tls") == 0)
        require_data(after, tls, p);
    if (strcmp(type, "kubernetes.io/dockerconfigjson") == 0)
        require_data(after, registry, p);
}

static void validate_containers(const struct value *spec, const char *list, const char *path,
                                bool needed, struct problems *p)
{
    const struct value *items = value_at(spec, list);

    if (needed && value_count(items) == 0)
        problem(p, "FieldValueRequired", text_f(p->arena, "%s.%s", path, list), "Required value");
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *c = value_item(items, i);
        const char *at = text_f(p->arena, "%s.%s[%zu]", path, list, i);

        if (!*value_text(c, "name"))
            problem(p, "FieldValueRequired", text_f(p->arena, "%s.name", at), "Required value");
        if (!*value_text(c, "image"))
            problem(p, "FieldValueRequired", text_f(p->arena, "%s.image", at), "Required value");
        for (size_t k = 0; k < i; k++)
            if (strcmp(value_text(value_item(items, k), "name"), value_text(c, "name")) == 0)
                problem(p, "FieldValueDuplicate", text_f(p->arena, "%s.name", at),
                        "Duplicate value: \"%s\"", value_text(c, "name"));
    }
}

static void validate_pod_spec(const struct value *spec, const char *path, struct problems *p)
{
    validate_containers(spec, "initContainers", path, false, p);
    validate_containers(spec, "containers", path, true, p);
}

static void validate_workload(const struct value *before, const struct value *after,
                              struct problems *p)
{
    const struct value *selector = value_in(after, "spec", "selector");
    const struct value *labels = value_in(after, "spec", "template", "metadata", "labels");

    if (!value_is_set(selector))
        problem(p, "FieldValueRequired", "spec.selector", "Required value");
    else if (!selector_object_matches(selector, labels))
        problem(p, "FieldValueInvalid", "spec.template.metadata.labels",
                "Invalid value: %s: `selector` does not match template `labels`",
                json_write(p->arena, labels).at);
    if (before && !value_equal(value_in(before, "spec", "selector"), selector))
        problem(p, "FieldValueInvalid", "spec.selector", "Invalid value: %s: field is immutable",
                json_write(p->arena, selector).at);
    validate_pod_spec(value_in(after, "spec", "template", "spec"), "spec.template.spec", p);
}

/* Whoever serves a load balancer cannot be changed later, nor be named later. */
static void validate_class(const struct value *before, const struct value *after,
                           struct problems *p)
{
    const struct value *old = value_in(before, "spec", "loadBalancerClass");
    const struct value *new = value_in(after, "spec", "loadBalancerClass");
    bool was = strcmp(value_z(value_in(before, "spec", "type")), "LoadBalancer") == 0;
    bool is = strcmp(value_z(value_in(after, "spec", "type")), "LoadBalancer") == 0;

    if (!is && value_is_set(new))
        problem(p, "FieldValueForbidden", "spec.loadBalancerClass",
                "Forbidden: may only be used when `type` is 'LoadBalancer'");
    if (is && was && !value_equal(old, new))
        problem(p, "FieldValueInvalid", "spec.loadBalancerClass",
                "Invalid value: %s: may not change once set",
                value_is_set(new) ? json_write(p->arena, new).at : "\"null\"");
}

static void validate_service(const struct value *before, const struct value *after,
                             struct problems *p)
{
    const struct value *ports = value_in(after, "spec", "ports");
    const struct value *old = value_in(before, "spec", "clusterIP");

    validate_class(before, after, p);
    if (value_count(ports) == 0 &&
        strcmp(value_z(value_in(after, "spec", "clusterIP")), "None") != 0 &&
        strcmp(value_z(value_in(after, "spec", "type")), "ExternalName") != 0)
        problem(p, "FieldValueRequired", "spec.ports", "Required value");
    for (size_t i = 0; i < value_count(ports); i++) {
        const struct value *port = value_item(ports, i);
        int64_t number = value_integer_at(port, "port");

        if (value_count(ports) > 1 && !*value_text(port, "name"))
            problem(p, "FieldValueRequired", text_f(p->arena, "spec.ports[%zu].name", i),
                    "Required value");
        if (number < 1 || number > 65535)
            problem(p, "FieldValueInvalid", text_f(p->arena, "spec.ports[%zu].port", i),
                    "Invalid value: %lld: must be between 1 and 65535, inclusive",
                    (long long)number);
    }
    if (value_is_set(old) && !value_equal(old, value_in(after, "spec", "clusterIP")))
        problem(p, "FieldValueInvalid", "spec.clusterIPs[0]",
                "Invalid value: %s: may not change once set",
                json_write(p->arena, value_in(after, "spec", "clusterIPs")).at);
}

static void validate_binding(const struct value *before, const struct value *after,
                             struct problems *p)
{
    const struct value *role = value_at(after, "roleRef");

    if (!*value_text(role, "name"))
        problem(p, "FieldValueRequired", "roleRef.name", "Required value");
    if (before && !value_equal(value_at(before, "roleRef"), role))
        problem(p, "FieldValueInvalid", "roleRef",
                "Invalid value: {\"APIGroup\":\"%s\",\"Kind\":\"%s\",\"Name\":\"%s\"}: cannot "
                "change roleRef",
                value_text(role, "apiGroup"), value_text(role, "kind"), value_text(role, "name"));
}

void builtin_validate(const struct kind *kind, const struct value *before,
                      const struct value *after, struct problems *p)
{
    validate_labels(after, p);
    if (is(kind, "ConfigMap"))
        validate_data(before, after, p);
    else if (is(kind, "Secret"))
        validate_secret(before, after, p);
    else if (is(kind, "Deployment") || is(kind, "DaemonSet") || is(kind, "StatefulSet") ||
             is(kind, "ReplicaSet"))
        validate_workload(before, after, p);
    else if (is(kind, "Pod"))
        validate_pod_spec(value_at(after, "spec"), "spec", p);
    else if (is(kind, "Job"))
        validate_pod_spec(value_in(after, "spec", "template", "spec"), "spec.template.spec", p);
    else if (is(kind, "Service"))
        validate_service(before ? before : &value_null, after, p);
    else if (is(kind, "RoleBinding") || is(kind, "ClusterRoleBinding"))
        validate_binding(before, after, p);
}
