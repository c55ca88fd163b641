/* json_schema_document - a schema as a document: which draft it speaks, what its
 * references mean. For json_schema alone. */
#ifndef JSON_SCHEMA_JSON_SCHEMA_DOCUMENT_H
#define JSON_SCHEMA_JSON_SCHEMA_DOCUMENT_H
#include "json_schema/json_schema.h"

/* Where a base URI begins: the root, and each schema with an $id of its own. */
struct schema_resource {
    struct schema_resource *next;
    const struct value *root;
    const char *uri; /* without fragment */
    int draft;       /* 4, 6, 7, 2019, 2020 */
};

struct schema_document {
    struct arena *arena;
    struct schema_resource *resources; /* the root's is the first */
    bool uses_unevaluated;
    bool depends_on_scope; /* the way to a schema matters: dynamic references */
};

void schema_document_init(struct schema_document *d, struct arena *a, const struct value *root);
/* The resource that begins at this schema, or the one around it. */
const struct schema_resource *schema_document_enter(const struct schema_document *d,
                                                    const struct schema_resource *around,
                                                    const struct value *schema);
/* What a $ref stands for, and the resource it lies in; NULL: *reason says why not. */
const struct value *schema_document_resolve(const struct schema_document *d, const char *reference,
                                            const struct schema_resource **resource,
                                            const char **reason);
/* The schema of that $dynamicAnchor in the resource, or NULL. */
const struct value *schema_document_dynamic(const struct schema_document *d,
                                            const struct schema_resource *resource,
                                            const char *name);

#endif
