/* wire - the protocol's messages to values, schemas and diagnostics, and back.
 *
 * Messages are built in the call's arena and never freed singly. protobuf-c's
 * structs have no const: strings and bytes put into a reply are borrowed and
 * only read. What came over the wire is refused by a diagnostic, never by an
 * assertion. Belongs to one call, as its arena does. */
#ifndef RPC_WIRE_H
#define RPC_WIRE_H
#include <stdbool.h>

#include "proto/tfplugin6.pb-c.h"
#include "schema/call.h"
#include "schema/resource.h"
#include "schema/type.h"

/* A message with every field at its default. */
void *wire_new(struct arena *a, const ProtobufCMessageDescriptor *descriptor);
/* An array of count such messages, for a repeated field. */
void **wire_array(struct arena *a, size_t count, const ProtobufCMessageDescriptor *descriptor);
char *wire_string(const char *z);
ProtobufCBinaryData wire_bytes(struct text t);
struct text wire_text(ProtobufCBinaryData bytes);

/* --- values ------------------------------------------------------------- */
/* An absent or empty message reads as null. */
bool wire_read(struct call *c, const Tfplugin6__DynamicValue *message, const struct type *t,
               const struct value **out);
bool wire_write(struct call *c, const struct value *v, const struct type *t,
                Tfplugin6__DynamicValue **out);
/* The tree that a stored state's JSON parses to. `what`: "state of x.y". */
bool wire_read_raw(struct call *c, const Tfplugin6__RawState *message, const char *what,
                   const struct value **out);
/* Private bytes are a JSON map of ours; none reads as null, null writes none. */
bool wire_read_private(struct call *c, ProtobufCBinaryData bytes);
ProtobufCBinaryData wire_write_private(struct call *c);

/* The object that identifies a state: a map of its identity attributes. */
const struct type *wire_identity_type(struct arena *a, const struct resource *r);
bool wire_read_identity(struct call *c, const Tfplugin6__ResourceIdentityData *message,
                        const struct value **out);
/* *out NULL: the type has none, or the state does not tell it yet. */
bool wire_write_identity(struct call *c, const struct value *state,
                         Tfplugin6__ResourceIdentityData **out);

/* --- diagnostics -------------------------------------------------------- */
Tfplugin6__AttributePath *wire_path(struct arena *a, const struct path *p);
Tfplugin6__Diagnostic **wire_diagnostics(struct arena *a, const struct diags *diags);

/* --- schemas (wire_schema.c) --------------------------------------------- */
Tfplugin6__Schema *wire_schema(struct arena *a, const struct attribute *rows, int64_t version,
                               const char *description);
Tfplugin6__Schema *wire_resource_schema(struct arena *a, const struct resource *r);
Tfplugin6__Function *wire_function(struct arena *a, const struct resource *r);
Tfplugin6__ResourceIdentitySchema *wire_identity_schema(struct arena *a, const struct resource *r);

#endif
