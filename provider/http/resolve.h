/* resolve - which addresses a name has, found out the way http_send() would: by curl's
 * resolver, whatever that is built on, without a connection being made.
 *
 * So names below .localhost are loopback (RFC 6761, section 6.3), and nothing of an
 * earlier answer is kept. Thread-safe; blocks the caller, who is no I/O thread. */
#ifndef HTTP_RESOLVE_H
#define HTTP_RESOLVE_H
#include <stdbool.h>

#include "schema/call.h"
#include "schema/value.h"

enum { RESOLVE_MS_MAX = 10 * 1000, RESOLVE_ADDRESSES_MAX = 64 };

/* True = asked: *addresses is a list of texts, an empty one when the name has none or no
 * name server answered in time; *why is then a clause that says so, else "".
 * False = the call was cancelled: reported. */
bool resolve_name(struct call *c, const char *name, const struct value **addresses,
                  const char **why);

#endif
