/* server - the gRPC side of the plugin: go-plugin's handshake, its services and
 * every method of tfplugin6.Provider. */
#ifndef RPC_SERVER_H
#define RPC_SERVER_H
#include <stdbool.h>

struct provider;

struct rpc_options {
    bool debug; /* -debug: no cookie, no TLS, print TF_REATTACH_PROVIDERS, serve many clients */
    const char *source; /* "multicluster/istio", for the reattach line */
};

/* Serves until Shutdown, SIGTERM or a lost client; returns the exit status. In
 * release builds it leaves by _exit() after Shutdown, with the socket removed. */
int rpc_serve(struct provider *provider, const struct rpc_options *options);

#endif
