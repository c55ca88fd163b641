#include "helm/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "codec/yml.h"
#include "helm/hook.h"

static const char summary[] = "The chart renders to something that is no object";

/* --- cutting ----------------------------------------------------------------- */

static bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct text manifest_trim(struct text t)
{
    while (t.len > 0 && is_space(t.at[0]))
        t = (struct text){t.at + 1, t.len - 1};
    while (t.len > 0 && is_space(t.at[t.len - 1]))
        t.len--;
    return t;
}

/* The next "---" that starts a line at or behind `from`; its newline counts as part of
 * it, so that two in a row cut once. */
static size_t next_cut(struct text t, size_t from)
{
    if (from == 0 && text_starts_with(t, "---"))
        return 0;
    for (size_t i = from; i + 4 <= t.len; i++) {
        const char *newline = memchr(t.at + i, '\n', t.len - i);

        if (!newline)
            break;
        i = (size_t)(newline - t.at);
        if (i + 4 <= t.len && memcmp(newline, "\n---", 4) == 0)
            return i;
    }
    return t.len;
}

struct text *manifest_split(struct arena *a, struct text file, size_t *count)
{
    struct text t = manifest_trim(file), *pieces;
    size_t most = 1;

    for (size_t i = 0; i < t.len; i++)
        most += t.at[i] == '\n';
    pieces = arena_array(a, most, sizeof(*pieces));
    *count = 0;
    for (size_t from = 0; from < t.len;) {
        size_t cut = next_cut(t, from);
        struct text piece = {t.at + from, cut - from};

        piece = manifest_trim(piece);
        if (piece.len > 0)
            pieces[(*count)++] = piece;
        if (cut == t.len)
            break;
        from = cut + (t.at[cut] == '\n' ? 4 : 3);
        while (from < t.len && is_space(t.at[from]) && t.at[from] != '\v')
            from++;
    }
    return pieces;
}

/* --- faults ------------------------------------------------------------------ */

enum { LINES_AROUND = 3 };

/* The number in "yaml: line 12: ...", or 0. */
static size_t line_of(const char *words)
{
    const char *found = strstr(words, "line ");

    return found ? (size_t)strtoul(found + 5, NULL, 10) : 0;
}

/* A few numbered lines; none of what may be a Secret. */
static const char *lines_around(struct arena *a, struct text document, size_t wanted)
{
    struct text_builder shown;
    struct text line;
    size_t number = 0;

    text_builder_init(&shown, a, 8192);
    if (strstr(text_z(a, document), "Secret"))
        return "(The lines are not shown: they may be of a Secret.)";
    while (text_split(&document, '\n', &line)) {
        number++;
        if (number + LINES_AROUND < wanted || number > wanted + LINES_AROUND)
            continue;
        text_add_f(&shown, "%c%4zu  %s\n", number == wanted ? '>' : ' ', number,
                   text_printable(a, line, 160));
    }
    return shown.len > 0 ? shown.at : "";
}

static bool fail(const struct manifest *m, const char *source, struct text document,
                 const char *words)
{
    struct arena *a = m->call->arena;
    size_t line = line_of(words);

    return diag_error(m->call->diags, m->at, summary, "%s, rendered: %s\n%s", source, words,
                      lines_around(a, document, line ? line : 1));
}

/* --- documents --------------------------------------------------------------- */

/* Doubles an array when it is full. */
static void *room(struct arena *a, void *all, size_t count, size_t *capacity, size_t size)
{
    void *grown;

    if (count < *capacity)
        return all;
    *capacity = *capacity ? 2 * *capacity : 16;
    grown = arena_array(a, *capacity, size);
    if (count > 0)
        memcpy(grown, all, count * size);
    return grown;
}

static void add_object(struct manifest *m, struct rendered_object **all, size_t *count,
                       size_t *capacity, struct rendered_object object)
{
    *all = room(m->call->arena, *all, *count, capacity, sizeof(**all));
    (*all)[(*count)++] = object;
}

static void add_document(struct manifest *m, struct rendered_document document)
{
    struct rendered *out = m->out;

    out->documents = room(m->call->arena, out->documents, out->document_count,
                          &m->document_capacity, sizeof(*out->documents));
    out->documents[out->document_count++] = document;
}

static void add_hook(struct manifest *m, struct rendered_hook hook)
{
    struct rendered *out = m->out;

    out->hooks =
        room(m->call->arena, out->hooks, out->hook_count, &m->hook_capacity, sizeof(*out->hooks));
    out->hooks[out->hook_count++] = hook;
}

static bool read_document(struct manifest *m, const char *source, struct text text,
                          struct hook_head *head)
{
    const char *words = yml_try(m->call->arena, text, &head->object);

    if (!words)
        words = hook_read(m->call->arena, head);
    return !words || fail(m, source, text, words);
}

static void take_document(struct manifest *m, const char *source, struct text text,
                          const struct hook_head *head)
{
    struct rendered_object object = {source, text, head->object, m->unstable};

    if (!head->is_hook)
        add_document(m, (struct rendered_document){.source = source,
                                                   .kind = head->kind,
                                                   .text = text,
                                                   .object = head->object,
                                                   .unstable = m->unstable});
    else if (head->unknown)
        diag_warning(m->call->diags, m->at, "A hook of the chart is left out",
                     "%s: %s %s has the hook \"%s\", which Helm does not know, so nothing of it "
                     "is applied.",
                     source, head->kind, head->name, head->unknown);
    else
        add_hook(m, (struct rendered_hook){object, head->events, head->weight, head->delete_policy,
                                           m->out->hook_count});
}

bool manifest_add(struct manifest *m, const char *source, struct text file)
{
    size_t count;
    struct text *pieces = manifest_split(m->call->arena, file, &count);

    for (size_t i = 0; i < count; i++) {
        struct hook_head head;

        if (!read_document(m, source, pieces[i], &head))
            return false;
        take_document(m, source, pieces[i], &head);
    }
    return true;
}

bool manifest_add_crds(struct manifest *m, const char *source, struct text file)
{
    size_t count;
    struct text *pieces = manifest_split(m->call->arena, file, &count);

    for (size_t i = 0; i < count; i++) {
        struct hook_head head;

        if (!read_document(m, source, pieces[i], &head))
            return false;
        if (head.object->kind == VALUE_MAP)
            add_object(m, &m->out->crds, &m->out->crd_count, &m->object_capacity,
                       (struct rendered_object){source, pieces[i], head.object, false});
    }
    return true;
}

/* --- order ------------------------------------------------------------------- */

static int compare_kinds(const char *left, const char *right)
{
    int l = render_kind_order(left), r = render_kind_order(right);

    if (l == r && l == render_kind_order(""))
        return strcmp(left, right);
    return l - r;
}

/* qsort is not stable; the addresses are those of the first order. */
static int compare_documents(const void *left, const void *right)
{
    const struct rendered_document *const *l = left, *const *r = right;
    int order = compare_kinds((*l)->kind, (*r)->kind);

    return order ? order : (*l > *r) - (*l < *r);
}

static void sort_documents(struct arena *a, struct rendered *out)
{
    size_t count = out->document_count;
    const struct rendered_document **order =
        arena_array(a, count, sizeof(struct rendered_document *));
    struct rendered_document *sorted = arena_array(a, count, sizeof(*sorted));

    for (size_t i = 0; i < count; i++)
        order[i] = &out->documents[i];
    if (count > 1)
        qsort(order, count, sizeof(struct rendered_document *), compare_documents);
    for (size_t i = 0; i < count; i++)
        sorted[i] = *order[i];
    out->documents = sorted;
}

static int compare_hook_kinds(const void *left, const void *right)
{
    const struct rendered_hook *l = left, *r = right;
    int order =
        compare_kinds(value_text(l->object.object, "kind"), value_text(r->object.object, "kind"));

    return order ? order : (l->position > r->position) - (l->position < r->position);
}

static int compare_hooks(const void *left, const void *right)
{
    const struct rendered_hook *l = left, *r = right;
    int order = (l->weight > r->weight) - (l->weight < r->weight);

    if (!order)
        order = strcmp(value_z(value_in(l->object.object, "metadata", "name")),
                       value_z(value_in(r->object.object, "metadata", "name")));
    return order ? order : (l->position > r->position) - (l->position < r->position);
}

static void sort_hooks(struct rendered *out)
{
    if (out->hook_count == 0)
        return;
    qsort(out->hooks, out->hook_count, sizeof(*out->hooks), compare_hook_kinds);
    for (size_t i = 0; i < out->hook_count; i++)
        out->hooks[i].position = i;
    qsort(out->hooks, out->hook_count, sizeof(*out->hooks), compare_hooks);
}

/* --- objects ----------------------------------------------------------------- */

static bool is_list(const struct value *object)
{
    return text_ends_with(text_of(value_text(object, "kind")), "List") &&
           value_at(object, "items")->kind == VALUE_LIST;
}

/* An item without a head has that of a typed list: a ConfigMapList holds ConfigMaps. */
static const struct value *item_of(struct arena *a, const struct value *list,
                                   const struct value *item)
{
    const char *kind = value_text(list, "kind");
    size_t len = strlen(kind) - strlen("List");

    if (len == 0 || value_has(item, "kind") || value_has(item, "apiVersion"))
        return item;
    item = value_with(a, item, "apiVersion", value_at(list, "apiVersion"));
    return value_with(a, item, "kind", value_string_of(a, (struct text){kind, len}));
}

static void take_objects(struct manifest *m, struct rendered_object object, size_t depth)
{
    const struct value *items = value_at(object.object, "items");

    if (object.object->kind != VALUE_MAP)
        return;
    if (!is_list(object.object) || depth == 0) {
        add_object(m, &m->out->objects, &m->out->object_count, &m->object_capacity, object);
        return;
    }
    for (size_t i = 0; i < value_count(items); i++) {
        struct rendered_object item = object;

        item.object = item_of(m->call->arena, object.object, value_item(items, i));
        take_objects(m, item, depth - 1);
    }
}

void manifest_finish(struct manifest *m)
{
    struct rendered *out = m->out;

    sort_documents(m->call->arena, out);
    sort_hooks(out);
    m->object_capacity = 0;
    for (size_t i = 0; i < out->document_count; i++) {
        struct rendered_document *d = &out->documents[i];

        d->first_object = out->object_count;
        take_objects(m, (struct rendered_object){d->source, d->text, d->object, d->unstable},
                     YML_DEPTH_MAX);
        d->object_count = out->object_count - d->first_object;
    }
}
