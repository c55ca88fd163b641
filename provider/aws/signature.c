#include "aws/signature.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/digest.h"
#include "http/url.h"

static const char algorithm[] = "AWS4-HMAC-SHA256";

enum { PRESIGN_SECONDS_MAX = 7 * 24 * 3600, CANONICAL_BYTES_MAX = 1 << 20 };

struct pair {
    const char *name, *value;
    size_t at; /* where it was: sorting keeps the order of equal ones */
};

struct pairs {
    struct pair *items;
    size_t count;
};

/* What all stages of one signature share. */
struct signing {
    struct arena *a;
    struct diags *diags;
    const struct access_key *key;
    const struct signature_scope *scope;
    const struct signature_request *r;
    const char *date; /* "20260115T120000Z" */
    const char *scope_text;
    const char *signed_headers;
};

/* --- canonical forms ------------------------------------------------------ */

static int compare_names(const void *one, const void *two)
{
    const struct pair *x = one, *y = two;
    int order = strcmp(x->name, y->name);

    return order ? order : (x->at > y->at) - (x->at < y->at);
}

static int compare_pairs(const void *one, const void *two)
{
    const struct pair *x = one, *y = two;
    int order = strcmp(x->name, y->name);

    return order ? order : strcmp(x->value, y->value);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct text unescape(struct arena *a, struct text t)
{
    char *out = arena_alloc(a, t.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < t.len; i++) {
        int high = i + 2 < t.len && t.at[i] == '%' ? hex_digit(t.at[i + 1]) : -1,
            low = high >= 0 ? hex_digit(t.at[i + 2]) : -1;

        out[len++] = (char)(low >= 0 ? high * 16 + low : t.at[i]);
        i += low >= 0 ? 2 : 0;
    }
    return (struct text){out, len};
}

static const char *canonical_query(struct arena *a, const char *query)
{
    struct text rest = text_of(query), piece;
    struct pairs pairs = {arena_array(a, rest.len + 1, sizeof(struct pair)), 0};
    struct text_builder b;

    while (rest.len && text_split(&rest, '&', &piece)) {
        struct text value = piece, name;

        if (!piece.len)
            continue;
        text_split(&value, '=', &name);
        pairs.items[pairs.count] =
            (struct pair){url_escape(a, unescape(a, name), NULL),
                          url_escape(a, unescape(a, value), NULL), pairs.count};
        pairs.count++;
    }
    qsort(pairs.items, pairs.count, sizeof(*pairs.items), compare_pairs);
    text_builder_init(&b, a, CANONICAL_BYTES_MAX);
    for (size_t i = 0; i < pairs.count; i++)
        text_add_f(&b, "%s%s=%s", i ? "&" : "", pairs.items[i].name, pairs.items[i].value);
    return text_built(&b).at;
}

/* RFC 3986, section 5.2.4, with empty segments dropped too; then encoded again. */
static const char *canonical_path(struct arena *a, const char *path)
{
    struct text rest = text_of(path), piece;
    struct text *kept = arena_array(a, rest.len + 2, sizeof(*kept));
    size_t count = 0;
    bool ends_open = false; /* in a slash */
    struct text_builder b;

    while (rest.len) {
        text_split(&rest, '/', &piece);
        ends_open = !rest.len && path[strlen(path) - 1] == '/';
        if (text_is(piece, "..")) {
            count -= count > 0;
            ends_open = true;
        } else if (piece.len && !text_is(piece, ".")) {
            kept[count++] = piece;
        } else if (piece.len) {
            ends_open = true;
        }
    }
    text_builder_init(&b, a, CANONICAL_BYTES_MAX);
    for (size_t i = 0; i < count; i++)
        text_add_f(&b, "/%s", url_escape(a, kept[i], NULL));
    if (ends_open || !count)
        text_add_char(&b, '/');
    return text_built(&b).at;
}

/* Trimmed, runs of blanks made one. */
static const char *canonical_value(struct arena *a, const char *value)
{
    struct text t = text_trim(text_of(value));
    char *out = arena_alloc(a, t.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] != ' ' || (len && out[len - 1] != ' '))
            out[len++] = t.at[i];
    return out;
}

static const char *lower_case(struct arena *a, const char *z)
{
    char *out = text_z(a, text_of(z));

    for (char *at = out; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at | 0x20);
    return out;
}

static void add_header(struct arena *a, struct pairs *pairs, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    pairs->items[pairs->count] =
        (struct pair){lower_case(a, name), canonical_value(a, value), pairs->count};
    pairs->count++;
}

/* The block of "name:value" lines; *names is the list of them. */
static const char *canonical_headers(const struct signing *s, bool presigned, const char **names)
{
    const struct signature_request *r = s->r;
    struct pairs pairs = {arena_array(s->a, r->header_count + 3, sizeof(struct pair)), 0};
    struct text_builder lines, list;

    add_header(s->a, &pairs, "host", r->host);
    if (!presigned) {
        add_header(s->a, &pairs, "x-amz-date", s->date);
        add_header(s->a, &pairs, "x-amz-security-token", s->key->session_token);
    }
    for (size_t i = 0; i < r->header_count; i++)
        add_header(s->a, &pairs, r->headers[i].name, r->headers[i].value);
    qsort(pairs.items, pairs.count, sizeof(*pairs.items), compare_names);
    text_builder_init(&lines, s->a, CANONICAL_BYTES_MAX);
    text_builder_init(&list, s->a, CANONICAL_BYTES_MAX);
    for (size_t i = 0; i < pairs.count; i++) {
        bool again = i && strcmp(pairs.items[i].name, pairs.items[i - 1].name) == 0,
             more =
                 i + 1 < pairs.count && strcmp(pairs.items[i].name, pairs.items[i + 1].name) == 0;

        if (!again) {
            text_add_f(&lines, "%s:", pairs.items[i].name);
            text_add_f(&list, "%s%s", i ? ";" : "", pairs.items[i].name);
        }
        text_add_f(&lines, "%s%s", pairs.items[i].value, more ? "," : "\n");
    }
    *names = text_built(&list).at;
    return text_built(&lines).at;
}

/* --- stages ----------------------------------------------------------------- */

static void start(struct signing *s)
{
    char *date = clock_rfc3339(s->a, s->scope->at); /* 2026-01-15T12:00:00Z */
    size_t len = 0;

    for (const char *at = date; *at; at++)
        if (*at != '-' && *at != ':')
            date[len++] = *at;
    date[len] = '\0';
    s->date = date;
    s->scope_text =
        text_f(s->a, "%.8s/%s/%s/aws4_request", date, s->scope->region, s->scope->service);
}

static bool sign_text(const struct signing *s, const char *text, const char **hex)
{
    const char *const steps[] = {text_f(s->a, "%.8s", s->date), s->scope->region, s->scope->service,
                                 "aws4_request", text};
    struct text key = text_of(text_f(s->a, "AWS4%s", s->key->secret));

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        unsigned char *out = arena_alloc(s->a, SHA256_BYTES);

        if (!digest_hmac_sha256(s->diags, key, text_of(steps[i]), out))
            return false;
        key = (struct text){(const char *)out, SHA256_BYTES};
    }
    *hex = digest_hex(s->a, key.at, key.len);
    return true;
}

static bool sign(const struct signing *s, const char *query, const char *headers,
                 struct signature *out)
{
    const char *body = digest_sha256_hex(s->a, s->diags, s->r->body), *hash;

    out->date = s->date;
    out->canonical_request =
        text_f(s->a, "%s\n%s\n%s\n%s\n%s\n%s", s->r->method, canonical_path(s->a, s->r->path),
               canonical_query(s->a, query), headers, s->signed_headers, body);
    hash = digest_sha256_hex(s->a, s->diags, text_of(out->canonical_request));
    if (!*body || !*hash)
        return false;
    out->string_to_sign = text_f(s->a, "%s\n%s\n%s\n%s", algorithm, s->date, s->scope_text, hash);
    return sign_text(s, out->string_to_sign, &out->hex);
}

bool signature_of(struct arena *a, struct diags *diags, const struct access_key *key,
                  const struct signature_scope *scope, const struct signature_request *r,
                  struct signature *out)
{
    struct signing s = {.a = a, .diags = diags, .key = key, .scope = scope, .r = r};
    const char *headers;

    *out = (struct signature){.authorization = ""};
    start(&s);
    headers = canonical_headers(&s, false, &s.signed_headers);
    if (!sign(&s, r->query, headers, out))
        return false;
    out->authorization = text_f(a, "%s Credential=%s/%s, SignedHeaders=%s, Signature=%s", algorithm,
                                key->id, s.scope_text, s.signed_headers, out->hex);
    return true;
}

bool signature_presign(struct arena *a, struct diags *diags, const struct access_key *key,
                       const struct signature_scope *scope, const struct signature_request *r,
                       int64_t seconds, struct signature *out, const char **query)
{
    struct signing s = {.a = a, .diags = diags, .key = key, .scope = scope, .r = r};
    const char *headers, *unsigned_query;

    *out = (struct signature){.authorization = ""};
    if (seconds < 1 || seconds > PRESIGN_SECONDS_MAX)
        return diag_error(diags, NULL, "Cannot presign a request",
                          "It is to be good for %" PRId64 " seconds. Expected 1 to %d.", seconds,
                          PRESIGN_SECONDS_MAX);
    start(&s);
    headers = canonical_headers(&s, true, &s.signed_headers);
    unsigned_query =
        text_f(a,
               "%s%sX-Amz-Algorithm=%s&X-Amz-Credential=%s&X-Amz-Date=%s&X-Amz-Expires=%" PRId64
               "%s%s&X-Amz-SignedHeaders=%s",
               r->query, *r->query ? "&" : "", algorithm,
               url_escape(a, text_of(text_f(a, "%s/%s", key->id, s.scope_text)), NULL), s.date,
               seconds, *key->session_token ? "&X-Amz-Security-Token=" : "",
               url_escape(a, text_of(key->session_token), NULL),
               url_escape(a, text_of(s.signed_headers), NULL));
    if (!sign(&s, unsigned_query, headers, out))
        return false;
    *query = text_f(a, "%s&X-Amz-Signature=%s", unsigned_query, out->hex);
    return true;
}
