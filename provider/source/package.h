/* package - a packed chart as it was offered and downloaded: what repository and
 * registry have in common. For the files of source alone. */
#ifndef SOURCE_PACKAGE_H
#define SOURCE_PACKAGE_H
#include "source/store.h"

enum {
    PACKAGE_BYTES_MAX = 64 << 20, /* a packed chart */
    PROVENANCE_BYTES_MAX = 1 << 20,
};

/* What is looked for and as whom. Nothing is NULL; "" = not said. */
struct wanted {
    const char *repository; /* without a slash at the end */
    const char *name, *version;
    const char *username, *password;
    const char *ca_pem;
    const char *digest;    /* that the archive must have: "sha256:<hex>" */
    const char *cache_dir; /* "" = none */
    bool provenance;       /* its file is wanted too */
    const struct path *at; /* the source */
};

struct package {
    const char *version;
    const char *file; /* "istiod-1.27.3.tgz": what a provenance file calls it */
    struct text archive;
    const char *digest;     /* of the archive */
    struct text provenance; /* empty when it was not wanted */
};

/* How an archive is had when it is not in the store. */
struct package_download {
    const char *what;   /* "istiod 1.27.3 of https://…": for messages */
    const char *key;    /* of the store, when there is no digest */
    const char *digest; /* that the repository promises; "" = none */
    bool (*run)(struct call *c, const void *data, struct text *out);
    const void *data;
};
/* From the store, the cache folder, or by downloading; checked against the digests. */
bool package_get(struct call *c, struct chart_store *s, const struct wanted *w,
                 const struct package_download *download, struct package *out);
/* "sha256:<64 hex>", or the hex alone, in lower case; NULL when it is neither. */
const char *package_digest(struct arena *a, const char *text);
/* A path below the attribute of the source. */
const struct path *package_path(struct arena *a, const struct wanted *w, const char *name);

#endif
