/* crd - CustomResourceDefinitions: kinds that come and go, and structural
 * schemas against which their objects are checked. */
#ifndef SANDBOX_CRD_H
#define SANDBOX_CRD_H
#include "acceptance/sandbox/server.h"
#include "acceptance/sandbox/status.h"

/* Of the definition itself. */
const struct value *crd_default(struct arena *a, const struct value *v);
void crd_validate(const struct value *definition, struct problems *p);
/* Serves (again) what the definition says; takes what it no longer says away. */
void crd_register(struct sandbox *s, const struct value *definition);
void crd_unregister(struct sandbox *s, const char *group, const char *plural);
/* The status of a new definition, of an established one, of one that goes. */
const struct value *crd_born(struct arena *a, const struct value *definition);
const struct value *crd_leaving(struct arena *a, const struct value *definition);
const struct value *crd_established(struct arena *a, const struct value *definition);
/* An object of a custom kind. */
void crd_validate_object(const struct kind *kind, const struct value *v, struct problems *p);
void crd_clear(struct sandbox *s);

#endif
