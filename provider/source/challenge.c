#include "source/challenge.h"

#include <string.h>

enum { PARAMETERS_MAX = 64 };

struct reader {
    struct arena *arena;
    struct text rest;
};

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static char peek(const struct reader *r)
{
    return (char)(r->rest.len ? r->rest.at[0] : '\0');
}

static void skip(struct reader *r, const char *characters)
{
    while (r->rest.len && peek(r) && strchr(characters, peek(r)))
        r->rest = (struct text){r->rest.at + 1, r->rest.len - 1};
}

/* In lower case; "" when there is none. */
static const char *take_token(struct reader *r)
{
    size_t len = 0;
    char *token;

    while (len < r->rest.len && is_token_char(r->rest.at[len]))
        len++;
    token = text_z(r->arena, (struct text){r->rest.at, len});
    for (char *at = token; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    r->rest = (struct text){r->rest.at + len, r->rest.len - len};
    return token;
}

/* The rest of a quoted string; false when it has no end. */
static bool take_quoted(struct reader *r, const struct value **out)
{
    struct text_builder b;

    text_builder_init(&b, r->arena, r->rest.len + 1);
    for (size_t i = 1; i < r->rest.len; i++) {
        char c = r->rest.at[i];

        if (c == '"') {
            r->rest = (struct text){r->rest.at + i + 1, r->rest.len - i - 1};
            *out = value_string_of(r->arena, text_built(&b));
            return true;
        }
        if (c == '\\' && i + 1 < r->rest.len)
            c = r->rest.at[++i];
        text_add_char(&b, c);
    }
    return false;
}

static bool take_value(struct reader *r, const struct value **out)
{
    size_t len = 0;

    if (peek(r) == '"')
        return take_quoted(r, out);
    while (len < r->rest.len && !strchr(" \t,", r->rest.at[len]))
        len++;
    *out = value_string_of(r->arena, (struct text){r->rest.at, len});
    r->rest = (struct text){r->rest.at + len, r->rest.len - len};
    return len > 0;
}

/* One "name=value" of a challenge. A token without "=" is the next challenge's scheme
 * and is left where it is. */
static bool take_parameter(struct reader *r, struct value_builder *challenge)
{
    struct reader before;
    const struct value *v;
    const char *name;

    skip(r, " \t,");
    before = *r;
    name = take_token(r);
    skip(r, " \t");
    if (!name[0] || peek(r) != '=') {
        *r = before;
        return false;
    }
    r->rest = (struct text){r->rest.at + 1, r->rest.len - 1};
    skip(r, " \t");
    if (!take_value(r, &v)) {
        r->rest.len = 0;
        return false;
    }
    if (strcmp(name, "scheme") != 0 && challenge->count < PARAMETERS_MAX)
        value_builder_set(challenge, name, v);
    return true;
}

const struct value *challenge_read(struct arena *a, struct text header)
{
    struct reader r = {a, header};
    struct value_builder all;

    value_builder_init(&all, a);
    for (skip(&r, " \t,"); r.rest.len && all.count < PARAMETERS_MAX; skip(&r, " \t,")) {
        struct value_builder challenge;
        const char *scheme = take_token(&r);

        if (!scheme[0])
            break;
        value_builder_init(&challenge, a);
        value_builder_set(&challenge, "scheme", value_string(a, scheme));
        while (take_parameter(&r, &challenge))
            continue;
        value_builder_add(&all, value_builder_map(&challenge));
    }
    return value_builder_list(&all);
}

const struct value *challenge_find(const struct value *challenges, const char *scheme)
{
    for (size_t i = 0; i < value_count(challenges); i++)
        if (strcmp(value_text(value_item(challenges, i), "scheme"), scheme) == 0)
            return value_item(challenges, i);
    return &value_null;
}
