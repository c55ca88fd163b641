/* $ref, $recursiveRef and $dynamicRef: what they stand for, and each schema that they
 * reach judged once at each value. */
#include <string.h>

#include "json_schema/json_schema_judge.h"

struct target {
    const struct value *schema;
    const struct schema_resource *resource;
};

struct verdict {
    enum { JUDGING, FITS, FAILS } state;
    bool here_alone; /* circles were cut on the way: elsewhere it may be another */
    struct evaluated seen;
};

/* --- what is meant ------------------------------------------------------------ */

bool judge_target(struct judge *j, const struct question *q, const char *keyword,
                  struct question *there)
{
    const char *reference = value_text(q->schema, keyword), *reason;
    void **slot = memo_at(&j->targets, q->schema, q->resource, keyword);
    struct target *target = *slot;

    if (!target) {
        *slot = target = arena_alloc(j->a, sizeof(*target));
        target->resource = q->resource;
        target->schema =
            schema_document_resolve(&j->document, reference, &target->resource, &reason);
        if (!target->schema)
            return judge_refuse(j, reason);
    }
    *there = *q;
    there->schema = target->schema;
    there->resource = target->resource;
    return target->schema != NULL;
}

static const struct value *dynamic_anchor(struct judge *j, const struct schema_resource *resource,
                                          const char *name)
{
    void **slot = memo_at(&j->anchors, resource, name, NULL);
    struct target *target = *slot;

    if (!target) {
        *slot = target = arena_alloc(j->a, sizeof(*target));
        target->schema = schema_document_dynamic(&j->document, resource, name);
    }
    return target->schema;
}

/* The outermost resource on the way here that has the same dynamic name decides. */
static void redirect(struct judge *j, const char *keyword, const char *reference,
                     struct question *there)
{
    bool recursive = strcmp(keyword, "$recursiveRef") == 0;
    const char *hash = strchr(reference, '#'), *name = hash ? hash + 1 : "";

    if (recursive ? !value_flag(there->schema, "$recursiveAnchor")
                  : !*name || strcmp(name, value_text(there->schema, "$dynamicAnchor")) != 0)
        return;
    for (const struct scope *scope = j->scope; scope; scope = scope->parent) {
        const struct value *root = scope->resource->root;

        if (recursive && value_flag(root, "$recursiveAnchor"))
            *there = (struct question){scope->resource, root, there->place, there->value};
        else if (!recursive && dynamic_anchor(j, scope->resource, name))
            *there = (struct question){scope->resource, dynamic_anchor(j, scope->resource, name),
                                       there->place, there->value};
    }
}

/* --- what it says ----------------------------------------------------------------- */

static struct verdict *verdict_of(struct judge *j, const struct question *q)
{
    void **slot = memo_at(&j->verdicts, q->schema, q->resource, q->value);
    struct misses quiet = {.quiet = true};
    struct verdict *verdict = *slot;
    size_t circles = j->circles;

    if (verdict && (verdict->state == JUDGING || !verdict->here_alone))
        return verdict;
    *slot = verdict = arena_alloc(j->a, sizeof(*verdict));
    verdict->seen = judge_nothing_seen(j, q->value);
    judge_value(j, q, &verdict->seen, &quiet);
    verdict->state = quiet.count ? FAILS : FITS;
    verdict->here_alone = j->circles != circles;
    return verdict;
}

void judge_once(struct judge *j, const struct question *q, struct evaluated *seen,
                struct misses *to)
{
    struct verdict *verdict = verdict_of(j, q);

    if (j->refused)
        return;
    if (verdict->state == JUDGING) {
        j->circles++;
        (void)judge_miss(j, to, q->place, "the schema's references go in circles");
    } else if (verdict->state == FITS) {
        judge_see(seen, &verdict->seen, value_count(q->value));
    } else if (to->quiet) {
        to->count++;
    } else {
        verdict->state = JUDGING;
        judge_value(j, q, seen, to); /* again, to say why */
        verdict->state = FAILS;
    }
}

void judge_reference(struct judge *j, const struct question *q, const char *keyword,
                     struct evaluated *seen, struct misses *to)
{
    bool dynamic = strcmp(keyword, "$ref") != 0;
    const char *reference = value_text(q->schema, keyword);
    struct question there = *q;

    if (!*reference || j->refused || (to->quiet && to->count) ||
        !judge_target(j, q, keyword, &there))
        return;
    if (dynamic)
        redirect(j, keyword, reference, &there);
    if (j->document.depends_on_scope)
        judge_value(j, &there, seen, to);
    else
        judge_once(j, &there, seen, to);
}
