/* The keywords of JSON Schema that join schemas. */
#include "json_schema/json_schema_judge.h"

struct question judge_here(const struct question *q, const struct value *schema)
{
    struct question out = *q;

    out.schema = schema;
    return out;
}

bool judge_fits(struct judge *j, const struct question *q)
{
    struct misses quiet = {.quiet = true};

    judge_value(j, q, NULL, &quiet);
    return !quiet.count;
}

static void add_with_causes(struct judge *j, const struct question *q, struct misses *to,
                            const struct misses *causes, const char *words)
{
    struct json_schema_miss *miss = judge_miss(j, to, q->place, "%s", words);

    if (miss)
        miss->causes = causes->first;
}

static void judge_all_of(struct judge *j, const struct question *q, struct evaluated *seen,
                         struct misses *to)
{
    const struct value *all = value_at(q->schema, "allOf");
    struct misses causes = {.quiet = to->quiet};

    for (size_t i = 0; i < value_count(all); i++) {
        struct question inner = judge_here(q, value_item(all, i));

        judge_value(j, &inner, seen, &causes);
    }
    if (causes.count)
        add_with_causes(j, q, to, &causes, "'allOf' failed");
}

static bool fits_with(struct judge *j, const struct question *q, struct evaluated *seen,
                      struct misses *causes)
{
    judge_value(j, q, seen, causes);
    return !causes->count;
}

static void judge_any_of(struct judge *j, const struct question *q, struct evaluated *seen,
                         struct misses *to)
{
    const struct value *any = value_at(q->schema, "anyOf");
    struct misses causes = {0};
    bool matched = !value_count(any);

    for (size_t i = 0; i < value_count(any); i++) {
        struct question inner = judge_here(q, value_item(any, i));
        struct misses own = {.quiet = to->quiet};

        if (fits_with(j, &inner, seen, &own)) {
            matched = true;
            if (!seen)
                break;
        } else if (own.first) {
            *(causes.last ? &causes.last->next : &causes.first) = own.first;
            causes.last = own.last;
        }
    }
    if (!matched)
        add_with_causes(j, q, to, &causes, "'anyOf' failed");
}

static void judge_one_of(struct judge *j, const struct question *q, struct evaluated *seen,
                         struct misses *to)
{
    const struct value *one = value_at(q->schema, "oneOf");
    struct misses causes = {0};
    size_t matched = SIZE_MAX;

    for (size_t i = 0; i < value_count(one); i++) {
        struct question inner = judge_here(q, value_item(one, i));
        struct misses own = {.quiet = to->quiet || matched != SIZE_MAX};

        if (!fits_with(j, &inner, seen, &own)) {
            if (own.first && matched == SIZE_MAX) {
                *(causes.last ? &causes.last->next : &causes.first) = own.first;
                causes.last = own.last;
            }
        } else if (matched == SIZE_MAX) {
            matched = i;
        } else {
            (void)judge_miss(j, to, q->place, "'oneOf' failed, subschemas %zu, %zu matched",
                             matched, i);
            return;
        }
    }
    if (value_count(one) && matched == SIZE_MAX)
        add_with_causes(j, q, to, &causes, "'oneOf' failed, none matched");
}

static void judge_if(struct judge *j, const struct question *q, struct evaluated *seen,
                     struct misses *to)
{
    struct question condition = judge_here(q, value_at(q->schema, "if"));
    struct misses quiet = {.quiet = true};
    const char *branch = fits_with(j, &condition, seen, &quiet) ? "then" : "else";
    struct question inner = judge_here(q, value_at(q->schema, branch));

    if (value_has(q->schema, branch))
        judge_value(j, &inner, seen, to);
}

void judge_conditions(struct judge *j, const struct question *q, struct evaluated *seen,
                      struct misses *to)
{
    struct question inner = judge_here(q, value_at(q->schema, "not"));

    if (value_has(q->schema, "not") && judge_fits(j, &inner))
        (void)judge_miss(j, to, q->place, "'not' failed");
    judge_all_of(j, q, seen, to);
    judge_any_of(j, q, seen, to);
    judge_one_of(j, q, seen, to);
    if (q->resource->draft >= 7 && value_has(q->schema, "if"))
        judge_if(j, q, seen, to);
}
