/* Managed resources: validate, read, plan, apply. */
#include "rpc/method.h"
#include "rpc/state.h"
#include "schema/check.h"
#include "schema/invariant.h"
#include "schema/plan.h"
#include "schema/unfinished.h"

#ifdef TEST_BUILD
enum { CHECK_INVARIANTS = 1 };
#else
enum { CHECK_INVARIANTS = 0 };
#endif

static bool missing(struct call *c, const char *what)
{
    return diag_error(c->diags, NULL, "Malformed request", "The %s of %s is missing.", what,
                      c->resource->name);
}

static void validate(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__ValidateResourceConfig__Request *request = message;
    struct call *c = &o->call;

    (void)response;
    if (!operation_resource(o, KIND_MANAGED, request->type_name) ||
        !wire_read(c, request->config, resource_type(c->arena, c->resource), &c->config))
        return;
    if (!value_is_set(c->config))
        (void)missing(c, "configuration");
    else if (operation_write_only(o, request->client_capabilities, c->config))
        (void)check_config(c, c->resource, c->config);
}

/* --- read ------------------------------------------------------------------ */

static bool refresh(struct call *c, const struct value *state, const struct value **out)
{
    const struct value *found = NULL;

    *out = state;
    if (value_is_null(state) || !c->resource->read)
        return true;
    c->deadline_ms = resource_deadline_ms(c->resource, state, "read");
    if (!c->resource->read(c, state, &found))
        return false; /* the state stays as it is */
    *out = &value_null;
    return !found || (state_settle(c, unfinished_read(c, found), false, out) &&
                      (!CHECK_INVARIANTS || invariant_state(c, c->resource, *out)));
}

static void read_resource(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__ReadResource__Request *request = message;
    Tfplugin6__ReadResource__Response *reply = response;
    struct call *c = &o->call;
    const struct value *state, *refreshed;
    const struct type *t;

    if (!operation_resource(o, KIND_MANAGED, request->type_name))
        return;
    t = resource_type(c->arena, c->resource);
    reply->new_state = request->current_state; /* what goes back when nothing is learnt */
    reply->private_ = request->private_;
    if (!wire_read(c, request->current_state, t, &state) ||
        !wire_read_private(c, request->private_) || !refresh(c, state, &refreshed) ||
        !wire_write_identity(c, refreshed, &reply->new_identity))
        return;
    if (!reply->new_identity)
        reply->new_identity = request->current_identity;
    if (wire_write(c, refreshed, t, &reply->new_state))
        reply->private_ = wire_write_private(c);
}

/* --- plan ------------------------------------------------------------------ */

static void put_replace_paths(struct arena *a, const struct plan *plan,
                              Tfplugin6__PlanResourceChange__Response *reply)
{
    size_t count = 0;

    for (const struct plan_replace_path *r = plan->replace; r; r = r->next)
        count++;
    reply->requires_replace = arena_array(a, count, sizeof(void *));
    for (const struct plan_replace_path *r = plan->replace; r; r = r->next)
        if (r->path)
            reply->requires_replace[reply->n_requires_replace++] = wire_path(a, r->path);
}

struct plan_input {
    const struct value *prior, *proposed;
};

static bool read_plan_input(struct call *c, const Tfplugin6__PlanResourceChange__Request *request,
                            const struct type *t, struct plan_input *in)
{
    return wire_read(c, request->prior_state, t, &in->prior) &&
           wire_read(c, request->proposed_new_state, t, &in->proposed) &&
           wire_read(c, request->config, t, &c->config) &&
           wire_read_private(c, request->prior_private) &&
           (value_is_set(c->config) || value_is_null(in->proposed) || missing(c, "configuration"));
}

static bool make_plan(struct call *c, const struct plan_input *in, struct plan *plan)
{
    if (!plan_resource(c, c->resource, in->prior, in->proposed, c->config, plan))
        return false;
    plan->planned = state_complete(c, plan->planned);
    return !CHECK_INVARIANTS || invariant_plan(c, c->resource, plan);
}

static void plan_change(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__PlanResourceChange__Request *request = message;
    Tfplugin6__PlanResourceChange__Response *reply = response;
    struct call *c = &o->call;
    struct plan plan = {.prior = NULL};
    struct plan_input in;
    const struct type *t;

    if (!operation_resource(o, KIND_MANAGED, request->type_name))
        return;
    t = resource_type(c->arena, c->resource);
    if (!read_plan_input(c, request, t, &in))
        return;
    unfinished_forget(c);
    if (!make_plan(c, &in, &plan) || !wire_write(c, plan.planned, t, &reply->planned_state) ||
        !wire_write_identity(c, plan.planned, &reply->planned_identity))
        return;
    put_replace_paths(c->arena, &plan, reply);
    unfinished_plan(c, in.prior, plan.planned);
    reply->planned_private = wire_write_private(c);
    if (!reply->planned_identity)
        reply->planned_identity = request->prior_identity;
}

/* --- apply ----------------------------------------------------------------- */

static bool create(struct call *c, const struct value *planned, const struct value **out)
{
    bool done;

    unfinished_forget(c);
    done = c->resource->create(c, planned, out);
    if (*out)
        *out = unfinished_created(c, *out, done);
    return done;
}

/* The hook of this change. *out is what is known to exist afterwards, also when
 * the hook failed. */
static bool change(struct call *c, const struct value *prior, const struct value *planned,
                   const struct value **out)
{
    const struct resource *r = c->resource;

    *out = prior;
    if (value_is_null(planned)) {
        c->deadline_ms = resource_deadline_ms(r, prior, "delete");
        if (r->remove && !unfinished_goes_on(c, prior) && !r->remove(c, prior))
            return false;
        *out = NULL;
        return true;
    }
    if (value_is_null(prior)) {
        *out = NULL;
        c->deadline_ms = resource_deadline_ms(r, planned, "create");
        return create(c, planned, out);
    }
    c->deadline_ms = resource_deadline_ms(r, planned, "update");
    if (!r->update) { /* only what this provider itself uses changed, as timeouts */
        *out = planned;
        return true;
    }
    return r->update(c, prior, planned, out);
}

static bool apply(struct call *c, const struct value *prior, const struct value *planned,
                  const struct value **out)
{
    const struct value *result;
    bool done = change(c, prior, planned, &result);

    *out = &value_null;
    if (!result || value_is_null(result))
        return !done || value_is_null(planned) ||
               diag_error(c->diags, NULL, "Bug in the provider: no state after apply",
                          "%s reported success but returned nothing. Please report this.",
                          c->resource->name);
    if (!state_settle(c, result, !done, out))
        return false;
    if (CHECK_INVARIANTS && done)
        (void)invariant_apply(c, c->resource, planned, *out);
    return true;
}

static void apply_change(struct operation *o, const void *message, void *response)
{
    const Tfplugin6__ApplyResourceChange__Request *request = message;
    Tfplugin6__ApplyResourceChange__Response *reply = response;
    struct call *c = &o->call;
    const struct value *prior, *planned, *state;
    const struct type *t;

    if (!operation_resource(o, KIND_MANAGED, request->type_name))
        return;
    t = resource_type(c->arena, c->resource);
    reply->new_state = request->prior_state; /* nothing happened yet */
    reply->private_ = request->planned_private;
    if (!wire_read(c, request->prior_state, t, &prior) ||
        !wire_read(c, request->planned_state, t, &planned) ||
        !wire_read(c, request->config, t, &c->config) ||
        !wire_read_private(c, request->planned_private))
        return;
    if (value_is_null(prior) && value_is_null(planned)) {
        (void)missing(c, "prior and planned state");
        return;
    }
    if (!apply(c, prior, planned, &state) || !wire_write(c, state, t, &reply->new_state))
        return;
    reply->private_ = value_is_null(state) ? wire_bytes(TEXT("")) : wire_write_private(c);
    if (wire_write_identity(c, state, &reply->new_identity) && !reply->new_identity &&
        !value_is_null(state))
        reply->new_identity = request->planned_identity;
}

const struct method methods_resource[] = {
    PROVIDER_METHOD(ValidateResourceConfig, validate_resource_config, validate),
    PROVIDER_METHOD(ReadResource, read_resource, read_resource),
    PROVIDER_METHOD(PlanResourceChange, plan_resource_change, plan_change),
    PROVIDER_METHOD(ApplyResourceChange, apply_resource_change, apply_change),
    END_METHODS,
};
