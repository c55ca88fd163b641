#include "source/registry_session.h"

#include <string.h>

#include "codec/json.h"
#include "http/url.h"
#include "source/challenge.h"
#include "source/fetch.h"

#define OCI_SCHEME "oci://"

enum { TOKEN_BYTES_MAX = 1 << 20, NAME_BYTES_MAX = 255, WORDS_BYTES_MAX = 400 };

/* --- the address ------------------------------------------------------------------- */

static bool path_is_sound(const char *path)
{
    size_t len = strlen(path);

    return len && len <= NAME_BYTES_MAX && path[0] != '/' && path[len - 1] != '/' &&
           strspn(path, "abcdefghijklmnopqrstuvwxyz0123456789._-/") == len && !strstr(path, "//") &&
           !strstr(path, "..");
}

/* Docker Hub answers under another name. */
static const char *wire_host(const char *host)
{
    return strcmp(host, "docker.io") == 0 ? "registry-1.docker.io" : host;
}

bool registry_session_open(struct call *c, struct chart_store *s, const struct wanted *w,
                           struct registry_session *out)
{
    struct arena *a = c->arena;
    const char *rest = w->repository + strlen(OCI_SCHEME);
    size_t host = strcspn(rest, "/");
    const char *path = rest[host] ? rest + host + 1 : "";
    bool both = path[0] && w->name[0];
    struct url url;

    *out = (struct registry_session){.store = s, .wanted = w, .authorization = ""};
    out->host = text_z(a, (struct text){rest, host});
    out->path = text_f(a, "%s%s%s", path, both ? "/" : "", w->name);
    if (!url_parse(a, text_f(a, "https://%s", wire_host(out->host)), &url) ||
        url.has_user_information)
        return diag_error(c->diags, package_path(a, w, "repository"), "Malformed address",
                          "\"%s\" is not of the form oci://host/path.",
                          text_printable(a, text_of(w->repository), 300));
    if (!path_is_sound(out->path))
        return diag_error(c->diags, package_path(a, w, "repository"), "Malformed address",
                          "\"%s\" is no name in a registry: small letters, digits, and . _ - / "
                          "between them. A version goes into the argument version.",
                          text_printable(a, text_of(out->path), 300));
    out->origin = text_f(a, "%s://%s", url_is_loopback(&url) && !w->ca_pem[0] ? "http" : "https",
                         wire_host(out->host));
    return true;
}

const char *registry_session_target(struct arena *a, const struct registry_session *r,
                                    const char *kind, const char *rest)
{
    return text_f(a, "/v2/%s/%s/%s", r->path, kind, rest);
}

/* --- refusals ------------------------------------------------------------------------- */

const char *registry_session_words(struct arena *a, const struct http_reply *reply)
{
    const struct value *document = NULL, *first;
    struct diags quiet;

    diags_init(&quiet, a);
    if (!json_read(a, reply->body, "reply", &quiet, &document))
        return fetch_excerpt(a, reply->body);
    first = value_item(value_at(document, "errors"), 0);
    return text_printable(
        a, text_of(text_f(a, " %s: %s.", value_text(first, "code"), value_text(first, "message"))),
        value_is_null(first) ? 0 : WORDS_BYTES_MAX);
}

static bool refused(struct call *c, const struct registry_session *r,
                    const struct http_reply *reply)
{
    const char *title = text_f(c->arena, "The registry %s refuses %s", r->host, r->path);
    const char *words = registry_session_words(c->arena, reply);

    if (r->wanted->username[0])
        return diag_error(c->diags, r->wanted->at, title,
                          "It answered with status %d to the user name \"%s\".%s Check username "
                          "and password, and whether that user may pull it.",
                          reply->status, r->wanted->username, words);
    return diag_error(c->diags, r->wanted->at, title,
                      "It answered with status %d, and no credentials were given.%s Give them in "
                      "the provider block: charts = { registry_auth = { \"%s\" = { username = …, "
                      "password = … } } }. Many registries answer so too when there is no such "
                      "chart.",
                      reply->status, words, r->host);
}

/* --- tokens ----------------------------------------------------------------------------- */

static const struct value *challenges_of(struct arena *a, const struct http_reply *reply)
{
    struct text_builder all;

    text_builder_init(&all, a, 64 << 10);
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcmp(reply->headers[i].name, "www-authenticate") == 0)
            text_add_f(&all, "%s%s", all.len ? ", " : "", reply->headers[i].value);
    return challenge_read(a, text_built(&all));
}

static const char *token_url(struct arena *a, const struct registry_session *r,
                             const struct value *challenge)
{
    const char *realm = value_text(challenge, "realm"), *scope = value_text(challenge, "scope");
    const char *const pairs[] = {"service", value_text(challenge, "service"), "scope",
                                 scope[0] ? scope : text_f(a, "repository:%s:pull", r->path), NULL};
    const char *query = url_query(a, pairs);

    return text_f(a, "%s%s%s", realm, strchr(realm, '?') ? "&" : "?", query + 1);
}

/* A realm elsewhere must be protected as the registry is. */
static bool realm_is_fine(struct call *c, const struct registry_session *r, const char *realm)
{
    if (strncmp(r->origin, "https:", 6) != 0 || strncmp(realm, "https:", 6) == 0)
        return true;
    return diag_error(c->diags, r->wanted->at,
                      text_f(c->arena, "The registry %s asks for an unsafe login", r->host),
                      "It names %s as the place to get a token from, which is not https://.",
                      text_printable(c->arena, text_of(realm), 300));
}

static bool token_fetch(struct call *c, struct registry_session *r, const struct value *challenge)
{
    struct fetch f = {
        .url = token_url(c->arena, r, challenge),
        .authorization = fetch_basic(c->arena, r->wanted->username, r->wanted->password),
        .ca_pem = r->wanted->ca_pem,
        .bytes_max = TOKEN_BYTES_MAX,
        .flags = HTTP_SECRET_REPLY,
        .at = r->wanted->at,
    };
    const struct value *document = NULL;
    struct http_reply reply;
    struct diags quiet;
    const char *token;

    if (!realm_is_fine(c, r, f.url) || !fetch_get(c, r->store, &f, &reply))
        return false;
    if (reply.status == 401 || reply.status == 403)
        return refused(c, r, &reply);
    diags_init(&quiet, c->arena);
    if (reply.status != 200 || !json_read(c->arena, reply.body, "token", &quiet, &document))
        document = &value_null;
    token = value_text(document, value_text(document, "token")[0] ? "token" : "access_token");
    if (!token[0] || strpbrk(token, "\r\n"))
        return diag_error(c->diags, r->wanted->at,
                          text_f(c->arena, "No token for the registry %s", r->host),
                          "%s answered with status %d and without a token.",
                          value_text(challenge, "realm"), reply.status);
    r->authorization = text_f(c->arena, "Bearer %s", token);
    return true;
}

/* *again: there is something new to try with. */
static bool authorize(struct call *c, struct registry_session *r, const struct http_reply *reply,
                      bool *again)
{
    const struct value *challenges = challenges_of(c->arena, reply);
    const struct value *bearer = challenge_find(challenges, "bearer");

    *again = true;
    if (value_text(bearer, "realm")[0])
        return token_fetch(c, r, bearer);
    r->authorization = "";
    if (!value_is_null(challenge_find(challenges, "basic")))
        r->authorization = fetch_basic(c->arena, r->wanted->username, r->wanted->password);
    *again = r->authorization[0] != '\0';
    return true;
}

static bool send_once(struct call *c, const struct registry_session *r, const char *target,
                      const char *accept, size_t bytes_max, struct http_reply *reply)
{
    struct fetch f = {
        .url = text_f(c->arena, "%s%s", r->origin, target),
        .accept = accept,
        .authorization = r->authorization,
        .ca_pem = r->wanted->ca_pem,
        .bytes_max = bytes_max,
        .at = r->wanted->at,
    };

    return fetch_get(c, r->store, &f, reply);
}

bool registry_session_get(struct call *c, struct registry_session *r, const char *target,
                          const char *accept, size_t bytes_max, struct http_reply *reply)
{
    bool again = false;

    if (!send_once(c, r, target, accept, bytes_max, reply))
        return false;
    if (reply->status == 401 && !authorize(c, r, reply, &again))
        return false;
    if (again && !send_once(c, r, target, accept, bytes_max, reply))
        return false;
    return (reply->status != 401 && reply->status != 403) || refused(c, r, reply);
}
