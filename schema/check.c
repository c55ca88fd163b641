#include "schema/check.h"

#include <string.h>

#include "schema/check_value.h"
#include "schema/element.h"
#include "schema/resource.h"

enum {
    NAMES_BYTES_MAX = 2000,
    DETAIL_BYTES_MAX = DIAG_DETAIL_BYTES_MAX,
    SCRUBBED_BYTES_MAX = 2 * DETAIL_BYTES_MAX,
    SECRET_SHORT = 4,
};

/* --- showing no secret --------------------------------------------------- */

static void scrub_into(struct text_builder *b, const char *text, const char *secret)
{
    const char *found;

    while ((found = strstr(text, secret))) {
        text_add(b, (struct text){text, (size_t)(found - text)});
        text_add_z(b, "(sensitive value)");
        text = found + strlen(secret);
    }
    text_add_z(b, text);
}

/* Short values stand in every sentence by chance: only quoted ones count. */
static const char *scrubbed(struct arena *a, const char *text, const struct value *v)
{
    const char *secret = v->kind == VALUE_NUMBER
                             ? v->number.text.at
                             : text_printable(a, value_string_text(v), DETAIL_BYTES_MAX);
    struct text_builder b;

    if (!*secret)
        return text;
    if (strlen(secret) < SECRET_SHORT)
        secret = text_f(a, v->kind == VALUE_NUMBER ? "it is %s" : "\"%s\"", secret);
    text_builder_init(&b, a, SCRUBBED_BYTES_MAX);
    scrub_into(&b, text, secret);
    return b.at;
}

/* --- one value ----------------------------------------------------------- */

struct checker {
    struct call *call;
    bool sensitive; /* the value, or what holds it, must not be shown */
    bool fine;
};

/* A check writes what it likes; what it wrote about a secret is cleaned. */
static void run_check(struct checker *k, check_fn *check, const struct path *at,
                      const struct value *v)
{
    struct arena *a = k->call->arena;
    struct diags said;
    struct call quiet;

    if (!k->sensitive) {
        k->fine = check(k->call, at, v) && k->fine;
        return;
    }
    diags_init(&said, a);
    quiet = call_quietly(k->call, &said);
    k->fine = check(&quiet, at, v) && k->fine;
    for (const struct diag *entry = said.first; entry; entry = entry->next) {
        const char *detail = scrubbed(a, entry->detail, v);

        if (entry->severity == DIAG_ERROR)
            (void)diag_error(k->call->diags, entry->path, scrubbed(a, entry->summary, v), "%s",
                             detail);
        else
            diag_warning(k->call->diags, entry->path, scrubbed(a, entry->summary, v), "%s", detail);
    }
}

static void refuse(struct checker *k, const struct path *at, const struct value *v,
                   const char *rule)
{
    k->fine = false;
    if (k->sensitive)
        (void)diag_error(k->call->diags, at, check_title(k->call->arena, at), "It must %s.", rule);
    else
        (void)check_refuse(k->call, at, v, rule);
}

static const char *quoted_names(struct arena *a, const char *const *names)
{
    struct text_builder b;

    text_builder_init(&b, a, NAMES_BYTES_MAX);
    for (size_t i = 0; names[i]; i++)
        text_add_f(&b, "%s\"%s\"", i ? (names[i + 1] ? ", " : " or ") : "", names[i]);
    return b.at;
}

static void check_one_of(struct checker *k, const struct attribute *row, const struct path *at,
                         const struct value *v)
{
    for (const char *const *word = row->one_of; *word; word++)
        if (text_is(value_string_text(v), *word))
            return;
    refuse(k, at, v,
           text_f(k->call->arena, row->one_of[1] ? "be one of %s" : "be %s",
                  quoted_names(k->call->arena, row->one_of)));
}

static void check_range(struct checker *k, const struct attribute *row, const struct path *at,
                        const struct value *v)
{
    bool whole = v->number.is_integer;

    if (whole ? v->number.integer >= row->min && v->number.integer <= row->max
              : v->number.real >= (double)row->min && v->number.real <= (double)row->max)
        return;
    refuse(
        k, at, v,
        text_f(k->call->arena, "be from %lld to %lld", (long long)row->min, (long long)row->max));
}

/* What rows say of strings and numbers: of the value, or of each element. */
static void check_leaf(struct checker *k, const struct attribute *row, const struct path *at,
                       const struct value *v)
{
    if (row->one_of && v->kind == VALUE_STRING)
        check_one_of(k, row, at, v);
    if (row->max > row->min && v->kind == VALUE_NUMBER)
        check_range(k, row, at, v);
}

static void check_size(struct checker *k, const struct attribute *row, const struct path *at,
                       const struct value *v)
{
    struct arena *a = k->call->arena;
    size_t count = value_count(v);

    if (row->min_items && count < row->min_items)
        refuse(k, at, v,
               text_f(a, "have at least %zu element%s", row->min_items,
                      row->min_items == 1 ? "" : "s"));
    if (row->max_items && count > row->max_items)
        refuse(k, at, v,
               text_f(a, "have at most %zu element%s", row->max_items,
                      row->max_items == 1 ? "" : "s"));
}

static void check_object(struct checker *k, const struct attribute *rows, struct place at,
                         const struct value *object);

static void check_elements(struct checker *k, const struct attribute *row, struct place at,
                           const struct value *v)
{
    for (size_t i = 0; i < element_count(row, v); i++) {
        struct place place = place_of_element(k->call->arena, at, row, v, i);
        const struct value *element = element_at(row, v, i);

        if (!value_is_set(element))
            continue;
        if (row->check_element)
            run_check(k, row->check_element, place.at, element);
        if (row->nested)
            check_object(k, row->nested, place, element);
        else
            check_leaf(k, row, place.at, element);
    }
}

static void check_row(struct checker *k, const struct attribute *row, struct place at,
                      const struct value *v)
{
    struct checker inner = *k;

    if (!value_is_set(v))
        return;
    inner.sensitive = k->sensitive || row->flags & (SENSITIVE | WRITE_ONLY);
    check_leaf(&inner, row, at.at, v);
    if (row->nesting != NESTING_SINGLE && row->nesting != NESTING_BLOCK)
        check_size(&inner, row, at.at, v);
    if (row->check)
        run_check(&inner, row->check, at.at, v);
    check_elements(&inner, row, at, v);
    k->fine = inner.fine;
}

/* --- rows of one table against each other -------------------------------- */

static void complain(struct checker *k, const struct path *at, const char *summary,
                     const char *detail)
{
    k->fine = diag_error(k->call->diags, at, summary, "%s", detail);
}

static const char *group_of(const struct attribute *row, bool exactly)
{
    return exactly ? row->exactly_one_of : row->at_most_one_of;
}

static bool same_group(const struct attribute *row, const char *group, bool exactly)
{
    return group_of(row, exactly) && strcmp(group_of(row, exactly), group) == 0;
}

static const char *group_names(struct arena *a, const struct attribute *rows, const char *group,
                               bool exactly)
{
    struct text_builder b;

    text_builder_init(&b, a, NAMES_BYTES_MAX);
    ATTRIBUTE_EACH (row, rows)
        if (same_group(row, group, exactly))
            text_add_f(&b, "%s%s", b.len ? ", " : "", row->name);
    return b.at;
}

/* An unknown may turn out to be null or set: it decides nothing. */
static void check_group(struct checker *k, const struct attribute *rows, struct place at,
                        const struct value *object, const char *group, bool exactly)
{
    struct arena *a = k->call->arena;
    const char *names = group_names(a, rows, group, exactly);
    const struct attribute *chosen = NULL;
    bool undecided = false;

    ATTRIBUTE_EACH (row, rows) {
        const struct value *v = value_at(object, row->name);

        if (!same_group(row, group, exactly))
            continue;
        undecided = undecided || value_is_unknown(v);
        if (!value_is_set(v))
            continue;
        if (chosen)
            complain(k, place_of_row(a, at, row).at, "Arguments exclude each other",
                     text_f(a, "%s is set as well as %s; %s one of these can be set: %s.",
                            row->name, chosen->name, exactly ? "exactly" : "at most", names));
        else
            chosen = row;
    }
    if (exactly && !chosen && !undecided)
        complain(k, at.at, "An argument is missing",
                 text_f(a, "Exactly one of these must be set: %s.", names));
}

static void check_groups(struct checker *k, const struct attribute *rows, struct place at,
                         const struct value *object, bool exactly)
{
    ATTRIBUTE_EACH (row, rows) {
        const char *group = group_of(row, exactly);
        const struct attribute *first = rows;

        if (!group)
            continue;
        while (!same_group(first, group, exactly))
            first++;
        if (first == row)
            check_group(k, rows, at, object, group, exactly);
    }
}

static bool names_have(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* A pair that names each other is reported once, at the second. */
static bool reported_later(const struct attribute *rows, const struct attribute *row,
                           const char *other_name)
{
    const struct attribute *other = attribute_find(rows, other_name);

    return other && other > row && names_have(other->conflicts_with, row->name);
}

static void check_relations(struct checker *k, const struct attribute *rows,
                            const struct attribute *row, struct place at,
                            const struct value *object)
{
    struct arena *a = k->call->arena;
    const char *const *name;

    for (name = row->conflicts_with; name && *name; name++)
        if (value_is_set(value_at(object, *name)) && !reported_later(rows, row, *name))
            complain(k, place_of_row(a, at, row).at, "Arguments exclude each other",
                     text_f(a, "%s cannot be set together with %s.", row->name, *name));
    for (name = row->requires; name && *name; name++)
        if (value_is_null(value_at(object, *name)))
            complain(
                k, place_of_row(a, at, row).at, "An argument is missing",
                text_f(a, "%s works only together with %s, which is not set.", row->name, *name));
}

static void check_object(struct checker *k, const struct attribute *rows, struct place at,
                         const struct value *object)
{
    struct arena *a = k->call->arena;

    ATTRIBUTE_EACH (row, rows) {
        const struct value *v = value_at(object, row->name);

        if (row->flags & REQUIRED && value_is_null(v))
            complain(k, place_of_row(a, at, row).at, "An argument is missing",
                     text_f(a, "%s is required.", row->name));
        check_row(k, row, place_of_row(a, at, row), v);
        if (value_is_set(v))
            check_relations(k, rows, row, at, object);
    }
    check_groups(k, rows, at, object, true);
    check_groups(k, rows, at, object, false);
}

bool check_attributes(struct call *c, const struct attribute *rows, const struct value *config)
{
    struct checker k = {.call = c, .fine = true};

    if (value_is_set(config))
        check_object(&k, rows, (struct place){NULL, false}, config);
    return k.fine;
}

bool check_config(struct call *c, const struct resource *r, const struct value *config)
{
    bool fine = check_attributes(c, resource_attributes(c->arena, r), config);

    return (!r->validate || r->validate(c, config)) && fine;
}
