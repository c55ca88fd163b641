#include "source/source.h"

#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "schema/check.h"
#include "source/fetch.h"
#include "source/provenance.h"
#include "source/registry.h"
#include "source/repository.h"
#include "source/versions.h"

#define KEYRING_TEXT "-----BEGIN PGP PUBLIC KEY BLOCK-----"

enum { KEYRING_BYTES_MAX = 4 << 20 };

/* --- rows --------------------------------------------------------------------------- */

static bool is_oci(const char *repository)
{
    return strncasecmp(repository, "oci://", 6) == 0;
}

bool chart_source_check_repository(struct call *c, const struct path *at, const struct value *v)
{
    return is_oci(value_z(v)) || fetch_check_url(c, value_z(v), at);
}

static bool check_version(struct call *c, const struct path *at, const struct value *v)
{
    return versions_check(c, value_z(v), at);
}

static bool check_digest(struct call *c, const struct path *at, const struct value *v)
{
    return package_digest(c->arena, value_z(v)) ||
           diag_error(c->diags, at, "Malformed digest",
                      "\"%s\" is not of the form sha256:<64 hex digits>.",
                      text_printable(c->arena, value_string_text(v), 100));
}

const struct attribute chart_source_attributes[] = {
    STRING("repository", OPTIONAL,
           "Address of a chart repository (`https://…`, the folder of its `index.yaml`) or of an "
           "OCI registry (`oci://host/path`). `http://` works for this machine only. Left out, it "
           "is that of the provider block, or the usual one of the resource.",
           .check = chart_source_check_repository, .conflicts_with = NAMES("path")),
    STRING("name", OPTIONAL, "Name of the chart in the repository.", .check = check_not_empty),
    STRING("version", OPTIONAL,
           "Version of the chart, or a constraint such as `~1.27.0`. Left out, it is the newest "
           "that is no pre-release.",
           .check = check_version),
    STRING("path", OPTIONAL,
           "Folder or packed chart (`.tgz`) of this machine, instead of a repository.",
           .check = check_not_empty),
    STRING("username", OPTIONAL,
           "User name at the repository. The provider block's `charts.registry_auth` keeps "
           "credentials out of the state.",
           .requires = NAMES("password", "repository")),
    STRING("password", OPTIONAL | SENSITIVE, "Password or token at the repository.",
           .requires = NAMES("username")),
    STRING("ca_certificate", OPTIONAL,
           "CA certificates (PEM) that the repository's own is verified with, instead of the "
           "system's.",
           .conflicts_with = NAMES("path")),
    STRING("keyring", OPTIONAL,
           "OpenPGP public keys, as armored text or as the path of a file. When it is set, the "
           "chart must have a provenance file that one of the keys signed."),
    STRING("digest", OPTIONAL, "Digest that the packed chart must have: `sha256:…`.",
           .check = check_digest),
    END_ATTRIBUTES,
};

bool chart_source_is_known(const struct call *c, const struct value *source)
{
    return value_is_wholly_known(source) &&
           value_is_wholly_known(value_at(c->clients->provider_config, "charts"));
}

/* --- what is wanted ------------------------------------------------------------------- */

static const char *first_of(const char *a, const char *b, const char *c)
{
    if (a && a[0])
        return a;
    if (b && b[0])
        return b;
    return c ? c : "";
}

static const char *without_slashes(struct arena *a, const char *address)
{
    struct text t = text_of(address);

    while (text_ends_with(t, "/"))
        t.len--;
    return text_z(a, t);
}

/* "host:8443" or "host" of an address, for the credentials of the provider block. */
static const struct value *credentials_of(const struct call *c, const char *repository)
{
    const struct value *all = value_in(c->clients->provider_config, "charts", "registry_auth");
    const char *host = strstr(repository, "://");
    const struct value *found;
    struct text name;

    host = host ? host + 3 : repository;
    name = (struct text){host, strcspn(host, "/?")};
    found = value_at(all, text_z(c->arena, name));
    if (value_is_null(found))
        name.len = strcspn(host, ":/?");
    return value_is_null(found) ? value_at(all, text_z(c->arena, name)) : found;
}

static void wanted_of(const struct call *c, const struct chart_request *request, struct wanted *out)
{
    const struct value *source = request->source, *settings, *credentials;
    const char *digest;

    settings = value_at(c->clients->provider_config, "charts");
    *out = (struct wanted){
        .repository = without_slashes(c->arena, first_of(value_text(source, "repository"),
                                                         value_text(settings, "repository"),
                                                         request->repository)),
        .name = first_of(value_text(source, "name"), request->name, ""),
        .version = first_of(value_text(source, "version"), request->version, ""),
        .ca_pem = value_text(source, "ca_certificate"),
        .cache_dir = value_text(settings, "cache_dir"),
        .provenance = value_text(source, "keyring")[0] != '\0',
        .at = request->at,
    };
    credentials = value_text(source, "username")[0] ? source : credentials_of(c, out->repository);
    out->username = value_text(credentials, "username");
    out->password = value_text(credentials, "password");
    digest = package_digest(c->arena, value_text(source, "digest"));
    out->digest = digest ? digest : "";
}

/* --- signatures ------------------------------------------------------------------------- */

static bool keyring_read(struct call *c, const struct wanted *w, const char *keyring,
                         struct text *out)
{
    const char *reason = "";
    bool found;

    *out = text_of(keyring);
    return strstr(keyring, KEYRING_TEXT) ||
           file_read(c->arena, file_expand(c->arena, keyring), KEYRING_BYTES_MAX, out, &found,
                     &reason) ||
           diag_error(c->diags, package_path(c->arena, w, "keyring"), "Cannot read the keyring",
                      "%s: %s. Give the path of a file with public keys, or their armored text.",
                      text_printable(c->arena, text_of(keyring), 300), reason);
}

static bool verify(struct call *c, const struct wanted *w, const char *keyring_argument,
                   const struct package *package, const char *what)
{
    struct provenance_claim claim = {what, package->file, package->digest,
                                     package_path(c->arena, w, "keyring")};
    struct text keyring;

    return keyring_read(c, w, keyring_argument, &keyring) &&
           provenance_check(c, package->provenance, keyring, &claim);
}

/* --- a folder or an archive of this machine ----------------------------------------------- */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool verify_path(struct call *c, const struct wanted *w, const char *path,
                        const char *keyring, const char *digest)
{
    struct package package = {.file = base_of(path), .digest = digest};
    const char *reason, *file = text_f(c->arena, "%s.prov", path);
    bool found;

    if (!text_ends_with(text_of(path), ".tgz"))
        return diag_error(c->diags, package_path(c->arena, w, "keyring"),
                          "A folder cannot be verified",
                          "Signatures are of packed charts: give the .tgz, or leave keyring out.");
    if (!file_read(c->arena, file, PROVENANCE_BYTES_MAX, &package.provenance, &found, &reason))
        return diag_error(c->diags, package_path(c->arena, w, "keyring"),
                          text_f(c->arena, "Chart %s is not signed", path),
                          "A keyring is given, so that a provenance file is needed. %s: %s.", file,
                          reason);
    return verify(c, w, keyring, &package, path);
}

static bool check_path(struct call *c, const struct wanted *w, const char *path,
                       const struct chart *chart)
{
    if (w->name[0] && strcmp(w->name, chart->name) != 0)
        return diag_error(c->diags, package_path(c->arena, w, "path"), "This is another chart",
                          "%s is the chart \"%s\"; \"%s\" is wanted.", path, chart->name, w->name);
    if (w->version[0] && !versions_match(c->arena, chart->version, w->version))
        return diag_error(c->diags, package_path(c->arena, w, "path"), "This is another version",
                          "%s is %s %s; the version \"%s\" is wanted.", path, chart->name,
                          chart->version, w->version);
    if (w->digest[0] && strcmp(w->digest, chart->digest) != 0)
        return diag_error(c->diags, package_path(c->arena, w, "digest"),
                          text_f(c->arena, "Chart %s has a wrong digest", path),
                          "%s is wanted; it has %s.", w->digest, chart->digest);
    return true;
}

static bool fetch_path(struct call *c, const struct wanted *w, const struct value *source,
                       struct chart **out)
{
    const char *keyring = value_text(source, "keyring");
    const char *path = file_expand(c->arena, without_slashes(c->arena, value_text(source, "path")));

    return chart_read_path(c, path, package_path(c->arena, w, "path"), out) &&
           check_path(c, w, path, *out) &&
           (!keyring[0] || verify_path(c, w, path, keyring, (*out)->digest));
}

/* --- all of them ---------------------------------------------------------------------------- */

static bool nowhere(struct call *c, const struct wanted *w)
{
    return diag_error(c->diags, w->at, "Where is the chart?",
                      "Neither a repository nor a path is given%s%s. Set repository (https:// or "
                      "oci://) or path here, or charts.repository in the provider block.",
                      w->name[0] ? " for the chart " : "", w->name);
}

static bool fetch_packed(struct call *c, const struct wanted *w, const struct value *source,
                         struct chart **out)
{
    struct package package = {.version = ""};
    const char *what;

    if (!(is_oci(w->repository) ? registry_get : repository_get)(c, c->clients->charts, w,
                                                                 &package))
        return false;
    what = text_f(c->arena, "%s %s", w->name[0] ? w->name : w->repository, package.version);
    if (w->provenance && !verify(c, w, value_text(source, "keyring"), &package, what))
        return false;
    return chart_read_archive(c, package.archive, what, w->at, out);
}

/* A constraint does not choose anew with each plan. */
static bool fetch_chosen(struct call *c, const struct wanted *w, const char *version,
                         const struct value *source, struct chart **out)
{
    struct wanted chosen = *w;
    struct diags unheard;
    struct call quiet;

    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, &unheard);
    chosen.version = version;
    return fetch_packed(&quiet, &chosen, source, out);
}

bool chart_fetch(struct call *c, const struct chart_request *request, struct chart **out)
{
    struct wanted w;

    wanted_of(c, request, &w);
    if (value_text(request->source, "path")[0])
        return fetch_path(c, &w, request->source, out);
    if (!w.repository[0])
        return nowhere(c, &w);
    if (request->chosen && request->chosen[0] &&
        fetch_chosen(c, &w, request->chosen, request->source, out))
        return true;
    return fetch_packed(c, &w, request->source, out);
}
