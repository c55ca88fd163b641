/* cluster - a cluster of the mesh as istio_cluster and its data source tell it:
 * name, network, and the connection made of them and of a way to reach it. */
#ifndef ISTIO_CLUSTER_H
#define ISTIO_CLUSTER_H
#include "schema/call.h"

/* The connection object of `object` (name, network), reached by `access`. */
const struct value *cluster_connection(struct arena *a, const struct value *object,
                                       const struct value *access, const char *uid);
/* The access part of a connection: all but name, network and uid. */
const struct value *cluster_access(struct arena *a, const struct value *connection);

/* `object` with id, uid, version and connection as the server tells them. */
bool cluster_describe(struct call *c, const struct value *object, const struct value *access,
                      const struct path *at, const struct value **out);
/* The same of a cluster that was just made: it has a minute to know us. `endpoint_mode` says
 * to whom its server answers: for the error when it does not. */
bool cluster_prove(struct call *c, const struct value *object, const struct value *access,
                   const struct path *at, const char *endpoint_mode, const struct value **out);
/* The same for a refresh: a server that cannot be reached is a warning, and
 * `object` stays as it was. */
bool cluster_describe_or_keep(struct call *c, const struct value *object,
                              const struct value *access, const struct path *at,
                              const struct value **out);

#endif
