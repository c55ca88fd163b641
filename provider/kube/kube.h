/* kube - a client of Kubernetes API servers, and what one call does with it.
 *
 * A struct kube is one cluster as one identity: connections, discovery and
 * credentials are kept in the pool for the life of the process and shared by
 * all calls; it is thread-safe. Objects are struct value maps as in JSON. Every
 * function that takes a call reports failures there with cluster, object and
 * the server's own words; "not found" is a result. Credentials are renewed once
 * on 401. Before the first write of a process the cluster's uid is compared
 * with the connection's, and a mismatch is an error.
 *
 * Field manager is always KUBE_FIELD_MANAGER; writes ask for strict field
 * validation, and what the server answers to that is an error too. */
#ifndef KUBE_KUBE_H
#define KUBE_KUBE_H
#include <stdbool.h>
#include <stddef.h>

#include "schema/call.h"
#include "schema/path.h"
#include "schema/value.h"

#define KUBE_FIELD_MANAGER "terraform-provider-istio"
#define KUBE_ASIDE_MANAGER "terraform-provider-istio-aside"

struct kube;
struct kube_pool;

struct kube_pool *kube_pool_new(struct http_client *http);
void kube_pool_free(struct kube_pool *pool);

/* Bearer token of an EKS cluster; set by provider.c once AWS is there. Returns
 * a token that lives in c's arena and when it expires; reports failures. */
typedef bool kube_eks_token_fn(struct call *c, const struct value *eks, const char **token,
                               int64_t *expires_at);
void kube_pool_set_eks_token(struct kube_pool *pool, kube_eks_token_fn *token);
/* Address and certificate of an EKS cluster whose connection names no host; set
 * and reported in the same way. */
typedef bool kube_eks_cluster_fn(struct call *c, const struct value *eks, const char **host,
                                 struct text *ca_pem);
void kube_pool_set_eks_cluster(struct kube_pool *pool, kube_eks_cluster_fn *cluster);

/* The client for a connection object; reads kubeconfig files and checks the
 * object, but asks no server. `at` is the attribute it came from. */
bool kube_open(struct call *c, const struct value *connection, const struct path *at,
               struct kube **out);

const char *kube_name(const struct kube *k); /* the mesh's name, or the host */
const char *kube_host(const struct kube *k); /* "https://…" */
/* What others need to reach the same server, without any credential. */
struct text kube_ca_pem(const struct kube *k);
const char *kube_tls_server_name(const struct kube *k);
/* The bearer token as it would be sent now ("" when the identity is a client
 * certificate) and when it expires (0 = unknown). */
bool kube_token(struct call *c, struct kube *k, const char **token, int64_t *expires_at);

struct kube_version {
    const char *git_version; /* "v1.33.4" */
    int major, minor;
};
bool kube_version(struct call *c, struct kube *k, struct kube_version *out);
/* For refreshes, which must not fail because a cluster is away: true when the
 * server at `connection` answers, whatever it answers (asked once per process),
 * or when the connection itself is at fault (kube_open will say so). False adds
 * the warning that what was known last is shown. */
bool kube_reachable(struct call *c, const struct value *connection, const struct path *at);
/* How the server meets who comes with our credentials, asked now for at most ms: for
 * clusters just made, which take some seconds to know us. False = the credentials could not
 * be had: reported. */
enum kube_greeting { KUBE_AWAY, KUBE_UNAUTHORIZED, KUBE_WELCOME };
bool kube_greet(struct call *c, struct kube *k, int64_t ms, enum kube_greeting *out,
                const char **words);
/* kube_open() for plans: *out NULL while the connection is not known, or, with that
 * warning, its server away. */
bool kube_open_for_plan(struct call *c, const struct value *connection, const struct path *at,
                        struct kube **out);
/* UID of the namespace kube-system: the cluster's identity. */
bool kube_uid(struct call *c, struct kube *k, const char **out);

/* --- objects ------------------------------------------------------------ */
struct kube_ref {
    const char *api_version; /* "v1", "apps/v1" */
    const char *kind;
    const char *namespace; /* NULL or "" for cluster-scoped objects */
    const char *name;
};

struct kube_ref kube_ref_of(const struct value *object);
/* "Secret istio-system/cacerts": for messages. */
char *kube_ref_text(struct arena *a, const struct kube_ref *ref);

struct kube_resource {
    const char *path;   /* "/apis/apps/v1" or "/api/v1" */
    const char *plural; /* "deployments" */
    bool namespaced;
};
/* True with *found false when the server does not (yet) serve the kind;
 * discovery is asked again once for a kind that it lacked before. */
bool kube_discover(struct call *c, struct kube *k, const char *api_version, const char *kind,
                   bool *found, struct kube_resource *out);

/* What the server serves, as templates of charts are told: a list of texts "apps/v1" and
 * "apps/v1/Deployment". */
bool kube_api_versions(struct call *c, struct kube *k, const struct value **out);

/* *out NULL = not found (also when the kind itself is not served). */
bool kube_get(struct call *c, struct kube *k, const struct kube_ref *ref, const struct value **out);
/* *out is a list value of the objects. All pages; label_selector may be NULL;
 * ref->name is not used; namespace NULL = all. */
bool kube_list(struct call *c, struct kube *k, const struct kube_ref *ref,
               const char *label_selector, const struct value **out);

/* The same, with nothing of the objects but their metadata. */
bool kube_list_metadata(struct call *c, struct kube *k, const struct kube_ref *ref,
                        const char *label_selector, const struct value **out);

enum kube_write_flags {
    KUBE_DRY_RUN = 1 << 0,
    KUBE_FORCE = 1 << 1,           /* take fields over from other managers */
    KUBE_SECRET = 1 << 2,          /* bodies never in a log; implied for kind Secret */
    KUBE_NEW_ONLY = 1 << 3,        /* apply: fail when the object exists and is not ours */
    KUBE_MISSING_KIND_OK = 1 << 4, /* a kind that is not served gives *out NULL, unreported */
    KUBE_UNSURE = 1 << 6, /* apply: an object of which the server said nothing, because no answer
                           * came or it failed itself, gives value_unknown in the place of NULL */
    KUBE_ASIDE = 1 << 5,  /* patch: in KUBE_ASIDE_MANAGER's name, so that the fields are not ours */
};
/* POST. An object that exists is an error that says so and names `import_hint`
 * (may be NULL) as the way to take it over. */
bool kube_create(struct call *c, struct kube *k, const struct value *object, unsigned flags,
                 const char *import_hint, const struct value **out);
/* Server-side apply. A conflict is reported with the other managers' names and
 * paths and with force_conflicts as the way to take over. */
bool kube_apply(struct call *c, struct kube *k, const struct value *object, unsigned flags,
                const struct value **out);
/* Applies many at once over one connection pool; results[i] is NULL for an
 * object that failed (reported). False when any failed; all are tried. */
bool kube_apply_all(struct call *c, struct kube *k, const struct value *const *objects,
                    size_t count, unsigned flags, const struct value **results);
/* The same, which names import_hint where KUBE_NEW_ONLY refuses an object. */
bool kube_apply_all_hinted(struct call *c, struct kube *k, const struct value *const *objects,
                           size_t count, unsigned flags, const char *import_hint,
                           const struct value **results);
/* JSON merge patch, for what apply cannot say (removing a foreign field). */
bool kube_patch(struct call *c, struct kube *k, const struct kube_ref *ref,
                const struct value *merge_patch, unsigned flags, const struct value **out);
/* A sub-resource: POST …/<name>/<subresource>, e.g. a TokenRequest. */
bool kube_create_subresource(struct call *c, struct kube *k, const struct kube_ref *ref,
                             const char *subresource, const struct value *body, unsigned flags,
                             const struct value **out);

struct kube_delete_options {
    const char *propagation;      /* "Foreground", "Background", "Orphan"; NULL = Background */
    const char *uid;              /* precondition: only this very object; NULL = any */
    const char *resource_version; /* precondition */
    bool wait;                    /* until it is really gone; what blocks it is named */
};
/* Gone already is success; so is an object of another uid (ours is gone). */
bool kube_delete(struct call *c, struct kube *k, const struct kube_ref *ref,
                 const struct kube_delete_options *options);

/* Is the object ours: does KUBE_FIELD_MANAGER own fields of it by apply, or did
 * it create it? */
bool kube_is_ours(const struct value *object);
/* The object reduced to the fields that our manager owns (managedFields, FieldsV1
 * with k: keys), without managedFields and status: what drift is judged by. */
const struct value *kube_owned_fields(struct arena *a, const struct value *object);

/* Value of a Secret's data key, base64 decoded; false when absent or invalid. */
bool kube_secret_data(struct arena *a, const struct value *secret, const char *key,
                      struct text *out);

#endif
