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
struct structure_method {
    const char *name;
    const char *parameters; /* by the letters of template/function.h */
    const struct datum *(*run)(struct function_call *f, const struct datum *self);
};
/* What the classes made here hold as data. Lives as long as the datum. */
struct structure {
    const struct structure_field *fields; /* ended by a row without a name */
    const struct structure_method *methods;
};

const struct datum *structure_member(struct function_call *f, const struct datum *self,
                                     struct text name, bool *found, bool *is_method);
const char *structure_method_parameters(const struct datum *self, struct text name);
/* "{a b}" */
void structure_print(struct text_builder *b, const struct datum *self);
const struct datum *structure_plain(struct arena *a, const struct datum *self);

/* A row of a class whose data is a struct structure. */
#define STRUCTURE_CLASS(go_type, go_kind)                                                          \
    {                                                                                              \
        .type_name = (go_type), .kind_name = (go_kind), .member = structure_member,                \
        .parameters = structure_method_parameters, .print = structure_print,                       \
        .plain = structure_plain                                                                   \
    }

/* The same for classes with another kind of data: the parameters of the method `name`
 * (NULL = there is none), and its call with arguments that were checked by them. */
const char *structure_parameters(const struct structure_method *methods, struct text name);
const struct datum *structure_call(struct function_call *f, const struct datum *self,
                                   const struct structure_method *methods, struct text name,
                                   bool *found);

#endif
