/* time_object - Go's time.Time, Duration, Month, Weekday and *Location as data that
 * have methods. For files of template/ only.
 *
 * Methods that give several results cannot be called from templates and are not here,
 * nor are those that encode. The present prints without the reading of the monotonic
 * clock that Go adds ("m=+0.01"). */
#ifndef TEMPLATE_TIME_OBJECT_H
#define TEMPLATE_TIME_OBJECT_H
#include "template/function.h"
#include "template/moment.h"

const struct datum *time_object(struct arena *a, const struct moment *m);
const struct datum *time_object_duration(struct arena *a, int64_t duration);
/* NULL: d is no time. */
const struct moment *time_object_moment(const struct datum *d);
/* Argument i, which the function's row says is a time. */
const struct moment *time_object_argument(const struct function_call *f, size_t i);

#endif
