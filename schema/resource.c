#include "schema/resource.h"

#include <string.h>

#include "base/clock.h"
#include "schema/check.h"
#include "schema/unfinished.h"

enum { DEADLINE_DEFAULT_SECONDS = 60 * 60, TIMEOUT_ENTRIES = 4 };

struct timeout_entry {
    const char *name;
    int64_t seconds;
};

const struct resource *resource_find(enum resource_kind kind, const char *name)
{
    for (size_t i = 0; registry[i]; i++)
        if (registry[i]->kind == kind && strcmp(registry[i]->name, name) == 0)
            return registry[i];
    return NULL;
}

static void timeout_entries(const struct resource *r, struct timeout_entry out[TIMEOUT_ENTRIES])
{
    out[0] = (struct timeout_entry){"create", r->timeouts.create};
    out[1] = (struct timeout_entry){"read", r->timeouts.read};
    out[2] = (struct timeout_entry){"update", r->timeouts.update};
    out[3] = (struct timeout_entry){"delete", r->timeouts.remove};
}

static const char *duration_text(struct arena *a, int64_t seconds)
{
    if (seconds % 3600 == 0)
        return text_f(a, "%lldh", (long long)(seconds / 3600));
    if (seconds % 60 == 0)
        return text_f(a, "%lldm", (long long)(seconds / 60));
    return text_f(a, "%llds", (long long)seconds);
}

static const struct attribute *timeout_rows(struct arena *a, const struct resource *r)
{
    struct attribute *rows = arena_array(a, TIMEOUT_ENTRIES + 1, sizeof(*rows));
    struct timeout_entry entries[TIMEOUT_ENTRIES];
    size_t count = 0;

    timeout_entries(r, entries);
    for (size_t i = 0; i < TIMEOUT_ENTRIES; i++)
        if (entries[i].seconds)
            rows[count++] = (struct attribute)STRING(
                entries[i].name, OPTIONAL,
                text_f(a,
                       "Longest time for %s %s, as a duration such as `90s` or `1h30m`; `%s` "
                       "when left out.",
                       strchr("aeiou", entries[i].name[0]) ? "an" : "a", entries[i].name,
                       duration_text(a, entries[i].seconds)),
                .check = check_duration);
    return count ? rows : NULL;
}

/* As an output a row has no rules for what a person writes. */
static void make_output(struct attribute *row)
{
    row->flags = (row->flags & ~(unsigned)(REQUIRED | OPTIONAL | FORCE_NEW)) | COMPUTED;
    row->exactly_one_of = row->at_most_one_of = NULL;
    row->conflicts_with = row->requires = NULL;
    row->fallback = NULL;
}

/* What a computed-only parent holds is computed as well, whatever its rows
 * say: so that one table serves as an argument here and as an output there. */
static const struct attribute *computed_rows(struct arena *a, const struct attribute *rows,
                                             bool in_computed)
{
    struct attribute *copy;
    size_t count = 0;

    ATTRIBUTE_EACH (row, rows)
        count++;
    copy = arena_array(a, count + 1, sizeof(*copy));
    for (size_t i = 0; i < count; i++) {
        bool output = in_computed || !(rows[i].flags & (REQUIRED | OPTIONAL));

        copy[i] = rows[i];
        if (in_computed)
            make_output(&copy[i]);
        if (rows[i].nested)
            copy[i].nested = computed_rows(a, rows[i].nested, output);
    }
    return copy;
}

static const struct attribute *with_row(struct arena *a, const struct attribute *rows,
                                        const struct attribute *row)
{
    struct attribute *all;
    size_t count = 0;

    ATTRIBUTE_EACH (one, rows)
        count++;
    all = arena_array(a, count + 2, sizeof(*all));
    if (count)
        memcpy(all, rows, count * sizeof(*all));
    all[count] = *row;
    return all;
}

const struct attribute *resource_attributes(struct arena *a, const struct resource *r)
{
    const struct attribute *rows = computed_rows(a, r->attributes, false);
    const struct attribute *entries = timeout_rows(a, r);
    const struct attribute timeouts = NESTED("timeouts", NESTING_BLOCK, entries, OPTIONAL,
                                             "Longest times that operations may take.");

    if (r->continues)
        rows = with_row(a, rows, &unfinished_row);
    return entries ? with_row(a, rows, &timeouts) : rows;
}

const struct type *resource_type(struct arena *a, const struct resource *r)
{
    return attributes_type(a, resource_attributes(a, r));
}

int64_t resource_deadline_ms(const struct resource *r, const struct value *object,
                             const char *operation)
{
    const struct value *own = value_in(object, "timeouts", operation);
    struct timeout_entry entries[TIMEOUT_ENTRIES];
    int64_t ms = DEADLINE_DEFAULT_SECONDS * INT64_C(1000);

    timeout_entries(r, entries);
    for (size_t i = 0; i < TIMEOUT_ENTRIES; i++)
        if (entries[i].seconds && strcmp(entries[i].name, operation) == 0)
            ms = entries[i].seconds * 1000;
    if (value_is_set(own) && clock_parse_duration_ms(value_z(own)) > 0)
        ms = clock_parse_duration_ms(value_z(own));
    return clock_monotonic_ms() + ms;
}
