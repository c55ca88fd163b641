#include "helm/ignore.h"

#include <string.h>

struct rule {
    const char *pattern;
    bool negated, folders_only, base_name_only;
};
struct ignore_rules {
    struct rule *all;
    size_t count;
};

static const char *one_of_class(const char *p, bool *bad)
{
    if (*p == '\\')
        p++;
    if (*p == '\0')
        *bad = true;
    return p;
}

/* The class behind "[": whether it holds `byte`; *pattern moves behind "]". */
static bool class_holds(const char **pattern, char byte, bool *bad)
{
    const char *p = *pattern;
    bool negated = *p == '^', held = false, first = true;

    p += negated;
    for (; first || *p != ']'; first = false) {
        char low, high;

        if (*p == '\0' || *p == '-' || (first && *p == ']'))
            return *bad = true, false;
        p = one_of_class(p, bad);
        if (*bad)
            return false;
        low = high = *p++;
        if (*p == '-') {
            p = one_of_class(p + 1, bad);
            if (*bad || *p == ']')
                return *bad = true, false;
            high = *p++;
        }
        held = held || (low <= byte && byte <= high);
    }
    *pattern = p + 1;
    return held != negated;
}

/* One element of the pattern, which is no "*", against one byte. */
static bool element_matches(const char **pattern, char byte, bool *bad)
{
    const char *p = *pattern;

    if (*p == '[') {
        *pattern = p + 1;
        return class_holds(pattern, byte, bad) && byte != '\0';
    }
    if (*p == '?') {
        *pattern = p + 1;
        return byte != '\0' && byte != '/';
    }
    if (*p == '\\' && *++p == '\0')
        return *bad = true, false;
    *pattern = p + 1;
    return *p == byte;
}

/* A "*" is tried again one byte further whenever the rest does not match: linear in
 * practice, quadratic at worst, never exponential. */
bool ignore_glob(const char *pattern, const char *name, bool *bad)
{
    const char *star = NULL, *resume = NULL;

    *bad = false;
    while (*pattern || *name) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = name;
            continue;
        }
        if (*pattern && *name && element_matches(&pattern, *name, bad)) {
            name++;
            continue;
        }
        if (*bad || !star || *resume == '\0' || *resume == '/')
            return false;
        pattern = star;
        name = ++resume;
    }
    return true;
}

static bool pattern_is_sound(const char *pattern)
{
    while (*pattern) {
        bool bad = false;

        if (*pattern == '*') {
            pattern++;
            continue;
        }
        element_matches(&pattern, 'a', &bad);
        if (bad)
            return false;
    }
    return true;
}

static struct rule rule_of(struct arena *a, struct text line)
{
    struct rule r = {0};

    if (text_starts_with(line, "!")) {
        r.negated = true;
        line = (struct text){line.at + 1, line.len - 1};
    }
    if (text_ends_with(line, "/")) {
        r.folders_only = true;
        line.len--;
    }
    r.base_name_only = !memchr(line.at, '/', line.len);
    if (text_starts_with(line, "/"))
        line = (struct text){line.at + 1, line.len - 1};
    r.pattern = text_z(a, line);
    return r;
}

bool ignore_read(struct call *c, struct text text, const char *what, const struct path *at,
                 struct ignore_rules **out)
{
    struct ignore_rules *rules = arena_alloc(c->arena, sizeof(*rules));
    size_t lines = 2;
    struct text line;

    for (size_t i = 0; i < text.len; i++)
        lines += text.at[i] == '\n';
    rules->all = arena_array(c->arena, lines, sizeof(*rules->all));
    while (text_split(&text, '\n', &line)) {
        line = text_trim(line);
        if (line.len == 0 || line.at[0] == '#')
            continue;
        rules->all[rules->count] = rule_of(c->arena, line);
        if (strstr(text_z(c->arena, line), "**") ||
            !pattern_is_sound(rules->all[rules->count].pattern))
            return diag_error(c->diags, at, "The chart cannot be read",
                              "%s: the pattern \"%s\" is not understood (\"**\" and unfinished "
                              "\"[\" are none of .helmignore's).",
                              what, text_z(c->arena, line));
        rules->count++;
    }
    rules->all[rules->count++] = (struct rule){.pattern = "templates/.?*"};
    *out = rules;
    return true;
}

static bool rule_matches(const struct rule *r, const char *name)
{
    const char *slash = r->base_name_only ? strrchr(name, '/') : NULL;
    bool bad;

    return ignore_glob(r->pattern, slash ? slash + 1 : name, &bad);
}

bool ignore_matches(const struct ignore_rules *rules, const char *name, bool is_folder)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *r = &rules->all[i];
        bool applies = !r->folders_only || is_folder;

        if (r->negated ? !applies || !rule_matches(r, name) : applies && rule_matches(r, name))
            return true;
    }
    return false;
}
