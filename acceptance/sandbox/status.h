/* status - answers that say no, in the words of a real server. */
#ifndef SANDBOX_STATUS_H
#define SANDBOX_STATUS_H
#include "acceptance/sandbox/server.h"

/* All return false, so that answering and leaving is one statement. */
bool status_fail(struct request *r, int code, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* With details: what the request was about. */
bool status_object(struct request *r, int code, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool status_not_found(struct request *r);
/* No such path, resource or subresource. */
bool status_no_resource(struct request *r);
bool status_conflict(struct request *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void status_deleted(struct request *r, const char *uid);

/* Faults of one object, gathered and then told together. */
struct problems {
    struct arena *arena;
    struct value_builder causes;
};
void problems_init(struct problems *p, struct arena *a);
/* reason: "FieldValueInvalid", "FieldValueRequired", ... */
void problem(struct problems *p, const char *reason, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* qualified: "Secret", "Deployment.apps". True when there is no problem. */
bool status_valid(struct request *r, const char *group, const char *kind, const char *name,
                  const struct problems *p);
const struct value *status_value(struct arena *a, int code, const char *reason, const char *message,
                                 const struct value *details);

#endif
