#include "helm/chart.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helm/test_pure.h"
#include "helm/test_tar.h"

#define HEAD "apiVersion: v2\nname: c\nversion: 1.0.0\n"

/* An archive of pairs "name", "text", ended by NULL. */
static struct text packed(struct arena *a, const char *const *files)
{
    struct tar t;

    tar_init(&t, a);
    for (; files[0]; files += 2)
        tar_file(&t, text_f(a, "c/%s", files[0]), files[1]);
    return tar_packed(&t);
}
#define PACKED(...) packed(a, (const char *const[]){__VA_ARGS__, NULL})

static struct chart *accepted(struct arena *a, struct text archive)
{
    struct call *c = pure_call(a);
    struct chart *chart;

    if (!chart_read_archive(c, archive, "c.tgz", NULL, &chart))
        fail_msg("%s", pure_said(c));
    assert_int_equal(c->diags->count, 0);
    return chart;
}

static const char *refused(struct arena *a, struct text archive)
{
    struct call *c = pure_call(a);
    struct chart *chart;

    assert_false(chart_read_archive(c, archive, "c.tgz", NULL, &chart));
    assert_int_equal(c->diags->count, 1);
    return pure_said(c);
}

static const char *names(struct arena *a, const struct chart_files *files)
{
    struct text_builder b;

    text_builder_init(&b, a, 4096);
    text_add_z(&b, "");
    for (size_t i = 0; i < files->count; i++)
        text_add_f(&b, "%s%s", i ? " " : "", files->all[i].name);
    return b.len ? b.at : "";
}

TEST(files_go_where_they_belong)
{
    struct chart *chart = accepted(
        a,
        PACKED("Chart.yaml",
               HEAD "appVersion: 1.10\ntype: application\nkubeVersion: '>=1.20'\nnope: 1\n",
               "values.yaml", "# why\na: 1\n", "values.schema.json", "{}", "templates/a.yaml", "a",
               "templates/_h.tpl", "h", "crds/x.yaml", "x", "crds/readme.md", "r",
               "crds/deep/y.JSON", "y", "README.md", "r", ".helmignore", "*.md", "Chart.lock",
               "dependencies: []", "charts/.keep", "", "charts/_off/x", "", "sub/values.yaml", ""));

    assert_string_equal(chart->name, "c");
    assert_string_equal(chart->app_version, "1.1");
    assert_string_equal(chart->kube_version, ">=1.20");
    assert_false(chart->is_library);
    assert_string_equal(pure_text(a, chart->values), "{\"a\":1}");
    assert_true(text_is(chart->values_text, "# why\na: 1\n"));
    assert_true(text_is(chart->schema, "{}"));
    assert_string_equal(names(a, &chart->templates), "templates/a.yaml templates/_h.tpl");
    assert_string_equal(names(a, &chart->crds), "crds/x.yaml crds/deep/y.JSON");
    assert_string_equal(names(a, &chart->files), "crds/x.yaml crds/readme.md crds/deep/y.JSON "
                                                 "README.md .helmignore sub/values.yaml");
    assert_int_equal(chart->raw.count, 14);
    assert_int_equal(chart->dependency_count, 0);
    assert_string_equal(pure_text(a, chart->lock), "{\"dependencies\":[]}");
    assert_string_equal(pure_text(a, chart->metadata),
                        "{\"apiVersion\":\"v2\",\"appVersion\":\"1.1\",\"kubeVersion\":\">=1.20\","
                        "\"name\":\"c\",\"type\":\"application\",\"version\":\"1.0.0\"}");
}

TEST(a_chart_of_helm_2_is_read)
{
    struct chart *chart = accepted(
        a, PACKED("Chart.yaml", "name: c\nversion: 1.0.0\n", "requirements.yaml",
                  "dependencies:\n- {name: sub, version: 1.x.x, tags: [t]}\n", "requirements.lock",
                  "digest: d\n", "charts/sub/Chart.yaml", "name: sub\nversion: 1.2.3\n"));

    assert_string_equal(pure_text(a, value_at(chart->metadata, "dependencies")),
                        "[{\"name\":\"sub\",\"tags\":[\"t\"],\"version\":\"1.x.x\"}]");
    assert_string_equal(value_text(chart->metadata, "apiVersion"), "v1");
    assert_string_equal(value_text(chart->lock, "digest"), "d");
    assert_int_equal(chart->dependency_count, 1);
    assert_string_equal(chart->dependencies[0]->version, "1.2.3");
    assert_string_equal(names(a, &chart->files), "requirements.yaml requirements.lock");
}

TEST(sub_charts_are_read_packed_or_not)
{
    struct text inner =
        PACKED("Chart.yaml", "apiVersion: v2\nname: packed\nversion: 2.0.0\n",
               "charts/deep/Chart.yaml", "apiVersion: v2\nname: deep\nversion: 3.0.0\n");
    struct chart *chart;
    struct tar t;

    tar_init(&t, a);
    tar_file(&t, "c/Chart.yaml", HEAD);
    tar_entry(&t, "c/charts/packed-2.0.0.tgz", '0', inner);
    tar_file(&t, "c/charts/packed-2.0.0.tgz.prov", "signature");
    tar_file(&t, "c/charts/open/Chart.yaml", "apiVersion: v2\nname: open\nversion: 1.0.0\n");
    tar_file(&t, "c/charts/open/templates/a.yaml", "a");
    chart = accepted(a, tar_packed(&t));
    assert_int_equal(chart->dependency_count, 2);
    assert_string_equal(chart->dependencies[0]->name, "open");
    assert_string_equal(names(a, &chart->dependencies[0]->templates), "templates/a.yaml");
    assert_string_equal(chart->dependencies[1]->name, "packed");
    assert_string_equal(chart->dependencies[1]->dependencies[0]->name, "deep");
    assert_string_equal(names(a, &chart->files), "charts/packed-2.0.0.tgz.prov");
}

TEST(a_chart_that_is_none_is_told)
{
    static const struct {
        const char *chart, *says;
    } cases[] = {
        {"- a", "Chart.yaml of c.tgz is a list, not a map."},
        {"version: 1.0.0", "Chart.yaml of c.tgz: it has no name."},
        {"name: a/b\nversion: 1.0.0", "Chart.yaml of c.tgz: the name \"a/b\" is not allowed."},
        {"name: a", "Chart.yaml of c.tgz: it has no version."},
        {"name: a\nversion: one",
         "Chart.yaml of c.tgz: the version \"one\" is no semantic version."},
        {"name: a\nversion: 1.0.0\ntype: plugin",
         "Chart.yaml of c.tgz: the type \"plugin\" is neither application nor library."},
        {"name: [a]\nversion: 1.0.0", "In Chart.yaml of c.tgz, name is a list, not a string."},
        {"name: a\nversion: 1.0.0\ndeprecated: maybe",
         "In Chart.yaml of c.tgz, deprecated is a string, not true or false."},
        {"name: a\nversion: 1.0.0\ndependencies: {}",
         "In Chart.yaml of c.tgz, dependencies is a map, not a list."},
        {"name: a\nversion: 1.0.0\ndependencies: [{name: b, alias: 'x.y'}]",
         "Chart.yaml of c.tgz: the alias \"x.y\" of the dependency b may hold letters, digits, "
         "\"-\" and \"_\" only."},
        {"name: a\nversion: 1.0.0\ndependencies: [{name: b}, {name: c, alias: b}]",
         "Chart.yaml of c.tgz: more than one dependency has the name or alias \"b\"."},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(refused(a, PACKED("Chart.yaml", cases[i].chart)),
                            text_f(a, "The chart cannot be read: %s", cases[i].says));
    assert_string_equal(refused(a, PACKED("values.yaml", "")),
                        "The chart cannot be read: c.tgz has no Chart.yaml.");
    assert_string_equal(refused(a, PACKED("Chart.yaml", HEAD, "values.yaml", "- a")),
                        "The chart cannot be read: values.yaml of c.tgz is a list, not a map.");
    assert_non_null(strstr(refused(a, PACKED("Chart.yaml", HEAD, "values.yaml", "a: [")),
                           "values.yaml of c.tgz"));
    assert_string_equal(refused(a, PACKED("Chart.yaml", HEAD, "charts/sub/values.yaml", "")),
                        "The chart cannot be read: c.tgz/charts/sub has no Chart.yaml.");
}

/* Each packed into the next: the bound is on the way in, before memory is. */
TEST(charts_in_charts_are_bounded)
{
    struct text inner = PACKED("Chart.yaml", HEAD);

    for (int i = 0; i <= CHART_DEPTH_MAX; i++) {
        struct tar t;

        tar_init(&t, a);
        tar_file(&t, "c/Chart.yaml", HEAD);
        tar_entry(&t, "c/charts/c.tgz", '0', inner);
        inner = tar_packed(&t);
    }
    assert_non_null(strstr(refused(a, inner), "holds charts inside charts more than 16 deep."));
}

/* What sub-charts unpack to counts as well. */
TEST(packed_charts_share_the_bound)
{
    struct text zeros = {arena_alloc(a, ARCHIVE_FILE_BYTES_MAX), ARCHIVE_FILE_BYTES_MAX};
    struct tar outer, inner;
    struct text packed;

    tar_init(&inner, a);
    tar_file(&inner, "c/Chart.yaml", HEAD);
    for (int i = 0; i < 11; i++)
        tar_entry(&inner, text_f(a, "c/%d", i), '0', zeros);
    packed = tar_packed(&inner);
    tar_init(&outer, a);
    tar_file(&outer, "c/Chart.yaml", HEAD);
    tar_entry(&outer, "c/charts/a.tgz", '0', packed);
    (void)accepted(a, tar_packed(&outer));
    tar_init(&outer, a);
    tar_file(&outer, "c/Chart.yaml", HEAD);
    tar_entry(&outer, "c/charts/a.tgz", '0', packed);
    tar_entry(&outer, "c/charts/b.tgz", '0', packed);
    assert_non_null(strstr(refused(a, tar_packed(&outer)), "is larger than 100 MiB when unpacked"));
}

/* --- folders ------------------------------------------------------------------ */

static const char *folder_new(struct arena *a)
{
    char *folder = text_f(a, "%s/chart-test-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");

    assert_non_null(mkdtemp(folder));
    return folder;
}

static void folder_remove(struct arena *a, const char *folder)
{
    assert_int_equal(system(text_f(a, "rm -rf '%s'", folder)), 0); /* NOLINT(cert-env33-c) */
}

static void put(struct arena *a, const char *folder, const char *name, const char *text)
{
    FILE *file = fopen(text_f(a, "%s/%s", folder, name), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static const char *path_said(struct arena *a, const char *path, struct chart **out)
{
    struct call *c = pure_call(a);

    return chart_read_path(c, path, NULL, out) ? "" : pure_said(c);
}

TEST(a_folder_is_read_without_what_it_ignores)
{
    const char *folder = folder_new(a), *digest;
    struct chart *chart = NULL;

    put(a, folder, "Chart.yaml", "\xEF\xBB\xBF" HEAD);
    put(a, folder, "notes.bak", "x");
    put(a, folder, ".helmignore", "*.bak\n");
    assert_int_equal(symlink("Chart.yaml", text_f(a, "%s/linked", folder)), 0);
    assert_string_equal(path_said(a, folder, &chart), "");
    assert_string_equal(names(a, &chart->raw), ".helmignore Chart.yaml linked");
    digest = chart->digest;
    put(a, folder, "notes.bak", "changed");
    assert_string_equal(path_said(a, folder, &chart), "");
    assert_string_equal(chart->digest, digest);
    put(a, folder, "new", "");
    assert_string_equal(path_said(a, folder, &chart), "");
    assert_string_not_equal(chart->digest, digest);
    folder_remove(a, folder);
}

TEST(a_folder_can_be_no_chart)
{
    const char *folder = folder_new(a);
    struct chart *chart;

    assert_string_equal(
        path_said(a, text_f(a, "%s/none", folder), &chart),
        text_f(a, "The chart cannot be read: There is no folder or file %s/none.", folder));
    assert_string_equal(path_said(a, folder, &chart),
                        text_f(a, "The chart cannot be read: %s has no Chart.yaml.", folder));
    put(a, folder, "x.tgz", "no archive");
    assert_non_null(
        strstr(path_said(a, text_f(a, "%s/x.tgz", folder), &chart), "x.tgz is no gzipped archive"));
    assert_int_equal(mkfifo(text_f(a, "%s/pipe", folder), 0600), 0);
    assert_non_null(
        strstr(path_said(a, folder, &chart), "/pipe is a device, socket or pipe, not a file."));
    assert_int_equal(unlink(text_f(a, "%s/pipe", folder)), 0);
    assert_int_equal(symlink(".", text_f(a, "%s/loop", folder)), 0);
    assert_non_null(strstr(path_said(a, folder, &chart),
                           "loop cannot be read: Too many levels of symbolic links"));
    folder_remove(a, folder);
}
