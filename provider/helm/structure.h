/* structure - Go's structs as templates see them: fields with Go's names, an unknown
 * one is an error, toYaml and toJson write them under their JSON names. */
#ifndef HELM_STRUCTURE_H
#define HELM_STRUCTURE_H
#include "template/function.h"

struct structure_field {
    const char *name; /* Go's */
    const char *json; /* NULL: an embedded structure, whose fields stand for themselves */
    const struct datum *value;
    bool omit_empty; /* in JSON */
};

/* A copy of the fields, ended by a row without a name, as an object of that class. */
const struct datum *structure_new(struct arena *a, const struct datum_class *class,
                                  const struct structure_field *fields);

const struct datum *structure_member(struct function_call *f, const struct datum *self,
                                     struct text name, bool *found, bool *is_method);
/* "{a b}" */
void structure_print(struct text_builder *b, const struct datum *self);
/* In the order of the fields. */
const struct datum *structure_plain(struct arena *a, const struct datum *self);

/* The initializers of a class whose objects structure_new() makes. */
#define STRUCTURE_CLASS(go_type, go_kind)                                                          \
    .type_name = (go_type), .kind_name = (go_kind), .member = structure_member,                    \
    .print = structure_print, .plain = structure_plain

#endif
