#include "template/node.h"

#include <string.h>

#include "template/quote.h"

enum { LIST_FIRST = 4 };

void node_list_add(struct arena *a, struct node_list *list, const struct node *n)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : LIST_FIRST;
        const struct node **grown = arena_array(a, capacity, sizeof(struct node *));

        if (list->count)
            memcpy(grown, list->items, list->count * sizeof(struct node *));
        list->items = grown;
        list->capacity = capacity;
    }
    list->items[list->count++] = n;
}

static bool is_blank(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!t.at[i] || !strchr(" \t\r\n\v\f", t.at[i]))
            return false;
    return true;
}

bool node_list_is_blank(const struct node_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i]->kind != NODE_TEXT || !is_blank(list->items[i]->text))
            return false;
    return true;
}

static void print_list(struct text_builder *b, const struct node_list *list)
{
    for (size_t i = 0; i < list->count && !b->overflow; i++)
        node_print(b, list->items[i]);
}

static void print_joined(struct text_builder *b, const struct node_list *list, const char *joint)
{
    for (size_t i = 0; i < list->count && !b->overflow; i++) {
        const struct node *n = list->items[i];
        bool parentheses = n->kind == NODE_PIPELINE;

        if (i)
            text_add_z(b, joint);
        if (parentheses)
            text_add_char(b, '(');
        node_print(b, n);
        if (parentheses)
            text_add_char(b, ')');
    }
}

static void print_control(struct text_builder *b, const char *word, const struct node *n)
{
    text_add_f(b, "{{%s ", word);
    node_print(b, n->control.pipeline);
    text_add_z(b, "}}");
    print_list(b, n->control.body);
    if (n->control.otherwise) {
        text_add_z(b, "{{else}}");
        print_list(b, n->control.otherwise);
    }
    text_add_z(b, "{{end}}");
}

static void print_template(struct text_builder *b, const struct node *n)
{
    text_add_z(b, "{{template ");
    quote_text(b, n->control.name, false);
    if (n->control.pipeline) {
        text_add_char(b, ' ');
        node_print(b, n->control.pipeline);
    }
    text_add_z(b, "}}");
}

static void print_pipeline(struct text_builder *b, const struct node *n)
{
    print_joined(b, &n->pipeline.declarations, ", ");
    if (n->pipeline.declarations.count)
        text_add_z(b, n->pipeline.assigns ? " = " : " := ");
    print_joined(b, &n->pipeline.commands, " | ");
}

static void print_path(struct text_builder *b, const struct node *n)
{
    if (n->kind == NODE_CHAIN) {
        bool parentheses = n->path.base->kind == NODE_PIPELINE;

        text_add_z(b, parentheses ? "(" : "");
        node_print(b, n->path.base);
        text_add_z(b, parentheses ? ")" : "");
    }
    for (size_t i = 0; i < n->path.count; i++) {
        if (n->kind != NODE_VARIABLE || i)
            text_add_char(b, '.');
        text_add(b, n->path.names[i]);
    }
}

static void print_value(struct text_builder *b, const struct node *n)
{
    switch (n->kind) {
    case NODE_PIPELINE:
        print_pipeline(b, n);
        break;
    case NODE_COMMAND:
        print_joined(b, &n->operands, " ");
        break;
    case NODE_FUNCTION:
        text_add(b, n->call.name);
        break;
    case NODE_FIELD:
    case NODE_VARIABLE:
    case NODE_CHAIN:
        print_path(b, n);
        break;
    case NODE_DOT:
        text_add_char(b, '.');
        break;
    case NODE_NIL:
        text_add_z(b, "nil");
        break;
    default:
        text_add(b, n->constant.source);
    }
}

void node_print(struct text_builder *b, const struct node *n)
{
    switch (n->kind) {
    case NODE_TEXT:
        text_add(b, n->text);
        break;
    case NODE_ACTION:
        text_add_z(b, "{{");
        node_print(b, n->control.pipeline);
        text_add_z(b, "}}");
        break;
    case NODE_IF:
        print_control(b, "if", n);
        break;
    case NODE_WITH:
        print_control(b, "with", n);
        break;
    case NODE_RANGE:
        print_control(b, "range", n);
        break;
    case NODE_TEMPLATE:
        print_template(b, n);
        break;
    case NODE_BREAK:
        text_add_z(b, "{{break}}");
        break;
    case NODE_CONTINUE:
        text_add_z(b, "{{continue}}");
        break;
    case NODE_ELSE:
        text_add_z(b, "{{else}}");
        break;
    case NODE_END:
        text_add_z(b, "{{end}}");
        break;
    default:
        print_value(b, n);
    }
}
