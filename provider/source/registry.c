#include "source/registry.h"

#include <string.h>

#include "codec/json.h"
#include "codec/semver.h"
#include "crypto/digest.h"
#include "http/url.h"
#include "source/fetch.h"
#include "source/registry_session.h"
#include "source/versions.h"

#define CONFIG_TYPE "application/vnd.cncf.helm.config.v1+json"
#define CHART_TYPE "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
#define CHART_TYPE_OLD "application/tar+gzip"
#define PROVENANCE_TYPE "application/vnd.cncf.helm.chart.provenance.v1.prov"

static const char manifest_types[] =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json";

/* --- versions and tags: "+" cannot stand in a tag ------------------------------------- */

static const char *swap(struct arena *a, const char *text, char from, char to)
{
    char *copy = arena_strdup(a, text);

    for (char *at = copy; *at; at++)
        if (*at == from)
            *at = to;
    return copy;
}

static void add_tags(struct arena *a, const struct value *tags, struct value_builder *offers)
{
    for (size_t i = 0; i < value_count(tags); i++) {
        const char *tag = value_z(value_item(tags, i));

        value_builder_add(offers,
                          value_map_of(a, {"version", value_string(a, swap(a, tag, '_', '+'))}));
    }
}

/* The target of the next page from "Link: </v2/…?last=x>; rel="next"", or NULL. */
static const char *next_page(struct call *c, const struct registry_session *r, const char *target,
                             const struct http_reply *reply)
{
    const char *link = http_reply_header(reply, "link"), *end = strchr(link, '>');
    struct url here, next;
    const char *reference;

    if (link[0] != '<' || !end || !strstr(end, "next"))
        return NULL;
    reference = text_z(c->arena, (struct text){link + 1, (size_t)(end - link - 1)});
    if (!url_parse(c->arena, text_f(c->arena, "%s%s", r->origin, target), &here) ||
        !url_parse(c->arena, url_resolve(c->arena, &here, reference), &next) ||
        strcmp(url_origin(c->arena, &here), url_origin(c->arena, &next)) != 0)
        return NULL;
    return text_f(c->arena, "%s%s%s", next.path, next.query[0] ? "?" : "", next.query);
}

static bool no_such_chart(struct call *c, const struct registry_session *r, const char *what,
                          const struct http_reply *reply)
{
    return diag_error(c->diags, r->wanted->at,
                      text_f(c->arena, "No chart oci://%s/%s", r->host, r->path),
                      "The %s answered with status %d.%s%s", what, reply->status,
                      registry_session_words(c->arena, reply),
                      fetch_is_html(reply) ? " That is a web page: is there a registry?" : "");
}

static bool read_page(struct call *c, const struct registry_session *r,
                      const struct http_reply *reply, struct value_builder *offers)
{
    const struct value *page = NULL;
    struct diags quiet;

    diags_init(&quiet, c->arena);
    if (reply->status != 200 || fetch_is_html(reply) ||
        !json_read(c->arena, reply->body, "tags", &quiet, &page))
        return no_such_chart(c, r, "list of its tags", reply);
    add_tags(c->arena, value_at(page, "tags"), offers);
    return true;
}

static bool fetch_tags(struct call *c, struct registry_session *r, const struct value **out)
{
    const char *target = registry_session_target(c->arena, r, "tags", "list");
    struct value_builder offers;
    struct http_reply reply;

    value_builder_init(&offers, c->arena);
    for (int page = 0; target && page < TAG_PAGES_MAX; page++) {
        if (!registry_session_get(c, r, target, NULL, MANIFEST_BYTES_MAX, &reply) ||
            !read_page(c, r, &reply, &offers))
            return false;
        target = next_page(c, r, target, &reply);
    }
    *out = versions_sort(c->arena, value_builder_list(&offers), VERSIONS_STRICT);
    return true;
}

static const char *store_key(struct arena *a, const struct registry_session *r, const char *kind,
                             const char *rest)
{
    return text_f(a, "%s %s/%s %s for %s", kind, r->origin, r->path, rest, r->wanted->username);
}

static bool tags_get(struct call *c, struct registry_session *r, const struct value **out)
{
    const char *key = store_key(c->arena, r, "tags", "");
    struct stored found;
    bool held;

    if (!store_take(c, r->store, key, &held, &found))
        return false;
    if (held && !fetch_tags(c, r, &found.value)) {
        store_release(r->store, key);
        return false;
    }
    if (held)
        store_give(r->store, key, &found, &found);
    *out = found.value;
    return true;
}

static const char *chart_text(struct arena *a, const struct registry_session *r)
{
    return text_f(a, "chart oci://%s/%s", r->host, r->path);
}

/* A whole version is its own tag; everything else needs the list. */
static bool choose_version(struct call *c, struct registry_session *r, const char **out)
{
    const char *wanted = r->wanted->version;
    const struct value *offers, *offer;
    struct semver exact;

    *out = wanted;
    if (semver_read_strict(text_of(wanted), &exact))
        return true;
    if (!versions_check(c, wanted, package_path(c->arena, r->wanted, "version")) ||
        !tags_get(c, r, &offers) ||
        !versions_choose(c, offers, wanted, chart_text(c->arena, r),
                         package_path(c->arena, r->wanted, "version"), &offer))
        return false;
    *out = value_text(offer, "version");
    return true;
}

/* --- manifests ---------------------------------------------------------------------------- */

static const struct value *layer_of(const struct value *manifest, const char *type)
{
    const struct value *layers = value_at(manifest, "layers");

    for (size_t i = 0; i < value_count(layers); i++)
        if (strcmp(value_text(value_item(layers, i), "mediaType"), type) == 0)
            return value_item(layers, i);
    return &value_null;
}

static const char *what_it_is(const struct value *manifest)
{
    const char *type = value_text(value_at(manifest, "config"), "mediaType");

    return strstr(type, "container.image") || strstr(type, "oci.image.config")
               ? " It is a container image."
               : "";
}

bool registry_read_manifest(struct call *c, struct text json, const char *what,
                            const struct path *at, const struct value **out)
{
    const struct value *manifest, *layer, *provenance;
    const char *digest, *signature;

    if (!json_read(c->arena, json, what, c->diags, &manifest))
        return false;
    layer = layer_of(manifest, CHART_TYPE);
    if (value_is_null(layer))
        layer = layer_of(manifest, CHART_TYPE_OLD);
    if (strcmp(value_text(value_at(manifest, "config"), "mediaType"), CONFIG_TYPE) != 0 ||
        value_is_null(layer))
        return diag_error(c->diags, at, text_f(c->arena, "%s is not a Helm chart", what),
                          "Its manifest has the config type \"%s\" and no chart layer.%s",
                          value_text(value_at(manifest, "config"), "mediaType"),
                          what_it_is(manifest));
    provenance = layer_of(manifest, PROVENANCE_TYPE);
    digest = package_digest(c->arena, value_text(layer, "digest"));
    signature = package_digest(c->arena, value_text(provenance, "digest"));
    if (!digest || (!signature && !value_is_null(provenance)))
        return diag_error(c->diags, at, text_f(c->arena, "%s has a malformed manifest", what),
                          "The digest \"%s\" of a layer is not sha256:….",
                          value_text(digest ? provenance : layer, "digest"));
    *out = value_map_of(c->arena, {"chart", value_string(c->arena, digest)},
                        {"size", value_at(layer, "size")},
                        {"provenance", value_string(c->arena, signature ? signature : "")});
    return true;
}

static bool check_blob(struct call *c, const struct registry_session *r, const char *digest,
                       struct text bytes)
{
    const char *hex = digest_sha256_hex(c->arena, c->diags, bytes);

    if (!hex[0])
        return false;
    return strcmp(digest + strlen("sha256:"), hex) == 0 ||
           diag_error(c->diags, r->wanted->at,
                      text_f(c->arena, "The registry %s sent something else", r->host),
                      "%s was asked for %s and sent what has sha256:%s. It is not used.", r->origin,
                      digest, hex);
}

/* `reference` is a tag or a digest, which is then checked. */
static bool fetch_manifest(struct call *c, struct registry_session *r, const char *reference,
                           struct http_reply *reply)
{
    const char *digest = package_digest(c->arena, reference);
    const char *target = registry_session_target(c->arena, r, "manifests", reference);

    if (!registry_session_get(c, r, target, manifest_types, MANIFEST_BYTES_MAX, reply))
        return false;
    if (!digest)
        digest = package_digest(c->arena, http_reply_header(reply, "docker-content-digest"));
    return reply->status != 200 || !digest || check_blob(c, r, digest, reply->body);
}

/* The first chart of an image index. */
static bool read_index(struct call *c, struct registry_session *r, const struct value *manifests,
                       const char *what, const struct value **out)
{
    for (size_t i = 0; i < value_count(manifests) && i < INDEX_MANIFESTS_MAX; i++) {
        const char *digest =
            package_digest(c->arena, value_text(value_item(manifests, i), "digest"));
        struct diags others;
        struct call quiet = call_quietly(c, &others);
        struct http_reply reply;

        diags_init(&others, c->arena);
        if (!digest)
            continue;
        if (!fetch_manifest(c, r, digest, &reply))
            return false;
        if (reply.status == 200 &&
            registry_read_manifest(&quiet, reply.body, what, r->wanted->at, out))
            return true;
    }
    return diag_error(c->diags, r->wanted->at, text_f(c->arena, "%s is not a Helm chart", what),
                      "It is an image index, none of whose %zu manifests is of a chart.",
                      value_count(manifests));
}

static bool no_such_version(struct call *c, struct registry_session *r, const char *version,
                            const struct http_reply *reply)
{
    const struct value *offers, *ignored;
    struct diags others;
    struct call quiet = call_quietly(c, &others);

    diags_init(&others, c->arena);
    if (reply->status != 404 || !tags_get(&quiet, r, &offers))
        return no_such_chart(c, r, text_f(c->arena, "manifest of version %s", version), reply);
    versions_choose(c, offers, version, chart_text(c->arena, r),
                    package_path(c->arena, r->wanted, "version"), &ignored);
    return false;
}

static bool resolve(struct call *c, struct registry_session *r, const char *version,
                    const char *what, const struct value **out)
{
    const struct value *document = NULL;
    struct http_reply reply;
    struct diags quiet;

    if (!fetch_manifest(c, r, swap(c->arena, version, '+', '_'), &reply))
        return false;
    if (reply.status != 200 || fetch_is_html(&reply))
        return no_such_version(c, r, version, &reply);
    diags_init(&quiet, c->arena);
    if (json_read(c->arena, reply.body, what, &quiet, &document) &&
        value_has(document, "manifests"))
        return read_index(c, r, value_at(document, "manifests"), what, out);
    return registry_read_manifest(c, reply.body, what, r->wanted->at, out);
}

static bool manifest_get(struct call *c, struct registry_session *r, const char *version,
                         const char *what, const struct value **out)
{
    const char *key = store_key(c->arena, r, "manifest", version);
    struct stored found;
    bool held;

    if (!store_take(c, r->store, key, &held, &found))
        return false;
    if (held && !resolve(c, r, version, what, &found.value)) {
        store_release(r->store, key);
        return false;
    }
    if (held)
        store_give(r->store, key, &found, &found);
    *out = found.value;
    return true;
}

/* --- blobs ------------------------------------------------------------------------------------ */

struct download {
    struct registry_session *session;
    const char *digest, *what;
    size_t bytes_max;
};

static bool download_run(struct call *c, const void *data, struct text *out)
{
    const struct download *d = data;
    struct registry_session *r = d->session;
    struct http_reply reply;

    if (!registry_session_get(c, r, registry_session_target(c->arena, r, "blobs", d->digest), NULL,
                              d->bytes_max, &reply))
        return false;
    if (reply.status != 200)
        return diag_error(c->diags, r->wanted->at, text_f(c->arena, "Cannot fetch %s", d->what),
                          "The registry %s answered with status %d for the blob %s.%s", r->host,
                          reply.status, d->digest, registry_session_words(c->arena, &reply));
    *out = reply.body;
    return check_blob(c, r, d->digest, reply.body);
}

static bool provenance_get(struct call *c, struct registry_session *r, const char *digest,
                           const char *what, struct text *out)
{
    struct download d = {r, digest, what, PROVENANCE_BYTES_MAX};
    const char *key = text_f(c->arena, "provenance %s", digest);
    struct stored found;
    bool held;

    if (!digest[0])
        return diag_error(c->diags, package_path(c->arena, r->wanted, "keyring"),
                          text_f(c->arena, "Chart %s is not signed", what),
                          "A keyring is given, so that a provenance layer is needed, but its "
                          "manifest has none. Nothing is taken unverified.");
    if (!store_take(c, r->store, key, &held, &found))
        return false;
    if (held && !download_run(c, &d, &found.bytes)) {
        store_release(r->store, key);
        return false;
    }
    if (held)
        store_give(r->store, key, &found, &found);
    *out = found.bytes;
    return true;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool registry_get(struct call *c, struct chart_store *s, const struct wanted *w,
                  struct package *out)
{
    const struct value *manifest;
    struct registry_session r;
    struct download d = {&r, NULL, NULL, PACKAGE_BYTES_MAX};
    struct package_download get = {.run = download_run, .data = &d};

    if (!registry_session_open(c, s, w, &r) || !choose_version(c, &r, &out->version))
        return false;
    d.what = get.what = text_f(c->arena, "oci://%s/%s:%s", r.host, r.path, out->version);
    if (!manifest_get(c, &r, out->version, get.what, &manifest))
        return false;
    d.digest = get.digest = get.key = value_text(manifest, "chart");
    out->file = text_f(c->arena, "%s-%s.tgz", base_of(r.path), out->version);
    return package_get(c, s, w, &get, out) &&
           (!w->provenance ||
            provenance_get(c, &r, value_text(manifest, "provenance"), get.what, &out->provenance));
}
