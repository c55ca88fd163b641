#include "helm/render.h"

#include "helm/test_pure.h"
#include "helm/test_tar.h"
#include "template/function.h"

#define HEAD "apiVersion: v2\nname: c\nversion: 1.0.0\n"
#define OBJECT(kind, name) "{apiVersion: v1, kind: " kind ", metadata: {name: " name "}}\n"

/* A chart of pairs "name", "text", ended by NULL. */
static struct chart *chart_of(struct arena *a, const char *const *files)
{
    struct call *c = pure_call(a);
    struct chart *chart;
    struct tar t;

    tar_init(&t, a);
    for (; files[0]; files += 2)
        tar_file(&t, text_f(a, "c/%s", files[0]), files[1]);
    if (!chart_read_archive(c, tar_packed(&t), "c.tgz", NULL, &chart))
        fail_msg("%s", pure_said(c));
    return chart;
}
#define CHART(...) chart_of(a, (const char *const[]){__VA_ARGS__, NULL})

static struct render_options options_of(struct arena *a)
{
    struct render_options o = {.name = "rel",
                               .namespace = "apart",
                               .revision = 1,
                               .values_at = path_of(a, "values"),
                               .chart_at = path_of(a, "chart")};

    capabilities_offline(a, &o.capabilities);
    return o;
}

static struct rendered rendered_with(struct arena *a, const struct chart *chart,
                                     const struct render_options *options, const char *values)
{
    struct call *c = pure_call(a);
    struct rendered out;

    if (!render_chart(c, chart, pure_json(a, values), options, &out))
        fail_msg("%s", pure_said(c));
    assert_int_equal(c->diags->count, 0);
    return out;
}

static struct rendered rendered(struct arena *a, const struct chart *chart, const char *values)
{
    struct render_options o = options_of(a);

    return rendered_with(a, chart, &o, values);
}

/* "place: summary: detail" */
static const char *refused(struct arena *a, const struct chart *chart, const char *kube_version,
                           const char *values)
{
    struct render_options o = options_of(a);
    struct call *c = pure_call(a);
    struct rendered out;

    if (kube_version)
        o.capabilities.git_version = kube_version;
    assert_false(render_chart(c, chart, pure_json(a, values), &o, &out));
    return text_f(a, "%s: %s", path_text(a, c->diags->first->path), pure_said(c));
}

TEST(a_chart_becomes_objects_hooks_crds_and_notes)
{
    struct chart *chart = CHART(
        "Chart.yaml", HEAD, "values.yaml", "kind: ConfigMap\nsub: {kind: Secret}\n", "crds/x.yaml",
        OBJECT("CustomResourceDefinition", "x"), "templates/_h.tpl",
        "{{ define \"name\" }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}", "templates/a.yaml",
        "{apiVersion: v1, kind: {{ .Values.kind }}, metadata: {name: {{ include \"name\" . "
        "}}}}",
        "templates/hook.yaml",
        "{kind: Job, metadata: {name: j, annotations: {helm.sh/hook: post-install}}}",
        "templates/NOTES.txt", "Installed {{ .Release.Name }} in {{ .Release.Namespace }}.",
        "charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        "charts/sub/templates/a.yaml",
        "{apiVersion: v1, kind: {{ .Values.kind }}, metadata: {name: {{ include \"name\" . "
        "}}}}",
        "charts/sub/templates/NOTES.txt", "never shown", "charts/sub/crds/y.yaml",
        OBJECT("CustomResourceDefinition", "q"));
    struct rendered r = rendered(a, chart, "{}");
    struct chart_files crds = render_crd_files(a, r.chart);

    assert_true(text_is(render_manifest(a, &r),
                        "---\n# Source: c/charts/sub/templates/a.yaml\n"
                        "{apiVersion: v1, kind: Secret, metadata: {name: rel-sub}}\n"
                        "---\n# Source: c/templates/a.yaml\n"
                        "{apiVersion: v1, kind: ConfigMap, metadata: {name: rel-c}}\n"));
    assert_true(text_is(render_hooks(a, &r),
                        "---\n# Source: c/templates/hook.yaml\n{kind: Job, metadata: {name: j, "
                        "annotations: {helm.sh/hook: post-install}}}\n"));
    assert_int_equal(r.object_count, 2);
    assert_int_equal(r.crd_count, 2);
    assert_string_equal(r.crds[0].source, "c/crds/x.yaml");
    assert_string_equal(crds.all[1].name, "c/charts/sub/crds/y.yaml");
    assert_true(text_is(r.notes, "Installed rel in apart."));
    assert_string_equal(pure_text(a, r.values),
                        "{\"kind\":\"ConfigMap\",\"sub\":{\"global\":{},\"kind\":\"Secret\"}}");
}

/* Helm renders the deepest first and the last of a folder before others; all files of a
 * chart share its .Values. */
TEST(values_that_a_template_changes_stay_changed)
{
    static const char names[] = "{{ $_ := set .Values \"seen\" (append (.Values.seen | default "
                                "list) (base .Template.Name)) }}seen: {{ toJson .Values.seen }}";
    struct rendered r = rendered(a,
                                 CHART("Chart.yaml", HEAD, "templates/a.yaml", names,
                                       "templates/b.yaml", names, "templates/deep/c.yaml", names),
                                 "{}");

    assert_true(text_is(r.documents[0].text, "seen: [\"c.yaml\",\"b.yaml\",\"a.yaml\"]"));
    assert_true(text_is(r.documents[2].text, "seen: [\"c.yaml\"]"));
}

/* A plan cannot compare what differs each time. */
TEST(files_with_random_or_time_functions_are_marked)
{
    struct rendered r = rendered(
        a,
        CHART("Chart.yaml", HEAD, "templates/_h.tpl",
              "{{ define \"word\" }}{{ randAlphaNum 5 }}{{ end }}", "templates/a.yaml",
              "kind: A\ndata: {{ include \"word\" . }}", "templates/b.yaml", "kind: B",
              "templates/c.yaml", "kind: C\ndata: {{ now | unixEpoch }}", "templates/d.yaml",
              "kind: D\n{{ if .Values.no }}data: {{ uuidv4 }}{{ end }}"),
        "{}");

    assert_int_equal(r.object_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(r.objects[i].unstable, i == 0 || i == 2);
}

TEST(upgrades_are_told_to_templates)
{
    struct render_options o = options_of(a);
    struct rendered r;

    o.is_upgrade = true;
    o.revision = 7;
    r = rendered_with(a,
                      CHART("Chart.yaml", HEAD, "templates/a.yaml",
                            "r: {{ .Release.IsUpgrade }} {{ .Release.IsInstall }} "
                            "{{ .Release.Revision }}"),
                      &o, "{}");
    assert_true(text_is(r.documents[0].text, "r: true false 7"));
}

TEST(a_chart_that_cannot_be_rendered_is_told)
{
    static const struct {
        const char *name, *text, *kube_version, *values, *says;
    } cases[] = {
        {"x", "", "v1.19.0", "{}",
         "chart: The chart does not support the server's version: Chart c 1.0.0 requires "
         "kubeVersion >=1.25.0, which is incompatible with Kubernetes v1.19.0."},
        {"x", "", "v1.33.4-eks-1", "{}",
         "(A version with a suffix such as -eks-1 matches only a constraint that has one, such as "
         ">=1.25-0.)"},
        {"values.schema.json", "{\"required\":[\"must\"]}", NULL, "{}",
         "values: Values do not fit the schema of chart c: at '': missing property 'must'"},
        {"templates/a.yaml", "{{ fail \"not like this\" }}", NULL, "{}",
         "Chart template failed: execution error at (c/templates/a.yaml:1:3): not like this"},
        {"templates/a.yaml", "{{ required \"say x\" .Values.x }}", NULL, "{\"x\":\"\"}",
         "execution error at (c/templates/a.yaml:1:3): say x"},
        {"templates/a.yaml", "{{ .Values.a.b }}", NULL, "{}",
         "at <.Values.a.b>: nil pointer evaluating interface {}.b"},
        {"templates/a.yaml", "{{ if false }}{{ nope 1 }}{{ end }}", NULL, "{}",
         "parse error at (c/templates/a.yaml:1): function \"nope\" not defined"},
        {"templates/a.yaml", "a: [", NULL, "{}", "c/templates/a.yaml, rendered: "},
        {"templates/a.yaml",
         "{{ define \"r\" }}{{ include \"r\" . }}{{ end }}{{ include \"r\" . }}", NULL, "{}",
         "rendering template has a nested reference name: r"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct chart *chart =
            CHART("Chart.yaml", HEAD "kubeVersion: '>=1.25.0'\n", cases[i].name, cases[i].text);
        const char *said = refused(a, chart, cases[i].kube_version, cases[i].values);

        if (!strstr(said, cases[i].says))
            fail_msg("%s gives %s", cases[i].text, said);
    }
}

TEST(charts_that_are_not_whole_are_told)
{
    assert_string_equal(
        refused(a, CHART("Chart.yaml", HEAD "type: library\n"), NULL, "{}"),
        "chart: The chart cannot be installed: c is a library chart: it holds parts for other "
        "charts and nothing of its own.");
    assert_string_equal(
        refused(a,
                CHART("Chart.yaml",
                      HEAD "dependencies: [{name: x, version: 1.x.x}, {name: sub, "
                           "version: 1.x.x}, {name: z, version: 1.x.x}]\n",
                      "charts/sub/Chart.yaml", "name: sub\nversion: 1.0.0\n"),
                NULL, "{}"),
        "chart: Dependencies of the chart are missing: Found in Chart.yaml of c, but missing in "
        "its charts/ folder: x, z. Run `helm dependency build` there, or use the packed chart.");
    assert_non_null(strstr(refused(a, CHART("Chart.yaml", HEAD "kubeVersion: soon\n"), NULL, "{}"),
                           "chart: The chart's kubeVersion cannot be read: Chart.yaml of c says "
                           "kubeVersion \"soon\""));
}

/* lookup asks whoever installs. */
static const struct datum *found(struct function_call *f, void *data, const char *api_version,
                                 const char *kind, const char *namespace, const char *name)
{
    const char **asked = data;

    *asked = text_f(f->arena, "%s %s %s %s", api_version, kind, namespace, name);
    return datum_string_z(f->arena, "found");
}

TEST(lookup_asks_the_caller)
{
    struct chart *chart = CHART("Chart.yaml", HEAD, "templates/a.yaml",
                                "a: {{ lookup \"v1\" \"Secret\" \"apart\" \"x\" }}");
    struct render_options o = options_of(a);
    const char *asked = "";
    struct rendered r;

    r = rendered_with(a, chart, &o, "{}");
    assert_true(text_is(r.documents[0].text, "a: map[]"));
    o.hooks.lookup = found;
    o.hooks.data = &asked;
    r = rendered_with(a, chart, &o, "{}");
    assert_true(text_is(r.documents[0].text, "a: found"));
    assert_string_equal(asked, "v1 Secret apart x");
}

TEST(kinds_have_an_order)
{
    assert_true(render_kind_order("Namespace") < render_kind_order("ServiceAccount"));
    assert_true(render_kind_order("CustomResourceDefinition") < render_kind_order("Deployment"));
    assert_true(render_kind_order("APIService") < render_kind_order("Gateway"));
    assert_int_equal(render_kind_order("Gateway"), render_kind_order(""));
}
