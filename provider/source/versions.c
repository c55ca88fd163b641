#include "source/versions.h"

#include <stdlib.h>
#include <string.h>

#include "codec/semver.h"

enum { SHOWN_MAX = 5 };

struct offer {
    struct semver version;
    const struct value *entry;
    size_t place; /* equal ones stay in order */
};

static int offer_compare(const void *left, const void *right)
{
    const struct offer *a = left, *b = right;
    int order = semver_compare(&b->version, &a->version);

    return order ? order : (a->place > b->place) - (a->place < b->place);
}

const struct value *versions_sort(struct arena *a, const struct value *offered, unsigned flags)
{
    struct offer *offers = arena_array(a, value_count(offered) + 1, sizeof(*offers));
    const struct value **sorted = arena_array(a, value_count(offered) + 1, sizeof(struct value *));
    size_t count = 0;

    for (size_t i = 0; i < value_count(offered); i++) {
        const struct value *entry = value_item(offered, i);
        struct text version = value_string_text(value_at(entry, "version"));

        offers[count].entry = entry;
        offers[count].place = i;
        if ((flags & VERSIONS_STRICT ? semver_read_strict : semver_read)(version,
                                                                         &offers[count].version))
            count++;
    }
    qsort(offers, count, sizeof(*offers), offer_compare);
    for (size_t i = 0; i < count; i++)
        sorted[i] = offers[i].entry;
    return value_list(a, sorted, count);
}

static bool read_constraint(struct call *c, const char *wanted, const struct path *at,
                            struct semver_constraint **out)
{
    const char *reason = "";

    return semver_constraint_read(c->arena, text_of(wanted[0] ? wanted : "*"), out, &reason) ||
           diag_error(c->diags, at, "Malformed version",
                      "\"%s\" is neither a version nor a constraint such as \"~1.27.0\" or "
                      "\">=1.24 <1.28\": %s.",
                      text_printable(c->arena, text_of(wanted), 100), reason);
}

bool versions_check(struct call *c, const char *wanted, const struct path *at)
{
    struct semver_constraint *constraint;

    return read_constraint(c, wanted, at, &constraint);
}

static const char *newest(struct arena *a, const struct value *offered)
{
    size_t count = value_count(offered), shown = count < SHOWN_MAX ? count : SHOWN_MAX;
    struct text_builder b;

    if (count == 0)
        return "It has no version at all.";
    text_builder_init(&b, a, 4096);
    text_add_z(&b, count == 1 ? "There is only" : "The newest are");
    for (size_t i = 0; i < shown; i++)
        text_add_f(&b, "%s %s", i ? "," : "", value_text(value_item(offered, i), "version"));
    if (count > shown)
        text_add_f(&b, " (of %zu)", count);
    text_add_z(&b, ".");
    return b.at;
}

static bool nothing_fits(struct call *c, const struct value *offered, const char *wanted,
                         const char *what, const struct path *at)
{
    if (!wanted[0])
        return diag_error(c->diags, at, text_f(c->arena, "No version of %s", what),
                          "%s Pre-releases are taken only when the version asks for one: name it, "
                          "or write a constraint such as \">=1.0.0-0\".",
                          newest(c->arena, offered));
    return diag_error(c->diags, at, text_f(c->arena, "No version \"%s\" of %s", wanted, what),
                      "%s%s", newest(c->arena, offered),
                      strchr(wanted, '-')
                          ? ""
                          : " A constraint without a pre-release part matches no pre-release.");
}

bool versions_choose(struct call *c, const struct value *offered, const char *wanted,
                     const char *what, const struct path *at, const struct value **out)
{
    struct semver_constraint *constraint;
    struct semver version;

    for (size_t i = 0; wanted[0] && i < value_count(offered); i++) {
        *out = value_item(offered, i);
        if (strcmp(value_text(*out, "version"), wanted) == 0)
            return true;
    }
    if (!read_constraint(c, wanted, at, &constraint))
        return false;
    for (size_t i = 0; i < value_count(offered); i++) {
        *out = value_item(offered, i);
        if (semver_read(value_string_text(value_at(*out, "version")), &version) &&
            semver_matches(constraint, &version))
            return true;
    }
    return nothing_fits(c, offered, wanted, what, at);
}

bool versions_match(struct arena *a, const char *version, const char *wanted)
{
    struct semver_constraint *constraint;
    struct semver read;
    const char *reason;

    return !wanted[0] || strcmp(version, wanted) == 0 ||
           (semver_constraint_read(a, text_of(wanted), &constraint, &reason) &&
            semver_read(text_of(version), &read) && semver_matches(constraint, &read));
}
