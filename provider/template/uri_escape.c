#include "template/uri_escape.h"

#include <string.h>

#include "template/quote.h"

static bool is_in(char c, const char *set)
{
    return c && strchr(set, c);
}

/* Letters, digits and these may stand everywhere as they are. */
static bool may_stand(char c, enum uri_part part)
{
    static const char *const others[] = {
        [URI_PATH] = "$&+,/:;=@",          [URI_HOST] = "!$&'()*+,;=:[]<>\"",
        [URI_ZONE] = "!$&'()*+,;=:[]<>\"", [URI_USER] = "$&+,;=",
        [URI_FRAGMENT] = "$&+,/:;=?@!()*",
    };

    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           is_in(c, "-_.~") || is_in(c, others[part]);
}

bool uri_is_escaped(struct text t, enum uri_part part)
{
    for (size_t i = 0; i < t.len; i++)
        if (!is_in(t.at[i], "!$&'()*+,;=:@[]%") && !may_stand(t.at[i], part))
            return false;
    return true;
}

struct text uri_escape(struct arena *a, struct text t, enum uri_part part)
{
    struct text_builder b;

    text_builder_init(&b, a, t.len * 3);
    for (size_t i = 0; i < t.len; i++)
        if (may_stand(t.at[i], part))
            text_add_char(&b, t.at[i]);
        else
            text_add_f(&b, "%%%02X", (unsigned char)t.at[i]);
    return text_built(&b);
}

static int hexadecimal(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "%41" stands for; -1 = it is no escape. */
static int escape_at(struct text t, size_t i)
{
    int high, low;

    if (t.len - i < 3)
        return -1;
    high = hexadecimal(t.at[i + 1]);
    low = hexadecimal(t.at[i + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Hosts may escape only what is not ASCII, their zones only what may stand there; both
 * the percent sign. */
static bool may_be_escaped(int byte, enum uri_part part)
{
    if (part == URI_HOST)
        return byte >= 0x80 || byte == '%';
    return part != URI_ZONE || byte == '%' || byte == ' ' || may_stand((char)byte, URI_HOST);
}

static const char *check(struct arena *a, struct text t, enum uri_part part, size_t i)
{
    bool is_host = part == URI_HOST || part == URI_ZONE;
    size_t left = t.len - i;
    int byte;

    if (t.at[i] != '%')
        return is_host && (unsigned char)t.at[i] < 0x80 && !may_stand(t.at[i], part)
                   ? text_f(a, "invalid character %s in host name",
                            quote_z(a, (struct text){t.at + i, 1}))
                   : NULL;
    byte = escape_at(t, i);
    if (byte >= 0 && may_be_escaped(byte, part))
        return NULL;
    return text_f(a, "invalid URL escape %s",
                  quote_z(a, (struct text){t.at + i, left < 3 ? left : 3}));
}

const char *uri_unescape(struct arena *a, struct text t, enum uri_part part, struct text *out)
{
    struct text_builder b;
    const char *error;

    text_builder_init(&b, a, t.len);
    for (size_t i = 0; i < t.len; i++) {
        if ((error = check(a, t, part, i)))
            return error;
        if (t.at[i] == '%') {
            text_add_char(&b, (char)escape_at(t, i));
            i += 2;
        } else {
            text_add_char(&b, t.at[i]);
        }
    }
    *out = text_built(&b);
    return NULL;
}
