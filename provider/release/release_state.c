#include "release/release_state.h"

#include "kube/connection.h"

#define PRIVATE "release"

struct release_memory release_state_memory(const struct call *c, const struct value *state,
                                           const char *revision)
{
    if (value_is_null(state))
        return (struct release_memory){.objects = &value_null, .private = &value_null};
    return (struct release_memory){
        .objects = value_at(state, "objects"),
        .private = value_at(c->private_data, PRIVATE),
        .revision = value_integer_at(state, revision),
        .status = value_text(state, "status"),
    };
}

const struct value *release_state_kept(struct call *c, const struct value *object,
                                       const char *revision, const struct release_memory *now,
                                       const struct value *drift)
{
    struct arena *a = c->arena;
    bool has_status = now->status && now->status[0];

    c->private_out = value_with(a, c->private_data, PRIVATE, now->private);
    object = value_with(a, object, "objects",
                        value_is_null(now->objects) ? &value_empty_map : now->objects);
    object = value_with(a, object, revision, value_integer(a, now->revision));
    object =
        value_with(a, object, "status", has_status ? value_string(a, now->status) : &value_null);
    return value_with(a, object, "drift", drift);
}

void release_state_plan(struct call *c, struct plan *plan, const char *revision,
                        const struct release *r, const struct release_outlook *outlook)
{
    struct arena *a = c->arena;

    plan_set(c, plan, "objects", outlook->objects);
    plan_set(c, plan, "drift", &value_empty_list);
    plan_set(c, plan, revision,
             outlook->revision ? value_integer(a, outlook->revision) : &value_unknown);
    plan_set(c, plan, "status", value_string(a, "deployed"));
    plan_set(c, plan, "chart_version", value_string(a, r->chart->version));
}

const struct value *release_state_id(struct call *c, const struct value *object)
{
    return value_f(c->arena, "%s/%s/%s", connection_name(value_at(object, "cluster")),
                   value_text(object, "namespace"), value_text(object, "name"));
}

bool release_state_import(struct call *c, const char *id, const struct value **out)
{
    static const char *const keys[] = {"namespace", "name", NULL};
    const struct value *connection, *names;

    if (!connection_import_id(c, id, keys, &connection, &names))
        return false;
    *out =
        value_map_of(c->arena, {"cluster", connection}, {"namespace", value_at(names, "namespace")},
                     {"name", value_at(names, "name")});
    return true;
}
