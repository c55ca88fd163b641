#include "istio/issued.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "istio/cacerts.h"

enum { PART_BYTES_MAX = 4096, HOUR = 3600 };

/* Moves *at behind the comma that ends this part; escaped ones do not. */
static struct text take_part(const char **at)
{
    const char *start = *at, *end = start;

    while (*end && *end != ',')
        end += *end == '\\' && end[1] ? 2 : 1;
    *at = *end ? end + 1 : end;
    return (struct text){start, (size_t)(end - start)};
}

static const char *unescaped(struct arena *a, struct text part)
{
    struct text_builder b;

    text_builder_init(&b, a, PART_BYTES_MAX);
    for (size_t i = 0; i < part.len; i++) {
        i += part.at[i] == '\\' && i + 1 < part.len;
        text_add_char(&b, part.at[i]);
    }
    return b.at;
}

const char *issued_part(struct arena *a, const char *subject, const char *key)
{
    size_t len = strlen(key);

    while (*subject) {
        struct text part = take_part(&subject);

        if (part.len > len && strncmp(part.at, key, len) == 0 && part.at[len] == '=')
            return unescaped(a, (struct text){part.at + len + 1, part.len - len - 1});
    }
    return "";
}

const char *issued_validity(struct arena *a, int64_t not_before, int64_t not_after)
{
    int64_t seconds = not_after - not_before;

    if (seconds % HOUR == CACERTS_BACKDATE_SECONDS)
        seconds -= CACERTS_BACKDATE_SECONDS;
    if (seconds % HOUR == 0)
        return text_f(a, "%lldh", (long long)(seconds / HOUR));
    return text_f(a, "%llds", (long long)seconds);
}

const struct value *issued_fill(struct arena *a, const struct value *object, const char *name,
                                const char *text)
{
    if (value_is_set(value_at(object, name)))
        return object;
    return value_with(a, object, name, value_string(a, text));
}
