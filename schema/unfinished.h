/* unfinished - creates that failed half way, and are continued instead of replaced.
 *
 * A failed create returns a state with what exists. Terraform calls that tainted and plans
 * a replacement: destroy, then create. For a resource that names `continues` the state has
 * `complete` = false then, and the destroy half of that replacement leaves everything as it
 * is when the create half is to make the same thing (the same values of those attributes):
 * create looks first and makes what is missing. A destroy that a person asks for destroys.
 *
 * How the halves are told apart: both get the private data of the one plan, that of a
 * create, where unfinished_plan() wrote what it is to make; the plan of a real destroy has
 * no such data. With create_before_destroy the create goes first and the destroy is a plan
 * of its own: what this process has completed since is not destroyed for it. */
#ifndef SCHEMA_UNFINISHED_H
#define SCHEMA_UNFINISHED_H
#include "schema/attribute.h"
#include "schema/call.h"
#include "schema/resource.h"

struct unfinished; /* what was completed here; thread-safe, for the life of the process */

struct unfinished *unfinished_new(void);
void unfinished_free(struct unfinished *u);

/* The row `complete`. */
extern const struct attribute unfinished_row;

/* Adds to the private data of a create's plan what it is to make. */
void unfinished_plan(struct call *c, const struct value *prior, const struct value *planned);
/* Takes it out again: no later plan may see it. */
void unfinished_forget(struct call *c);
/* Is this destroy only the first half of going on, or late after it? */
bool unfinished_goes_on(struct call *c, const struct value *prior);
/* The state after a create, with `complete` and, when it failed, the warning that says how
 * it goes on. */
const struct value *unfinished_created(struct call *c, const struct value *state, bool done);
/* A refreshed state: imports and older states are complete; for others a warning says what
 * the plan will look like. */
const struct value *unfinished_read(struct call *c, const struct value *state);

#endif
