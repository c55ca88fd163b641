/* field - places inside objects as dotted text: status.phase,
 * status.ingress[0].ip, metadata.labels["app.kubernetes.io/name"]. */
#ifndef KUBE_FIELD_H
#define KUBE_FIELD_H
#include "kube/wait.h"

enum { FIELD_PLACE_BYTES_MAX = 4096 };

/* What stands there; value_null when nothing does. False when the text is not
 * such a place. */
bool field_at(struct arena *a, const struct value *object, const char *place,
              const struct value **out);
/* `place` and one more step below it; "" is the object itself. */
const char *field_key(struct arena *a, const char *place, const char *key);
const char *field_item(struct arena *a, const char *place, size_t index);

/* Adds the places to b, a list builder, where the two differ; a list of another
 * length is one place. Values are compared, never shown. */
void field_differences(struct value_builder *b, const char *place, const struct value *x,
                       const struct value *y);

/* data of the judge: the text that the field is to hold; value NULL = anything. */
struct field_wanted {
    const char *place, *value;
};
kube_judge_fn field_judge;

#endif
