#include "source/package.h"

#include <string.h>

#include "base/file.h"
#include "codec/gzip.h"
#include "crypto/digest.h"

#define SHA256_PREFIX "sha256:"

const struct path *package_path(struct arena *a, const struct wanted *w, const char *name)
{
    return path_name(a, w->at, name);
}

const char *package_digest(struct arena *a, const char *text)
{
    const char *hex = strncmp(text, SHA256_PREFIX, 7) == 0 ? text + 7 : text;
    char *lower = arena_strdup(a, hex);

    for (char *at = lower; *at; at++)
        if (*at >= 'A' && *at <= 'F')
            *at = (char)(*at - 'A' + 'a');
    if (strlen(lower) != 2 * (size_t)SHA256_BYTES ||
        strspn(lower, "0123456789abcdef") != strlen(lower))
        return NULL;
    return text_f(a, SHA256_PREFIX "%s", lower);
}

static bool digest_of(struct call *c, struct text bytes, const char **out)
{
    const char *hex = digest_sha256_hex(c->arena, c->diags, bytes);

    *out = text_f(c->arena, SHA256_PREFIX "%s", hex);
    return hex[0] != '\0';
}

/* --- the cache folder: a help, never a reason to fail ---------------------------------- */

static const char *cache_name(struct arena *a, const char *digest)
{
    return text_f(a, "sha256-%s.tgz", digest + strlen(SHA256_PREFIX));
}

static bool cache_read(struct call *c, const struct wanted *w, const char *digest, struct text *out)
{
    const char *folder = file_expand(c->arena, w->cache_dir), *reason, *found_digest;
    bool found;

    if (!folder[0] || !digest[0])
        return false;
    return file_read(c->arena, text_f(c->arena, "%s/%s", folder, cache_name(c->arena, digest)),
                     PACKAGE_BYTES_MAX, out, &found, &reason) &&
           digest_of(c, *out, &found_digest) && strcmp(found_digest, digest) == 0;
}

static void cache_write(struct call *c, const struct wanted *w, const char *digest,
                        struct text bytes)
{
    const char *folder = file_expand(c->arena, w->cache_dir), *reason = "";

    if (folder[0] && !file_replace(c->arena, folder, cache_name(c->arena, digest), bytes, &reason))
        diag_warning(c->diags, NULL, "A chart could not be kept in the cache folder",
                     "%s: %s. It is fetched again next time.", folder, reason);
}

/* --- getting one -------------------------------------------------------------------------- */

static bool check_digest(struct call *c, const struct path *at, const char *what,
                         const char *promised, const char *by, const char *digest)
{
    return !promised[0] || strcmp(promised, digest) == 0 ||
           diag_error(c->diags, at, text_f(c->arena, "Chart %s has a wrong digest", what),
                      "%s says %s, but what was downloaded has %s. It is not used: it was changed "
                      "on the way, or replaced without a new version.",
                      by, promised, digest);
}

static bool download(struct call *c, const struct wanted *w, const struct package_download *d,
                     struct stored *out)
{
    const char *digest;

    if (cache_read(c, w, d->digest, &out->bytes))
        return true;
    if (!d->run(c, d->data, &out->bytes) || !digest_of(c, out->bytes, &digest))
        return false;
    if (!gzip_is(out->bytes))
        return diag_error(c->diags, w->at, text_f(c->arena, "Chart %s is no archive", d->what),
                          "What was downloaded (%zu bytes) is not a gzipped tar.", out->bytes.len);
    if (!check_digest(c, w->at, d->what, d->digest, "The repository", digest))
        return false;
    cache_write(c, w, digest, out->bytes);
    return true;
}

bool package_get(struct call *c, struct chart_store *s, const struct wanted *w,
                 const struct package_download *d, struct package *out)
{
    const char *key = text_f(c->arena, "chart %s", d->digest[0] ? d->digest : d->key);
    struct stored found;
    bool held;

    if (!store_take(c, s, key, &held, &found))
        return false;
    if (held && !download(c, w, d, &found)) {
        store_release(s, key);
        return false;
    }
    if (held)
        store_give(s, key, &found, &found);
    out->archive = found.bytes;
    return digest_of(c, out->archive, &out->digest) &&
           check_digest(c, package_path(c->arena, w, "digest"), d->what, w->digest, "digest",
                        out->digest);
}
