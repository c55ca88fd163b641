#include "istio/cluster.h"

#include "kube/connection.h"
#include "kube/kube.h"

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
