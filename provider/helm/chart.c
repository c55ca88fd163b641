#include "helm/chart.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "crypto/digest.h"
#include "helm/archive.h"
#include "helm/document.h"
#include "helm/folder.h"
#include "helm/metadata.h"

static bool is_manifest(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && (strcasecmp(dot, ".yaml") == 0 || strcasecmp(dot, ".yml") == 0 ||
                   strcasecmp(dot, ".json") == 0);
}

static bool starts_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static const struct chart_file *file_of(const struct chart_files *files, const char *name)
{
    const struct chart_file *found = NULL;

    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->all[i].name, name) == 0)
            found = &files->all[i];
    return found;
}

/* --- Chart.yaml and its like ------------------------------------------------- */

static bool read_document(struct loader *l, const struct chart_files *files, const char *name,
                          const char *what, const struct value **out)
{
    const struct chart_file *file = file_of(files, name);

    *out = &value_null;
    return !file || document_read(l->call, file->data,
                                  text_f(l->call->arena, "%s of %s", name, what), l->at, out);
}

static bool read_metadata(struct loader *l, const struct chart_files *files, const char *what,
                          struct chart *chart)
{
    struct arena *a = l->call->arena;
    const struct value *document, *requirements;

    if (!file_of(files, "Chart.yaml"))
        return diag_error(l->call->diags, l->at, loader_summary, "%s has no Chart.yaml.", what);
    chart->metadata = &value_empty_map;
    if (!read_document(l, files, "Chart.yaml", what, &document) ||
        !metadata_read(l, document, what, "Chart.yaml", &chart->metadata))
        return false;
    if (!value_has(chart->metadata, "apiVersion")) /* Helm 2 did not ask for one */
        chart->metadata = value_with(a, chart->metadata, "apiVersion", value_string(a, "v1"));
    return read_document(l, files, "requirements.yaml", what, &requirements) &&
           metadata_read(l, requirements, what, "requirements.yaml", &chart->metadata) &&
           metadata_check(l, chart->metadata, what);
}

static void take_metadata(struct chart *chart)
{
    chart->name = value_text(chart->metadata, "name");
    chart->version = value_text(chart->metadata, "version");
    chart->app_version = value_text(chart->metadata, "appVersion");
    chart->kube_version = value_text(chart->metadata, "kubeVersion");
    chart->is_library = strcmp(value_text(chart->metadata, "type"), "library") == 0;
}

static bool read_values(struct loader *l, const struct chart_files *files, const char *what,
                        struct chart *chart)
{
    const struct chart_file *file = file_of(files, "values.yaml");

    if (file)
        chart->values_text = file->data;
    if (!read_document(l, files, "values.yaml", what, &chart->values))
        return false;
    if (value_is_null(chart->values))
        chart->values = &value_empty_map;
    if (chart->values->kind != VALUE_MAP)
        return diag_error(l->call->diags, l->at, loader_summary,
                          "values.yaml of %s is a %s, not a map.", what,
                          value_kind_name(chart->values));
    return true;
}

static bool read_lock(struct loader *l, const struct chart_files *files, const char *what,
                      struct chart *chart)
{
    if (!read_document(l, files, "Chart.lock", what, &chart->lock))
        return false;
    return !value_is_null(chart->lock) ||
           read_document(l, files, "requirements.lock", what, &chart->lock);
}

/* --- sorting files ----------------------------------------------------------- */

/* Files that Helm keeps from .Files because it reads them itself. */
static bool is_own(const char *name, bool v1)
{
    if (strcmp(name, "requirements.yaml") == 0 || strcmp(name, "requirements.lock") == 0)
        return !v1;
    return strcmp(name, "Chart.yaml") == 0 || strcmp(name, "Chart.lock") == 0 ||
           strcmp(name, "values.yaml") == 0 || strcmp(name, "values.schema.json") == 0;
}

static void sort_file(struct arena *a, struct chart *chart, struct chart_files *below,
                      struct chart_file file)
{
    bool v1 = strcmp(value_text(chart->metadata, "apiVersion"), "v1") == 0;

    if (starts_with(file.name, "templates/")) {
        chart_files_add(a, &chart->templates, file);
    } else if (starts_with(file.name, "charts/") && !text_ends_with(text_of(file.name), ".prov")) {
        chart_files_add(a, below, file);
    } else if (!is_own(file.name, v1)) {
        chart_files_add(a, &chart->files, file);
        if (starts_with(file.name, "crds/") && is_manifest(file.name))
            chart_files_add(a, &chart->crds, file);
    }
}

/* --- sub-charts -------------------------------------------------------------- */

/* "sub" of "charts/sub/templates/a.yaml". */
static struct text folder_of(const char *name)
{
    const char *at = name + strlen("charts/"), *slash = strchr(at, '/');

    return (struct text){at, slash ? (size_t)(slash - at) : strlen(at)};
}

static int compare_folders(const void *left, const void *right)
{
    return text_compare(*(const struct text *)left, *(const struct text *)right);
}

/* The sub-chart in charts/<folder>, its files in the order in which they came. */
static bool read_folder(struct loader *l, const struct chart_files *below, struct text folder,
                        const char *what, size_t depth, struct chart **out)
{
    struct arena *a = l->call->arena;
    bool packed = text_ends_with(folder, ".tgz");
    struct chart_files files = {0};

    for (size_t i = 0; i < below->count; i++) {
        const struct chart_file *file = &below->all[i];
        const char *rest = folder_of(file->name).at + folder.len;

        if (!text_equal(folder_of(file->name), folder))
            continue;
        if (packed && *rest == '\0')
            return archive_read(l, file->data, what, &files) &&
                   loader_chart(l, &files, what, depth, out);
        if (*rest == '/')
            chart_files_add(a, &files, (struct chart_file){rest + 1, file->data});
    }
    return loader_chart(l, &files, what, depth, out);
}

/* Sub-charts in byte order of their folders' names: Helm takes them in any order. */
static bool read_dependencies(struct loader *l, const struct chart_files *below, const char *what,
                              size_t depth, struct chart *chart)
{
    struct arena *a = l->call->arena;
    struct text *folders = arena_array(a, below->count, sizeof(*folders));

    if (below->count == 0)
        return true;
    if (depth >= CHART_DEPTH_MAX)
        return diag_error(l->call->diags, l->at, loader_summary,
                          "%s holds charts inside charts more than %d deep.", what,
                          CHART_DEPTH_MAX);
    for (size_t i = 0; i < below->count; i++)
        folders[i] = folder_of(below->all[i].name);
    qsort(folders, below->count, sizeof(*folders), compare_folders);
    chart->dependencies = arena_array(a, below->count, sizeof(struct chart *));
    for (size_t i = 0; i < below->count; i++) {
        const char *name = text_z(a, folders[i]);

        if (name[0] == '_' || name[0] == '.' || (i > 0 && text_equal(folders[i], folders[i - 1])))
            continue;
        if (!read_folder(l, below, folders[i], text_f(a, "%s/charts/%s", what, name), depth + 1,
                         &chart->dependencies[chart->dependency_count++]))
            return false;
    }
    return true;
}

bool loader_chart(struct loader *l, const struct chart_files *files, const char *what, size_t depth,
                  struct chart **out)
{
    struct arena *a = l->call->arena;
    struct chart *chart = arena_alloc(a, sizeof(*chart));
    const struct chart_file *schema = file_of(files, "values.schema.json");
    struct chart_files below = {0};

    *out = chart;
    chart->raw = *files;
    chart->digest = "";
    if (schema)
        chart->schema = schema->data;
    if (!read_metadata(l, files, what, chart) || !read_values(l, files, what, chart) ||
        !read_lock(l, files, what, chart))
        return false;
    take_metadata(chart);
    for (size_t i = 0; i < files->count; i++)
        sort_file(a, chart, &below, files->all[i]);
    return read_dependencies(l, &below, what, depth, chart);
}

/* --- entries ----------------------------------------------------------------- */

bool chart_read_archive(struct call *c, struct text bytes, const char *what, const struct path *at,
                        struct chart **out)
{
    struct chart_files files;
    struct loader l;

    loader_init(&l, c, at);
    if (!archive_read(&l, bytes, what, &files) || !loader_chart(&l, &files, what, 0, out))
        return false;
    (*out)->digest = text_f(c->arena, "sha256:%s", digest_sha256_hex(c->arena, c->diags, bytes));
    return !c->diags->failed;
}

/* Names, lengths and contents, so that no two folders look alike. */
static const char *digest_of(struct call *c, const struct chart_files *files)
{
    struct text_builder all;

    text_builder_init(&all, c->arena, 2 * (size_t)ARCHIVE_BYTES_MAX);
    for (size_t i = 0; i < files->count; i++) {
        text_add_f(&all, "%s %zu\n", files->all[i].name, files->all[i].data.len);
        text_add(&all, files->all[i].data);
    }
    return text_f(c->arena, "sha256:%s", digest_sha256_hex(c->arena, c->diags, text_built(&all)));
}

bool chart_read_path(struct call *c, const char *path, const struct path *at, struct chart **out)
{
    struct chart_files files;
    struct loader l;
    struct stat status;
    struct text bytes;

    loader_init(&l, c, at);
    if (stat(path, &status) != 0)
        return diag_error(c->diags, at, loader_summary, "There is no folder or file %s.", path);
    if (!S_ISDIR(status.st_mode))
        return folder_read_file(&l, path, ARCHIVE_BYTES_MAX, &bytes) &&
               chart_read_archive(c, bytes, path, at, out);
    if (!folder_read(&l, path, &files) || !loader_chart(&l, &files, path, 0, out))
        return false;
    (*out)->digest = digest_of(c, &files);
    return !c->diags->failed;
}
