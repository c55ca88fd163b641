/* rbac - may this user do that: Roles and ClusterRoles by their bindings. */
#ifndef SANDBOX_RBAC_H
#define SANDBOX_RBAC_H
#include "acceptance/sandbox/server.h"

struct access {
    const struct user *user;
    const char *verb;
    const char *group, *resource, *subresource, *name, *ns; /* "" = any, cluster scope */
    const char *url;                                        /* of a non-resource request, or NULL */
};

bool rbac_allows(struct sandbox *s, struct arena *a, const struct access *access);
/* False: answered with 403. */
bool rbac_check(struct request *r);
/* The same for a path that is no resource. */
bool rbac_check_path(struct request *r);

#endif
