/* call - what one operation is given.
 *
 * A call lives as long as one RPC. Its arena owns everything the operation
 * makes; its diagnostics are what the user reads. Several calls run at the same
 * time on different threads and share only `clients`, which are thread-safe. */
#ifndef SCHEMA_CALL_H
#define SCHEMA_CALL_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cancel.h"
#include "schema/diag.h"
#include "schema/value.h"

struct http_client;
struct kube_pool;
struct chart_store;
struct aws_pool;
struct unfinished;
struct resource;

/* Long-lived, made once by provider.c; each layer knows its own member only. */
struct clients {
    struct http_client *http;
    struct kube_pool *kube;
    struct chart_store *charts;
    struct aws_pool *aws;
    struct unfinished *unfinished;       /* may be NULL, in tests */
    const struct value *provider_config; /* as configured; value_null before */
};

struct call {
    struct arena *arena;
    struct diags *diags;
    struct cancel *cancel;
    const struct clients *clients;
    const struct resource *resource;
    /* Monotonic milliseconds when the operation has to end (its timeouts
     * entry); every wait and request obeys it. */
    int64_t deadline_ms;
    /* The configuration as the user wrote it; the only place where write-only
     * values are. value_null in read and remove of managed resources. */
    const struct value *config;
    /* Bytes that Terraform keeps for us beside the state: a map, never shown,
     * not encrypted. The operation may set private_out; else it is kept. */
    const struct value *private_data;
    const struct value *private_out;
    bool config_unknown; /* plan: the provider block itself is not yet known */
};

/* A call with everything set but resource, config and deadline (an hour). */
void call_init(struct call *c, struct arena *a, struct diags *d, struct cancel *cancel,
               const struct clients *clients);
/* Waits ms, or less when the deadline or a cancellation comes first. True =
 * waited; false = reported as "Interrupted" or "Timed out waiting for <what>"
 * with `last_seen` as its detail. */
bool call_wait_ms(struct call *c, int64_t ms, const char *what, const char *last_seen);
/* Milliseconds until the deadline, at least 0. */
int64_t call_left_ms(const struct call *c);
/* The same call with another list of diagnostics, for work whose failure is
 * the caller's to judge ("unreachable at plan" becomes a warning). */
struct call call_quietly(const struct call *c, struct diags *other);

#endif
