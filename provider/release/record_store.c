/* record_store - release records on a cluster. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "codec/base64.h"
#include "release/record.h"

static const char *secret_name(struct arena *a, const char *name, int64_t revision)
{
    return text_f(a, "sh.helm.release.v1.%s.v%" PRId64, name, revision);
}

static struct kube_ref secret_ref(struct arena *a, const char *name, const char *namespace,
                                  int64_t revision)
{
    return (struct kube_ref){"v1", "Secret", namespace, secret_name(a, name, revision)};
}

/* --- reading ----------------------------------------------------------------- */

static int newest_first(const void *x, const void *y)
{
    const struct value *const *a = x, *const *b = y;
    int64_t m = value_integer_at(*a, "revision"), n = value_integer_at(*b, "revision");

    return m < n ? 1 : m > n ? -1 : 0;
}

static int64_t revision_of(const char *digits)
{
    return digits[0] && strlen(digits) <= 9 && strspn(digits, "0123456789") == strlen(digits)
               ? strtoll(digits, NULL, 10)
               : 0;
}

static const struct value *history_entry(struct arena *a, const struct value *secret)
{
    const struct value *metadata = value_at(secret, "metadata"),
                       *labels = value_at(metadata, "labels");

    return value_map_of(
        a, {"revision", value_integer(a, revision_of(value_text(labels, "version")))},
        {"status", value_at(labels, "status")}, {"ours", value_bool(kube_is_ours(secret))},
        {"uid", value_at(metadata, "uid")});
}

static const struct value *history_of(struct arena *a, const char *name,
                                      const struct value *secrets)
{
    const struct value **entries = arena_array(a, value_count(secrets), sizeof(struct value *));
    size_t count = 0;

    for (size_t i = 0; i < value_count(secrets); i++) {
        const struct value *secret = value_item(secrets, i);

        if (strcmp(value_z(value_in(secret, "metadata", "labels", "name")), name) != 0)
            continue;
        entries[count] = history_entry(a, secret);
        count += value_integer_at(entries[count], "revision") > 0;
    }
    qsort(entries, count, sizeof(struct value *), newest_first);
    return value_list(a, entries, count);
}

static const char *names_selector(struct arena *a, const char *const *names, size_t count)
{
    struct text_builder b;

    if (count == 1)
        return text_f(a, "name=%s,owner=helm", names[0]);
    text_builder_init(&b, a, 4000);
    for (size_t i = 0; i < count; i++)
        text_add_f(&b, "%s%s", i ? "," : "", names[i]);
    return text_f(a, "name in (%s),owner=helm", text_built(&b).at);
}

bool record_histories(struct call *c, struct kube *k, const char *const *names, size_t count,
                      const char *namespace, const struct value **out)
{
    const struct kube_ref ref = {"v1", "Secret", namespace, NULL};
    const struct value *secrets = &value_empty_list;
    struct value_builder b;

    *out = &value_empty_map;
    if (count && !kube_list_metadata(c, k, &ref, names_selector(c->arena, names, count), &secrets))
        return false;
    value_builder_init(&b, c->arena);
    for (size_t i = 0; i < count; i++)
        value_builder_set(&b, names[i], history_of(c->arena, names[i], secrets));
    *out = value_builder_map(&b);
    return true;
}

bool record_history(struct call *c, struct kube *k, const char *name, const char *namespace,
                    const struct value **out)
{
    const struct value *all;

    *out = &value_empty_list;
    if (!record_histories(c, k, &name, 1, namespace, &all))
        return false;
    *out = value_at(all, name);
    return true;
}

bool record_get(struct call *c, struct kube *k, const char *name, const char *namespace,
                int64_t revision, bool *found, struct record *out)
{
    const struct kube_ref ref = secret_ref(c->arena, name, namespace, revision);
    const char *what = text_f(c->arena, "Release record %s/%s", namespace, ref.name);
    const struct value *secret;
    struct text data;

    *found = false;
    if (!kube_get(c, k, &ref, &secret))
        return false;
    if (!secret)
        return true;
    if (!kube_secret_data(c->arena, secret, "release", &data))
        return diag_error(c->diags, NULL, text_f(c->arena, "%s cannot be read", what),
                          "The Secret has no data key \"release\".");
    *found = record_read(c, data, what, out);
    return *found;
}

/* --- writing ----------------------------------------------------------------- */

/* Unix seconds, as Helm's labels have them. */
static const struct value *now_value(struct arena *a)
{
    return value_f(a, "%" PRId64, clock_now());
}

static const struct value *secret_of(struct arena *a, const struct record *r, struct text data)
{
    const struct value *labels = value_map_of(
        a, {"name", value_string(a, r->name)}, {"owner", value_string(a, "helm")},
        {"status", value_string(a, r->status)}, {"version", value_f(a, "%" PRId64, r->revision)},
        {"modifiedAt", now_value(a)});

    return value_map_of(
        a, {"apiVersion", value_string(a, "v1")}, {"kind", value_string(a, "Secret")},
        {"metadata",
         value_map_of(a, {"name", value_string(a, secret_name(a, r->name, r->revision))},
                      {"namespace", value_string(a, r->namespace)}, {"labels", labels})},
        {"type", value_string(a, "helm.sh/release.v1")},
        {"data", value_map_of(
                     a, {"release", value_string_of(a, base64_encode(a, data, BASE64_STANDARD))})});
}

static const char *sizes_text(struct call *c, const struct record *r)
{
    const struct value *files = value_at(r->chart, "files"),
                       *templates = value_at(r->chart, "templates");
    size_t files_bytes = 0, template_bytes = 0;

    for (size_t i = 0; i < value_count(files); i++)
        files_bytes += value_string_text(value_at(value_item(files, i), "data")).len;
    for (size_t i = 0; i < value_count(templates); i++)
        template_bytes += value_string_text(value_at(value_item(templates, i), "data")).len;
    return text_f(c->arena,
                  "Before packing: %zu bytes of templates, %zu of other files of the chart (as "
                  "base64), %zu of rendered objects",
                  template_bytes, files_bytes, r->manifest.len);
}

static bool check_size(struct call *c, const struct record *r, struct text data)
{
    return data.len < RECORD_BYTES_MAX ||
           diag_error(c->diags, NULL,
                      text_f(c->arena, "The record of release %s is too large", r->name),
                      "Packed it has %zu bytes, and a Secret holds 1 MiB. %s. Helm could not store "
                      "it either: make the chart smaller, for example by leaving files out with "
                      ".helmignore.",
                      data.len, sizes_text(c, r));
}

bool record_put(struct call *c, struct kube *k, const struct record *r)
{
    struct text data = record_write(c->arena, r);
    const struct value *done;

    return check_size(c, r, data) &&
           kube_apply(c, k, secret_of(c->arena, r, data), KUBE_SECRET | KUBE_FORCE, &done);
}

bool record_set_status(struct call *c, struct kube *k, const char *name, const char *namespace,
                       int64_t revision, const char *status)
{
    struct record record;
    bool found;

    if (!record_get(c, k, name, namespace, revision, &found, &record))
        return false;
    if (!found || strcmp(record.status, status) == 0)
        return true;
    record.status = status;
    return record_put(c, k, &record);
}

bool record_prune(struct call *c, struct kube *k, const char *name, const char *namespace,
                  const struct value *history, size_t keep)
{
    const struct kube_delete_options options = {.wait = false};

    for (size_t i = keep; i < value_count(history); i++) {
        const struct kube_ref ref = secret_ref(
            c->arena, name, namespace, value_integer_at(value_item(history, i), "revision"));

        if (!kube_delete(c, k, &ref, &options))
            return false;
    }
    return true;
}
