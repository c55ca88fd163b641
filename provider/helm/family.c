#include "helm/family.h"

#include "helm/values.h"

static struct declared *declared_new(struct arena *a, const struct value *entries)
{
    struct declared *all = arena_array(a, value_count(entries), sizeof(*all));

    for (size_t i = 0; i < value_count(entries); i++)
        all[i] = (struct declared){.entry = value_item(entries, i),
                                   .name = value_text(value_item(entries, i), "name")};
    return all;
}

struct family *family_new(struct arena *a, const struct chart *chart)
{
    struct family *f = arena_alloc(a, sizeof(*f));
    const struct value *entries = value_at(chart->metadata, "dependencies");

    *f = (struct family){
        .chart = chart,
        .name = chart->name,
        .values = values_to_datum(a, chart->values),
        .declared = declared_new(a, entries),
        .declared_count = value_count(entries),
        .members = arena_array(a, chart->dependency_count, sizeof(struct family *)),
        .member_count = chart->dependency_count,
    };
    for (size_t i = 0; i < f->member_count; i++)
        f->members[i] = family_new(a, chart->dependencies[i]);
    return f;
}

static const struct value *entry_of(struct arena *a, const struct declared *d)
{
    const struct value *entry = value_with(a, d->entry, "name", value_string(a, d->name));

    return value_with(a, entry, "enabled", value_bool(d->enabled));
}

static const struct value *metadata_of(struct arena *a, const struct family *f)
{
    const struct value *m = value_with(a, f->chart->metadata, "name", value_string(a, f->name));
    struct value_builder entries;

    value_builder_init(&entries, a);
    for (size_t i = 0; i < f->declared_count; i++)
        value_builder_add(&entries, entry_of(a, &f->declared[i]));
    return value_with(a, m, "dependencies",
                      f->declared_count > 0 ? value_builder_list(&entries) : NULL);
}

struct chart *family_chart(struct arena *a, const struct family *f)
{
    struct chart *chart = arena_alloc(a, sizeof(*chart));

    *chart = *f->chart;
    chart->name = f->name;
    chart->metadata = metadata_of(a, f);
    chart->values = values_from_datum(a, f->values);
    chart->dependencies = arena_array(a, f->member_count, sizeof(struct chart *));
    chart->dependency_count = f->member_count;
    for (size_t i = 0; i < f->member_count; i++)
        chart->dependencies[i] = family_chart(a, f->members[i]);
    return chart;
}
