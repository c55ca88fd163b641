#include "schema/unfinished.h"

#include <pthread.h>

#define CREATES "creates" /* in the private data: what the planned create is to make */
#define COMPLETE "complete"

struct unfinished {
    pthread_mutex_t lock;
    struct arena *arena;
    const struct value *completed; /* list of identities */
};

const struct attribute unfinished_row =
    BOOL(COMPLETE, COMPUTED,
         "`false` after a create that failed half way. The next apply goes on with what exists, "
         "although Terraform shows a replacement; destroy removes it.");

struct unfinished *unfinished_new(void)
{
    struct unfinished *u = memory_new(1, sizeof(*u));

    pthread_mutex_init(&u->lock, NULL);
    u->arena = arena_new();
    u->completed = &value_empty_list;
    return u;
}

void unfinished_free(struct unfinished *u)
{
    if (!u)
        return;
    arena_free(u->arena);
    pthread_mutex_destroy(&u->lock);
    memory_free(u);
}

/* Of a connection, or of what makes a cluster, what says which one it is: never a secret,
 * since this is kept. */
static const struct value *part_of(struct arena *a, const struct value *v)
{
    static const char *const names[] = {"name",         "uid",    "host", "eks",
                                        "cluster_name", "region", NULL};
    const struct value *part = &value_empty_map;

    if (v->kind != VALUE_MAP)
        return v;
    for (const char *const *name = names; *name; name++)
        if (!value_is_null(value_at(v, *name)))
            part = value_with(a, part, *name, value_at(v, *name));
    return part;
}

/* The type and what `continues` names; null while any of it is not known. */
static const struct value *identity_of(struct call *c, const struct value *object)
{
    const struct value *identity =
        value_map_of(c->arena, {"type", value_string(c->arena, c->resource->name)});

    for (const char *const *name = c->resource->continues; *name; name++)
        identity =
            value_with(c->arena, identity, *name, part_of(c->arena, value_at(object, *name)));
    return value_is_wholly_known(identity) ? identity : &value_null;
}

static bool is_incomplete(const struct value *state)
{
    const struct value *complete = value_at(state, COMPLETE);

    return value_is_set(complete) && !value_as_bool(complete);
}

void unfinished_plan(struct call *c, const struct value *prior, const struct value *planned)
{
    const struct value *data = c->private_out ? c->private_out : c->private_data, *identity;

    if (!c->resource->continues || !value_is_null(prior) || value_is_null(planned))
        return;
    identity = identity_of(c, planned);
    if (!value_is_null(identity))
        c->private_out = value_with(c->arena, data, CREATES, identity);
}

void unfinished_forget(struct call *c)
{
    if (!value_is_null(value_at(c->private_data, CREATES)))
        c->private_data = value_with(c->arena, c->private_data, CREATES, NULL);
}

static bool completed_here(struct call *c, const struct value *identity)
{
    struct unfinished *u = c->clients->unfinished;
    bool found = false;

    if (!u)
        return false;
    pthread_mutex_lock(&u->lock);
    for (size_t i = 0; i < value_count(u->completed) && !found; i++)
        found = value_equal(value_item(u->completed, i), identity);
    pthread_mutex_unlock(&u->lock);
    return found;
}

static void remember(struct call *c, const struct value *identity)
{
    struct unfinished *u = c->clients->unfinished;

    if (!u || value_is_null(identity) || completed_here(c, identity))
        return;
    pthread_mutex_lock(&u->lock);
    u->completed = value_append(u->arena, u->completed, value_copy(u->arena, identity));
    pthread_mutex_unlock(&u->lock);
}

bool unfinished_goes_on(struct call *c, const struct value *prior)
{
    const struct value *identity;

    if (!c->resource->continues || !is_incomplete(prior))
        return false;
    identity = identity_of(c, prior);
    if (value_is_null(identity))
        return false;
    return value_equal(value_at(c->private_data, CREATES), identity) || completed_here(c, identity);
}

const struct value *unfinished_created(struct call *c, const struct value *state, bool done)
{
    if (!c->resource->continues || value_is_null(state))
        return state;
    if (done)
        remember(c, identity_of(c, state));
    else
        diag_warning(c->diags, NULL, text_f(c->arena, "%s is not complete", c->resource->name),
                     "What was made so far is in the state. The next apply goes on with it: "
                     "Terraform calls it tainted and shows a replacement, but nothing is destroyed "
                     "for it. To be rid of it instead: terraform destroy.");
    return value_with(c->arena, state, COMPLETE, done ? &value_true : &value_false);
}

const struct value *unfinished_read(struct call *c, const struct value *state)
{
    if (!c->resource->continues || value_is_null(state))
        return state;
    if (!is_incomplete(state))
        return value_with(c->arena, state, COMPLETE, &value_true);
    diag_warning(c->diags, NULL, text_f(c->arena, "%s is not complete", c->resource->name),
                 "Its create ended half way. An apply goes on with what exists: Terraform calls it "
                 "tainted and shows a replacement, but nothing is destroyed for it.");
    return state;
}
