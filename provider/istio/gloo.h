/* gloo - a resource that is one object of Gloo Mesh: the rows that all of them
 * have, and the hooks of their tables.
 *
 * A resource is its own rows and a struct gloo_kind, which its table names as
 * `facts`. What its rows say goes into the object's spec (kube/spec.h), with the
 * argument `spec` merged over it. Hooks are thread-safe; they keep nothing. */
#ifndef ISTIO_GLOO_H
#define ISTIO_GLOO_H
#include "kube/connection.h"
#include "kube/spec.h"
#include "schema/resource.h"

#define GLOO_NAMESPACE "gloo-mesh"
#define GLOO_TIMEOUTS                                                                              \
    {                                                                                              \
        .create = 300, .read = 300, .update = 300, .remove = 300                                   \
    }

struct gloo_kind {
    const char *api_version, *kind;
    const char *crd;       /* "workspaces.admin.gloo.solo.io" */
    const char *namespace; /* when an import id names none; NULL = it has to */
    /* Rows that are only computed, from fields of `status` of the same name;
     * NULL = none. */
    const char *const *counts;
    const char *const *choices; /* of struct spec_rows */
    /* After the server did not know a field: what people who wrote this spec may
     * have meant, or NULL. Optional. */
    const char *(*hint)(const struct value *spec);
};

/* The rows around a resource's own. */
#define GLOO_ROWS_BEFORE(what, where)                                                              \
    CLUSTER("cluster", REQUIRED, where),                                                           \
        STRING("name", REQUIRED | FORCE_NEW, "Name of the " what ".",                              \
               .check = check_dns_subdomain)
#define GLOO_ROWS_AFTER                                                                            \
    TYPED("labels", &type_string_map, OPTIONAL, "Labels of the object.",                           \
          .check = gloo_check_labels),                                                             \
        TYPED("annotations", &type_string_map, OPTIONAL, "Annotations of the object.",             \
              .check = gloo_check_annotations),                                                    \
        DYNAMIC("spec", OPTIONAL,                                                                  \
                "More of the object's `spec`, as an object with the API's own names: merged over " \
                "what the other arguments say, for fields that they lack. Lists are replaced as "  \
                "a whole.",                                                                        \
                .check = gloo_check_spec),                                                         \
        BOOL("force_conflicts", OPTIONAL | COMPUTED,                                               \
             "Take fields over that another manager owns. Without it they are an error that "      \
             "names the manager and the fields.",                                                  \
             .fallback = "false"),                                                                 \
        BOOL("wait", OPTIONAL | COMPUTED,                                                          \
             "Wait until Gloo Mesh has looked at the object. What it does not accept is an "       \
             "error with its message then.",                                                       \
             .fallback = "true"),                                                                  \
        STRING("id", COMPUTED | KEEP_STATE, "`<cluster>/<namespace>/<name>`."),                    \
        STRING("uid", COMPUTED, "UID of the object: it is deleted only while it has this one."),   \
        STRING("state", COMPUTED,                                                                  \
               "What Gloo Mesh thinks of it: `PENDING`, `ACCEPTED`, `WARNING`, `INVALID`, "        \
               "`FAILED` or `UNLICENSED`."),                                                       \
        STRING("message", COMPUTED, "What Gloo Mesh says about it, or null."),                     \
        TYPED("drift", &type_string_list, COMPUTED,                                                \
              "Fields of ours that were changed on the cluster since the last apply, such as "     \
              "`spec.workloadClusters`. The next apply puts them right.")
check_fn gloo_check_labels, gloo_check_annotations, gloo_check_spec;
/* The name of a cluster, namespace or workspace, where * stands for any part. */
check_fn gloo_check_pattern;

/* --- hooks ------------------------------------------------------------------ */
bool gloo_plan(struct call *c, struct plan *plan);
bool gloo_create(struct call *c, const struct value *planned, const struct value **out);
bool gloo_read(struct call *c, const struct value *state, const struct value **out);
bool gloo_update(struct call *c, const struct value *prior, const struct value *planned,
                 const struct value **out);
bool gloo_remove(struct call *c, const struct value *state);
bool gloo_import(struct call *c, const char *id, const struct value **out);

#endif
