#include "helm/glob.h"

#include <assert.h>
#include <string.h>

/* What follows the alternative that is being matched. */
struct after {
    const char *pattern;
    const struct after *up;
};

static const char *class_end(const char *p)
{
    p += *p == '!';
    if (p[0] && p[0] != ']' && p[1] == '-')
        return p[2] && p[3] == ']' ? p + 3 : NULL;
    if (*p == ']')
        return NULL;
    while (*p && *p != ']')
        p += p[0] == '\\' && p[1] ? 2 : 1;
    return *p ? p : NULL;
}

static bool is_sound(const char *pattern)
{
    size_t depth = 0;

    for (const char *p = pattern; *p; p++) {
        if (*p == '\\') {
            if (!*++p)
                return depth == 0;
        } else if (*p == '[') {
            p = class_end(p + 1);
            if (!p)
                return false;
        } else if (*p == '{') {
            depth++;
        } else if (*p == '}' && depth > 0) {
            depth--;
        }
    }
    return depth == 0;
}

void glob_init(struct glob *g, const char *pattern)
{
    bool sound = strlen(pattern) <= GLOB_PATTERN_BYTES_MAX && is_sound(pattern);

    *g = (struct glob){.pattern = sound ? pattern : "**"};
}

/* The class behind "[", up to its end. */
static bool class_holds(const char *p, const char *end, char byte)
{
    bool negated = *p == '!', held = false;

    p += negated;
    if (p[1] == '-')
        return (p[0] <= byte && byte <= p[2]) != negated;
    for (; p < end; p++) {
        p += *p == '\\' && p + 1 < end;
        held = held || *p == byte;
    }
    return held != negated;
}

/* The "," or "}" that ends the alternative at p. */
static const char *alternative_end(const char *p)
{
    for (size_t depth = 0; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p == '[')
            p = class_end(p + 1), assert(p); /* the pattern is sound */
        else if (*p == '{')
            depth++;
        else if (depth == 0 && (*p == ',' || *p == '}'))
            break;
        else if (*p == '}')
            depth--;
    }
    return p;
}

static bool match(struct glob *g, const char *p, const char *n, const struct after *up);

static bool match_alternatives(struct glob *g, const char *p, const char *n, const struct after *up)
{
    const char *close = p - 1, *start;
    struct after after = {.up = up};

    do
        close = alternative_end(close + 1);
    while (*close == ',');
    after.pattern = close + 1;
    for (start = p; start <= close; start = alternative_end(start) + 1)
        if (match(g, start, n, &after))
            return true;
    return false;
}

static bool match_any(struct glob *g, const char *p, const char *n, const struct after *up)
{
    bool across = *p == '*';

    for (p += across;; n++) {
        if (match(g, p, n, up))
            return true;
        if (*n == '\0' || (*n == '/' && !across) || g->exceeded)
            return false;
    }
}

/* One character of UTF-8. */
static size_t width(const char *n)
{
    size_t bytes = 1;

    while (((unsigned char)n[bytes] & 0xC0) == 0x80)
        bytes++;
    return bytes;
}

static bool match(struct glob *g, const char *p, const char *n, const struct after *up)
{
    for (;;) {
        if (++g->steps > GLOB_STEPS_MAX)
            return g->exceeded = true, false;
        if (up && (*p == ',' || *p == '}')) {
            p = up->pattern;
            up = up->up;
        } else if (*p == '{') {
            return match_alternatives(g, p + 1, n, up);
        } else if (*p == '*') {
            return match_any(g, p + 1, n, up);
        } else if (*p == '\0' || *n == '\0') {
            return *p == *n;
        } else if (*p == '?') {
            if (*n == '/')
                return false;
            p++;
            n += width(n);
        } else if (*p == '[') {
            const char *end = class_end(p + 1);

            if (!class_holds(p + 1, end, *n))
                return false;
            p = end + 1;
            n += width(n);
        } else {
            p += *p == '\\' && p[1];
            if (*p++ != *n++)
                return false;
        }
    }
}

bool glob_matches(struct glob *g, const char *name)
{
    return match(g, g->pattern, name, NULL);
}
