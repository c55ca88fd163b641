#include "source/repository.h"

#include <string.h>
#include <strings.h>

#include "codec/json.h"
#include "codec/yml.h"
#include "http/url.h"
#include "source/fetch.h"
#include "source/registry.h"
#include "source/versions.h"

#define OCI_SCHEME "oci://"

enum { NEAR_MAX = 5, NAME_BYTES_MAX = 64 };

/* --- the index ---------------------------------------------------------------------- */

static const struct value *offer_of(struct arena *a, const struct value *entry)
{
    const struct value *url = value_item(value_at(entry, "urls"), 0);
    const char *digest = package_digest(a, value_text(entry, "digest"));

    if (!value_text(entry, "version")[0] || !value_z(url)[0])
        return NULL;
    return value_map_of(a, {"version", value_at(entry, "version")}, {"url", url},
                        {"digest", value_string(a, digest ? digest : "")});
}

static const struct value *offers_of(struct arena *a, const struct value *entries)
{
    struct value_builder offers;

    value_builder_init(&offers, a);
    for (size_t i = 0; i < value_count(entries); i++) {
        const struct value *offer = offer_of(a, value_item(entries, i));

        if (offer)
            value_builder_add(&offers, offer);
    }
    return versions_sort(a, value_builder_list(&offers), 0);
}

bool repository_read_index(struct call *c, struct text index, const char *what,
                           const struct path *at, const struct value **out)
{
    const struct value *document, *entries;
    struct value_builder charts;
    bool is_json = text_starts_with(text_trim(index), "{");

    if (is_json ? !json_read(c->arena, index, what, c->diags, &document)
                : !yml_read_lenient(c->arena, index, what, at, c->diags, &document))
        return false;
    entries = value_at(document, "entries");
    if (document->kind != VALUE_MAP || (entries->kind != VALUE_MAP && !value_is_null(entries)))
        return diag_error(c->diags, at, text_f(c->arena, "%s is not an index of charts", what),
                          "An index is a map with apiVersion and entries.%s",
                          fetch_excerpt(c->arena, index));
    if (!value_has(document, "apiVersion"))
        return diag_error(c->diags, at, text_f(c->arena, "%s is not an index of charts", what),
                          "It has no apiVersion.%s", fetch_excerpt(c->arena, index));
    value_builder_init(&charts, c->arena);
    for (size_t i = 0; i < value_count(entries); i++)
        value_builder_push(&charts, entries->map.entries[i].key,
                           offers_of(c->arena, entries->map.entries[i].value));
    *out = value_builder_map(&charts);
    return true;
}

/* --- asking for it ------------------------------------------------------------------- */

static bool refused(struct call *c, const struct wanted *w, const char *url,
                    const struct http_reply *reply)
{
    const char *title = text_f(c->arena, "The chart repository refuses: %s", url);
    struct url parts;

    if (w->username[0])
        return diag_error(c->diags, w->at, title,
                          "It answered with status %d to the user name \"%s\". Check username and "
                          "password.",
                          reply->status, w->username);
    url_parse(c->arena, url, &parts);
    return diag_error(c->diags, w->at, title,
                      "It answered with status %d, and no credentials were given. Give them in the "
                      "provider block: charts = { registry_auth = { \"%s\" = { username = …, "
                      "password = … } } }.",
                      reply->status, parts.host);
}

static bool fetch(struct call *c, struct chart_store *s, const struct wanted *w, const char *url,
                  size_t bytes_max, struct http_reply *reply)
{
    struct url home, there;
    struct fetch f = {.url = url, .ca_pem = w->ca_pem, .bytes_max = bytes_max, .at = w->at};

    /* An index may name archives elsewhere: they see no credentials. */
    if (url_parse(c->arena, w->repository, &home) && url_parse(c->arena, url, &there) &&
        strcmp(url_origin(c->arena, &home), url_origin(c->arena, &there)) == 0)
        f.authorization = fetch_basic(c->arena, w->username, w->password);
    if (!fetch_get(c, s, &f, reply))
        return false;
    return (reply->status != 401 && reply->status != 403) || refused(c, w, url, reply);
}

static const char *with_query(struct arena *a, const char *path, const char *query)
{
    return query[0] ? text_f(a, "%s?%s", path, query) : path;
}

/* Where `reference` of an index is: below the repository, whose query goes along. */
static const char *locate(struct call *c, const struct wanted *w, const char *reference)
{
    struct url base, absolute;

    if (url_parse(c->arena, reference, &absolute) || !url_parse(c->arena, w->repository, &base))
        return reference;
    if (!text_ends_with(text_of(base.path), "/"))
        base.path = text_f(c->arena, "%s/", base.path);
    return with_query(c->arena, url_resolve(c->arena, &base, reference), base.query);
}

static bool fetch_index(struct call *c, struct chart_store *s, const struct wanted *w,
                        const char *url, struct stored *out)
{
    const char *title = text_f(c->arena, "No chart repository at %s", w->repository);
    struct http_reply reply;

    if (!fetch(c, s, w, url, INDEX_BYTES_MAX, &reply))
        return false;
    if (reply.status != 200)
        return diag_error(c->diags, package_path(c->arena, w, "repository"), title,
                          "%s answered with status %d.%s A repository serves an index.yaml; for an "
                          "OCI registry write oci://….",
                          url, reply.status, fetch_excerpt(c->arena, reply.body));
    if (fetch_is_html(&reply))
        return diag_error(c->diags, package_path(c->arena, w, "repository"), title,
                          "%s is a web page, not an index.%s Give the address below which "
                          "index.yaml is, as for helm repo add.",
                          url, fetch_excerpt(c->arena, reply.body));
    return repository_read_index(c, reply.body, url, package_path(c->arena, w, "repository"),
                                 &out->value);
}

static bool index_get(struct call *c, struct chart_store *s, const struct wanted *w,
                      const struct value **out)
{
    const char *url = locate(c, w, "index.yaml");
    const char *key = text_f(c->arena, "index %s for %s", url, w->username);
    struct stored found;
    bool held;

    if (!store_take(c, s, key, &held, &found))
        return false;
    if (held && !fetch_index(c, s, w, url, &found)) {
        store_release(s, key);
        return false;
    }
    if (held)
        store_give(s, key, &found, &found);
    *out = found.value;
    return true;
}

/* --- names that are nearly right ------------------------------------------------------- */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t lower = a < b ? a : b;

    return lower < c ? lower : c;
}

/* How many letters have to change. */
static size_t distance(const char *from, const char *to)
{
    size_t row[NAME_BYTES_MAX + 1], len = strlen(to);

    if (len > NAME_BYTES_MAX || strlen(from) > NAME_BYTES_MAX)
        return NAME_BYTES_MAX;
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 0; from[i]; i++) {
        size_t corner = row[0]++;

        for (size_t j = 0; j < len; j++) {
            size_t cost = corner + (from[i] != to[j]);

            corner = row[j + 1];
            row[j + 1] = least(cost, corner + 1, row[j] + 1);
        }
    }
    return row[len];
}

static bool is_near(const char *wanted, const char *name)
{
    return distance(wanted, name) <= 1 + strlen(wanted) / 4 || strstr(name, wanted) ||
           strstr(wanted, name);
}

static bool no_such_chart(struct call *c, const struct wanted *w, const struct value *index)
{
    struct text_builder near;
    size_t count = 0, total = value_count(index);

    text_builder_init(&near, c->arena, 4096);
    for (size_t i = 0; i < total && count < NEAR_MAX; i++)
        if (total <= NEAR_MAX || is_near(w->name, index->map.entries[i].key))
            text_add_f(&near, "%s%s", count++ ? ", " : "", index->map.entries[i].key);
    if (total == 0)
        text_add_z(&near, "The repository is empty.");
    return diag_error(c->diags, package_path(c->arena, w, "name"),
                      text_f(c->arena, "No chart \"%s\" in %s", w->name, w->repository), "%s%s%s",
                      count ? (total <= NEAR_MAX ? "It has: " : "There is: ") : "", near.at,
                      count   ? "."
                      : total ? "The repository has no chart of a similar name."
                              : "");
}

/* --- the archive ------------------------------------------------------------------------- */

struct download {
    struct chart_store *store;
    const struct wanted *wanted;
    const char *url, *what;
};

static bool download_run(struct call *c, const void *data, struct text *out)
{
    const struct download *d = data;
    const char *title = text_f(c->arena, "Cannot fetch chart %s", d->what);
    struct http_reply reply;

    if (!fetch(c, d->store, d->wanted, d->url, PACKAGE_BYTES_MAX, &reply))
        return false;
    if (reply.status != 200)
        return diag_error(c->diags, d->wanted->at, title,
                          "The index names %s, which answered with status %d.%s", d->url,
                          reply.status, fetch_excerpt(c->arena, reply.body));
    if (fetch_is_html(&reply))
        return diag_error(c->diags, d->wanted->at, title,
                          "The index names %s, which is a web page, not a chart.%s", d->url,
                          fetch_excerpt(c->arena, reply.body));
    *out = reply.body;
    return true;
}

static bool provenance_get(struct call *c, const struct download *d, struct text *out)
{
    const char *key = text_f(c->arena, "provenance %s", d->url);
    struct url parts;
    struct http_reply reply;
    struct stored found;
    const char *url;
    bool held, done;

    url_parse(c->arena, d->url, &parts);
    url = with_query(c->arena,
                     text_f(c->arena, "%s%s.prov", url_origin(c->arena, &parts), parts.path),
                     parts.query);
    if (!store_take(c, d->store, key, &held, &found))
        return false;
    *out = found.bytes;
    if (!held)
        return true;
    done = fetch(c, d->store, d->wanted, url, PROVENANCE_BYTES_MAX, &reply);
    if (done && reply.status != 200)
        done =
            diag_error(c->diags, package_path(c->arena, d->wanted, "keyring"),
                       text_f(c->arena, "Chart %s is not signed", d->what),
                       "A keyring is given, so that a provenance file is needed, but %s answered "
                       "with status %d. Nothing is taken unverified.",
                       url, reply.status);
    if (!done) {
        store_release(d->store, key);
        return false;
    }
    store_give(d->store, key, &(struct stored){reply.body, NULL}, &found);
    *out = found.bytes;
    return true;
}

static const char *file_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Some indexes only point into a registry, which sees no credentials of ours. */
static bool get_elsewhere(struct call *c, struct chart_store *s, const struct wanted *w,
                          const char *reference, struct package *out)
{
    const char *tag = strrchr(file_of(reference), ':');
    struct wanted there = *w;

    if (!tag)
        return diag_error(c->diags, w->at, "Malformed index",
                          "%s names %s for the chart %s, which has no version at its end.",
                          w->repository, reference, w->name);
    there.repository = text_z(c->arena, (struct text){reference, (size_t)(tag - reference)});
    there.version = tag + 1;
    there.name = there.username = there.password = there.ca_pem = "";
    return registry_get(c, s, &there, out);
}

bool repository_get(struct call *c, struct chart_store *s, const struct wanted *w,
                    struct package *out)
{
    const struct value *index, *offer;
    struct download d = {.store = s, .wanted = w};
    struct package_download get = {.run = download_run, .data = &d};
    struct url parts;

    if (!w->name[0])
        return diag_error(c->diags, w->at, "Which chart?",
                          "Give the name of the chart in the repository %s.", w->repository);
    if (!fetch_check_url(c, w->repository, package_path(c->arena, w, "repository")) ||
        !index_get(c, s, w, &index))
        return false;
    if (!value_has(index, w->name))
        return no_such_chart(c, w, index);
    if (!versions_choose(c, value_at(index, w->name), w->version,
                         text_f(c->arena, "chart %s in %s", w->name, w->repository),
                         package_path(c->arena, w, "version"), &offer))
        return false;
    if (strncmp(value_text(offer, "url"), OCI_SCHEME, strlen(OCI_SCHEME)) == 0)
        return get_elsewhere(c, s, w, value_text(offer, "url"), out);
    d.url = locate(c, w, value_text(offer, "url"));
    if (!fetch_check_url(c, d.url, w->at))
        return false;
    url_parse(c->arena, d.url, &parts);
    out->version = value_text(offer, "version");
    out->file = file_of(parts.path);
    d.what = get.what = text_f(c->arena, "%s %s", w->name, out->version);
    get.key = d.url;
    get.digest = value_text(offer, "digest");
    return package_get(c, s, w, &get, out) &&
           (!w->provenance || provenance_get(c, &d, &out->provenance));
}
