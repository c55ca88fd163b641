/* method - one row per gRPC method: its path, its messages and its handler.
 *
 * method_run() does what all have in common: unpacks the request into the
 * arena, prepares the call, runs the handler, puts the diagnostics into the
 * reply and packs it. It knows nothing of gRPC, so tests and the fuzzer drive
 * it directly. A handler reports failures through the call's diagnostics and
 * returns nothing: a reply always goes out. Thread-safe, one arena per call. */
#ifndef RPC_METHOD_H
#define RPC_METHOD_H
#include <stdbool.h>

#include "rpc/wire.h"

struct provider;

struct operation {
    struct call call;
    struct provider *provider;
};

enum method_kind {
    METHOD_CALL,     /* may wait: runs on a worker */
    METHOD_AT_ONCE,  /* never waits: answered on the polling thread */
    METHOD_SHUTDOWN, /* the same; the process leaves once it is answered */
    METHOD_HELD,     /* a stream that is kept open and never carries a message */
};

struct method {
    const char *path; /* NULL ends a table */
    const ProtobufCMessageDescriptor *request, *response;
    void (*run)(struct operation *o, const void *request, void *response);
    enum method_kind kind;
};

/* One table per theme, in methods_<theme>.c. */
extern const struct method methods_schema[], methods_provider[], methods_resource[],
    methods_state[], methods_data[], methods_ephemeral[], methods_function[], methods_plugin[];

/* PROVIDER_METHOD(ReadResource, read_resource, resource_read) is the row of
 * /tfplugin6.Provider/ReadResource. */
#define PROVIDER_METHOD(name, c_name, handler)                                                     \
    {                                                                                              \
        .path = "/tfplugin6.Provider/" #name,                                                      \
        .request = &tfplugin6__##c_name##__request__descriptor,                                    \
        .response = &tfplugin6__##c_name##__response__descriptor, .run = (handler)                 \
    }
/* clang-format off */
#define END_METHODS {.path = NULL}
/* clang-format on */

/* NULL when there is no such method. */
const struct method *method_find(struct text path);
/* False when the request is no message of its type; *reply lives in a. */
bool method_run(const struct method *m, struct provider *provider, struct arena *a,
                struct text request, struct text *reply);

/* For handlers: the resource of that name becomes the call's. */
bool operation_resource(struct operation *o, enum resource_kind kind, const char *name);
/* Has the client said that it knows write-only attributes? Refuses a
 * configuration that uses one when it has not. */
bool operation_write_only(struct operation *o, const Tfplugin6__ClientCapabilities *client,
                          const struct value *config);

#endif
