/* kinds - which resources a server has, and how each behaves. */
#ifndef SANDBOX_KINDS_H
#define SANDBOX_KINDS_H
#include <stdbool.h>
#include <stddef.h>

#include "acceptance/sandbox/shape.h"

struct sandbox;

enum kind_flags {
    KIND_NAMESPACED = 1,
    KIND_STATUS = 2,     /* has a status subresource */
    KIND_GENERATION = 4, /* metadata.generation counts changes of the spec */
    KIND_REVIEW = 8,     /* answered at once, never stored */
    KIND_CUSTOM = 16,    /* of a CustomResourceDefinition */
    KIND_SCALE = 32,     /* has a scale subresource */
};

struct kind {
    const char *group, *version, *kind, *plural, *singular, *list_kind;
    const char *short_names, *categories; /* comma-separated */
    unsigned flags;
    const char
        *zero; /* JSON: structs that every object of this kind has, so that nobody owns them */
    const struct shape *shape;
    const struct value *schema; /* custom: openAPIV3Schema */
    struct arena *arena;        /* custom: owns all of the above */
};

/* Both NULL ends. The built-in ones; shapes are filled on first use. */
const struct kind *const *kinds_builtin(void);
/* Built-in or custom; NULL when there is none. */
const struct kind *kind_find(const struct sandbox *s, const char *group, const char *version,
                             const char *plural);
const struct kind *kind_by_name(const struct sandbox *s, const char *group, const char *version,
                                const char *kind);
bool kind_is(const struct kind *kind, const char *group, const char *plural);
/* "apps/v1", "v1" */
const char *kind_api_version(struct arena *a, const struct kind *kind);
/* "deployments.apps", "secrets" */
const char *kind_resource(struct arena *a, const struct kind *kind);
/* "Deployment.apps", "Secret" */
const char *kind_qualified(struct arena *a, const struct kind *kind);

#endif
