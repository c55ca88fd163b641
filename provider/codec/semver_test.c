#include "codec/semver.h"

#include <stdlib.h>
#include <string.h>

#include "base/test.h"

/* The cases were recorded from Masterminds/semver 3.5.0. */
static struct text cases(struct arena *a, const char *name)
{
    return test_file(a, text_f(a, "provider/codec/testdata/semver/%s.cases", name));
}

/* The next row that is no comment. */
static bool next_row(struct text *rest, struct text *row)
{
    while (text_split(rest, '\n', row))
        if (row->len && row->at[0] != '#')
            return true;
    return false;
}

static struct semver version(struct text t)
{
    struct semver v;

    if (!semver_read(t, &v))
        fail_msg("%.*s is refused", (int)t.len, t.at);
    return v;
}

TEST(versions_are_read_as_recorded)
{
    struct text rest = cases(a, "versions"), row;
    size_t count = 0;

    for (; next_row(&rest, &row); count++) {
        struct text given, loose, strict;
        struct semver v;
        bool is_version, is_strict;

        text_split(&row, '\t', &given);
        text_split(&row, '\t', &loose);
        text_split(&row, '\t', &strict);
        is_version = semver_read(given, &v);
        if (is_version ? !text_is(loose, semver_text(a, &v)) : !text_is(loose, "!"))
            fail_msg("%.*s became %s", (int)given.len, given.at,
                     is_version ? semver_text(a, &v) : "refused");
        assert_true(!is_version || text_equal(v.original, given));
        is_strict = semver_read_strict(given, &v);
        if (is_strict != text_is(strict, "strict"))
            fail_msg("%.*s: strict is %d", (int)given.len, given.at, is_strict);
        if (is_strict)
            assert_string_equal(semver_text(a, &v), text_z(a, loose));
    }
    assert_true(count > 40);
}

TEST(versions_are_ordered_as_recorded)
{
    struct text rest = cases(a, "order"), row;
    size_t count = 0;

    for (; next_row(&rest, &row); count++) {
        struct text first, second;
        struct semver x, y;

        text_split(&row, '\t', &first);
        text_split(&row, '\t', &second);
        x = version(first);
        y = version(second);
        if (semver_compare(&x, &y) != (int)strtol(text_z(a, row), NULL, 10))
            fail_msg("%s against %s: %d", text_z(a, first), text_z(a, second),
                     semver_compare(&x, &y));
    }
    assert_true(count > 600);
}

/* "\t" stands for a tab. */
static struct text unescape(struct arena *a, struct text t)
{
    char *z = text_z(a, t), *tab;

    while ((tab = strstr(z, "\\t"))) {
        *tab = '\t';
        memmove(tab + 1, tab + 2, strlen(tab + 2) + 1);
    }
    return text_of(z);
}

static const char *verdict(struct arena *a, struct text constraint, struct text probes)
{
    struct semver_constraint *c;
    struct text_builder b;
    struct text probe;
    const char *reason;

    if (!semver_constraint_read(a, constraint, &c, &reason))
        return text_f(a, "! %s", reason);
    text_builder_init(&b, a, 4096);
    while (text_split(&probes, ' ', &probe)) {
        struct semver v = version(probe);

        if (!semver_matches(c, &v))
            continue;
        text_add_z(&b, text_built(&b).len ? " " : "");
        text_add(&b, probe);
    }
    return text_z(a, text_built(&b));
}

TEST(constraints_take_what_was_recorded)
{
    struct text rest = cases(a, "constraints"), probes, row;
    size_t count = 0, wrong = 0;

    assert_true(next_row(&rest, &probes));
    for (; next_row(&rest, &row); count++) {
        struct text constraint;
        const char *found;

        text_split(&row, '\t', &constraint);
        found = verdict(a, unescape(a, constraint), probes);
        if (!text_is(row, found)) {
            print_error("%s\n  took   %s\n  not    %s\n", text_z(a, constraint), found,
                        text_z(a, row));
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    assert_true(count > 120);
}

TEST(long_texts_are_refused)
{
    char long_version[SEMVER_BYTES_MAX + 2] = "1.2.3-";
    struct semver v;

    memset(long_version + 6, 'a', sizeof long_version - 7);
    assert_false(semver_read(text_of(long_version), &v));
    assert_false(semver_read_strict(text_of(long_version), &v));
    assert_true(semver_read((struct text){long_version, SEMVER_BYTES_MAX}, &v));
}

TEST(nothing_is_no_version)
{
    struct semver v;

    assert_false(semver_read(TEXT(""), &v));
    assert_false(semver_read_strict(TEXT(""), &v));
}
