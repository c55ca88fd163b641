/* plan - the one planner: from prior state, Terraform's proposal and the
 * configuration to the planned state, for every resource alike.
 *
 * It keeps what Terraform core enforces (see invariant.h): configured values
 * stay, computed ones keep their state, take their fallback, or become unknown,
 * write-only ones are null, and a plan without a change equals the state. */
#ifndef SCHEMA_PLAN_H
#define SCHEMA_PLAN_H
#include <stdbool.h>
#include <stddef.h>

#include "schema/call.h"
#include "schema/path.h"
#include "schema/value.h"

struct resource;

struct plan_replace_path {
    const struct path *path;
    struct plan_replace_path *next;
};

struct plan {
    const struct value *prior; /* null on create */
    const struct value *config;
    const struct value *planned; /* edited through the calls below */
    struct plan_replace_path *replace;
    /* plan.c's own: what the hook asked for so far. */
    const struct attribute *rows;
    const struct value *kept, *edits;
};

/* The whole of PlanResourceChange: generic rules, then the resource's hook. A
 * null `proposed` is a destroy. */
bool plan_resource(struct call *c, const struct resource *r, const struct value *prior,
                   const struct value *proposed, const struct value *config, struct plan *out);

/* --- for .plan hooks ---------------------------------------------------- */
bool plan_is_create(const struct plan *p);
/* A top-level attribute differs between prior and planned (create: is set). */
bool plan_changes(const struct plan *p, const char *attribute);
/* Only computed attributes; one that the user configured stays as configured. */
void plan_set(struct call *c, struct plan *p, const char *attribute, const struct value *v);
/* The same for a row of a nested object (NESTING_SINGLE); nothing where that is not set. */
void plan_set_in(struct call *c, struct plan *p, const char *nested, const char *attribute,
                 const struct value *v);
void plan_set_unknown(struct call *c, struct plan *p, const char *attribute);
/* An update that must show although nothing configured changed (renewal due,
 * drift): the same as plan_set_unknown() for each name. */
void plan_set_all_unknown(struct call *c, struct plan *p, const char *const *attributes);
/* Keeps the prior value, where a difference means nothing: allowed for
 * configured attributes too ("semantically equal"). */
void plan_keep(struct call *c, struct plan *p, const char *attribute);
/* The change at this place replaces the resource. No effect on create. */
void plan_replace(struct call *c, struct plan *p, const struct path *at);

#endif
