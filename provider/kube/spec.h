/* spec - an object's fields from the rows of a table, and back.
 *
 * A row host_suffix is the field hostSuffix, at every depth; what is null is left
 * out, and what is empty stays. Rows that are only computed are no fields. Pure:
 * nothing is asked, nothing reported. */
#ifndef KUBE_SPEC_H
#define KUBE_SPEC_H
#include "schema/attribute.h"

struct spec_rows {
    const struct attribute *rows;
    /* Rows of the top level that are no fields; NULL = all are. */
    const char *const *others;
    /* Rows that name one of several empty objects: "auto" is {"auto": {}}. */
    const char *const *choices;
};

/* The fields that `object` tells. */
const struct value *spec_write(struct arena *a, const struct spec_rows *s,
                               const struct value *object);
/* The rows that tell `fields`, null where there is nothing; *rest is a map of what
 * they cannot tell, in fields' own form: merged over spec_write() of the answer
 * it gives `fields` again. */
const struct value *spec_read(struct arena *a, const struct spec_rows *s,
                              const struct value *fields, const struct value **rest);

/* "hostSuffix" of "host_suffix". */
char *spec_field_name(struct arena *a, const char *row_name);

#endif
