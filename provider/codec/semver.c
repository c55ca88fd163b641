#include "codec/semver.h"

#include <inttypes.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_identifier(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static struct text skip(struct text t, size_t count)
{
    return (struct text){t.at + count, t.len - count};
}

static bool take_char(struct text *rest, char c)
{
    if (!rest->len || rest->at[0] != c)
        return false;
    *rest = skip(*rest, 1);
    return true;
}

static struct text take_run(struct text *rest, bool (*belongs)(char c))
{
    struct text run = {rest->at, 0};

    while (run.len < rest->len && belongs(rest->at[run.len]))
        run.len++;
    *rest = skip(*rest, run.len);
    return run;
}

/* --- versions ------------------------------------------------------------- */

/* What a version or a bound looks like; absent parts are empty. */
struct shape {
    struct text number[3];
    struct text prerelease, metadata;
};

/* "a.b.c"; a dot without an identifier behind it is left in *rest. */
static struct text take_identifiers(struct text *rest)
{
    struct text whole = take_run(rest, is_identifier);

    while (rest->len > 1 && rest->at[0] == '.' && is_identifier(rest->at[1])) {
        *rest = skip(*rest, 1);
        take_run(rest, is_identifier);
        whole.len = (size_t)(rest->at - whole.at);
    }
    return whole;
}

/* The mark and at least one identifier, or nothing at all. */
static struct text take_suffix(struct text *rest, char mark)
{
    if (rest->len < 2 || rest->at[0] != mark || !is_identifier(rest->at[1]))
        return (struct text){"", 0};
    *rest = skip(*rest, 1);
    return take_identifiers(rest);
}

/* Takes as much as looks like a version, whose numbers are runs of `belongs`. */
static bool take_shape(struct text *rest, bool (*belongs)(char c), struct shape *out)
{
    struct text at = *rest;

    *out = (struct shape){0};
    take_char(&at, 'v');
    out->number[0] = take_run(&at, belongs);
    if (!out->number[0].len)
        return false;
    for (size_t i = 1; i < 3; i++) {
        if (at.len < 2 || at.at[0] != '.' || !belongs(at.at[1]))
            break;
        at = skip(at, 1);
        out->number[i] = take_run(&at, belongs);
    }
    out->prerelease = take_suffix(&at, '-');
    out->metadata = take_suffix(&at, '+');
    *rest = at;
    return true;
}

/* An absent number is 0. */
static bool read_number(struct text t, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < t.len; i++) {
        uint64_t digit = (uint64_t)(t.at[i] - '0');

        if (!is_digit(t.at[i]) || *out > (UINT64_MAX - digit) / 10)
            return false;
        *out = *out * 10 + digit;
    }
    return true;
}

static bool all_digits(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!is_digit(t.at[i]))
            return false;
    return t.len > 0;
}

static bool has_leading_zero(struct text t)
{
    return t.len > 1 && t.at[0] == '0';
}

/* Numeric identifiers carry no leading zero. */
static bool check_prerelease(struct text prerelease)
{
    struct text rest = prerelease, part;

    while (text_split(&rest, '.', &part))
        if (all_digits(part) && has_leading_zero(part))
            return false;
    return true;
}

static bool read_shape(const struct shape *shape, struct semver *out)
{
    out->prerelease = shape->prerelease;
    out->metadata = shape->metadata;
    return read_number(shape->number[0], &out->major) &&
           read_number(shape->number[1], &out->minor) &&
           read_number(shape->number[2], &out->patch) &&
           (!shape->prerelease.len || check_prerelease(shape->prerelease));
}

bool semver_read(struct text text, struct semver *out)
{
    struct text rest = text;
    struct shape shape;

    *out = (struct semver){.original = text};
    if (text.len > SEMVER_BYTES_MAX || !text.len || !take_shape(&rest, is_digit, &shape))
        return false;
    return rest.len == 0 && read_shape(&shape, out);
}

/* The number that is too large; the shape is one of a version. */
static const char *too_large(struct arena *a, const struct shape *shape)
{
    uint64_t ignored;
    size_t i = 0;

    while (i < 2 && read_number(shape->number[i], &ignored))
        i++;
    return text_f(a,
                  "error parsing version segment: strconv.ParseUint: parsing \"%.*s\": value out "
                  "of range",
                  (int)shape->number[i].len, shape->number[i].at);
}

const char *semver_try(struct arena *a, struct text text, struct semver *out)
{
    struct text rest = text;
    struct shape shape;

    if (semver_read(text, out))
        return NULL;
    if (text.len > SEMVER_BYTES_MAX)
        return "version string is too long (max 256 bytes)";
    if (!text.len || !take_shape(&rest, is_digit, &shape) || rest.len)
        return "invalid semantic version";
    if (shape.prerelease.len && !check_prerelease(shape.prerelease))
        return "version segment starts with 0";
    return too_large(a, &shape);
}

bool semver_read_strict(struct text text, struct semver *out)
{
    struct text rest = text;
    struct shape shape;

    *out = (struct semver){.original = text};
    if (text.len > SEMVER_BYTES_MAX || !text.len || !is_digit(text.at[0]))
        return false;
    if (!take_shape(&rest, is_digit, &shape) || rest.len)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (!shape.number[i].len || has_leading_zero(shape.number[i]))
            return false;
    return read_shape(&shape, out);
}

char *semver_text(struct arena *a, const struct semver *v)
{
    return text_f(a, "%" PRIu64 ".%" PRIu64 ".%" PRIu64 "%s%.*s%s%.*s", v->major, v->minor,
                  v->patch, v->prerelease.len ? "-" : "", (int)v->prerelease.len,
                  v->prerelease.len ? v->prerelease.at : "", v->metadata.len ? "+" : "",
                  (int)v->metadata.len, v->metadata.len ? v->metadata.at : "");
}

/* --- order ---------------------------------------------------------------- */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* A number that fits goes before any other identifier; "" before all. */
static int compare_identifiers(struct text a, struct text b)
{
    uint64_t number_a = 0, number_b = 0; /* gcc cannot see that both are read before use */
    bool numeric_a = all_digits(a) && read_number(a, &number_a);
    bool numeric_b = all_digits(b) && read_number(b, &number_b);
    int order;

    if (numeric_a && numeric_b)
        return compare_numbers(number_a, number_b);
    if (a.len && b.len && numeric_a != numeric_b)
        return numeric_a ? -1 : 1;
    order = text_compare(a, b);
    return (order > 0) - (order < 0);
}

static int compare_prereleases(struct text a, struct text b)
{
    int order = 0;

    while (order == 0 && (a.at || b.at)) {
        struct text part_a = {"", 0}, part_b = {"", 0};

        text_split(&a, '.', &part_a);
        text_split(&b, '.', &part_b);
        order = compare_identifiers(part_a, part_b);
    }
    return order;
}

int semver_compare(const struct semver *a, const struct semver *b)
{
    int order = compare_numbers(a->major, b->major);

    if (order == 0)
        order = compare_numbers(a->minor, b->minor);
    if (order == 0)
        order = compare_numbers(a->patch, b->patch);
    if (order != 0)
        return order;
    if (!a->prerelease.len || !b->prerelease.len)
        return (b->prerelease.len > 0) - (a->prerelease.len > 0);
    return compare_prereleases(a->prerelease, b->prerelease);
}

/* --- constraints ---------------------------------------------------------- */

/* How many parts of the bound are numbers and not wildcards. */
enum precision { ANY, MAJOR, MINOR, PATCH };

struct bound {
    struct semver version;
    enum precision precision;
    bool (*holds)(const struct semver *v, const struct bound *b);
    struct bound *next;
};

struct group {
    struct bound *bounds;
    bool prereleases; /* a bound names one, so versions that are one may match */
    struct group *next;
};

struct semver_constraint {
    struct group *groups;
};

static bool holds_tilde(const struct semver *v, const struct bound *b)
{
    const struct semver *from = &b->version;

    if (semver_compare(v, from) < 0)
        return false;
    if (!from->major && !from->minor && !from->patch &&
        (b->precision == ANY || b->precision == PATCH))
        return true; /* "*", and "~0.0.0" too, mean any version */
    return v->major == from->major && (b->precision == MAJOR || v->minor == from->minor);
}

static bool holds_equal(const struct semver *v, const struct bound *b)
{
    return b->precision == PATCH ? semver_compare(v, &b->version) == 0 : holds_tilde(v, b);
}

static bool holds_not_equal(const struct semver *v, const struct bound *b)
{
    const struct semver *not = &b->version;

    if (b->precision == MAJOR)
        return v->major != not ->major;
    if (b->precision != MINOR)
        return semver_compare(v, not ) != 0;
    if (v->major != not ->major || v->minor != not ->minor)
        return true;
    return !text_equal(v->prerelease, not ->prerelease);
}

static bool holds_greater(const struct semver *v, const struct bound *b)
{
    if (b->precision == MAJOR)
        return v->major > b->version.major;
    if (b->precision == MINOR && v->major == b->version.major)
        return v->minor > b->version.minor;
    return semver_compare(v, &b->version) > 0;
}

static bool holds_less(const struct semver *v, const struct bound *b)
{
    return semver_compare(v, &b->version) < 0;
}

static bool holds_at_least(const struct semver *v, const struct bound *b)
{
    return semver_compare(v, &b->version) >= 0;
}

static bool holds_at_most(const struct semver *v, const struct bound *b)
{
    if (b->precision == PATCH)
        return semver_compare(v, &b->version) <= 0;
    if (v->major != b->version.major)
        return v->major < b->version.major;
    return b->precision == MAJOR || v->minor <= b->version.minor;
}

/* The left-most part that is not 0 stays. */
static bool holds_caret(const struct semver *v, const struct bound *b)
{
    const struct semver *from = &b->version;

    if (semver_compare(v, from) < 0 || v->major != from->major)
        return false;
    if (from->major > 0 || b->precision == MAJOR)
        return true;
    if (v->minor != from->minor)
        return false;
    return from->minor > 0 || b->precision == MINOR || v->patch == from->patch;
}

static const struct {
    const char *name;
    bool (*holds)(const struct semver *v, const struct bound *b);
} operators[] = {
    /* the longer first */
    {"!=", holds_not_equal}, {">=", holds_at_least}, {"=>", holds_at_least}, {"<=", holds_at_most},
    {"=<", holds_at_most},   {"~>", holds_tilde},    {"=", holds_equal},     {">", holds_greater},
    {"<", holds_less},       {"~", holds_tilde},     {"^", holds_caret},     {"", holds_equal},
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* The bar is here because it is in the library's pattern: "1||2 - 3" is read as the
 * range from "1||2" to 3 before it is cut at the bars. */
static bool is_bound_number(char c)
{
    return is_digit(c) || c == 'x' || c == 'X' || c == '*' || c == '|';
}

static bool is_wildcard(struct text t)
{
    return t.len == 0 || text_is(t, "x") || text_is(t, "X") || text_is(t, "*");
}

static bool fill_bound(struct shape *shape, struct bound *bound)
{
    size_t known = 0;

    while (known < 3 && !is_wildcard(shape->number[known]))
        known++;
    for (size_t i = known; i < 3; i++)
        shape->number[i].len = 0;
    bound->precision = (enum precision)known;
    return read_shape(shape, &bound->version);
}

static bool take_bound(struct text *rest, struct bound *bound, struct shape *shape)
{
    size_t i = 0;

    while (!text_starts_with(*rest, operators[i].name))
        i++;
    *rest = skip(*rest, strlen(operators[i].name));
    take_run(rest, is_blank);
    bound->holds = operators[i].holds;
    return take_shape(rest, is_bound_number, shape);
}

/* Blanks, or a comma with blanks around it; false when neither is there. */
static bool take_separator(struct text *rest, bool *comma)
{
    bool blanks = take_run(rest, is_blank).len > 0;

    *comma = take_char(rest, ',');
    take_run(rest, is_blank);
    return blanks || *comma;
}

static const char *improper(struct arena *a, struct text group)
{
    struct text_builder b;

    text_builder_init(&b, a, (size_t)4 * SEMVER_CONSTRAINT_BYTES_MAX);
    text_add_z(&b, "improper constraint: \"");
    for (size_t i = 0; i < group.len; i++) {
        if (group.at[i] == '"' || group.at[i] == '\\')
            text_add_char(&b, '\\');
        text_add_char(&b, group.at[i]);
    }
    text_add_char(&b, '"');
    return text_built(&b).at;
}

static bool read_group(struct arena *a, struct text text, struct group *out, const char **reason)
{
    struct text rest = text;
    struct bound **tail = &out->bounds;
    bool readable = true, comma;

    take_run(&rest, is_blank);
    do {
        struct shape shape;
        struct bound *bound = arena_alloc(a, sizeof *bound);

        *reason = improper(a, text);
        if (!take_bound(&rest, bound, &shape))
            return false;
        readable = fill_bound(&shape, bound) && readable;
        out->prereleases = out->prereleases || bound->version.prerelease.len;
        *tail = bound;
        tail = &bound->next;
        if (!take_separator(&rest, &comma) && rest.len)
            return false;
    } while (rest.len || comma);
    *reason = "constraint parser error";
    return readable;
}

/* Takes "1.2 - 3" with the blanks around it. */
static bool take_range(struct text *rest, struct text *from, struct text *to)
{
    struct text at = *rest;
    struct shape shape;

    take_run(&at, is_blank);
    from->at = at.at;
    if (!take_shape(&at, is_bound_number, &shape))
        return false;
    from->len = (size_t)(at.at - from->at);
    if (!take_run(&at, is_blank).len || !take_char(&at, '-') || !take_run(&at, is_blank).len)
        return false;
    to->at = at.at;
    if (!take_shape(&at, is_bound_number, &shape))
        return false;
    to->len = (size_t)(at.at - to->at);
    take_run(&at, is_blank);
    *rest = at;
    return true;
}

/* Ranges become two bounds each. The library does so in the text, before it looks at
 * anything else, and so "0 1 - 2" loses the blank that made it right. */
static struct text expand_ranges(struct arena *a, struct text text)
{
    struct text_builder b;
    struct text from, to;

    text_builder_init(&b, a, (size_t)8 * SEMVER_CONSTRAINT_BYTES_MAX);
    while (text.len) {
        if (take_range(&text, &from, &to)) {
            text_add_z(&b, ">= ");
            text_add(&b, from);
            text_add_z(&b, ", <= ");
            text_add(&b, to);
            text_add_char(&b, ' ');
        } else {
            text_add_char(&b, text.at[0]);
            text = skip(text, 1);
        }
    }
    return text_built(&b);
}

/* What stands before "||"; false when *rest is used up. */
static bool take_group(struct text *rest, struct text *group)
{
    size_t len = 0;

    if (!rest->at)
        return false;
    while (len < rest->len && !text_starts_with(skip(*rest, len), "||"))
        len++;
    *group = (struct text){rest->at, len};
    *rest = len < rest->len ? skip(*rest, len + 2) : (struct text){NULL, 0};
    return true;
}

bool semver_constraint_read(struct arena *a, struct text text, struct semver_constraint **out,
                            const char **reason)
{
    struct group **tail;
    struct text rest, part;
    size_t count = 0;

    *out = arena_alloc(a, sizeof **out);
    *reason = "constraint string is too long (max 512 bytes)";
    if (text.len > SEMVER_CONSTRAINT_BYTES_MAX)
        return false;
    rest = expand_ranges(a, text);
    for (struct text r = rest; take_group(&r, &part); count++)
        ;
    *reason = "too many constraint groups (max 32)";
    if (count > SEMVER_CONSTRAINT_GROUPS_MAX)
        return false;
    tail = &(*out)->groups;
    while (take_group(&rest, &part)) {
        *tail = arena_alloc(a, sizeof **tail);
        if (!read_group(a, part, *tail, reason))
            return false;
        tail = &(*tail)->next;
    }
    return true;
}

static bool group_matches(const struct group *group, const struct semver *v)
{
    if (v->prerelease.len && !group->prereleases)
        return false;
    for (const struct bound *b = group->bounds; b; b = b->next)
        if (!b->holds(v, b))
            return false;
    return true;
}

bool semver_matches(const struct semver_constraint *constraint, const struct semver *v)
{
    for (const struct group *g = constraint->groups; g; g = g->next)
        if (group_matches(g, v))
            return true;
    return false;
}
