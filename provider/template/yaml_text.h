/* yaml_text - what a string needs when it stands in YAML: how go-yaml sees it.
 * For yaml_write alone. */
#ifndef TEMPLATE_YAML_TEXT_H
#define TEMPLATE_YAML_TEXT_H
#include "template/yaml_write.h"

struct yaml_text {
    struct text text;
    size_t runes;
    bool multi_line;
    bool plain, single_quoted, block; /* allowed styles */
    bool escaped_whole;               /* begins with U+FEFF: go-yaml escapes each character */
};

/* What the way through JSON leaves of a string; false when go-yaml refuses it. */
bool yaml_text_through_json(struct arena *a, struct text t, struct text *out);
/* Whether go-yaml still takes t as a key on that way. */
bool yaml_text_is_json_key(struct arena *a, struct text t);
void yaml_text_look(struct text t, enum yaml_write_form form, struct yaml_text *out);
/* A line break to YAML 1.1 at the beginning of t: its bytes, or 0. */
size_t yaml_text_break(struct text t);
bool yaml_text_printable(unsigned rune, size_t len);
/* go-yaml's natural order of keys. */
int yaml_text_order(struct text left, struct text right, enum yaml_write_form form);

#endif
