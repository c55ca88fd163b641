/* render - a chart and values to Kubernetes objects, as `helm template` and `helm
 * install` of Helm 3.21 make them: order of files, shared .Values, hooks apart,
 * objects sorted by kind. Pure but for the lookup that the caller gives. */
#ifndef HELM_RENDER_H
#define HELM_RENDER_H
#include "helm/chart.h"
#include "template/template.h"

struct capabilities {
    const char *git_version;          /* "v1.33.4"; compared with kubeVersion as it is */
    const char *major, *minor;        /* as the server says; NULL: of git_version */
    const struct value *api_versions; /* list: "apps/v1", "apps/v1/Deployment" ... */
};
/* What Helm assumes without a server: its built-in list and version. */
void capabilities_offline(struct arena *a, struct capabilities *out);
/* "1.28" as --kube-version takes it: "v1.28" in out->git_version; false: no version. */
bool capabilities_kube_version(struct arena *a, const char *version, struct capabilities *out);

struct render_options {
    const char *name, *namespace;
    int64_t revision; /* 1 at install */
    bool is_upgrade;
    struct capabilities capabilities;
    struct template_hooks hooks;
    bool skip_schema;
    const struct path *values_at; /* attribute that the values came from */
    const struct path *chart_at;
};

/* A document of the output as text; comments alone count, as they do for Helm. */
struct rendered_document {
    const char *source;         /* "istiod/templates/deployment.yaml" */
    const char *kind;           /* "" when there is none */
    struct text text;           /* as rendered, trimmed as Helm does */
    const struct value *object; /* parsed; null where there are comments alone */
    bool unstable;
    size_t first_object, object_count; /* among rendered.objects */
};
/* An object of the output. A `kind: List` is taken apart: its items are objects here,
 * all with the text of the list. Whoever replaces the text of an object changes what
 * render_manifest() writes. */
struct rendered_object {
    const char *source;
    struct text text;
    const struct value *object; /* parsed: a map */
    bool unstable;              /* its file called a random or time function */
};
enum hook_delete {
    HOOK_DELETE_BEFORE_CREATION = 1 << 0, /* also when none is said */
    HOOK_DELETE_SUCCEEDED = 1 << 1,
    HOOK_DELETE_FAILED = 1 << 2,
};
struct rendered_hook {
    struct rendered_object object;
    const char *const *events; /* "pre-install" ...; NULL-terminated; "test" for tests */
    int64_t weight;
    unsigned delete_policy; /* enum hook_delete */
    size_t position;        /* in Helm's output: by kind */
};

struct rendered {
    const struct chart *chart;           /* as rendered: aliases done, disabled ones gone */
    const struct value *values;          /* as the root chart saw them at first */
    struct rendered_document *documents; /* in Helm's install order, hooks apart */
    size_t document_count;
    struct rendered_object *objects; /* the documents' objects, in the same order */
    size_t object_count;
    struct rendered_hook *hooks; /* as they run: by weight, name, kind */
    size_t hook_count;
    struct rendered_object *crds; /* of crds/, the chart's before sub-charts'; never templated */
    size_t crd_count;
    struct text notes;
};

bool render_chart(struct call *c, const struct chart *chart, const struct value *user_values,
                  const struct render_options *options, struct rendered *out);
/* "---\n# Source: ...\n..." of all documents: what the release record holds. */
struct text render_manifest(struct arena *a, const struct rendered *r);
/* The same of all hooks, in the order in which `helm template` prints them. */
struct text render_hooks(struct arena *a, const struct rendered *r);
/* Files of crds/ with their whole path ("c/charts/sub/crds/a.yaml"), as --include-crds
 * prints them. */
struct chart_files render_crd_files(struct arena *a, const struct chart *chart);
/* Position in Helm's install order; unknown kinds come last. */
int render_kind_order(const char *kind);

#endif
