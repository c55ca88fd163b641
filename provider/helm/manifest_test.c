#include "helm/manifest.h"

#include "helm/test_pure.h"

/* The pieces, a bar between. */
static const char *split(struct arena *a, const char *file)
{
    struct text_builder b;
    struct text *pieces;
    size_t count;

    pieces = manifest_split(a, text_of(file), &count);
    text_builder_init(&b, a, 4096);
    text_add_z(&b, "");
    for (size_t i = 0; i < count; i++)
        text_add_f(&b, "%s%.*s", i ? "|" : "", (int)pieces[i].len, pieces[i].at);
    return b.len ? b.at : "";
}

TEST(files_are_cut_at_lines_that_begin_with_dashes)
{
    static const char *const cases[][2] = {
        {"", ""},
        {" \n\t\n", ""},
        {"---\n---\n---\n", "---"}, /* as Helm has it */
        {"a: 1", "a: 1"},
        {"\n\na: 1\n---\n\nb: 2\n\n", "a: 1|b: 2"},
        {"---\na\n---   \nb\n--- # c\nd", "a|b|# c\nd"},
        {"a\n---b\nc", "a|b\nc"},
        {"a\n----\nb", "a|-\nb"},
        {"a: |\n  ---\n  x", "a: |\n  ---\n  x"},
        {"a\r\n---\r\nb\r\n", "a|b"},
        {"a --- b", "a --- b"},
        {"a\n...\nb", "a\n...\nb"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(split(a, cases[i][0]), cases[i][1]);
}

struct gathered {
    struct call *call;
    struct rendered out;
    struct manifest manifest;
};

static struct gathered *gather(struct arena *a)
{
    struct gathered *g = arena_alloc(a, sizeof(*g));

    g->call = pure_call(a);
    g->manifest = (struct manifest){.call = g->call, .out = &g->out};
    return g;
}

static const char *said_of(struct arena *a, const char *file)
{
    struct gathered *g = gather(a);

    assert_false(manifest_add(&g->manifest, "c/templates/a.yaml", text_of(file)));
    assert_int_equal(g->call->diags->count, 1);
    return pure_said(g->call);
}

TEST(faults_show_the_lines_around)
{
    assert_string_equal(said_of(a, "a: 1\n---\nb: 1\nc:\n  d: 1\n e: 2\n"),
                        "The chart renders to something that is no object: c/templates/a.yaml, "
                        "rendered: yaml: line 3: did not find "
                        "expected key\n    1  b: 1\n    2  c:\n>   3    d: 1\n    4   e: 2\n");
    assert_non_null(strstr(said_of(a, "- a\n- b\n"), "The document is a list, not a map."));
    assert_non_null(strstr(said_of(a, "word"), "The document is a string, not a map."));
}

/* Whoever reads a plan may not read Secrets. */
TEST(faults_in_secrets_show_no_lines)
{
    const char *said = said_of(a, "kind: Secret\ndata:\n  a: hunter2\n b: 1\n");

    assert_null(strstr(said, "hunter2"));
    assert_non_null(strstr(said, "(The lines are not shown: they may be of a Secret.)"));
}

/* "Kind/name" of all objects, with blanks between. */
static const char *names(struct arena *a, const struct rendered_object *objects, size_t count)
{
    struct text_builder b;

    text_builder_init(&b, a, 4096);
    text_add_z(&b, "");
    for (size_t i = 0; i < count; i++)
        text_add_f(&b, "%s%s/%s", i ? " " : "", value_text(objects[i].object, "kind"),
                   value_z(value_in(objects[i].object, "metadata", "name")));
    return b.len ? b.at : "";
}

TEST(objects_are_sorted_by_kind)
{
    struct gathered *g = gather(a);

    assert_true(manifest_add(&g->manifest, "a",
                             TEXT("{kind: Zebra, metadata: {name: z}}\n---\n# a comment\n---\n"
                                  "{kind: Deployment, metadata: {name: b}}\n---\n"
                                  "{kind: Apple, metadata: {name: p}}")));
    assert_true(manifest_add(&g->manifest, "b",
                             TEXT("{kind: Deployment, metadata: {name: a}}\n---\nnull\n---\n"
                                  "{kind: Namespace, metadata: {name: q}}")));
    manifest_finish(&g->manifest);
    assert_string_equal(names(a, g->out.objects, g->out.object_count),
                        "Namespace/q Deployment/b Deployment/a Apple/p Zebra/z");
    assert_int_equal(g->out.document_count, 7);
}

TEST(lists_are_taken_apart)
{
    struct gathered *g = gather(a);

    assert_true(manifest_add(
        &g->manifest, "a",
        TEXT("apiVersion: v1\nkind: List\nitems:\n- {kind: A, metadata: {name: a}}\n"
             "- {kind: B, metadata: {name: b}}\n---\napiVersion: v1\nkind: ConfigMapList\nitems:\n"
             "- {metadata: {name: c}}\n---\nkind: AllowList\nmetadata: {name: d}\n")));
    manifest_finish(&g->manifest);
    assert_string_equal(names(a, g->out.objects, g->out.object_count),
                        "AllowList/d ConfigMap/c A/a B/b");
    assert_string_equal(value_text(g->out.objects[1].object, "apiVersion"), "v1");
}

static const char *const hooks =
    "{kind: Zebra, metadata: {name: a, annotations: {helm.sh/hook: pre-install}}}\n---\n"
    "{kind: Job, metadata: {name: b, annotations: {helm.sh/hook: pre-install}}}\n---\n"
    "{kind: Job, metadata: {name: a, annotations: {helm.sh/hook: pre-install}}}\n---\n"
    "{kind: Job, metadata: {name: c, annotations: {helm.sh/hook: test, "
    "helm.sh/hook-weight: '-1'}}}\n---\n"
    "{kind: Secret, metadata: {name: b, annotations: {helm.sh/hook: pre-install}}}\n";

/* They run by weight and name; printed they are by kind. */
TEST(hooks_are_kept_apart)
{
    static const char *const order[] = {"Job/c 3", "Job/a 2", "Zebra/a 4", "Secret/b 0", "Job/b 1"};
    struct gathered *g = gather(a);

    assert_true(manifest_add(&g->manifest, "a", text_of(hooks)));
    manifest_finish(&g->manifest);
    assert_int_equal(g->out.object_count, 0);
    assert_int_equal(g->out.hook_count, 5);
    for (size_t i = 0; i < g->out.hook_count; i++)
        assert_string_equal(
            text_f(a, "%s %zu", names(a, &g->out.hooks[i].object, 1), g->out.hooks[i].position),
            order[i]);
}

TEST(an_unknown_hook_is_left_out_with_a_warning)
{
    struct gathered *g = gather(a);

    assert_true(manifest_add(
        &g->manifest, "a",
        TEXT("{kind: Job, metadata: {name: x, annotations: {helm.sh/hook: crd-install}}}")));
    manifest_finish(&g->manifest);
    assert_int_equal(g->out.object_count + g->out.hook_count, 0);
    assert_string_equal(pure_said(g->call),
                        "A hook of the chart is left out: a: Job x has the hook \"crd-install\", "
                        "which Helm does not know, so nothing of it is applied.");
    assert_int_equal(g->call->diags->first->severity, DIAG_WARNING);
}
