/* The OCI registry. Names are <kind>/<chart>:
 *   charts    a token for everybody            private   a token for reader alone
 *   basic     Basic authentication, no token   index     each tag is an image index
 *   image     each tag is a container image    forged    blobs are not what was asked for
 * Lists of tags come in pages of two; blobs lead to another port. */
#include <string.h>

#include "acceptance/sandbox/charts_server.h"
#include "codec/json.h"
#include "crypto/digest.h"

enum { PAGE_TAGS = 2 };

#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define INDEX_TYPE "application/vnd.oci.image.index.v1+json"
#define CONFIG_TYPE "application/vnd.cncf.helm.config.v1+json"
#define CHART_TYPE "application/vnd.cncf.helm.chart.content.v1.tar+gzip"

/* "/v2/<kind>/<chart>/<what>/<rest>" */
struct target {
    const char *kind, *chart, *what, *rest;
};

static bool fail(struct charts_request *r, int status, const char *code, const char *message)
{
    return charts_answer(
        r, status, "application/json",
        text_of(
            text_f(r->a, "{\"errors\":[{\"code\":\"%s\",\"message\":\"%s\"}]}\n", code, message)));
}

static const char *digest_of(struct arena *a, struct text bytes)
{
    struct diags diags;

    diags_init(&diags, a);
    return text_f(a, "sha256:%s", digest_sha256_hex(a, &diags, bytes));
}

static const char *tag_of(struct arena *a, const struct offer *o)
{
    char *tag = arena_strdup(a, o->version);

    for (char *at = tag; *at; at++)
        if (*at == '+')
            *at = '_';
    return tag;
}

static const struct offer *offer_of_tag(struct charts_request *r, const struct target *t,
                                        const char *tag)
{
    for (size_t i = 0; i < r->s->offers.count; i++) {
        const struct offer *o = &r->s->offers.all[i];

        if (strcmp(o->name, t->chart) == 0 && strcmp(tag_of(r->a, o), tag) == 0)
            return o;
    }
    return NULL;
}

/* --- who may --------------------------------------------------------------------------------- */
static const char *token_for(struct charts_request *r, const char *scope)
{
    const unsigned char *key = r->s->identity->token_key;
    const char *hex = digest_hex(r->a, key, sizeof(r->s->identity->token_key));

    return text_f(r->a, "stand-in-%s",
                  digest_of(r->a, text_of(text_f(r->a, "%s %s", hex, scope))) + 7);
}

static const char *scope_of(struct arena *a, const struct target *t)
{
    return text_f(a, "repository:%s/%s:pull", t->kind, t->chart);
}

static bool answer_token(struct charts_request *r)
{
    const char *scope = value_text(r->query, "scope");
    const struct value *token = value_string(r->a, token_for(r, scope));

    if (r->authorization[0] && !charts_is_user(r))
        return fail(r, 401, "UNAUTHORIZED", "wrong user name or password");
    if (strncmp(scope, "repository:private/", 19) == 0 && !charts_is_user(r))
        token = value_string(r->a, "of-nobody");
    return charts_answer(r, 200, "application/json",
                         json_write(r->a, value_map_of(r->a, {"token", token})));
}

/* False = refused, and answered. */
static bool admit(struct charts_request *r, const struct target *t)
{
    const char *scope = scope_of(r->a, t);

    if (strcmp(t->kind, "basic") == 0) {
        r->challenge = "Basic realm=\"registry\"";
        if (charts_is_user(r))
            return true;
        fail(r, 401, "UNAUTHORIZED", "authentication required");
        return false;
    }
    if (strcmp(r->authorization, text_f(r->a, "Bearer %s", token_for(r, scope))) == 0)
        return true;
    r->challenge = text_f(r->a, "Bearer realm=\"%s/token\",service=\"stand-in\",scope=\"%s\"",
                          charts_other(r), scope);
    fail(r, 401, "UNAUTHORIZED", "authentication required");
    return false;
}

/* --- tags ---------------------------------------------------------------------------------------
 */
static bool answer_tags(struct charts_request *r, const struct target *t)
{
    const char *last = value_text(r->query, "last");
    struct value_builder page;
    bool begun = !last[0];
    const char *previous = "";

    value_builder_init(&page, r->a);
    for (size_t i = 0; i < r->s->offers.count; i++) {
        const struct offer *o = &r->s->offers.all[i];

        if (strcmp(o->name, t->chart) != 0)
            continue;
        if (begun && page.count == PAGE_TAGS) {
            r->link = text_f(r->a, "</v2/%s/%s/tags/list?last=%s&n=%d>; rel=\"next\"", t->kind,
                             t->chart, previous, PAGE_TAGS);
            break;
        }
        previous = tag_of(r->a, o);
        if (begun)
            value_builder_add(&page, value_string(r->a, previous));
        begun = begun || strcmp(previous, last) == 0;
    }
    return charts_answer(
        r, 200, "application/json",
        json_write(r->a, value_map_of(r->a, {"name", value_f(r->a, "%s/%s", t->kind, t->chart)},
                                      {"tags", value_builder_list(&page)})));
}

/* --- manifests
 * -------------------------------------------------------------------------------------- */
static const struct value *descriptor(struct arena *a, const char *type, const char *digest,
                                      size_t size)
{
    return value_map_of(a, {"mediaType", value_string(a, type)},
                        {"digest", value_string(a, digest)},
                        {"size", value_integer(a, (int64_t)size)});
}

static struct text manifest_of(struct charts_request *r, const struct target *t,
                               const struct offer *o)
{
    bool image = strcmp(t->kind, "image") == 0;
    const struct value *config =
        descriptor(r->a, image ? "application/vnd.oci.image.config.v1+json" : CONFIG_TYPE,
                   digest_of(r->a, TEXT("{}")), 2);
    const struct value *layer =
        descriptor(r->a, image ? "application/vnd.oci.image.layer.v1.tar+gzip" : CHART_TYPE,
                   o->digest, o->archive.len);

    return json_write(r->a,
                      value_map_of(r->a, {"schemaVersion", value_integer(r->a, 2)},
                                   {"mediaType", value_string(r->a, MANIFEST_TYPE)},
                                   {"config", config}, {"layers", value_list_of(r->a, layer)}));
}

/* An image beside the chart, and the chart behind it. */
static struct text index_of(struct charts_request *r, const struct target *t, const struct offer *o)
{
    struct target image = {"image", t->chart, t->what, t->rest};
    struct text other = manifest_of(r, &image, o), chart = manifest_of(r, t, o);
    const struct value *manifests =
        value_list_of(r->a, descriptor(r->a, MANIFEST_TYPE, digest_of(r->a, other), other.len),
                      descriptor(r->a, MANIFEST_TYPE, digest_of(r->a, chart), chart.len));

    return json_write(r->a, value_map_of(r->a, {"schemaVersion", value_integer(r->a, 2)},
                                         {"mediaType", value_string(r->a, INDEX_TYPE)},
                                         {"manifests", manifests}));
}

/* By digest: the chart's own, or the image's that an index has beside it. */
static bool answer_digest(struct charts_request *r, const struct target *t)
{
    struct target image = {"image", t->chart, t->what, t->rest};

    for (size_t i = 0; i < r->s->offers.count; i++) {
        const struct offer *o = &r->s->offers.all[i];
        struct text manifests[] = {manifest_of(r, t, o), manifest_of(r, &image, o)};

        for (size_t k = 0; k < 2 && strcmp(o->name, t->chart) == 0; k++)
            if (strcmp(digest_of(r->a, manifests[k]), t->rest) == 0)
                return charts_answer(r, 200, MANIFEST_TYPE, manifests[k]);
    }
    return fail(r, 404, "MANIFEST_UNKNOWN", "manifest unknown");
}

static bool answer_manifest(struct charts_request *r, const struct target *t)
{
    const struct offer *o = offer_of_tag(r, t, t->rest);

    if (strncmp(t->rest, "sha256:", 7) == 0)
        return answer_digest(r, t);
    if (!o)
        return fail(r, 404, "MANIFEST_UNKNOWN", "manifest unknown");
    if (strcmp(t->kind, "index") == 0)
        return charts_answer(r, 200, INDEX_TYPE, index_of(r, t, o));
    return charts_answer(r, 200, MANIFEST_TYPE, manifest_of(r, t, o));
}

/* --- blobs
 * ---------------------------------------------------------------------------------------------- */
static bool answer_blob(struct charts_request *r, const char *digest)
{
    for (size_t i = 0; i < r->s->offers.count; i++)
        if (strcmp(r->s->offers.all[i].digest, digest) == 0)
            return charts_answer(r, 200, "application/octet-stream", r->s->offers.all[i].archive);
    if (strcmp(digest_of(r->a, TEXT("{}")), digest) == 0)
        return charts_answer(r, 200, "application/octet-stream", TEXT("{}")); /* the config */
    return fail(r, 404, "BLOB_UNKNOWN", "blob unknown to registry");
}

/* --- routes
 * --------------------------------------------------------------------------------------------------
 */
static bool split(struct charts_request *r, struct target *out)
{
    struct text rest = text_of(r->path + strlen("/v2/")), pieces[3];

    for (size_t i = 0; i < 3; i++)
        if (!text_split(&rest, '/', &pieces[i]))
            return false;
    *out = (struct target){text_z(r->a, pieces[0]), text_z(r->a, pieces[1]),
                           text_z(r->a, pieces[2]), text_z(r->a, rest)};
    return true;
}

static bool is_kind(const char *kind)
{
    static const char *const kinds[] = {"charts", "private", "basic", "index", "image", "forged"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (strcmp(kinds[i], kind) == 0)
            return true;
    return false;
}

bool registry_handle(struct charts_request *r)
{
    struct target t;

    if (strcmp(r->path, "/token") == 0)
        return answer_token(r);
    if (strncmp(r->path, "/blob/", 6) == 0)
        return answer_blob(r, r->path + 6);
    if (strncmp(r->path, "/v2/", 4) != 0)
        return false;
    if (!split(r, &t) || !is_kind(t.kind) || !offers_find(&r->s->offers, t.chart, NULL))
        return fail(r, 404, "NAME_UNKNOWN", "repository name not known to registry");
    if (!admit(r, &t))
        return true;
    if (strcmp(t.what, "tags") == 0)
        return answer_tags(r, &t);
    if (strcmp(t.what, "manifests") == 0)
        return answer_manifest(r, &t);
    if (strcmp(t.what, "blobs") != 0)
        return fail(r, 404, "UNSUPPORTED", "the operation is unsupported");
    if (strcmp(t.kind, "forged") == 0)
        return charts_answer(r, 200, "application/octet-stream", TEXT("something else"));
    return charts_redirect(r, text_f(r->a, "%s/blob/%s", charts_other(r), t.rest));
}
