/* render - a chart and values to Kubernetes objects, as `helm template` and `helm
 * install` of Helm 3.21 make them: order of files, shared .Values, hooks apart,
 * objects sorted by kind. Pure but for the lookup that the caller gives. */
#ifndef HELM_RENDER_H
#define HELM_RENDER_H
#include "helm/chart.h"
#include "template/template.h"

struct capabilities {
    const char *git_version;          /* "v1.33.4"; compared with kubeVersion as it is */
    const struct value *api_versions; /* list: "apps/v1", "apps/v1/Deployment" ... */
};
/* What Helm assumes without a server: its built-in list and version. */
void capabilities_offline(struct arena *a, struct capabilities *out);

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

/* A document of the output. */
struct rendered_object {
    const char *source;         /* "istiod/templates/deployment.yaml" */
    struct text text;           /* as rendered, trimmed as Helm does */
    const struct value *object; /* parsed */
    bool unstable;              /* its file called a random or time function */
};
struct rendered_hook {
    struct rendered_object object;
    const char *const *events; /* "pre-install" ...; NULL-terminated */
    int64_t weight;
    unsigned delete_policy; /* enum hook_delete */
};
enum hook_delete {
    HOOK_DELETE_BEFORE_CREATION = 1 << 0, /* also when none is said */
    HOOK_DELETE_SUCCEEDED = 1 << 1,
    HOOK_DELETE_FAILED = 1 << 2,
};

struct rendered {
    const struct chart *chart;       /* as rendered: aliases done, disabled ones gone */
    const struct value *values;      /* as the root chart saw them at first */
    struct rendered_object *objects; /* in Helm's install order */
    size_t object_count;
    struct rendered_hook *hooks; /* by weight, kind, name */
    size_t hook_count;
    struct rendered_object *crds; /* of crds/, sub-charts first; never templated */
    size_t crd_count;
    struct text notes;
};

bool render_chart(struct call *c, const struct chart *chart, const struct value *user_values,
                  const struct render_options *options, struct rendered *out);
/* "---\n# Source: ...\n..." for all objects: what the release record holds and
 * `helm template` prints (hooks behind them only for the latter). */
struct text render_manifest(struct arena *a, const struct rendered *r, bool with_hooks);
/* Position in Helm's install order; unknown kinds come last. */
int render_kind_order(const char *kind);

#endif
