/* set_expression - the grammar of --set: "a.b[0]=x,c={1,2}", laid over values.
 *
 * A backslash takes the next character as it is; quotes mean nothing. Which type a
 * value gets is said by the kind. Nesting and list places have Helm's bounds. */
#ifndef HELM_SET_EXPRESSION_H
#define HELM_SET_EXPRESSION_H
#include "schema/call.h"
#include "schema/path.h"
#include "template/datum.h"

enum {
    SET_NESTING_MAX = 30,
    SET_INDEX_MAX = 65536,
};

enum set_kind {
    SET_AUTO,    /* int64, true, false, null where it looks so, else a string */
    SET_STRING,  /* --set-string */
    SET_FILE,    /* --set-file: each value names a file whose text is meant */
    SET_JSON,    /* --set-json */
    SET_LITERAL, /* --set-literal: the rest of the text, no backslashes, no lists */
};

struct set_options {
    enum set_kind kind;
    /* Of SET_FILE; false = reported. */
    bool (*read)(struct call *c, void *data, const char *name, struct text *out);
    void *data;
    const struct path *at;
};

/* Changes `values`, a map. On failure it may be changed in part. */
bool set_expression(struct call *c, struct text expression, const struct set_options *options,
                    const struct datum *values);

#endif
