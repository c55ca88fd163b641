/* pack - the charts of a folder, packed as repositories offer them: each in the version
 * of its Chart.yaml, and in those that the folder's file `versions` lists besides
 * ("istiod 1.26.4 1.28.0", a line per chart), with the version replaced wherever
 * Chart.yaml and values.yaml say it. */
#ifndef SANDBOX_PACK_H
#define SANDBOX_PACK_H
#include "base/text.h"

struct offer {
    const char *name, *version;
    const char *chart_yaml;
    struct text archive;
    const char *digest; /* "sha256:…" of it */
};
struct offers {
    struct offer *all; /* by name */
    size_t count;
};

/* Ends the process with a message when the folder cannot be read. */
void pack_folder(struct arena *a, const char *folder, struct offers *out);
/* NULL when there is none; version NULL = the first of that name. */
const struct offer *offers_find(const struct offers *offers, const char *name, const char *version);

#endif
