/* set_check - what is wrong with objects, told before a server is asked. */
#include <stdlib.h>
#include <string.h>

#include "kube/set_parts.h"

static bool check_text(struct call *c, const struct path *at, const struct value *holder,
                       const char *field, const char *who)
{
    const struct value *v = value_at(holder, field);
    const struct path *place = at ? path_key(c->arena, at, field) : NULL;

    if (value_is_unknown(v) || value_is_unknown(holder))
        return true;
    if (v->kind == VALUE_STRING && v->string.len)
        return true;
    return diag_error(c->diags, value_has(holder, field) ? place : at,
                      text_f(c->arena, "%s has no %s", who, field), "%s has to be a text%s.", field,
                      value_is_null(v) ? "" : text_f(c->arena, ", not a %s", value_kind_name(v)));
}

/* What stands in objects that were taken from a server. */
static bool check_no_server_fields(struct call *c, const struct path *at,
                                   const struct value *metadata, const char *who)
{
    static const char *const fields[] = {
        "generateName",      "uid",      "resourceVersion",  "generation", "managedFields",
        "creationTimestamp", "selfLink", "deletionTimestamp"};
    bool fine = true;

    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        if (value_is_set(value_at(metadata, fields[i])))
            fine = diag_error(c->diags, at ? path_key(c->arena, at, fields[i]) : NULL,
                              text_f(c->arena, "%s sets metadata.%s", who, fields[i]),
                              i ? "Only the server sets it. Leave it out, and the others that "
                                  "`kubectl get -o yaml` shows."
                                : "A generated name is another one each time. Give metadata.name.");
    return fine;
}

static bool check_object(struct call *c, const struct path *at, const struct value *object,
                         size_t number)
{
    const struct value *metadata = value_at(object, "metadata");
    const struct path *inside = at ? path_key(c->arena, at, "metadata") : NULL;
    const char *name = value_text(metadata, "name"), *kind = value_text(object, "kind"), *who;
    bool fine;

    if (value_is_unknown(object))
        return true;
    if (object->kind != VALUE_MAP)
        return diag_error(c->diags, at, "Not a Kubernetes object",
                          "Object %zu is a %s. It has to have apiVersion, kind and metadata.",
                          number, value_kind_name(object));
    who = text_f(c->arena, "%s %s", kind[0] ? kind : "Object",
                 name[0] ? name : text_f(c->arena, "%zu", number));
    fine = check_text(c, at, object, "apiVersion", who);
    fine = check_text(c, at, object, "kind", who) && fine;
    if (value_is_unknown(metadata))
        return fine;
    fine = check_no_server_fields(c, inside, metadata, who) && fine;
    if (!value_is_set(value_at(metadata, "generateName")))
        fine = check_text(c, value_has(object, "metadata") ? inside : at, metadata, "name", who) &&
               fine;
    return fine;
}

static int compare_keys(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static bool check_duplicates(struct call *c, const struct path *at, const struct value *objects)
{
    const char **keys = arena_array(c->arena, value_count(objects), sizeof(*keys));
    size_t count = 0;
    bool fine = true;

    for (size_t i = 0; i < value_count(objects); i++)
        if (set_has_key(value_item(objects, i)))
            keys[count++] = kube_set_key(c->arena, value_item(objects, i));
    qsort(keys, count, sizeof(*keys), compare_keys);
    for (size_t i = 1; i < count; i++)
        if (strcmp(keys[i - 1], keys[i]) == 0)
            fine = diag_error(c->diags, at, "An object stands twice", "%s is given more than once.",
                              keys[i]);
    return fine;
}

bool kube_set_check(struct call *c, const struct path *at, bool in_list,
                    const struct value *objects)
{
    bool fine = true;

    for (size_t i = 0; i < value_count(objects); i++)
        fine = check_object(c, in_list ? path_index(c->arena, at, i) : at, value_item(objects, i),
                            i + 1) &&
               fine;
    return check_duplicates(c, at, objects) && fine;
}
