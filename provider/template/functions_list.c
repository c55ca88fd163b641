/* Lists. Sprig's functions take anything that Go calls a slice, so bytes too. */
#include "template/convert.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct datum *list_of(struct function_call *f, struct items items)
{
    return datum_list(f->arena, items.at, items.count);
}

/* Whether d is among the items; false: there was too much to compare, which is reported. */
static bool search(struct function_call *f, struct items items, const struct datum *d, bool *found)
{
    size_t nodes = DATUM_NODES_MAX;

    *found = false;
    for (size_t i = 0; i < items.count && !*found; i++)
        *found = datum_equal_within(d, items.at[i], &nodes);
    return function_work(f, (DATUM_NODES_MAX - nodes) / FUNCTION_ELEMENTS_PER_STEP);
}

static const struct datum *run_list(struct function_call *f)
{
    return datum_list(f->arena, f->arguments, f->count);
}

/* --- ends ----------------------------------------------------------------- */

static const struct datum *run_first(struct function_call *f)
{
    struct items items;

    if (!convert_items(f, function_argument(f, 0), "Cannot find first on type ", "", &items))
        return NULL;
    return items.count ? items.at[0] : &datum_nil;
}

static const struct datum *run_last(struct function_call *f)
{
    struct items items;

    if (!convert_items(f, function_argument(f, 0), "Cannot find last on type ", "", &items))
        return NULL;
    return items.count ? items.at[items.count - 1] : &datum_nil;
}

static const struct datum *run_rest(struct function_call *f)
{
    struct items items;

    if (!convert_items(f, function_argument(f, 0), "Cannot find rest on type ", "", &items))
        return NULL;
    if (items.count)
        items = (struct items){items.at + 1, items.count - 1};
    return list_of(f, items);
}

static const struct datum *run_initial(struct function_call *f)
{
    struct items items;

    if (!convert_items(f, function_argument(f, 0), "Cannot find initial on type ", "", &items))
        return NULL;
    items.count -= items.count > 0;
    return list_of(f, items);
}

/* --- joining -------------------------------------------------------------- */

static const struct datum *join_two(struct function_call *f, struct items a, struct items b)
{
    const struct datum **items = arena_array(f->arena, a.count + b.count, sizeof(struct datum *));

    for (size_t i = 0; i < a.count; i++)
        items[i] = a.at[i];
    for (size_t i = 0; i < b.count; i++)
        items[a.count + i] = b.at[i];
    return datum_list(f->arena, items, a.count + b.count);
}

static const struct datum *run_append(struct function_call *f)
{
    struct items items;

    if (!convert_items(f, function_argument(f, 0), "Cannot push on type ", "", &items))
        return NULL;
    return join_two(f, items, (struct items){f->arguments + 1, 1});
}

static const struct datum *run_prepend(struct function_call *f)
{
    struct items items;

    if (!convert_items(f, function_argument(f, 0), "Cannot prepend on type ", "", &items))
        return NULL;
    return join_two(f, (struct items){f->arguments + 1, 1}, items);
}

static const struct datum *run_concat(struct function_call *f)
{
    struct items *parts = arena_array(f->arena, f->count, sizeof(*parts));
    const struct datum **items;
    size_t count = 0;

    for (size_t i = 0; i < f->count; i++) {
        if (!convert_items(f, function_argument(f, i), "Cannot concat type ", " as list",
                           &parts[i]))
            return NULL;
        count += parts[i].count;
    }
    items = arena_array(f->arena, count, sizeof(struct datum *));
    count = 0;
    for (size_t i = 0; i < f->count; i++)
        for (size_t k = 0; k < parts[i].count; k++)
            items[count++] = parts[i].at[k];
    return datum_list(f->arena, items, count);
}

/* --- choosing ------------------------------------------------------------- */

static const struct datum *run_reverse(struct function_call *f)
{
    const struct datum **reversed;
    struct items items;

    if (!convert_items(f, function_argument(f, 0), "Cannot find reverse on type ", "", &items))
        return NULL;
    reversed = arena_array(f->arena, items.count, sizeof(struct datum *));
    for (size_t i = 0; i < items.count; i++)
        reversed[items.count - i - 1] = items.at[i];
    return datum_list(f->arena, reversed, items.count);
}

static const struct datum *run_uniq(struct function_call *f)
{
    const struct datum **kept;
    struct items items;
    size_t count = 0;
    bool found;

    if (!convert_items(f, function_argument(f, 0), "Cannot find uniq on type ", "", &items))
        return NULL;
    kept = arena_array(f->arena, items.count, sizeof(struct datum *));
    for (size_t i = 0; i < items.count; i++) {
        if (!search(f, (struct items){kept, count}, items.at[i], &found))
            return NULL;
        if (!found)
            kept[count++] = items.at[i];
    }
    return datum_list(f->arena, kept, count);
}

static const struct datum *run_without(struct function_call *f)
{
    const struct datum **kept;
    struct items items;
    size_t count = 0;
    bool found;

    if (!convert_items(f, function_argument(f, 0), "Cannot find without on type ", "", &items))
        return NULL;
    kept = arena_array(f->arena, items.count, sizeof(struct datum *));
    for (size_t i = 0; i < items.count; i++) {
        if (!search(f, (struct items){f->arguments + 1, f->count - 1}, items.at[i], &found))
            return NULL;
        if (!found)
            kept[count++] = items.at[i];
    }
    return datum_list(f->arena, kept, count);
}

static const struct datum *run_compact(struct function_call *f)
{
    const struct datum **kept;
    struct items items;
    size_t count = 0;

    if (!convert_items(f, function_argument(f, 0), "Cannot compact on type ", "", &items))
        return NULL;
    kept = arena_array(f->arena, items.count, sizeof(struct datum *));
    for (size_t i = 0; i < items.count; i++)
        if (datum_truth(items.at[i]))
            kept[count++] = items.at[i];
    return datum_list(f->arena, kept, count);
}

static const struct datum *run_has(struct function_call *f)
{
    const struct datum *haystack = function_argument(f, 1);
    struct items items;
    bool found;

    if (haystack->kind == DATUM_NIL)
        return &datum_false;
    if (!convert_items(f, haystack, "Cannot find has on type ", "", &items))
        return NULL;
    return search(f, items, function_argument(f, 0), &found) ? datum_bool(found) : NULL;
}

/* The slice keeps the type of what it is cut from. */
static const struct datum *run_slice(struct function_call *f)
{
    const struct datum *from = function_argument(f, 0), *cut;
    struct items items;
    int64_t start = 0, end;

    if (!convert_items(f, from, "list should be type of slice or array but ", "", &items))
        return NULL;
    if (!items.count)
        return &datum_nil;
    end = (int64_t)items.count;
    if (f->count > 1)
        start = convert_integer(function_argument(f, 1));
    if (f->count > 2)
        end = convert_integer(function_argument(f, 2));
    if (start < 0 || start > end || end > (int64_t)items.count)
        return function_fail(f, "reflect.Value.Slice: slice index out of bounds");
    if (from->kind == DATUM_BYTES)
        return datum_bytes(f->arena, (struct text){from->text.at + start, (size_t)(end - start)});
    cut = datum_list(f->arena, items.at + start, (size_t)(end - start));
    return from->type_name ? convert_typed(f, cut, from->type_name) : cut;
}

static const struct datum *run_chunk(struct function_call *f)
{
    int64_t size = function_integer(f, 0);
    const struct datum **chunks;
    struct items items;
    size_t count, step;

    if (!convert_items(f, function_argument(f, 1), "Cannot chunk type ", "", &items))
        return NULL;
    if (size == 0 || (size < 0 && items.count < 2))
        return function_fail(f, "runtime error: makeslice: len out of range");
    if (size < 0)
        items.count = 0;
    step = size > 0 ? (size_t)size : 1;
    count = items.count / step + (items.count % step > 0);
    chunks = arena_array(f->arena, count, sizeof(struct datum *));
    for (size_t i = 0; i < count; i++) {
        size_t left = items.count - i * step;

        chunks[i] = datum_list(f->arena, items.at + i * step, left < step ? left : step);
    }
    return convert_typed(f, datum_list(f->arena, chunks, count), "[][]interface {}");
}

/* --- texts ---------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    const struct datum *const *first = a, *const *second = b;

    return text_compare((*first)->text, (*second)->text);
}

static const struct datum *run_sort_alpha(struct function_call *f)
{
    const struct datum *from = function_argument(f, 0);
    struct items texts = {&from, 1};
    const struct datum **sorted;

    if (from->kind == DATUM_LIST || from->kind == DATUM_BYTES)
        texts = convert_strings(f, from);
    else
        from = datum_string(f->arena, convert_text(f->arena, from));
    sorted = arena_array(f->arena, texts.count, sizeof(struct datum *));
    for (size_t i = 0; i < texts.count; i++)
        sorted[i] = texts.at[i];
    if (texts.count)
        qsort(sorted, texts.count, sizeof(struct datum *), by_text);
    return datum_strings(f->arena, sorted, texts.count);
}

static const struct datum *run_to_strings(struct function_call *f)
{
    struct items texts = convert_strings(f, function_argument(f, 0));

    return datum_strings(f->arena, texts.at, texts.count);
}

/* --- numbers -------------------------------------------------------------- */

/* The numbers from start to before stop; false and reported when there are too many. */
static bool count_steps(struct function_call *f, int64_t start, int64_t stop, int64_t step,
                        size_t *count)
{
    uint64_t distance =
        stop < start ? (uint64_t)start - (uint64_t)stop : (uint64_t)stop - (uint64_t)start;
    uint64_t pace = step < 0 ? 0 - (uint64_t)step : (uint64_t)step;

    *count = 0;
    if (step == 0 || (stop < start) != (step < 0) || distance == 0)
        return true;
    if ((distance - 1) / pace >= CONVERT_ITEMS_MAX) {
        function_fail(f, "the list has more than %d items", CONVERT_ITEMS_MAX);
        return false;
    }
    *count = (size_t)((distance - 1) / pace + 1);
    return true;
}

static const struct datum *steps(struct function_call *f, int64_t start, int64_t stop, int64_t step)
{
    const struct datum **items;
    size_t count;

    if (!count_steps(f, start, stop, step, &count))
        return NULL;
    items = arena_array(f->arena, count, sizeof(struct datum *));
    for (size_t i = 0; i < count; i++)
        items[i] = datum_int(f->arena, start + (int64_t)i * step);
    return convert_typed(f, datum_list(f->arena, items, count), "[]int");
}

static const struct datum *run_until(struct function_call *f)
{
    int64_t stop = function_integer(f, 0);

    return steps(f, 0, stop, stop < 0 ? -1 : 1);
}

static const struct datum *run_until_step(struct function_call *f)
{
    return steps(f, function_integer(f, 0), function_integer(f, 1), function_integer(f, 2));
}

/* As the tool seq counts: the end belongs to it. The text of the numbers. */
static const struct datum *run_seq(struct function_call *f)
{
    int64_t start = f->count > 1 ? function_integer(f, 0) : 1, end, step, past;
    struct text_builder b;
    size_t count;

    if (f->count == 0 || f->count > 3)
        return &datum_empty_string;
    end = function_integer(f, f->count - 1);
    step = f->count == 3 ? function_integer(f, 1) : end < start ? -1 : 1;
    if (f->count == 3 && end < start && step > 0)
        return &datum_empty_string;
    past = (int64_t)((uint64_t)end + (end < start ? UINT64_MAX : 1));
    if (!count_steps(f, start, past, step, &count))
        return NULL;
    text_builder_init(&b, f->arena, (size_t)CONVERT_ITEMS_MAX * 24);
    for (size_t i = 0; i < count; i++) {
        int64_t number = start + (int64_t)i * step;

        text_add_f(&b, "%s%" PRId64, i ? " " : "", number);
    }
    return datum_string(f->arena, text_built(&b));
}

const struct function functions_list[] = {
    {"list", "v*", run_list, 0},
    {"tuple", "v*", run_list, 0},
    {"first", "v", run_first, 0},
    {"mustFirst", "v", run_first, 0},
    {"last", "v", run_last, 0},
    {"mustLast", "v", run_last, 0},
    {"rest", "v", run_rest, 0},
    {"mustRest", "v", run_rest, 0},
    {"initial", "v", run_initial, 0},
    {"mustInitial", "v", run_initial, 0},
    {"append", "vv", run_append, 0},
    {"mustAppend", "vv", run_append, 0},
    {"push", "vv", run_append, 0},
    {"mustPush", "vv", run_append, 0},
    {"prepend", "vv", run_prepend, 0},
    {"mustPrepend", "vv", run_prepend, 0},
    {"concat", "v*", run_concat, 0},
    {"reverse", "v", run_reverse, 0},
    {"mustReverse", "v", run_reverse, 0},
    {"uniq", "v", run_uniq, 0},
    {"mustUniq", "v", run_uniq, 0},
    {"without", "vv*", run_without, 0},
    {"mustWithout", "vv*", run_without, 0},
    {"compact", "v", run_compact, 0},
    {"mustCompact", "v", run_compact, 0},
    {"has", "vv", run_has, 0},
    {"mustHas", "vv", run_has, 0},
    {"slice", "vv*", run_slice, 0},
    {"mustSlice", "vv*", run_slice, 0},
    {"chunk", "iv", run_chunk, 0},
    {"mustChunk", "iv", run_chunk, 0},
    {"sortAlpha", "v", run_sort_alpha, 0},
    {"toStrings", "v", run_to_strings, 0},
    {"until", "i", run_until, 0},
    {"untilStep", "iii", run_until_step, 0},
    {"seq", "i*", run_seq, 0},
    {0},
};
