#include "helm/extra.h"

#include <string.h>

#include "codec/yml.h"

enum { EXTRA_BYTES_MAX = 4 << 20 };

static void add_escaped(struct text_builder *b, struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] == '{' && i + 1 < t.len && t.at[i + 1] == '{') {
            text_add_z(b, "{{ \"{{\" }}");
            i++;
        } else {
            text_add_char(b, t.at[i]);
        }
}

static struct text template_of(struct arena *a, const struct value *objects)
{
    struct text_builder b;

    text_builder_init(&b, a, EXTRA_BYTES_MAX);
    for (size_t i = 0; i < value_count(objects); i++) {
        text_add_z(&b, "---\n");
        add_escaped(&b, yml_write(a, value_item(objects, i)));
    }
    return text_built(&b);
}

static struct chart_files with_file(struct arena *a, const struct chart_files *files,
                                    const struct chart_file *file)
{
    struct chart_files more = {arena_array(a, files->count + 1, sizeof(*files->all)),
                               files->count + 1};

    if (files->count > 0)
        memcpy(more.all, files->all, files->count * sizeof(*files->all));
    more.all[files->count] = *file;
    return more;
}

const struct chart *extra_objects(struct arena *a, const struct chart *chart, const char *name,
                                  const struct value *objects)
{
    struct chart_file file = {text_f(a, "templates/%s", name), template_of(a, objects)};
    struct chart *copy;

    if (value_count(objects) == 0)
        return chart;
    copy = arena_copy(a, chart, sizeof(*chart));
    copy->templates = with_file(a, &chart->templates, &file);
    copy->raw = with_file(a, &chart->raw, &file);
    return copy;
}
