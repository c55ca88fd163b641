/* adoption - the values that Helm was given as arguments that say the same, one after
 * the other. Pure.
 *
 * What an argument takes leaves `rest`; what stays there becomes the argument `values`. */
#ifndef ISTIO_ADOPTION_H
#define ISTIO_ADOPTION_H
#include "schema/value.h"

struct adoption {
    struct arena *arena;
    const struct value *object, *rest; /* the arguments so far, and the values without one */
};

/* Keys end with NULL. */
const struct value *adoption_at(const struct adoption *w, const char *const *keys);
/* Without what stands there, and without maps that this leaves empty. */
void adoption_drop(struct adoption *w, const char *const *keys);
/* The same of a text that follows from elsewhere. */
void adoption_drop_if(struct adoption *w, const char *known, const char *const *keys);
/* A text becomes the argument; anything else stays. */
void adoption_take(struct adoption *w, const char *attribute, const char *const *keys);
/* A list or map of nothing but texts, and not empty. */
void adoption_take_texts(struct adoption *w, const char *attribute, enum value_kind kind,
                         const char *const *keys);

#define ADOPTION_KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ADOPTION_DROP_IF(w, known, ...) adoption_drop_if((w), (known), ADOPTION_KEYS(__VA_ARGS__))
#define ADOPTION_TAKE(w, attribute, ...) adoption_take((w), (attribute), ADOPTION_KEYS(__VA_ARGS__))

#endif
