/* resource - the table that a resource, data source, ephemeral resource or
 * function fills in. One file under resources/ defines one; the registry is
 * generated from the file names:
 *     resources/istio_cacerts.c            RESOURCE(istio_cacerts)
 *     resources/istio_trust_data.c         DATA_SOURCE(istio_trust)
 *     resources/istio_kubeconfig_ephemeral.c   EPHEMERAL(istio_kubeconfig)
 *     resources/values_merge_function.c    FUNCTION(values_merge)
 *
 * Hooks get wire-free values: prior and planned objects of the table's type.
 * A hook returns true when done. When create or update fails after something
 * was changed remotely, it sets *out to what is known and returns false: both
 * reach Terraform. *out must carry every attribute wholly known (attributes
 * left out or left unknown are errors that the provider reports itself as a
 * bug); start from `planned` and replace what became known. */
#ifndef SCHEMA_RESOURCE_H
#define SCHEMA_RESOURCE_H
#include <stdbool.h>
#include <stdint.h>

#include "schema/attribute.h"
#include "schema/call.h"
#include "schema/plan.h"

enum resource_kind { KIND_MANAGED, KIND_DATA, KIND_EPHEMERAL, KIND_FUNCTION };

/* Seconds; 0 = the operation has no entry in the `timeouts` block. Rows with
 * any entry get that block without listing it in their attributes. */
struct timeouts {
    int64_t create, read, update, remove;
};

struct upgrade {
    int64_t from_version; /* raw state of this version becomes from_version + 1 */
    bool (*run)(struct call *c, const struct value *old, const struct value **out);
};

/* MoveResourceState: state of another provider's type, as parsed JSON. */
struct move {
    const char *source_provider; /* end of its address: "hashicorp/kubernetes" */
    const char *source_type;
    bool (*run)(struct call *c, const struct value *source, const struct value **out);
};

/* Seconds since 1970 when RenewEphemeralResource is to be called; 0 = never. */
struct ephemeral_result {
    const struct value *result;
    int64_t renew_at;
};

struct resource {
    const char *name; /* "istio_cacerts"; of a function "values_merge" */
    enum resource_kind kind;
    const char *summary;                /* one sentence */
    const char *doc;                    /* Markdown paragraphs under the summary; may be NULL */
    const struct attribute *attributes; /* of a function: its parameters */
    int64_t version;                    /* of the state */
    struct timeouts timeouts;
    const char *import_doc; /* what the import id is: Markdown; NULL = no import */
    /* Top-level string attributes that identify the object, or NULL. Their
     * values in state are the resource identity; import by identity gives
     * import() the text "key=value,key=value" of them. */
    const char *const *identity;
    /* Top-level attributes that say which remote thing it is: a create that failed is
     * continued while they are the same (unfinished.h). NULL = it is replaced. */
    const char *const *continues;
    const struct upgrade *upgrades; /* ends with run NULL */
    const struct move *moves;       /* ends with run NULL */

    /* For hooks that several resources share: what they need to know of this one. */
    const void *facts;

    /* Rules across attributes; config may hold unknowns. Optional. */
    bool (*validate)(struct call *c, const struct value *config);
    /* After the generic plan: may edit it with plan_set() and the others. Not
     * called for destroy. Must be offline-safe (DESIGN 2.4 rule 1). Optional. */
    bool (*plan)(struct call *c, struct plan *plan);
    /* Before a destroy is shown: may warn or refuse. Optional. */
    bool (*plan_destroy)(struct call *c, const struct value *prior);

    bool (*create)(struct call *c, const struct value *planned, const struct value **out);
    /* Managed: state in, refreshed state out, *out NULL = gone (not an error).
     * Data source: config in, the whole object out. */
    bool (*read)(struct call *c, const struct value *state, const struct value **out);
    bool (*update)(struct call *c, const struct value *prior, const struct value *planned,
                   const struct value **out);
    bool (*remove)(struct call *c, const struct value *state);
    /* As much as the id tells; read() is called on it next. */
    bool (*import)(struct call *c, const char *id, const struct value **out);

    /* Ephemeral. What renew and close need goes through c->private_out. */
    bool (*open)(struct call *c, const struct value *config, struct ephemeral_result *out);
    bool (*renew)(struct call *c, struct ephemeral_result *out);
    bool (*close)(struct call *c);

    /* Function: pure, called before and without configuration. arguments is a
     * list in the order of the parameters, variadic ones as one list at the
     * end. A diagnostic path that starts with path_index(n) blames argument n. */
    const struct attribute *variadic; /* one row, or NULL */
    const struct type *returns;
    bool (*run)(struct call *c, const struct value *arguments, const struct value **out);
};

#define RESOURCE(type_name)                                                                        \
    extern const struct resource resource_##type_name;                                             \
    const struct resource resource_##type_name
#define DATA_SOURCE(type_name) RESOURCE(type_name##_data)
#define EPHEMERAL(type_name) RESOURCE(type_name##_ephemeral)
#define FUNCTION(type_name) RESOURCE(type_name##_function)

/* Generated; sorted by file name; ends with NULL. */
extern const struct resource *const registry[];

/* NULL when there is none. */
const struct resource *resource_find(enum resource_kind kind, const char *name);
/* The attributes and, where the resource has timeouts, the timeouts block. */
const struct attribute *resource_attributes(struct arena *a, const struct resource *r);
/* The object type of a managed, data or ephemeral resource. */
const struct type *resource_type(struct arena *a, const struct resource *r);
/* Monotonic deadline of an operation that starts now: from the timeouts block
 * of `object` where it has the entry ("create", "read", "update", "delete"),
 * else the table's, else an hour. */
int64_t resource_deadline_ms(const struct resource *r, const struct value *object,
                             const char *operation);

#endif
