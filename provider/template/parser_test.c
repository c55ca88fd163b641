#include "template/parser.h"

#include <string.h>

#include "base/test.h"
#include "template/lexer.h"
#include "template/quote.h"
#include "template/template.h"

static const char trees_file[] = "provider/template/testdata/parser.cases";
static const char tokens_file[] = "provider/template/testdata/lexer.cases";

/* --- rows: literal => literal, or ! literal ------------------------------------ */
struct row {
    struct text source, answer;
    bool error;
};

static struct text literal(struct arena *a, struct text t)
{
    struct text out;

    if (!quote_read(a, t, &out))
        fail_msg("not a literal: %.*s", (int)t.len, t.at);
    return out;
}

static bool next_row(struct arena *a, struct text *rest, struct row *out)
{
    struct text line;
    size_t arrow = 0;

    do {
        if (!text_split(rest, '\n', &line))
            return false;
    } while (!line.len || line.at[0] == '#');
    for (size_t i = 0; i + 4 <= line.len; i++)
        if (memcmp(line.at + i, " => ", 4) == 0)
            arrow = i;
    out->source = literal(a, (struct text){line.at, arrow});
    line = (struct text){line.at + arrow + 4, line.len - arrow - 4};
    out->error = text_starts_with(line, "! ");
    if (out->error)
        line = (struct text){line.at + 2, line.len - 2};
    out->answer = literal(a, line);
    return true;
}

static void compare(const struct row *row, bool error, struct text found)
{
    if (error != row->error || !text_equal(found, row->answer))
        fail_msg("%.*s\n  gave %.*s", (int)row->source.len, row->source.at, (int)found.len,
                 found.at);
}

/* --- trees ---------------------------------------------------------------------- */
static void add_tree(struct text_builder *b, const struct node_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        node_print(b, list->items[i]);
}

/* The source's own tree is the last; those that it defines follow in the row. */
static struct text printed(struct arena *a, const struct template *templates)
{
    const struct template *own = templates;
    struct text_builder b;

    text_builder_init(&b, a, 1 << 20);
    while (own->next)
        own = own->next;
    add_tree(&b, own->body);
    for (const struct template *t = templates; t != own; t = t->next) {
        text_add_f(&b, "|%.*s|", (int)t->name.len, t->name.at);
        add_tree(&b, t->body);
    }
    return text_built(&b);
}

TEST(trees_are_those_of_go)
{
    struct text rest = test_file(a, trees_file);
    size_t count = 0;
    struct row row;

    for (; next_row(a, &rest, &row); count++) {
        struct source source = {"t", row.source};
        struct template *templates;
        const char *error = NULL;
        bool done = parser_run(a, &source, &templates, &error);

        compare(&row, !done, done ? printed(a, templates) : text_of(error));
    }
    assert_true(count > 80);
}

/* Trees borrow from the source: not one of its bytes is written to or kept elsewhere. */
TEST(trees_point_into_their_source)
{
    const char *copy = arena_strdup(a, "text {{ .field }} {{ upper \"x\" }}");
    struct source source = {"t", text_of(copy)};
    struct template *templates;
    const char *error;

    assert_true(parser_run(a, &source, &templates, &error));
    assert_string_equal(copy, "text {{ .field }} {{ upper \"x\" }}");
    assert_ptr_equal(templates->body->items[0]->text.at, copy);
    assert_int_equal(templates->body->items[1]->at, 8);
}

TEST(nesting_is_limited)
{
    struct text_builder b;

    for (size_t kind = 0; kind < 2; kind++) {
        struct source source = {.name = "t"};
        struct template *templates;
        const char *error;

        text_builder_init(&b, a, 1 << 20);
        text_add_z(&b, kind ? "" : "{{");
        for (size_t i = 0; i <= TEMPLATE_PARSE_DEPTH_MAX; i++)
            text_add_z(&b, kind ? "{{if 1}}" : "(");
        source.text = text_built(&b);
        assert_false(parser_run(a, &source, &templates, &error));
        assert_string_equal(error, kind ? "template: t:1: blocks are nested deeper than 500"
                                        : "template: t:1: max expression depth exceeded");
    }
}

/* --- tokens --------------------------------------------------------------------- */
static const char *token_name(enum token_kind kind)
{
    static const char *const names[] = {
        [TOKEN_ERROR] = "error",
        [TOKEN_END] = "end",
        [TOKEN_TEXT] = "text",
        [TOKEN_LEFT_DELIMITER] = "left",
        [TOKEN_RIGHT_DELIMITER] = "right",
        [TOKEN_SPACE] = "space",
        [TOKEN_ASSIGN] = "assign",
        [TOKEN_DECLARE] = "declare",
        [TOKEN_PIPE] = "pipe",
        [TOKEN_LEFT_PARENTHESIS] = "open",
        [TOKEN_RIGHT_PARENTHESIS] = "close",
        [TOKEN_CHARACTER] = "character",
        [TOKEN_BOOL] = "bool",
        [TOKEN_CHARACTER_CONSTANT] = "rune",
        [TOKEN_COMPLEX] = "complex",
        [TOKEN_NUMBER] = "number",
        [TOKEN_STRING] = "string",
        [TOKEN_RAW_STRING] = "raw",
        [TOKEN_FIELD] = "field",
        [TOKEN_IDENTIFIER] = "word",
        [TOKEN_VARIABLE] = "variable",
        [TOKEN_DOT] = "dot",
        [TOKEN_WITH] = "with",
    };

    return kind <= TOKEN_WITH && names[kind] ? names[kind] : "keyword";
}

/* "kind@byte:line" of each token up to the end or the first error. */
static struct text tokens_of(struct arena *a, struct text source, bool *error)
{
    struct text_builder b;
    struct lexer lexer;
    struct token t;

    text_builder_init(&b, a, 1 << 16);
    lexer_init(&lexer, a, source);
    do {
        t = lexer_next(&lexer);
        text_add_f(&b, "%s%s@%zu:%u", b.len ? " " : "", token_name(t.kind), t.at, t.line);
    } while (t.kind != TOKEN_END && t.kind != TOKEN_ERROR);
    *error = t.kind == TOKEN_ERROR;
    if (*error)
        text_add_f(&b, " %.*s", (int)t.text.len, t.text.at);
    return text_built(&b);
}

TEST(tokens_have_their_kinds_and_places)
{
    struct text rest = test_file(a, tokens_file);
    size_t count = 0;
    struct row row;

    for (; next_row(a, &rest, &row); count++) {
        bool error;
        struct text found = tokens_of(a, row.source, &error);

        compare(&row, error, found);
    }
    assert_true(count > 10);
}

TEST(after_an_error_there_are_only_ends)
{
    struct lexer lexer;

    lexer_init(&lexer, a, TEXT("{{ \"a"));
    while (lexer_next(&lexer).kind != TOKEN_ERROR)
        ;
    assert_int_equal(lexer_next(&lexer).kind, TOKEN_END);
    assert_int_equal(lexer_next(&lexer).kind, TOKEN_END);
}
