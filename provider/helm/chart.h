/* chart - a Helm chart in memory: its files, its Chart.yaml, its sub-charts.
 *
 * Read from a packed archive or from a folder; never written to disk. Limits are
 * Helm's: ARCHIVE_BYTES_MAX unpacked (sub-charts included), ARCHIVE_FILE_BYTES_MAX per
 * file, one top folder, plain files only: a link, an absolute path or ".." refuses the
 * archive. Folders honour .helmignore and follow links, as Helm does; archives do not.
 * Everything lives in the call's arena and is not changed once it is read. */
#ifndef HELM_CHART_H
#define HELM_CHART_H
#include "schema/call.h"
#include "schema/path.h"

enum {
    ARCHIVE_BYTES_MAX = 100 << 20,
    ARCHIVE_FILE_BYTES_MAX = 5 << 20,
    ARCHIVE_FILES_MAX = 20000,
    CHART_DEPTH_MAX = 16, /* sub-charts inside each other */
};

struct chart_file {
    const char *name; /* below the chart: "templates/service.yaml" */
    struct text data; /* without a byte order mark */
};
struct chart_files {
    struct chart_file *all;
    size_t count;
};

struct chart {
    const char *name, *version, *app_version, *kube_version; /* "" when not said */
    bool is_library;
    /* Chart.yaml with the fields that Helm knows, in its order and with its types:
     * "apiVersion" is always there, texts are strings, empty fields are left out,
     * dependencies of requirements.yaml are included. */
    const struct value *metadata;
    const struct value *lock;     /* Chart.lock or requirements.lock; may be null */
    const struct value *values;   /* values.yaml; a map */
    struct text values_text;      /* as written */
    struct text schema;           /* values.schema.json, or empty */
    struct chart_files templates; /* templates/... */
    struct chart_files crds;      /* crds/...: yaml, yml, json; they are among files too */
    struct chart_files files;     /* what .Files sees */
    struct chart_files raw;       /* every file, as archived: for release records */
    struct chart **dependencies;  /* found under charts/, all of them */
    size_t dependency_count;
    const char *digest; /* sha256 of the archive, "sha256:<hex>", or of a folder's content */
};

/* The bytes of a .tgz. `what` names it in messages; `at` is the attribute. */
bool chart_read_archive(struct call *c, struct text bytes, const char *what, const struct path *at,
                        struct chart **out);
/* A folder or a .tgz file of this machine. */
bool chart_read_path(struct call *c, const char *path, const struct path *at, struct chart **out);

#endif
