/* registry - charts of an OCI registry: tags, manifests and blobs of the distribution
 * specification, with its token protocol. Tag lists and manifests are fetched once per
 * process. For source alone.
 *
 * A registry on this machine (localhost) without a CA of its own is spoken to over
 * plain HTTP, every other over HTTPS. The password goes to the registry and to the
 * realm that it names; a token to the registry alone. */
#ifndef SOURCE_REGISTRY_H
#define SOURCE_REGISTRY_H
#include "source/package.h"

enum {
    MANIFEST_BYTES_MAX = 4 << 20,
    TAG_PAGES_MAX = 200,
    INDEX_MANIFESTS_MAX = 16, /* tried of an image index */
};

/* w->repository is "oci://host/path", to which the name is added. */
bool registry_get(struct call *c, struct chart_store *s, const struct wanted *w,
                  struct package *out);
/* The parts of a manifest that are a chart: {"chart", "size", "provenance"}, digests
 * and a number; false when it is none, reported. */
bool registry_read_manifest(struct call *c, struct text json, const char *what,
                            const struct path *at, const struct value **out);

#endif
