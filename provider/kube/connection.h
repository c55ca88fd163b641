/* connection - how a cluster is reached: the object that flows from
 * istio_cluster.<x>.connection into every other resource's `cluster`.
 *
 * There is no fallback of any kind: no current-context, no default kubeconfig,
 * no in-cluster configuration, no localhost. What is missing is a diagnostic
 * with its attribute path. */
#ifndef KUBE_CONNECTION_H
#define KUBE_CONNECTION_H
#include <stdbool.h>

#include "base/text.h"
#include "schema/attribute.h"
#include "schema/call.h"

struct plan;

/* Rows of the connection object: name, network, host, ca_certificate,
 * tls_server_name, proxy_url, uid, and one of eks, kubeconfig, token,
 * client_certificate + client_key, exec. */
extern const struct attribute connection_attributes[];
/* The same without name, network and uid: how to reach a server and who to be
 * there; `existing` of istio_cluster. */
extern const struct attribute connection_access_attributes[];

/* The row of an argument: CLUSTER("cluster", REQUIRED, "The cluster where …"). */
#define CLUSTER(attribute_name, attribute_flags, ...)                                              \
    NESTED(attribute_name, NESTING_SINGLE, connection_attributes, attribute_flags, __VA_ARGS__)

/* Enough is known to connect (plan: an unknown host or token means "later"). */
bool connection_is_known(const struct value *connection);
/* The mesh's name for the cluster; "" while unknown. */
const char *connection_name(const struct value *connection);
/* For .plan hooks: the two connections lead to different clusters for certain
 * (both uids are known and differ). A changed path, token or name does not. */
bool connection_moved(const struct value *prior, const struct value *planned);
/* Standard rule of every resource with a cluster: replaces it when `attribute`
 * moved, updates it otherwise. */
void connection_plan(struct call *c, struct plan *plan, const char *attribute);

/* Import ids are "key=value,key=value"; a value with a comma stands in double
 * quotes. The keys cluster (the mesh's name), network, kubeconfig (path),
 * context, eks, region, role_arn, profile and uid make the connection, every
 * other one must be in `keys` and all of those not ending in "?" must be given.
 * *rest is a map of them. Errors name the key and show the whole form. */
bool connection_import_id(struct call *c, const char *id, const char *const *keys,
                          const struct value **connection, const struct value **rest);

/* A kubeconfig document (as struct value) with one cluster, user and context,
 * all called `name`. token may be NULL for one without credentials. */
struct kubeconfig_parts {
    const char *name, *server, *tls_server_name, *proxy_url;
    struct text ca_pem;
    const char *token;
    struct text client_certificate_pem, client_key_pem;
};
const struct value *kubeconfig_build(struct arena *a, const struct kubeconfig_parts *parts);

#endif
