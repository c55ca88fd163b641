/* reader_object - what makes a reader: the objects themselves. For files of
 * reader only. */
#ifndef ISTIO_READER_OBJECT_H
#define ISTIO_READER_OBJECT_H
#include "istio/reader.h"

#define READER_WATCHER_LABEL "multicluster.istio.io/watched-by"
#define READER_ACCOUNT_ANNOTATION "kubernetes.io/service-account.name"

/* In the order in which they are made. */
enum reader_part { READER_ACCOUNT, READER_ROLE, READER_BINDING, READER_PARTS };

const struct value *reader_object(struct arena *a, const struct reader *r, enum reader_part part);
/* We made it, and nobody has taken it over since. */
bool reader_object_is_ours(const struct value *object);
/* The watcher's Secret. */
char *reader_secret_name(struct arena *a, const char *watcher, enum reader_token type);
const struct value *reader_secret(struct arena *a, const struct reader *r, const char *watcher,
                                  enum reader_token type);

#endif
