#include "istio/cluster.h"

#include "base/clock.h"
#include "kube/connection.h"
#include "kube/kube.h"

enum { ANSWER_MS = 30 * 1000, WELCOME_MS = 60 * 1000, WELCOME_POLL_MS = 1000 };

const struct value *cluster_connection(struct arena *a, const struct value *object,
                                       const struct value *access, const char *uid)
{
    struct value_builder b;

    value_builder_init(&b, a);
    ATTRIBUTE_EACH (row, connection_attributes)
        value_builder_set(&b, row->name, value_at(access, row->name));
    value_builder_set(&b, "name", value_at(object, "name"));
    value_builder_set(&b, "network", value_at(object, "network"));
    value_builder_set(&b, "uid", *uid ? value_string(a, uid) : &value_null);
    return value_builder_map(&b);
}

const struct value *cluster_access(struct arena *a, const struct value *connection)
{
    struct value_builder b;

    value_builder_init(&b, a);
    ATTRIBUTE_EACH (row, connection_access_attributes)
        value_builder_set(&b, row->name, value_at(connection, row->name));
    return value_builder_map(&b);
}

bool cluster_describe(struct call *c, const struct value *object, const struct value *access,
                      const struct path *at, const struct value **out)
{
    const struct value *connection = cluster_connection(c->arena, object, access, "");
    struct kube_version version;
    const struct value *v = object;
    struct kube *k;
    const char *uid;

    if (!kube_open(c, connection, at, &k) || !kube_version(c, k, &version) || !kube_uid(c, k, &uid))
        return false;
    v = value_with(c->arena, v, "id", value_string(c->arena, uid));
    v = value_with(c->arena, v, "uid", value_string(c->arena, uid));
    v = value_with(c->arena, v, "version", value_string(c->arena, version.git_version));
    *out = value_with(c->arena, v, "connection", cluster_connection(c->arena, object, access, uid));
    return true;
}

static bool not_reached(struct call *c, const struct kube *k, const struct path *at,
                        const char *endpoint_mode, const char *words)
{
    return diag_error(
        c->diags, at,
        text_f(c->arena, "The API server of cluster %s does not answer", kube_name(k)),
        "%s: %s.\n\nThe cluster is there and ACTIVE; %s. Apply from a machine that "
        "reaches it, or let the blocks of this one in.",
        kube_host(k), words, endpoint_mode);
}

static bool await_welcome(struct call *c, struct kube *k, const struct path *at,
                          const char *endpoint_mode)
{
    int64_t until = clock_monotonic_ms() + WELCOME_MS;
    enum kube_greeting greeting;
    const char *words;

    for (;;) {
        if (!kube_greet(c, k, ANSWER_MS, &greeting, &words))
            return false;
        if (greeting == KUBE_AWAY)
            return not_reached(c, k, at, endpoint_mode, words);
        /* When time is up, whoever goes on says what the server said. */
        if (greeting == KUBE_WELCOME || clock_monotonic_ms() >= until)
            return true;
        if (!call_wait_ms(c, WELCOME_POLL_MS, "the API server to know us", words))
            return false;
    }
}

bool cluster_prove(struct call *c, const struct value *object, const struct value *access,
                   const struct path *at, const char *endpoint_mode, const struct value **out)
{
    const struct value *connection = cluster_connection(c->arena, object, access, "");
    struct kube *k;

    return kube_open(c, connection, at, &k) && await_welcome(c, k, at, endpoint_mode) &&
           cluster_describe(c, object, access, at, out);
}

bool cluster_describe_or_keep(struct call *c, const struct value *object,
                              const struct value *access, const struct path *at,
                              const struct value **out)
{
    const struct value *connection = cluster_connection(c->arena, object, access, "");

    if (kube_reachable(c, connection, at))
        return cluster_describe(c, object, access, at, out);
    *out = object;
    return true;
}
