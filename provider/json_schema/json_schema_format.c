#include "json_schema/json_schema_format.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Two digits at i, at most `most`. */
static bool two_digits(struct text t, size_t i, int most, int *out)
{
    if (i + 2 > t.len || !is_digit(t.at[i]) || !is_digit(t.at[i + 1]))
        return false;
    *out = (t.at[i] - '0') * 10 + t.at[i + 1] - '0';
    return *out <= most;
}

/* --- addresses ------------------------------------------------------------- */

static bool is_ipv4(struct text t)
{
    struct text part;
    int parts = 0;

    for (; text_split(&t, '.', &part); parts++) {
        int number = 0;

        if (!part.len || part.len > 3 || (part.len > 1 && part.at[0] == '0'))
            return false;
        for (size_t i = 0; i < part.len; i++) {
            if (!is_digit(part.at[i]))
                return false;
            number = number * 10 + part.at[i] - '0';
        }
        if (number > 255)
            return false;
    }
    return parts == 4;
}

/* Groups of a part of an IPv6 address, -1 when they are none; the last may be IPv4. */
static int groups_of(struct text t, bool last)
{
    struct text group;
    int groups = 0;

    if (!t.len)
        return 0;
    while (text_split(&t, ':', &group)) {
        if (!t.at && last && is_ipv4(group))
            return groups + 2;
        if (!group.len || group.len > 4)
            return -1;
        for (size_t i = 0; i < group.len; i++)
            if (!is_hex(group.at[i]))
                return -1;
        groups++;
    }
    return groups;
}

static bool is_ipv6(struct text t)
{
    for (size_t i = 0; i + 1 < t.len; i++)
        if (t.at[i] == ':' && t.at[i + 1] == ':') {
            int front = groups_of((struct text){t.at, i}, false);
            int back = groups_of((struct text){t.at + i + 2, t.len - i - 2}, true);

            return front >= 0 && back >= 0 && front + back < 8;
        }
    return groups_of(t, true) == 8;
}

static bool is_hostname(struct text t)
{
    struct text label;

    if (t.len && t.at[t.len - 1] == '.')
        t.len--;
    if (!t.len || t.len > 253)
        return false;
    while (text_split(&t, '.', &label)) {
        if (!label.len || label.len > 63 || label.at[0] == '-' || label.at[label.len - 1] == '-')
            return false;
        for (size_t i = 0; i < label.len; i++)
            if (!is_letter(label.at[i]) && !is_digit(label.at[i]) && label.at[i] != '-')
                return false;
    }
    return true;
}

static bool is_local_part(struct text t)
{
    if (t.len > 64)
        return false;
    if (t.len > 1 && t.at[0] == '"')
        return !memchr(t.at + 1, '"', t.len - 2) && !memchr(t.at + 1, '\\', t.len - 2);
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        bool dot = c == '.' && (i == 0 || i + 1 == t.len || t.at[i + 1] == '.');

        if (dot || !c || (!is_letter(c) && !is_digit(c) && !strchr(".!#$%&'*+-/=?^_`{|}~", c)))
            return false;
    }
    return true;
}

static bool is_email(struct text t)
{
    size_t at = t.len;
    struct text domain;

    while (at > 0 && t.at[at - 1] != '@')
        at--;
    if (!at || t.len > 254 || !is_local_part((struct text){t.at, at - 1}))
        return false;
    domain = (struct text){t.at + at, t.len - at};
    if (domain.len < 2 || domain.at[0] != '[' || domain.at[domain.len - 1] != ']')
        return is_hostname(domain);
    domain = (struct text){domain.at + 1, domain.len - 2};
    if (text_starts_with(domain, "IPv6:"))
        return is_ipv6((struct text){domain.at + 5, domain.len - 5});
    return is_ipv4(domain);
}

static bool has_scheme(struct text t)
{
    size_t i = 0;

    while (i < t.len && (is_letter(t.at[i]) || (i && (is_digit(t.at[i]) || t.at[i] == '+' ||
                                                      t.at[i] == '-' || t.at[i] == '.'))))
        i++;
    return i > 0 && i < t.len && t.at[i] == ':';
}

static bool is_uri_reference(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];

        if (c <= ' ' || c == 0x7f || c == '\\')
            return false;
        if (c == '%' && (i + 2 >= t.len || !is_hex(t.at[i + 1]) || !is_hex(t.at[i + 2])))
            return false;
    }
    return true;
}

static bool is_uri(struct text t)
{
    return has_scheme(t) && is_uri_reference(t);
}

/* --- time ------------------------------------------------------------------ */

static bool is_date(struct text t)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int century, year, month, day;
    bool leap;

    if (t.len != 10 || t.at[4] != '-' || t.at[7] != '-' || !two_digits(t, 0, 99, &century) ||
        !two_digits(t, 2, 99, &year) || !two_digits(t, 5, 12, &month) ||
        !two_digits(t, 8, 31, &day) || !month || !day)
        return false;
    leap = year ? year % 4 == 0 : century % 4 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

static bool is_zone(struct text t)
{
    int hours, minutes;

    if (t.len == 1)
        return (t.at[0] | 0x20) == 'z';
    return t.len == 6 && (t.at[0] == '+' || t.at[0] == '-') && t.at[3] == ':' &&
           two_digits(t, 1, 23, &hours) && two_digits(t, 4, 59, &minutes);
}

static bool is_time(struct text t)
{
    int hours, minutes, seconds;
    size_t i = 8;

    if (t.len < 9 || t.at[2] != ':' || t.at[5] != ':' || !two_digits(t, 0, 23, &hours) ||
        !two_digits(t, 3, 59, &minutes) || !two_digits(t, 6, 60, &seconds))
        return false;
    if (t.at[i] == '.') {
        for (i++; i < t.len && is_digit(t.at[i]);)
            i++;
        if (i == 9)
            return false;
    }
    return is_zone((struct text){t.at + i, t.len - i});
}

static bool is_date_time(struct text t)
{
    return t.len >= 20 && (t.at[10] | 0x20) == 't' && is_date((struct text){t.at, 10}) &&
           is_time((struct text){t.at + 11, t.len - 11});
}

/* --- others ---------------------------------------------------------------- */

static bool is_uuid(struct text t)
{
    if (t.len != 36)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

        if (hyphen ? t.at[i] != '-' : !is_hex(t.at[i]))
            return false;
    }
    return true;
}

static bool is_json_pointer(struct text t)
{
    if (t.len && t.at[0] != '/')
        return false;
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] == '~' && (i + 1 == t.len || (t.at[i + 1] != '0' && t.at[i + 1] != '1')))
            return false;
    return true;
}

bool json_schema_format_fits(const char *format, struct text t)
{
    static const struct {
        const char *name;
        bool (*fits)(struct text t);
    } formats[] = {
        {"ipv4", is_ipv4},
        {"ipv6", is_ipv6},
        {"hostname", is_hostname},
        {"email", is_email},
        {"date", is_date},
        {"time", is_time},
        {"date-time", is_date_time},
        {"uri", is_uri},
        {"iri", is_uri},
        {"uri-reference", is_uri_reference},
        {"iri-reference", is_uri_reference},
        {"uuid", is_uuid},
        {"json-pointer", is_json_pointer},
    };

    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
        if (strcmp(formats[i].name, format) == 0)
            return formats[i].fits(t);
    return true;
}
