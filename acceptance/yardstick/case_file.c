#include "acceptance/yardstick/case_file.h"

#include <string.h>

#include "codec/json.h"

enum { PARTS_MAX = 64, CASES_MAX = 4000 };

static const struct value *case_json(struct arena *a, struct text text)
{
    const struct value *v = &value_null;
    struct diags diags;

    diags_init(&diags, a);
    if (!json_read(a, text, "a recorded answer", &diags, &v))
        fail_msg("not JSON: %s", text_z(a, text));
    return v;
}

static bool cut_prefix(struct text *t, const char *prefix)
{
    size_t len = strlen(prefix);

    if (!text_starts_with(*t, prefix))
        return false;
    *t = (struct text){t->at + len, t->len - len};
    return true;
}

static bool is_marker(struct text line)
{
    return text_starts_with(line, ">>> ") || text_starts_with(line, "<<< ") ||
           text_starts_with(line, "=== ");
}

/* Takes the lines that come before the next marker out of *rest. */
static struct text take_body(struct text *rest)
{
    struct text body = {rest->at, 0}, before = *rest, line;

    while (before = *rest, text_split(rest, '\n', &line)) {
        if (is_marker(line)) {
            *rest = before;
            break;
        }
        body.len = (size_t)(line.at - body.at) + line.len + 1;
        if (!rest->at)
            break;
    }
    if (body.len > 0)
        body.len--; /* the last line's own end */
    if (body.len > 0 && body.at[body.len - 1] == '\n')
        body.len--; /* the blank line before a marker */
    return body;
}

/* --- answers ------------------------------------------------------------------ */

static const struct value *lines_of(struct arena *a, struct text body)
{
    struct value_builder list;
    struct text line;

    value_builder_init(&list, a);
    while (text_split(&body, '\n', &line))
        value_builder_add(&list, value_string_of(a, line));
    return value_builder_list(&list);
}

static struct answer answer_of_block(struct arena *a, struct text what, struct text body)
{
    struct answer answer = {.errors = &value_empty_list};

    if (cut_prefix(&what, "quoted "))
        body = value_string_text(case_json(a, body));
    answer.text = body;
    if (text_is(what, "text")) {
        answer.outcome = OUTCOME_TEXT;
    } else if (text_is(what, "manifest")) {
        answer.outcome = OUTCOME_MANIFEST;
    } else if (text_is(what, "error")) {
        answer.outcome = OUTCOME_ERROR;
        answer.errors = lines_of(a, body);
    } else if (text_is(what, "refused")) {
        answer.outcome = OUTCOME_REFUSED;
    } else {
        fail_msg("no such answer: %s", text_z(a, what));
    }
    return answer;
}

/* "  = \"text\"", "  ! [...]" or "  ? \"...\"". */
static bool answer_of_row(struct arena *a, struct text line, struct answer *out)
{
    struct text rest = line;

    *out = (struct answer){.errors = &value_empty_list};
    if (cut_prefix(&rest, "  = ")) {
        out->outcome = OUTCOME_TEXT;
        out->text = value_string_text(case_json(a, rest));
    } else if (cut_prefix(&rest, "  ! ")) {
        out->outcome = OUTCOME_ERROR;
        out->errors = case_json(a, rest);
    } else if (cut_prefix(&rest, "  ? ")) {
        out->outcome = OUTCOME_REFUSED;
    } else {
        return false;
    }
    return true;
}

/* --- cases -------------------------------------------------------------------- */

struct reader {
    struct arena *arena;
    const char *topic;
    struct case_file *out;
    struct case_entry now; /* the case being read */
    struct case_part *parts;
};

static struct case_entry *add_case(struct reader *r, const char *name)
{
    struct case_entry *entry = &r->out->cases[r->out->count++];

    assert_true(r->out->count < CASES_MAX);
    *entry = r->now;
    entry->name = name;
    return entry;
}

static void add_rows(struct reader *r, struct text body)
{
    struct text line, template = {NULL, 0};
    size_t number = 0;

    while (text_split(&body, '\n', &line)) {
        struct answer answer;

        if (line.len == 0 || text_starts_with(line, "# "))
            continue;
        if (!answer_of_row(r->arena, line, &answer)) {
            template = line;
            continue;
        }
        if (!template.at)
            fail_msg("%s: an answer to nothing: %s", r->now.name, text_z(r->arena, line));
        add_case(r, text_f(r->arena, "%s, %zu", r->now.name, ++number));
        r->out->cases[r->out->count - 1].has_template = true;
        r->out->cases[r->out->count - 1].template = template;
        r->out->cases[r->out->count - 1].answer = answer;
        template.at = NULL;
    }
}

static void start_case(struct reader *r, struct text name)
{
    r->parts = arena_array(r->arena, PARTS_MAX, sizeof(*r->parts));
    r->now = (struct case_entry){
        .name = text_f(r->arena, "%s: %s", r->topic, text_z(r->arena, name)),
        .parts = r->parts,
    };
}

static void add_part(struct reader *r, struct text what, struct text body)
{
    struct case_part part = {what, body};

    if (text_is(what, "each")) {
        add_rows(r, body);
    } else if (text_is(what, "template") || text_is(what, "quoted template")) {
        r->now.has_template = true;
        r->now.template = case_part_text(r->arena, &part);
    } else {
        assert_true(r->now.part_count < PARTS_MAX);
        r->parts[r->now.part_count++] = part;
    }
}

struct text case_part_text(struct arena *a, const struct case_part *part)
{
    return text_starts_with(part->what, "quoted ") ? value_string_text(case_json(a, part->body))
                                                   : part->body;
}

void case_file_read(struct arena *a, const char *topic, struct text text, struct case_file *out)
{
    struct reader r = {.arena = a, .topic = topic, .out = out};
    struct text line;

    *out = (struct case_file){.cases = arena_array(a, CASES_MAX, sizeof(*out->cases))};
    take_body(&text);
    while (text_split(&text, '\n', &line)) {
        if (cut_prefix(&line, "=== ")) {
            start_case(&r, line);
        } else if (cut_prefix(&line, ">>> ")) {
            add_part(&r, line, take_body(&text));
        } else if (cut_prefix(&line, "<<< ")) {
            struct text body = take_body(&text);

            add_case(&r, r.now.name)->answer = answer_of_block(a, line, body);
        } else if (line.len > 0) {
            fail_msg("%s: stray line: %s", topic, text_z(a, line));
        }
    }
}
