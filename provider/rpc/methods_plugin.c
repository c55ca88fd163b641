/* go-plugin's services beside the provider, and the standard health check. */
#include "proto/health.pb-c.h"
#include "proto/plugin.pb-c.h"
#include "rpc/method.h"

static void answer_empty(struct operation *o, const void *request, void *response)
{
    (void)o;
    (void)request;
    (void)response;
}

static void health_check(struct operation *o, const void *request, void *response)
{
    Grpc__Health__V1__HealthCheckResponse *reply = response;

    (void)o;
    (void)request; /* whatever the service's name: there is but one process */
    reply->status = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
}

const struct method methods_plugin[] = {
    {.path = "/plugin.GRPCController/Shutdown",
     .request = &plugin__empty__descriptor,
     .response = &plugin__empty__descriptor,
     .run = answer_empty,
     .kind = METHOD_SHUTDOWN},
    {.path = "/plugin.GRPCStdio/StreamStdio", .kind = METHOD_HELD},
    {.path = "/grpc.health.v1.Health/Check",
     .request = &grpc__health__v1__health_check_request__descriptor,
     .response = &grpc__health__v1__health_check_response__descriptor,
     .run = health_check,
     .kind = METHOD_AT_ONCE},
    END_METHODS,
};
