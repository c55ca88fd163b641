/* release_plan - what an apply would do, told before. */
#include <string.h>

#include "release/release_parts.h"

const struct attribute release_object_rows[] = {
    STRING("action", COMPUTED,
           "What the last apply did to the object: `create`, `update` or `adopt`."),
    STRING("api_version", COMPUTED, "The apiVersion by which the object is read."),
    TYPED("changed", MAP_OF(type_number), COMPUTED,
          "The places in the object that the last apply changed, such as `spec.replicas`, with the "
          "revision of the release that did. Values are never shown."),
    STRING("digest", COMPUTED,
           "Salted digest of the fields that the release owns, as the server stores them; null "
           "after they were changed by somebody else."),
    STRING("uid", COMPUTED, "UID of the object: it is deleted only while it has this one."),
    END_ATTRIBUTES,
};

const struct value *release_private(struct arena *a, const char *salt, int64_t revision,
                                    bool is_upgrade, const char *chart, const char *values,
                                    const struct value *digests)
{
    return value_map_of(a, {"salt", value_string(a, salt)},
                        {"revision", value_integer(a, revision)},
                        {"upgrade", value_bool(is_upgrade)}, {"chart", value_string(a, chart)},
                        {"values", value_string(a, values)}, {"rendered", digests});
}

/* One question. */
struct planning {
    struct call *call;
    struct kube *kube; /* NULL = offline */
    const struct release *release;
    const struct release_memory *before;
    const char *salt;
    const struct value *history;
    struct record last;
    bool has_last;
    struct release_text text;
    struct release_todo todo;
};

static bool is_first(const struct planning *p)
{
    return value_is_null(p->before->private);
}

/* Values and chart are those of the last apply. Of a release that was taken over, the
 * chart's archive is not known: its name and version tell. */
static bool same_inputs(struct planning *p, bool *same)
{
    const struct value *private = p->before->private;
    const char *values, *chart = value_text(private, "chart");
    const struct chart *now = p->release->chart;

    if (!release_digest(p->call, p->salt, p->release->values, &values))
        return false;
    *same = !is_first(p) && strcmp(values, value_text(private, "values")) == 0 &&
            (strcmp(chart, now->digest) == 0 ||
             strcmp(chart, text_f(p->call->arena, "%s-%s", now->name, now->version)) == 0);
    return true;
}

/* Somebody else's release, or our own that failed. */
static bool release_is_settled_itself(const struct planning *p)
{
    const struct release_memory *m = p->before;

    return !is_first(p) && m->revision == value_integer_at(m->private, "revision") && m->status &&
           strcmp(m->status, "deployed") == 0;
}

/* An object is gone, or its fields were changed. */
static bool has_drift(const struct release_memory *memory)
{
    const struct value *objects = memory->objects,
                       *rendered = value_at(memory->private, "rendered");

    for (size_t i = 0; i < value_count(rendered); i++)
        if (!value_has(objects, rendered->map.entries[i].key))
            return true;
    for (size_t i = 0; i < value_count(objects); i++)
        if (!value_text(objects->map.entries[i].value, "digest")[0])
            return true;
    return false;
}

/* --- offline ------------------------------------------------------------------------ */

static const char *keys_text(struct planning *p)
{
    const struct value *now = p->text.digests, *then = value_at(p->before->private, "rendered");
    struct text_builder b;

    text_builder_init(&b, p->call->arena, 8000);
    for (size_t i = 0; i < value_count(now); i++) {
        const char *key = now->map.entries[i].key;

        if (strcmp(value_text(then, key), value_text(now, key)) != 0)
            text_add_f(&b, "\n%s %s", value_has(then, key) ? "~" : "+", key);
    }
    for (size_t i = 0; i < value_count(then); i++)
        if (!value_has(now, then->map.entries[i].key))
            text_add_f(&b, "\n- %s", then->map.entries[i].key);
    return text_built(&b).at;
}

/* What Helm assumes of a server may not hold, so nothing is promised and a failure is
 * no end yet. */
static void tell_offline(struct planning *p)
{
    struct call *c = p->call, quiet;
    struct diags unheard;

    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, &unheard);
    if (release_render(&quiet, NULL, p->release, 1, !is_first(p), NULL, p->salt, &p->text))
        diag_warning(
            c->diags, p->release->at,
            text_f(c->arena, "Release %s is planned without its cluster", p->release->name),
            "The cluster cannot be asked now, so the chart was only rendered, with what "
            "Helm assumes of a server. What this would change:%s\nThe apply decides by "
            "what the cluster has then.",
            keys_text(p));
    for (const struct diag *d = unheard.first; d; d = d->next)
        diag_warning(c->diags, d->path ? d->path : p->release->at, d->summary,
                     "%s\nThe chart was rendered without its cluster; the apply tries again.",
                     d->detail);
}

static bool plan_offline(struct planning *p, struct release_outlook *out)
{
    bool same;

    if (!same_inputs(p, &same))
        return false;
    *out = (struct release_outlook){.objects = p->before->objects,
                                    .changes = !same || !release_is_settled_itself(p) ||
                                               has_drift(p->before)};
    if (!out->changes) {
        out->revision = p->before->revision;
        return true;
    }
    out->objects = &value_unknown;
    tell_offline(p);
    return true;
}

/* --- with the cluster ----------------------------------------------------------------- */

/* The same texts as last time, for the same revision. */
static bool renders_the_same(struct planning *p, bool *same)
{
    const struct value *private = p->before->private;
    const struct record *last = p->has_last ? &p->last : NULL;

    *same = false;
    if (is_first(p))
        return true;
    if (!release_render(p->call, p->kube, p->release, value_integer_at(private, "revision"),
                        value_flag(private, "upgrade"), last, p->salt, &p->text))
        return false;
    *same = value_equal(p->text.digests, value_at(private, "rendered"));
    return true;
}

/* Only a chart with random texts needs the record for a plan; who knows before. */
static bool get_last(struct planning *p)
{
    const struct release *r = p->release;

    return record_get(p->call, p->kube, r->name, r->namespace,
                      value_integer_at(p->before->private, "revision"), &p->has_last, &p->last);
}

static bool texts_are_unstable(const struct release_text *text)
{
    for (size_t i = 0; i < text->rendered.object_count; i++)
        if (text->rendered.objects[i].unstable)
            return true;
    return false;
}

static bool render_as_before(struct planning *p, bool *same)
{
    if (!renders_the_same(p, same))
        return false;
    if (*same || is_first(p) || p->has_last || !texts_are_unstable(&p->text))
        return true;
    return get_last(p) && renders_the_same(p, same);
}

/* A create that finds what an earlier one has left: if it is replaced, that is destroyed
 * before Terraform plans again, and if its state was lost, it is taken up. */
static bool is_open(const struct planning *p, const struct release_next *next)
{
    return is_first(p) && value_flag(value_item(next->history, 0), "ours");
}

bool release_plan(struct call *c, struct kube *k, const struct release *r,
                  const struct release_memory *before, struct release_outlook *out)
{
    struct planning p = {.call = c, .kube = k, .release = r, .before = before};
    bool same_text, same;
    struct release_next next;

    *out = (struct release_outlook){.objects = &value_unknown, .changes = true};
    if (!release_salt(c, before, &p.salt))
        return false;
    if (!k)
        return plan_offline(&p, out);
    if (!same_inputs(&p, &same) || !render_as_before(&p, &same_text))
        return false;
    if (same && same_text && release_is_settled_itself(&p) && !has_drift(before)) {
        *out = (struct release_outlook){before->objects, false, before->revision};
        return true;
    }
    if (!release_next(c, k, r, before, &next))
        return false;
    if (is_open(&p, &next))
        return release_render(c, k, r, next.revision, next.is_upgrade, NULL, p.salt, &p.text);
    if (!release_render(c, k, r, next.revision, next.is_upgrade, p.has_last ? &p.last : NULL,
                        p.salt, &p.text) ||
        !release_decide(c, k, r, before, &p.text, NULL, next.revision, &p.todo))
        return false;
    out->objects = p.todo.entries;
    out->changes = p.todo.changes || !same || !release_is_settled_itself(&p);
    out->revision = out->changes ? next.revision : before->revision;
    return true;
}
