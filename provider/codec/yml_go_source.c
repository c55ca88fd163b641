#include "codec/yml_go_source.h"

#include "base/text.h"

static void add(struct text_builder *b, const struct value *v);

static void add_string(struct text_builder *b, struct text t)
{
    text_add_char(b, '"');
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '"' || t.at[i] == '\\')
            text_add_char(b, '\\');
        if (t.at[i] == '\n')
            text_add_z(b, "\\n");
        else if (t.at[i] == '\t')
            text_add_z(b, "\\t");
        else
            text_add_char(b, t.at[i]);
    }
    text_add_char(b, '"');
}

static void add_list(struct text_builder *b, const struct value *v)
{
    text_add_z(b, "[]interface {}{");
    for (size_t i = 0; i < v->list.count && !b->overflow; i++) {
        text_add_z(b, i ? ", " : "");
        add(b, v->list.items[i]);
    }
    text_add_char(b, '}');
}

static void add_map(struct text_builder *b, const struct value *v)
{
    text_add_z(b, "map[interface {}]interface {}{");
    for (size_t i = 0; i < v->map.count && !b->overflow; i++) {
        text_add_z(b, i ? ", " : "");
        add_string(b, text_of(v->map.entries[i].key));
        text_add_char(b, ':');
        add(b, v->map.entries[i].value);
    }
    text_add_char(b, '}');
}

static void add(struct text_builder *b, const struct value *v)
{
    switch (v->kind) {
    case VALUE_BOOL:
        text_add_z(b, v->boolean ? "true" : "false");
        break;
    case VALUE_NUMBER:
        text_add(b, v->number.text);
        break;
    case VALUE_STRING:
        add_string(b, v->string);
        break;
    case VALUE_LIST:
        add_list(b, v);
        break;
    case VALUE_MAP:
        add_map(b, v);
        break;
    default:
        text_add_z(b, "interface {}(nil)");
    }
}

const char *yml_go_source(struct arena *a, const struct value *v)
{
    struct text_builder b;

    text_builder_init(&b, a, YML_GO_SOURCE_BYTES_MAX);
    add(&b, v);
    return b.at;
}
