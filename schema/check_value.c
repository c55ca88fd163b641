#include "schema/check_value.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/clock.h"
#include "schema/check.h"

enum {
    SHOWN_BYTES_MAX = 200,
    LABEL_MAX = 63,
    SUBDOMAIN_MAX = 253,
    PORT_MAX = 65535,
    ARN_PARTS = 6,
};

/* --- reporting ----------------------------------------------------------- */

static const char *shown(struct arena *a, const struct value *v)
{
    switch (v->kind) {
    case VALUE_STRING:
        return text_f(a, "\"%s\"", text_printable(a, v->string, SHOWN_BYTES_MAX));
    case VALUE_NUMBER:
        return text_printable(a, v->number.text, SHOWN_BYTES_MAX);
    case VALUE_BOOL:
        return v->boolean ? "true" : "false";
    default:
        return text_f(a, "a %s of %zu", value_kind_name(v), value_count(v));
    }
}

const char *check_title(struct arena *a, const struct path *at)
{
    return text_f(a, "Invalid %s", at ? path_text(a, at) : "value");
}

bool check_refuse(struct call *c, const struct path *at, const struct value *v, const char *rule)
{
    return diag_error(c->diags, at, check_title(c->arena, at), "It must %s; it is %s.", rule,
                      shown(c->arena, v));
}

/* --- characters ---------------------------------------------------------- */

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alphanumeric(char c)
{
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

static bool is_dns_label(struct text t)
{
    if (!t.len || t.len > LABEL_MAX || t.at[0] == '-' || t.at[t.len - 1] == '-')
        return false;
    for (size_t i = 0; i < t.len; i++)
        if (!is_lower_or_digit(t.at[i]) && t.at[i] != '-')
            return false;
    return true;
}

/* Unlike the labels of a host name, each may be as long as the whole. */
static bool is_dns_subdomain(struct text t)
{
    bool edge = true; /* at the start of a label */

    if (!t.len || t.len > SUBDOMAIN_MAX)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '.' ? edge || t.at[i - 1] == '-' : edge && !is_lower_or_digit(t.at[i]))
            return false;
        if (t.at[i] != '.' && t.at[i] != '-' && !is_lower_or_digit(t.at[i]))
            return false;
        edge = t.at[i] == '.';
    }
    return is_lower_or_digit(t.at[t.len - 1]);
}

static bool is_qualified_name(struct text t)
{
    if (!t.len || t.len > LABEL_MAX || !is_alphanumeric(t.at[0]) ||
        !is_alphanumeric(t.at[t.len - 1]))
        return false;
    for (size_t i = 0; i < t.len; i++)
        if (!is_alphanumeric(t.at[i]) && !strchr("-_.", t.at[i]))
            return false;
    return true;
}

/* strchr would find the NUL byte of its own text. */
static bool has_nul(struct text t)
{
    return t.len && memchr(t.at, '\0', t.len);
}

/* --- the named checks ---------------------------------------------------- */

bool check_not_empty(struct call *c, const struct path *at, const struct value *v)
{
    if (v->kind == VALUE_STRING ? v->string.len : value_count(v))
        return true;
    return check_refuse(c, at, v, "not be empty");
}

bool check_dns_label(struct call *c, const struct path *at, const struct value *v)
{
    return is_dns_label(value_string_text(v)) ||
           check_refuse(c, at, v,
                        "be a DNS label: 1 to 63 of a-z, 0-9 and \"-\", with a letter or digit at "
                        "both ends");
}

bool check_dns_subdomain(struct call *c, const struct path *at, const struct value *v)
{
    return is_dns_subdomain(value_string_text(v)) ||
           check_refuse(c, at, v,
                        "be a DNS subdomain: 1 to 253 of a-z, 0-9, \"-\" and \".\", with a letter "
                        "or digit at both ends of each part");
}

bool check_label_value(struct call *c, const struct path *at, const struct value *v)
{
    struct text t = value_string_text(v);

    return (v->kind == VALUE_STRING && !t.len) || (!has_nul(t) && is_qualified_name(t)) ||
           check_refuse(c, at, v,
                        "be empty or a label value: at most 63 of a-z, A-Z, 0-9, \"-\", \"_\" and "
                        "\".\", with a letter or digit at both ends");
}

bool check_label_key(struct call *c, const struct path *at, const struct value *v)
{
    struct text rest = value_string_text(v), prefix = TEXT("x"), name = rest;

    if (rest.len && memchr(rest.at, '/', rest.len)) {
        (void)text_split(&rest, '/', &prefix);
        name = rest;
    }
    return (!has_nul(name) && is_qualified_name(name) && is_dns_subdomain(prefix)) ||
           check_refuse(c, at, v,
                        "be the key of a label or annotation: a name of at most 63 of a-z, A-Z, "
                        "0-9, \"-\", \"_\" and \".\", optionally after a DNS subdomain and \"/\"");
}

bool check_duration(struct call *c, const struct path *at, const struct value *v)
{
    return (!has_nul(value_string_text(v)) && clock_parse_duration_ms(value_z(v)) > 0) ||
           check_refuse(c, at, v, "be a duration above zero, such as \"90s\" or \"1h30m\"");
}

static bool is_url_text(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.at[i] <= ' ' || strchr("#\"<>\\^`{|}\x7f", t.at[i]))
            return false;
    return true;
}

static bool is_url(struct text t, const char *scheme)
{
    struct text host;

    if (!text_starts_with(t, scheme) || has_nul(t) || !is_url_text(t))
        return false;
    host = (struct text){t.at + strlen(scheme), t.len - strlen(scheme)};
    host.len = strcspn(host.at, "/?");
    return host.len && host.at[0] != ':' && !memchr(host.at, '@', host.len);
}

bool check_url(struct call *c, const struct path *at, const struct value *v)
{
    struct text t = value_string_text(v);

    return is_url(t, "https://") || is_url(t, "http://") ||
           check_refuse(c, at, v,
                        "be a URL that begins with https:// or http:// and a host, without user "
                        "name and fragment");
}

bool check_https_url(struct call *c, const struct path *at, const struct value *v)
{
    return is_url(value_string_text(v), "https://") ||
           check_refuse(c, at, v,
                        "be a URL that begins with https:// and a host, without user name and "
                        "fragment");
}

bool check_rfc3339(struct call *c, const struct path *at, const struct value *v)
{
    return (!has_nul(value_string_text(v)) && clock_parse_rfc3339(value_z(v)) >= 0) ||
           check_refuse(c, at, v, "be a time in RFC 3339 form, such as \"2026-01-31T10:20:30Z\"");
}

bool check_port(struct call *c, const struct path *at, const struct value *v)
{
    int64_t port = value_as_integer(v);

    return (port >= 1 && port <= PORT_MAX) ||
           check_refuse(c, at, v, "be a port: a whole number from 1 to 65535");
}

/* No bit of the address may stand behind the prefix. */
static bool host_bits_clear(const unsigned char *address, size_t bytes, size_t prefix)
{
    for (size_t bit = prefix; bit < bytes * 8; bit++)
        if (address[bit / 8] & (0x80 >> bit % 8))
            return false;
    return true;
}

static bool prefix_length(struct text digits, size_t max, size_t *out)
{
    *out = 0;
    if (!digits.len || digits.len > 3 || (digits.len > 1 && digits.at[0] == '0'))
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return false;
        *out = *out * 10 + (size_t)(digits.at[i] - '0');
    }
    return *out <= max;
}

bool check_cidr(struct call *c, const struct path *at, const struct value *v)
{
    struct text digits = value_string_text(v), address;
    unsigned char bytes[16];
    size_t prefix;
    bool v4, v6;

    (void)text_split(&digits, '/', &address);
    v4 = inet_pton(AF_INET, text_z(c->arena, address), bytes) == 1;
    v6 = !v4 && inet_pton(AF_INET6, text_z(c->arena, address), bytes) == 1;
    if ((!v4 && !v6) || has_nul(address) || !prefix_length(digits, v4 ? 32 : 128, &prefix))
        return check_refuse(c, at, v,
                            "be an IPv4 or IPv6 network in CIDR form, such as \"10.0.0.0/16\"");
    return host_bits_clear(bytes, v4 ? 4 : 16, prefix) ||
           check_refuse(c, at, v, "be the first address of the network: no bits behind the prefix");
}

bool check_arn(struct call *c, const struct path *at, const struct value *v)
{
    struct text rest = value_string_text(v), parts[ARN_PARTS];
    size_t count = 0;

    while (count < ARN_PARTS - 1 && text_split(&rest, ':', &parts[count]))
        count++;
    if (count == ARN_PARTS - 1 && rest.at && rest.len && text_is(parts[0], "arn") && parts[1].len &&
        parts[2].len && is_url_text(value_string_text(v)))
        return true;
    return check_refuse(c, at, v, "be an ARN: arn:partition:service:region:account:resource");
}
